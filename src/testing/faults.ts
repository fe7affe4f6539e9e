/**
 * How an answer goes wrong on its way. Faults are plain data on a reply; those that only a socket
 * can have (a real TCP reset) are approximated by a body that errors.
 */
import type { ScriptedError } from './scripted-error.ts'

/**
 * Where in the body a fault strikes. A whole (not streamed) answer counts as two frames, its
 * halves.
 */
export interface FaultPoint {
  /**
   * After this many frames; from the end if negative (`-1`: before the last one). Past the end: at
   * the end.
   * @default 1
   */
  after?: number | undefined
  /** At this byte instead, which may be inside a frame. */
  atByte?: number | undefined
}

/** One way to go wrong. A reply can have several; a cut or a break hides what would come behind it. */
export type Fault =
  /** The body in pieces of these sizes, in bytes, over and over, whatever the frames are. */
  | { kind: 'split'; bytes: number | readonly number[] }
  /** The body ends there, as if all were well. */
  | ({ kind: 'cut' } & FaultPoint)
  /** The body breaks there: the reader gets a `TypeError`, as from a lost connection. */
  | ({ kind: 'reset' } & FaultPoint)
  /** Nothing more comes, and no end either, until the reader leaves. */
  | ({ kind: 'stall' } & FaultPoint)
  /** A frame that is no JSON, or `text` as it stands; the rest follows. */
  | ({ kind: 'garbage'; text?: string | undefined } & FaultPoint)
  /** Comments, or blank lines when not streamed: every 10 ms and for ever, unless it is said. */
  | ({ kind: 'keepAlive'; everyMs?: number | undefined; times?: number | undefined } & FaultPoint)
  /** A page instead of the answer, as proxies send it; status 200 unless it is said. */
  | { kind: 'html'; status?: number | undefined }
  /** Status 200, the right content type, and not one byte. */
  | { kind: 'empty' }
  /** The vendor's error for this status; the same as `error` on the reply. */
  | ({ kind: 'status' } & ScriptedError)
  /** The fetch rejects with a `TypeError`. A handler cannot refuse a connection: it answers 502. */
  | { kind: 'refuse' }
  /** The headers come late, by so many milliseconds. */
  | { kind: 'delayHeaders'; ms: number }

type Bytes = Uint8Array<ArrayBuffer>
type Striking = Extract<Fault, { kind: 'cut' | 'reset' | 'stall' | 'garbage' | 'keepAlive' }>

/** What a body does next: give bytes, wait so many milliseconds, break, or fall silent for good. */
export type Step = Bytes | { waitMs: number } | 'reset' | 'stall'

/** What the steps of a body are made from. */
export interface BodySource {
  frames: Iterable<string>
  /** Pause between two frames, in milliseconds. */
  delayMs: number
  faults: readonly Fault[]
  /** What the server sends to keep a silent connection open. */
  keepAlive: string
}

/** The body as steps. Lazy, since a cumulative answer is quadratic in its length. */
export function toSteps({ frames, delayMs, faults, keepAlive }: BodySource): Iterable<Step> {
  let steps: Iterable<Step> = encodeFrames(frames, delayMs)
  // One that never ends last, for a place that is counted from the end needs an end.
  const striking = faults.filter(isStriking)
  striking.sort((one, other) => Number(isEndless(one)) - Number(isEndless(other)))
  for (const fault of striking) steps = strike(steps, fault, keepAlive)
  // Split last, for the others count frames.
  for (const fault of faults)
    if (fault.kind === 'split') steps = resize(steps, [fault.bytes].flat())
  return steps
}

/**
 * Throws for a fault that does not exist: a test that waits for it would pass for the wrong reason.
 */
export function checkFault(fault: Fault): void {
  const { kind } = fault
  if (!isStriking(fault) && !OTHER_KINDS.has(kind))
    throw new TypeError(`There is no fault "${kind}"`)
}

/** A body that is drawn step by step: nothing is made before it is read. */
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
    // Through the request, to keep it alive: in undici its signal falls silent without it.
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
          // A reader that leaves clears the timer; the promise is then forgotten with the stream.
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
        // At once, not at the next pull: a reader that has the last byte may go without being
        // counted as leaving.
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
      // Frames are never divided: `left` is 0 then.
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

/**
 * Pieces of the given sizes, across frames; what is there is given out before a pause or a break.
 */
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
