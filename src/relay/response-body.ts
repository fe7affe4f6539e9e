/**
 * Forwards the body of a response unchanged, within limits of size and time.
 */
import type { Deadline } from '../edge/deadline.ts'
import { PingReader } from '../edge/ping-reader.ts'
import { isRecord } from '../is-record.ts'
import type { ForwardEnd } from './forward-end.ts'

/** Limits of a body, and its callback. */
export interface Meter {
  /** In bytes. */
  limit: number
  deadline: Deadline
  /** Sent while the server is silent before the first byte. */
  ping: string | undefined
  /** Longest such silence, in milliseconds, or `false` for any. */
  pingInterval: number | false
  /** Called once. */
  onEnd: (end: Omit<ForwardEnd, 'status'>) => void
}

/** Forwards a body, piece by piece as the client reads. Aborts one that exceeds a limit. */
export function meterBody(
  body: ReadableStream<Uint8Array> | null,
  { limit, deadline, ping, pingInterval, onEnd }: Meter,
): ReadableStream<Uint8Array> | null {
  if (!body) {
    onEnd({ outcome: 'answered', responseBytes: 0, usage: undefined })
    return null
  }
  const reader = body.getReader()
  let first = ping
    ? new PingReader<Piece | undefined>(() => reader.read(), pingInterval, undefined)
    : undefined
  const tail = new Tail()
  let responseBytes = 0
  let ended = false
  const end = (outcome: ForwardEnd['outcome'], reason?: unknown) => {
    if (ended) return
    ended = true
    first?.stop()
    deadline.signal.removeEventListener('abort', onAbort)
    if (outcome !== 'answered') reader.cancel(reason).catch(() => {})
    onEnd({ outcome, responseBytes, usage: findUsage(tail.text()) })
  }
  let fail = (_error: unknown): void => {}
  const onAbort = () => fail(deadline.signal.reason)
  deadline.signal.addEventListener('abort', onAbort)
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        fail = (error) => {
          if (ended) return
          end('failed', error)
          controller.error(error)
        }
      },
      pull: async (controller) => {
        try {
          const piece = await (first ?? reader).read()
          if (ended) return
          if (!piece) return controller.enqueue(new TextEncoder().encode(ping))
          first?.stop()
          first = undefined
          const { done, value } = piece
          if (done) {
            end('answered')
            return controller.close()
          }
          responseBytes += value.byteLength
          if (responseBytes > limit) return fail(new Error(`The response exceeds ${limit} bytes`))
          tail.add(value)
          controller.enqueue(value)
        } catch (error) {
          fail(error)
        }
      },
      cancel: (reason) => end('left', reason),
    },
    { highWaterMark: 0 },
  )
}

type Piece = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>>

/** Number of bytes at the end of a response that are searched for its usage. */
const TAIL_BYTES = 16_384

/** Keeps the last pieces of a body. */
class Tail {
  #pieces: Uint8Array[] = []
  #size = 0

  add(piece: Uint8Array): void {
    this.#pieces.push(piece)
    this.#size += piece.byteLength
    while (this.#size - (this.#pieces[0]?.byteLength ?? 0) >= TAIL_BYTES)
      this.#size -= this.#pieces.shift()?.byteLength ?? 0
  }

  text(): string {
    const decoder = new TextDecoder()
    return this.#pieces.map((piece) => decoder.decode(piece, { stream: true })).join('')
  }
}

/** Ollama reports its counts next to the reply, the others in a separate object. */
const USAGE = /"(?:usage|usageMetadata)"\s*:\s*(?=\{)/g
const COUNTS = /"(prompt_eval_count|eval_count)"\s*:\s*(\d+)/g

function findUsage(text: string): Record<string, unknown> | undefined {
  const starts = [...text.matchAll(USAGE)].map(({ index, 0: match }) => index + match.length)
  while (starts.length > 0) {
    const start = starts.pop() as number
    const usage = parseObject(text.slice(start, start + 4096))
    if (usage) return usage
  }
  const counts = [...text.matchAll(COUNTS)].map(([, name, count]) => [name, Number(count)] as const)
  return counts.length > 0 ? Object.fromEntries(counts) : undefined
}

/** Parses the object at the start of a text. Usage objects contain no braces in strings. */
function parseObject(text: string): Record<string, unknown> | undefined {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '{') depth++
    else if (text[at] === '}' && --depth === 0) {
      try {
        const value: unknown = JSON.parse(text.slice(0, at + 1))
        return isRecord(value) ? value : undefined
      } catch {
        return undefined
      }
    }
  }
  return undefined
}
