/** A tiny `fetch` that answers with recorded bytes, whole, byte by byte or in random cuts. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { ErrorCode } from '../../src/error-code.ts'
import type { Usage } from '../../src/event.ts'

const FIXTURES = new URL('fixtures/', import.meta.url)

/** One answer of a server. */
export interface Answer {
  body: string | Uint8Array
  /** @default 200 */
  status?: number | undefined
  headers?: Record<string, string> | undefined
}

/** The expected result of a recording: the content of `<case>.expected.json`. */
export interface Expected {
  /** Where the recording is from. */
  source: string
  model: string
  /** The registered server, where a folder holds answers of several. */
  modelServer?: string
  /** Members of the request, where the answer depends on them. */
  extraBody?: Record<string, unknown>
  /** True if it answers a request for a stream. */
  stream: boolean
  status: number
  headers: Record<string, string>
  text: string
  reasoning: string
  toolCalls: { name: string; arguments: Record<string, unknown> }[]
  finishReason: string | null
  usage: Partial<Usage> | null
  /** Number of sources in the answer. */
  sources?: number
  error?: { kind: 'http' | 'instream'; code: ErrorCode; status?: number; vendorCode?: string }
  /** Byte offsets at which the answer is not whole yet, and the text that has arrived by then. */
  truncateAt?: { at: number; text: string }[]
}

/** A recording: the answer, and what it must come out as. */
export interface Fixture extends Answer {
  name: string
  body: Uint8Array
  expected: Expected
}

/** A request as it was sent. */
export interface SentRequest {
  url: string
  method: string
  headers: Headers
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into it as they please
  body: any
}

/** The delivery of an answer's bytes. */
export interface ReplayOptions {
  /** @default 'whole' */
  mode?: 'whole' | 'bytes' | 'random' | undefined
  /** For `random`. @default 1 */
  seed?: number | undefined
  /** Ends the body after so many bytes. */
  truncateAt?: number | undefined
}

/** A `fetch` that remembers what it was asked. */
export interface ReplayFetch {
  (url: string, init: RequestInit): Promise<Response>
  requests: SentRequest[]
  /** Number of bodies cancelled by their reader. */
  cancelled: number
}

/** Reads `fixtures/<name>.sse`, `.ndjson` or `.json` with its `.expected.json`. */
export function readFixture(name: string): Fixture {
  const file = ['sse', 'ndjson', 'json']
    .map((extension) => new URL(`${name}.${extension}`, FIXTURES))
    .find((url) => existsSync(url))
  if (!file) throw new Error(`No fixture ${name}`)
  const expected = JSON.parse(readFileSync(new URL(`${name}.expected.json`, FIXTURES), 'utf8'))
  const { status, headers } = expected as Expected
  return { name, body: new Uint8Array(readFileSync(file)), status, headers, expected }
}

/** All recordings of a folder. */
export function readFixtures(folder: string): Fixture[] {
  return readdirSync(new URL(`${folder}/`, FIXTURES))
    .filter((file) => file.endsWith('.expected.json'))
    .map((file) => readFixture(`${folder}/${file.slice(0, -'.expected.json'.length)}`))
}

/** A `fetch` that gives these answers, one after the other; the last one stays. */
export function replayFetch(
  answers: Answer | readonly Answer[],
  options: ReplayOptions = {},
): ReplayFetch {
  const list = Array.isArray(answers) ? answers : [answers]
  const replay: ReplayFetch = Object.assign(
    async (...asked: [string, RequestInit]) => {
      const request = new Request(...asked)
      const { url, method, headers } = request
      const sent = JSON.parse(await request.text()) as unknown
      const number = replay.requests.push({ url, method, headers, body: sent }) - 1
      const answer = list[Math.min(number, list.length - 1)] as Answer
      const stream = streamOf(bytesOf(answer.body).slice(0, options.truncateAt), options, () => {
        replay.cancelled++
      })
      return new Response(stream, { status: answer.status ?? 200, headers: answer.headers ?? {} })
    },
    { requests: [], cancelled: 0 },
  )
  return replay
}

/** An answer of server-sent events, one JSON text each. */
export function sseAnswer(frames: readonly unknown[], between = ''): Answer {
  const body = frames.map((frame) => `${between}data:${JSON.stringify(frame)}\n\n`).join('')
  return { body, headers: { 'content-type': 'text/event-stream' } }
}

/** An answer of JSON. */
export function jsonAnswer(value: unknown, status = 200): Answer {
  return { body: JSON.stringify(value), status, headers: { 'content-type': 'application/json' } }
}

function bytesOf(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? new TextEncoder().encode(body) : body
}

function streamOf(
  bytes: Uint8Array,
  { mode = 'whole', seed = 1 }: ReplayOptions,
  onCancel: () => void,
): ReadableStream<Uint8Array> {
  const random = createRandom(seed)
  let at = 0
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (at >= bytes.length) return controller.close()
        const length = mode === 'whole' ? bytes.length : mode === 'bytes' ? 1 : 1 + random() * 120
        const end = at + Math.floor(length)
        controller.enqueue(bytes.slice(at, end))
        at = end
      },
      cancel: onCancel,
    },
    { highWaterMark: 0 },
  )
}

/** Numbers from 0 to below 1, the same for the same seed. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
