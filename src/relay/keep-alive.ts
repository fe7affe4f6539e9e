/**
 * Answers a streamed request in place of a server that is silent. Proxies wait 60 to 100 seconds for a first byte, and
 * workerd run by itself notices a client that left only when it writes.
 */
import type { Deadline } from '../edge/deadline.ts'
import type { ErrorBody } from '../edge/http-error.ts'
import { encodeErrorBody, HttpError } from '../edge/http-error.ts'
import { PingReader } from '../async/ping-reader.ts'
import { isJSON, parseJSON } from '../parse-json.ts'
import { isRecord } from '../is-record.ts'
import { OPENAI_STREAM } from '../wire/openai/relay-stream.ts'
import type { RelayStream } from '../wire/relay-routes.ts'
import type { RelayCall } from './match-route.ts'

/** A request that is being forwarded. */
export interface Waiting {
  request: Request
  call: RelayCall
  body: Uint8Array | undefined
  /** Headers of every response. */
  headers: Record<string, string>
  /** Longest silence, in milliseconds, or `false` for any. */
  pingInterval: number | false
  deadline: Deadline
  requestId: string
  /** Called with a failure that the response can no longer report by its status. Returns what callers see of it. */
  onFailure: (thrown: unknown) => ErrorBody
}

/**
 * Returns what is written while a body of this type is silent: a comment of an event stream, or the white space that
 * may precede a JSON line. Clients of Ollama reject an empty line.
 */
export function pingOf(contentType: string): string | undefined {
  if (/^text\/event-stream\b/i.test(contentType)) return ': ping\n\n'
  return /^application\/x-ndjson\b/i.test(contentType) ? ' ' : undefined
}

/**
 * Resolves as `answer` does, or after an interval of silence with a stream that is kept open until the answer begins.
 * Only for requests that ask for a stream: nothing else can be begun without knowing how it ends.
 */
export async function keepAlive(answer: Promise<Response>, work: Waiting): Promise<Response> {
  const { pingInterval, request, call, headers } = work
  if (pingInterval === false || request.method !== 'POST') return answer
  const wait = new PingReader<Response | undefined>(
    (onValue, onError) => answer.then(onValue, onError),
    pingInterval,
    undefined,
  )
  const first = await wait.read().finally(() => wait.stop())
  if (first) return first
  const { stream = OPENAI_STREAM } = call.server
  const asked = { url: call.url, headers: request.headers, body: parse(work.body) }
  if (!stream.isRequested(asked)) return answer
  const { contentType = 'text/event-stream' } = stream
  const body = openEarly(answer, { ...work, pingInterval }, stream, pingOf(contentType) ?? '')
  return new Response(body, { headers: { ...headers, 'content-type': contentType } })
}

type Reader = Pick<ReadableStreamDefaultReader<Uint8Array>, 'read' | 'cancel'>

function openEarly(
  answer: Promise<Response>,
  work: Waiting & { pingInterval: number },
  stream: RelayStream,
  ping: string,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const opening = openReader(answer, work, stream)
  const wait = new PingReader<Reader | undefined>(
    (onValue, onError) => opening.then(onValue, onError),
    work.pingInterval,
    undefined,
  )
  let reader: Reader | undefined
  void opening.then((opened) => {
    reader = opened
    wait.stop()
  })
  let isFirst = true
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const source = reader ?? (isFirst ? undefined : await wait.read())
        isFirst = false
        if (!source) return controller.enqueue(encoder.encode(ping))
        const { done, value } = await source.read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: async (reason) => {
        wait.stop()
        if (!reader) work.deadline.disconnect()
        await (await opening).cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}

/** Opens the body of an answer; that of a refusal is one event. */
async function openReader(
  answer: Promise<Response>,
  { call, requestId, onFailure }: Waiting,
  { contentType, encodeError }: RelayStream,
): Promise<Reader> {
  let status: number
  let text: string
  try {
    const response = await answer
    const isStream = response.ok && pingOf(response.headers.get('content-type') ?? '') !== undefined
    if (isStream && response.body) return response.body.getReader()
    status = response.status
    text = await response.text()
    if (response.ok) {
      // Some servers answer in one piece although asked for a stream, errors included.
      if (isJSON(text)) return readerOf(contentType ? `${text}\n` : `data: ${toLine(text)}\n\n`)
      throw new HttpError({
        status: 502,
        code: 'not_a_stream',
        message: 'The server sent no stream',
      })
    }
  } catch (thrown) {
    const error = onFailure(thrown)
    status = error.status
    text = encodeErrorBody(error, requestId)
  }
  const parsed = toRecord(text)
  const { error: own = parsed } = parsed
  const error = isRecord(own) ? own : {}
  const page = /^\s*</.test(text) ? '' : text
  const words = [error.message, parsed.message, own, page].find((word) => typeof word === 'string')
  const message = (words as string).slice(0, 2000) || `HTTP ${status}`
  const { code } = error
  return readerOf(encodeError({ url: call.url, status, code, message, error, body: parsed }))
}

function readerOf(text: string): Reader {
  return (new Response(text).body as ReadableStream<Uint8Array>).getReader()
}

function toLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ')
}

function parse(body: Uint8Array | undefined): Record<string, unknown> {
  return toRecord(new TextDecoder().decode(body))
}

/** Parses an object, or the first one of an array, as Gemini's OpenAI endpoint reports errors. */
function toRecord(text: string): Record<string, unknown> {
  const value = parseJSON(text)
  const first: unknown = Array.isArray(value) ? value[0] : value
  return isRecord(first) ? first : {}
}
