/**
 * Injects faults into replies. A fault is plain data. Faults that need a socket, such as a TCP reset, are
 * approximated by a body that errors.
 */
import type { ScriptedError } from './scripted-error.ts'

/** The position of a fault in the body. A buffered body counts as two frames, its halves. */
export interface FaultPoint {
  /**
   * After this many frames, or from the end if negative (`-1`: before the last frame). Clamped to the end.
   * @default 1
   */
  after?: number | undefined
  /** At this byte instead, which can be inside a frame. */
  atByte?: number | undefined
}

/** A fault. A reply can have several. A cut or a reset hides any fault after it. */
export type Fault =
  /** Sends the body in chunks of these sizes, in bytes, repeated, regardless of frames. */
  | { kind: 'split'; bytes: number | readonly number[] }
  /** Ends the body early, without an error. */
  | ({ kind: 'cut' } & FaultPoint)
  /** Errors the body: the reader gets a `TypeError`, as after a lost connection. */
  | ({ kind: 'reset' } & FaultPoint)
  /** Sends nothing more and does not end until the reader closes the connection. */
  | ({ kind: 'stall' } & FaultPoint)
  /** Inserts a frame with invalid JSON, or `text` verbatim, and continues. */
  | ({ kind: 'garbage'; text?: string | undefined } & FaultPoint)
  /** Sends comments (blank lines in a buffered body). By default every 10 ms, without end. */
  | ({ kind: 'keepAlive'; everyMs?: number | undefined; times?: number | undefined } & FaultPoint)
  /** Sends an HTML page instead of the reply, as proxies do. The status defaults to 200. */
  | { kind: 'html'; status?: number | undefined }
  /** Sends status 200 with the right content type and an empty body. */
  | { kind: 'empty' }
  /** Sends the vendor's error for this status, like `error` of the reply. */
  | ({ kind: 'status' } & ScriptedError)
  /** Rejects the fetch with a `TypeError`. A handler cannot refuse a connection and responds with 502. */
  | { kind: 'refuse' }
  /** Delays the headers by this many milliseconds. */
  | { kind: 'delayHeaders'; ms: number }

type Bytes = Uint8Array<ArrayBuffer>
type Striking = Extract<Fault, { kind: 'cut' | 'reset' | 'stall' | 'garbage' | 'keepAlive' }>

/** The next step of a body: send bytes, wait, error, or stall forever. */
export type Step = Bytes | { waitMs: number } | 'reset' | 'stall'

/** The input of `toSteps`. */
export interface BodySource {
  frames: Iterable<string>
  /** Delay between two frames, in milliseconds. */
  delayMs: number
  faults: readonly Fault[]
  /** The vendor's keep-alive for silent connections. */
  keepAlive: string
}

/** Returns the body as steps. Lazy, since a cumulative reply is quadratic in its length. */
export function toSteps({ frames, delayMs, faults, keepAlive }: BodySource): Iterable<Step> {
  let steps: Iterable<Step> = encodeFrames(frames, delayMs)
  // Endless faults go last: a position counted from the end needs an end.
  const striking = faults.filter(isStriking)
  striking.sort((one, other) => Number(isEndless(one)) - Number(isEndless(other)))
  for (const fault of striking) steps = strike(steps, fault, keepAlive)
  // Splitting goes last, since the other faults count frames.
  for (const fault of faults)
    if (fault.kind === 'split') steps = resize(steps, [fault.bytes].flat())
  return steps
}

/** Throws for an unknown fault, so that a test that expects it cannot pass by accident. */
export function checkFault(fault: Fault): void {
  const { kind } = fault
  if (!isStriking(fault) && !OTHER_KINDS.has(kind)) throw new TypeError(`Unknown fault "${kind}"`)
}

/** Creates a body that is produced on demand, one step per read. */
export function createBody(
  steps: Iterable<Step>,
  { request, onLeave }: { request: Request; onLeave: () => void },
): ReadableStream<Bytes> {
  const iterator = steps[Symbol.iterator]()
  let next = iterator.next()
  let timer: ReturnType<typeof setTimeout> | undefined
  let abort: (() => void) | undefined
  const release = (): void => {
    clearTimeout(timer)
    // Accessed through the request to keep it alive: undici stops forwarding the signal of a collected request.
    if (abort) request.signal.removeEventListener('abort', abort)
  }
  const leave = (): void => {
    release()
    onLeave()
  }
  return new ReadableStream<Bytes>(
    {
      start(controller) {
        abort = () => {
          leave()
          controller.error(request.signal.reason)
        }
        request.signal.addEventListener('abort', abort)
      },
      async pull(controller) {
        while (!next.done && typeof next.value === 'object' && 'waitMs' in next.value) {
          const { waitMs } = next.value
          // Cancelling clears the timer; the pending promise is then garbage collected with the stream.
          await new Promise<void>((resolve) => (timer = setTimeout(resolve, waitMs)))
          next = iterator.next()
        }
        if (next.done) return end(controller)
        if (next.value === 'stall') return new Promise<void>(() => {})
        if (next.value === 'reset') {
          release()
          return controller.error(new TypeError('terminated'))
        }
        controller.enqueue(next.value as Bytes)
        next = iterator.next()
        // Closes now rather than at the next pull: a reader that has the last byte may leave without counting as
        // canceled.
        if (next.done) end(controller)
      },
      cancel: leave,
    },
    { highWaterMark: 0 },
  )

  function end(controller: ReadableStreamDefaultController<Bytes>): void {
    release()
    controller.close()
  }
}

const encoder = new TextEncoder()
const ENDING: ReadonlySet<string> = new Set(['cut', 'reset', 'stall'])
const OTHER_KINDS: ReadonlySet<string> = new Set([
  'split',
  'html',
  'empty',
  'status',
  'refuse',
  'delayHeaders',
])

function isStriking(fault: Fault): fault is Striking {
  return ENDING.has(fault.kind) || fault.kind === 'garbage' || fault.kind === 'keepAlive'
}

function isEndless(fault: Fault): boolean {
  return fault.kind === 'keepAlive' && (fault.times ?? Infinity) === Infinity
}

function* encodeFrames(frames: Iterable<string>, delayMs: number): Generator<Step, void> {
  let first = true
  for (const frame of frames) {
    if (!first && delayMs > 0) yield { waitMs: delayMs }
    first = false
    yield encoder.encode(frame)
  }
}

function* strike(
  source: Iterable<Step>,
  fault: Striking,
  keepAlive: string,
): Generator<Step, void> {
  const steps = (fault.after ?? 0) < 0 ? [...source] : source
  let left = fault.atByte ?? countFrames(steps, fault.after ?? 1)
  let struck = false
  for (const step of steps) {
    if (struck || !(step instanceof Uint8Array)) {
      yield step
      continue
    }
    const weight = fault.atByte === undefined ? 1 : step.length
    if (left < weight) {
      // Frames are never split: `left` is 0 then.
      if (left > 0) yield step.subarray(0, left)
      yield* happen(fault, keepAlive)
      if (ENDING.has(fault.kind)) return
      yield step.subarray(left)
      struck = true
    } else {
      left -= weight
      yield step
    }
  }
  if (!struck) yield* happen(fault, keepAlive)
}

function countFrames(steps: Iterable<Step>, after: number): number {
  if (after >= 0) return after
  let frames = 0
  for (const step of steps) if (step instanceof Uint8Array) frames++
  return Math.max(0, frames + after)
}

function* happen(fault: Striking, keepAlive: string): Generator<Step, void> {
  if (fault.kind === 'reset' || fault.kind === 'stall') yield fault.kind
  if (fault.kind === 'garbage') yield encoder.encode(fault.text ?? 'data: {"choices":[{"del\n\n')
  if (fault.kind === 'keepAlive') {
    for (let time = 0; time < (fault.times ?? Infinity); time++) {
      yield { waitMs: fault.everyMs ?? 10 }
      yield encoder.encode(keepAlive)
    }
  }
}

/** Cuts the bytes into chunks of the given sizes, across frames. Flushes before a wait or an error. */
function* resize(source: Iterable<Step>, sizes: readonly number[]): Generator<Step, void> {
  let held: Bytes = new Uint8Array()
  let turn = 0
  for (const step of source) {
    if (!(step instanceof Uint8Array)) {
      if (held.length) yield held
      held = new Uint8Array()
      yield step
      continue
    }
    const bytes = new Uint8Array(held.length + step.length)
    bytes.set(held)
    bytes.set(step, held.length)
    let at = 0
    for (;;) {
      const size = Math.max(1, sizes[turn % sizes.length] ?? 1)
      if (bytes.length - at < size) break
      yield bytes.subarray(at, (at += size))
      turn++
    }
    held = bytes.subarray(at)
  }
  if (held.length) yield held
}
