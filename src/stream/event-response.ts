/**
 * Sends a stream of events as a `Response`.
 */
import { assertConfig } from '../assert-config.ts'
import type { StreamEvent } from '../event.ts'
import { isRecord } from '../is-record.ts'
import { loadPart } from '../load-part.ts'
import type { EventEncoder } from './event-response/encoder.ts'
import type { KeptReplyOptions } from './kept-reply.ts'
import type { ResumableOptions } from './reply-store.ts'
import { toReadableStream } from './readable-stream.ts'
import { REPLY_ID, running } from './reply-store.ts'

/** Options of `toResponse()`: those of `Response`, and the format of the stream. */
export interface ToResponseOptions extends ResponseInit {
  /**
   * - `events`: every event, for `ChatStream.from` on the other side
   * - `text`: plain text
   * - `ui-message`: the UI message stream of the AI SDK, for `useChat` in React, Vue and Svelte
   * - `ag-ui`: the events of AG-UI, for its clients, CopilotKit and TanStack AI
   *
   * @default 'events'
   * @see https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol
   * @see https://docs.ag-ui.com/concepts/events
   */
  format?: 'events' | 'text' | 'ui-message' | 'ag-ui'
  /**
   * Id of the assistant's message with `format: 'ui-message'` and `'ag-ui'`. By default the page creates one, or it is
   * random.
   */
  messageId?: string
  /** Id of the conversation with `format: 'ag-ui'`, from the request. */
  threadId?: string
  /** Id of the run with `format: 'ag-ui'`, from the request. */
  runId?: string
  /**
   * Keeps the reply in a store, so that a page that lost its connection, was reloaded, or is a second one, can read
   * it from any event on: `resumeResponse` of `chatwire/server` serves those. The request is sent at once, and the
   * model is read to the end even if the page leaves: do not pass `request.signal` to the chat.
   */
  resumable?: ResumableOptions
  /**
   * Called with the error of a failed stream, to log it. A returned text that is not empty replaces the message
   * that the receiver gets. By default the receiver gets the error's code and a general message, without URLs,
   * vendor messages or variable names.
   */
  onError?: (error: unknown) => string | undefined | void
  /**
   * Interval of comments while the model is silent, in milliseconds, or `false` for none. Some servers close a
   * silent connection, Bun after 10 seconds. Not sent with `format: 'text'`.
   * @default 8000
   */
  pingInterval?: number | false
}

/** Formats of server-sent events. */
export type SSEFormat = Exclude<NonNullable<ToResponseOptions['format']>, 'text'>

const FORMATS: readonly string[] = ['events', 'ui-message', 'ag-ui'] satisfies SSEFormat[]
const EXPOSED = 'access-control-expose-headers'

/** Sends the text. A failure aborts the body. */
export function textResponse(texts: AsyncIterator<string>, options: ToResponseOptions): Response {
  assertConfig(!options.resumable, "format: 'text' cannot be resumed")
  const encoder = new TextEncoder()
  const body = toReadableStream(
    texts,
    (text) => encoder.encode(text),
    async (error) => {
      options.onError?.(error)
      return (await loadEncoders()).toPublicError(error)
    },
  )
  return createResponse(body, { 'content-type': 'text/plain; charset=utf-8' }, options)
}

/** Sends server-sent events. A failure is the last event, and the receiver throws it. */
export function eventResponse(
  events: AsyncIterator<StreamEvent>,
  options: ToResponseOptions,
  cancel: (reason: unknown) => void,
): Response {
  const { format = 'events', pingInterval = 8000, resumable } = Object(options) as ToResponseOptions
  assertConfig(
    isRecord(options) && FORMATS.includes(format),
    `options.format must be one of text, ${FORMATS.join(', ')}`,
  )
  checkPingInterval(pingInterval)
  const headers: Record<string, string> = { 'content-type': 'text/event-stream; charset=utf-8' }
  // https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol#data-stream-protocol
  if (format === 'ui-message') headers['x-vercel-ai-ui-message-stream'] = 'v1'
  let frames = iterateLate(events, async () => (await loadEncoders()).encodeEvents(events, options))
  if (resumable) {
    const id = crypto.randomUUID()
    frames = keep({ id, format, headers: { ...headers }, frames, cancel }, options, resumable)
    headers[REPLY_ID] = id
    // For pages of other origins.
    headers[EXPOSED] = REPLY_ID
  }
  return createResponse(toEventBody(frames, pingInterval), headers, options)
}

/** Returns a body of these events, with comments while there is none. */
export function toEventBody(
  frames: AsyncIterator<readonly string[]>,
  pingInterval: number | false,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder()
  const all = pingInterval
    ? iterateLate(frames, async () => (await loadEncoders()).withPings(frames, pingInterval))
    : frames
  return toReadableStream(all, (list) => encoder.encode(list.join('')))
}

/** @throws {ConfigError} `invalid_config` */
export function checkPingInterval(pingInterval: number | false): void {
  assertConfig(
    pingInterval === false || (Number.isFinite(pingInterval) && pingInterval > 0),
    'pingInterval must be milliseconds above 0, or false',
  )
}

type Written = Pick<KeptReplyOptions, 'id' | 'format' | 'headers' | 'frames' | 'cancel'>

/** Reads the frames into the store, and returns them for this response. */
function keep(
  written: Written,
  { onError }: ToResponseOptions,
  {
    store,
    chat,
    waitUntil,
    ttl = 600_000,
    maxDuration = 600_000,
    maxSize = 2 ** 23,
  }: ResumableOptions,
): AsyncIterator<readonly string[]> {
  assertConfig(typeof store?.append === 'function', 'resumable.store must be a store of replies')
  const limits = { ttl, maxDuration, maxSize }
  for (const [name, value] of Object.entries(limits)) {
    assertConfig(
      value >= 1 && value < 2 ** 31,
      `resumable.${name} must be a number from 1 to 2147483647`,
    )
  }
  const options = {
    ...written,
    ...limits,
    store,
    chat,
    onError: (error: unknown) => void onError?.(error),
  }
  const kept = loadPart(() => import('./kept-reply.ts')).then(
    ({ KeptReply }) => new KeptReply(options),
  )
  running.set(
    written.id,
    () =>
      void kept.then(
        (reply) => reply.stop(),
        () => {},
      ),
  )
  const ended = kept.then(({ ended: end }) => end).finally(() => running.delete(written.id))
  ended.catch(() => {}) // `next()` rejects
  waitUntil?.(ended)
  return {
    next: async () => (await kept).next(),
    return: async () => (await kept).return(),
  }
}

// Only a server that answers with a stream needs the encoders.
const loadEncoders = () => loadPart(() => import('./event-response/encode-events.ts'))

/** Loads the encoder of a format. */
export async function loadEncoder(format: SSEFormat): Promise<EventEncoder> {
  return await (await loadEncoders()).loadEncoder(format)
}

/** Iterates as the iterator that loads with the first read. */
function iterateLate<T>(
  source: AsyncIterator<unknown>,
  load: () => Promise<AsyncIterator<T>>,
): AsyncIterator<T> {
  let loaded: AsyncIterator<T> | undefined
  return {
    async next() {
      loaded ??= await load()
      return loaded.next()
    },
    async return() {
      await (loaded ?? source).return?.()
      return { value: undefined, done: true }
    },
  }
}

function createResponse(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  own: Record<string, string>,
  options: ToResponseOptions,
): Response {
  const headers = new Headers(options.headers)
  const { 'content-type': type = '', [EXPOSED]: exposed, ...rest } = own
  if (!headers.has('content-type')) headers.set('content-type', type)
  // Keeps middleware that compresses responses from holding the stream back.
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-cache, no-transform')
  // Keeps nginx from buffering it.
  headers.set('x-accel-buffering', 'no')
  for (const [name, value] of Object.entries(rest)) headers.set(name, value)
  if (exposed) headers.append(EXPOSED, exposed)
  return new Response(body, { ...options, headers })
}
