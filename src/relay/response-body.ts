/**
 * Forwards the body of a response unchanged, within limits of size and time.
 */
import type { Deadline } from '../edge/deadline.ts'
import { PingReader } from '../async/ping-reader.ts'
import type { ForwardEnd } from './forward-end.ts'
import { parseJSON } from '../parse-json.ts'

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
  meter: Meter,
): ReadableStream<Uint8Array> | null {
  if (body) return new MeteredBody(body, meter).open()
  meter.onEnd({ outcome: 'answered', responseBytes: 0, usage: undefined })
  return null
}

type Piece = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>>

class MeteredBody {
  #meter: Meter
  #reader: ReadableStreamDefaultReader<Uint8Array>
  /** Reads until the first piece. */
  #first: PingReader<Piece | undefined> | undefined
  #controller!: ReadableStreamDefaultController<Uint8Array>
  #tail = new Tail()
  #size = 0
  #isPulling = false
  #ended = false

  constructor(body: ReadableStream<Uint8Array>, meter: Meter) {
    const reader = body.getReader()
    this.#meter = meter
    this.#reader = reader
    if (meter.ping)
      this.#first = new PingReader<Piece | undefined>(
        (onValue, onError) => reader.read().then(onValue, onError),
        meter.pingInterval,
        undefined,
      )
  }

  open(): ReadableStream<Uint8Array> {
    this.#meter.deadline.signal.addEventListener('abort', this.#onAbort)
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#pull(),
        cancel: (reason) => this.#end('left', reason),
      },
      { highWaterMark: 0 },
    )
  }

  /** Writes the next piece when it is there, and does not let the stream wait for it: a promise less for each. */
  #pull(): void {
    if (this.#isPulling) return // asked for another piece: writing the first asks again
    this.#isPulling = true
    if (this.#first) this.#first.pull(this.#onPiece, this.#fail)
    else this.#reader.read().then(this.#onPiece, this.#fail)
  }

  #onPiece = (piece: Piece | undefined): void => {
    this.#isPulling = false
    if (this.#ended) return
    try {
      if (piece) this.#forward(piece)
      else this.#controller.enqueue(new TextEncoder().encode(this.#meter.ping))
    } catch (error) {
      this.#fail(error)
    }
  }

  #forward({ done, value }: Piece): void {
    this.#first?.stop()
    this.#first = undefined
    if (done) {
      this.#end('answered')
      return this.#controller.close()
    }
    const { limit } = this.#meter
    this.#size += value.byteLength
    if (this.#size > limit) throw new Error(`The response exceeds ${limit} bytes`)
    this.#tail.add(value)
    this.#controller.enqueue(value)
  }

  #onAbort = (): void => {
    const { hasLeft, signal } = this.#meter.deadline
    if (!hasLeft) return this.#fail(signal.reason)
    this.#end('left', signal.reason)
    // By then the runtime has canceled the body: Deno prints the error of one that fails before.
    setTimeout(() => this.#controller.error(signal.reason))
  }

  #fail = (error: unknown): void => {
    if (this.#ended) return
    this.#end('failed', error)
    this.#controller.error(error)
  }

  #end(outcome: ForwardEnd['outcome'], reason?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#first?.stop()
    const { deadline, onEnd } = this.#meter
    deadline.signal.removeEventListener('abort', this.#onAbort)
    if (outcome !== 'answered') this.#reader.cancel(reason).catch(() => {})
    onEnd({ outcome, responseBytes: this.#size, usage: findUsage(this.#tail.text()) })
  }
}

/** Number of bytes at the end of a response that are searched for its usage. */
const TAIL_BYTES = 16_384

/** Keeps a copy of the end of a body: pieces kept as they came would each keep the buffer that they were read into. */
class Tail {
  #bytes = new Uint8Array(1024)
  #size = 0

  add(piece: Uint8Array): void {
    const added = piece.byteLength > TAIL_BYTES ? piece.subarray(-TAIL_BYTES) : piece
    if (this.#size + added.byteLength > this.#bytes.length) this.#makeRoom(added.byteLength)
    this.#bytes.set(added, this.#size)
    this.#size += added.byteLength
  }

  #makeRoom(size: number): void {
    const kept = this.#bytes.subarray(Math.max(0, this.#size - TAIL_BYTES), this.#size)
    // Twice what is needed at least, so that a byte is moved once or twice.
    const room = Math.min(2 * (kept.length + size), 3 * TAIL_BYTES)
    const bytes = room > this.#bytes.length ? new Uint8Array(room) : this.#bytes
    bytes.set(kept)
    this.#bytes = bytes
    this.#size = kept.length
  }

  text(): string {
    return new TextDecoder().decode(
      this.#bytes.subarray(Math.max(0, this.#size - TAIL_BYTES), this.#size),
    )
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
    else if (text[at] === '}' && --depth === 0)
      return parseJSON(text.slice(0, at + 1)) as Record<string, unknown> | undefined
  }
  return undefined
}
