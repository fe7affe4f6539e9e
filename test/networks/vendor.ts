/**
 * A simulated vendor of each wire family on a real port, with faults. `/<id>/<server>/<fault>/…`: the id names the
 * cell in the record of POSTs.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { SimulatedVendor } from 'chatwire/testing'
import { simulate } from 'chatwire/testing'
import type { Fault } from './cells.ts'
import { TEXT } from './cells.ts'

/** The vendor's record of one cell. */
export interface Seen {
  posts: number
  /** Milliseconds from the first event until the connection closed before the end of the response. */
  stoppedAfter?: number
}

const PAGE = '<!DOCTYPE html><html><head><title>Not Found</title></head><h1>Not Found</h1></html>'
/** How long a response to a leaving reader goes on, in milliseconds. */
export const LONG_RESPONSE = 4000

export async function startVendor() {
  const cells = new Map<string, Seen>()
  const server = createServer((request, response) => {
    answer(request, response, cells).catch((error: unknown) => response.destroy(error as Error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    seen: (id: string): Seen => cells.get(id) ?? { posts: 0 },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  cells: Map<string, Seen>,
): Promise<void> {
  const [, id = '', vendor, fault, ...path] = (request.url ?? '').split('/')
  const seen = cells.get(id) ?? { posts: 0 }
  cells.set(id, seen)
  seen.posts++
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  if (fault === 'closed') return void request.socket.destroy()
  if (fault === 'page')
    return void response.writeHead(404, { 'content-type': 'text/html' }).end(PAGE)

  const { handler } = simulate(vendor as SimulatedVendor, { text: TEXT, chunkSize: 8 })
  const simulated = await handler(
    new Request(`http://127.0.0.1/${path.join('/')}`, {
      method: 'POST',
      headers: request.headers as Record<string, string>,
      body: Buffer.concat(chunks),
    }),
  )
  const body = Buffer.from(await simulated.arrayBuffer())
  const headers = Object.fromEntries(simulated.headers)
  if (fault === 'whole' || fault === 'large')
    return void response.writeHead(simulated.status, headers).end(body)

  const half = body.subarray(0, body.length / 2)
  if (fault === 'short') {
    response.writeHead(200, { ...headers, 'content-length': body.length }).write(half)
    await pause(100)
    request.socket.destroy()
  } else if (fault === 'gzip') {
    // Both the compressed data and the framing look right, except that the data stops.
    const compressed = gzipSync(body)
    response.writeHead(200, { ...headers, 'content-encoding': 'gzip' })
    response.end(compressed.subarray(0, compressed.length / 2))
  } else if (fault === 'fin' || fault === 'rst') {
    response.writeHead(200, headers).write(half)
    await pause(100)
    if (fault === 'fin') request.socket.destroy()
    else request.socket.resetAndDestroy()
  } else await writeSlowly(response.writeHead(200, headers), half, seen)
}

async function writeSlowly(response: ServerResponse, body: Buffer, seen: Seen): Promise<void> {
  const began = Date.now()
  response.on('close', () => {
    if (!response.writableFinished) seen.stoppedAfter = Date.now() - began
  })
  const steps = LONG_RESPONSE / 100
  const size = Math.ceil(body.length / steps)
  for (let step = 0; step < steps && !response.destroyed; step++) {
    response.write(body.subarray(step * size, (step + 1) * size))
    await pause(100)
  }
  response.end()
}

/** Every fault the vendor knows; `satisfies` keeps it equal to the cells'. */
export const FAULTS = [
  'whole',
  'fin',
  'rst',
  'closed',
  'page',
  'short',
  'gzip',
  'large',
  'leaving',
] as const satisfies readonly Fault[]
