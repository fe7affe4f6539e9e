/**
 * Bodies of a wrong length, and packed ones.
 */
import { createGzip, gzipSync } from 'node:zlib'
import type { Exchange } from '../exchange.ts'
import type { Fault } from '../fault.ts'
import { always, byMode, fine, once, said, twice } from '../fault.ts'

async function sayWithLength(to: Exchange, difference: number): Promise<void> {
  const { headers, frames } = await to.good()
  const at = to.stream ? to.framesOf(frames, 2) : frames.length
  const start = frames.slice(0, at).join('')
  const length = Buffer.byteLength(difference < 0 ? start : frames.join('')) + difference
  to.head({ ...headers, 'content-length': String(length) })
  await to.send(start)
}

const lengths: Fault[] = [
  {
    name: 'content-length too long',
    async perform(to) {
      await sayWithLength(to, 500)
      await to.read(2)
      to.finish()
    },
    expected: byMode(once('connection_lost', { text: said(2) }), twice('connection_lost')),
  },
  {
    name: 'content-length too short',
    async perform(to) {
      await sayWithLength(to, -10)
      to.finish()
    },
    // The last frame is cut, so its piece is missing.
    expected: byMode(once('stream_truncated', { text: said(1) }), twice('stream_truncated')),
  },
]

async function packed(to: Exchange, cutAt?: number): Promise<void> {
  const { headers, frames } = await to.good()
  to.head({ ...headers, 'content-encoding': 'gzip' })
  const gzip = createGzip()
  gzip.on('data', (piece: Buffer) => void to.send(piece))
  const flushed = (frame: string) =>
    new Promise<void>((resolve) => gzip.write(frame, () => gzip.flush(() => resolve())))
  for (const frame of frames.slice(0, cutAt)) await flushed(frame)
  if (cutAt !== undefined) return
  await new Promise<void>((resolve) => gzip.end(resolve))
  to.end()
}

const packing: Fault[] = [
  { name: 'gzip', perform: (to) => packed(to), expected: always(fine({ usage: 'server' })) },
  {
    name: 'gzip, cut',
    async perform(to) {
      if (to.stream) {
        const { frames } = await to.good()
        await packed(to, to.framesOf(frames, 2))
        await to.read(2)
      } else {
        const { headers, frames } = await to.good()
        to.head({ ...headers, 'content-encoding': 'gzip' })
        const bytes = gzipSync(frames[0] as string)
        await to.send(bytes.subarray(0, bytes.length >> 1))
      }
      to.end()
    },
    // Node unpacks what there is and says nothing: what is missing is seen by what was unpacked.
    expected: byMode(once('stream_truncated', { text: said(2) }), twice('stream_truncated')),
  },
  {
    name: 'called gzip, but is none',
    async perform(to) {
      await to.answer(await to.good(), { 'content-encoding': 'gzip' })
    },
    expected: always(twice('connection_lost')),
  },
]

export const packingRows: readonly Fault[] = [...lengths, ...packing]
