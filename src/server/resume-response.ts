/**
 * Serves the rest of a resumable reply.
 */
import { ConfigError, StreamError } from '../errors.ts'
import type { SSEFormat } from '../stream/event-response.ts'
import { checkPingInterval, loadEncoder, toEventBody } from '../stream/event-response.ts'
import type { ReplyHead, ReplyStore } from '../stream/reply-store.ts'
import { BEAT_INTERVAL, END, HEAD, REPLY_ID, running } from '../stream/reply-store.ts'

export type { ReplyStore, ResumableOptions } from '../stream/reply-store.ts'

/** Options of `resumeResponse`. */
export interface ResumeOptions {
  /** The store that `toResponse({ resumable })` has. */
  store: ReplyStore
  /**
   * Id of the chat whose latest reply is meant, as passed to `toResponse({ resumable: { chat } })`. By default the
   * id of the reply is the parameter `reply` of the URL. If no reply of the chat is being written, the response is
   * 204, as `useChat({ resume: true })` expects.
   */
  chat?: string | undefined
  /** Headers to add, such as those of CORS. */
  headers?: ResponseInit['headers'] | undefined
  /**
   * Interval of comments while the model is silent, in milliseconds, or `false` for none.
   * @default 8000
   */
  pingInterval?: number | false | undefined
}

/** Longest wait of `read` for more, in milliseconds: a page that leaves is noticed after that. */
const WAIT = 1000
/** Longest pause between two reads of a store that does not wait, in milliseconds. */
const LONGEST_PAUSE = 1000
/** Time in which a reply that was just announced must appear, in milliseconds; longer if it is written here. */
const GRACE = 300
const LONG_GRACE = 5000
/** A writer that was silent for this long has died, in milliseconds. */
const SILENCE = 15 * BEAT_INTERVAL

/**
 * Serves a reply of `toResponse({ resumable })` again.
 *
 * - `GET ?reply=ID` returns its events in the same format, those after number N with `Last-Event-ID: N` or `&after=N`
 *   only, and the ones to come. Any number of pages may read along.
 * - `DELETE ?reply=ID` stops it: the model's request ends, and so does every page's stream.
 *
 * An unknown or expired reply is 404. Whoever knows the id of a reply, which is random, can read and stop it: check
 * first that the request may.
 * @example
 * const store = repliesInMemory()
 * const answer = (request: Request) =>
 *   request.method === 'POST'
 *     ? llm.chat({ messages, stream: true }).toResponse({ resumable: { store } })
 *     : resumeResponse(request, { store })
 */
export async function resumeResponse(request: Request, options: ResumeOptions): Promise<Response> {
  const { store, chat, pingInterval = 8000 }: Partial<ResumeOptions> = options ?? {}
  if (typeof store?.read !== 'function')
    throw new ConfigError('invalid_config', 'resumeResponse() takes { store }, a store of replies')
  checkPingInterval(pingInterval)
  const { searchParams } = new URL(request.url)
  const respond = (status: number, more: Record<string, string> = {}) => {
    const headers = new Headers(options.headers)
    for (const [name, value] of new Headers(more)) headers.set(name, value)
    return new Response(null, { status, headers })
  }
  if (request.method !== 'GET' && request.method !== 'DELETE')
    return respond(405, { allow: 'GET, DELETE' })
  const after = request.headers.get('last-event-id') || searchParams.get('after') || '0'
  if (!/^\d{1,9}$/.test(after)) return respond(400)
  const id = chat === undefined ? searchParams.get('reply') : await store.getChat(chat)
  // The ids are those of `crypto.randomUUID()`; anything else could be a key of other data in the store.
  const isId = typeof id === 'string' && /^[\da-f-]{36}$/.test(id)
  const log = isId ? new ReplyLog(store, id, Number(after)) : undefined
  const head = await log?.open()
  const nothing = chat === undefined ? 404 : 204
  if (!log || !head) return respond(nothing)
  if (request.method === 'DELETE') {
    running.get(log.id)?.()
    if (!log.isOver) await store.stop(log.id, head.expiresAt)
    return respond(204)
  }
  if (chat !== undefined && log.isOver) return respond(204)
  const headers = new Headers(options.headers)
  const control = 'no-cache, no-transform'
  const own = { 'cache-control': control, 'x-accel-buffering': 'no', ...head.headers }
  for (const [name, value] of Object.entries(own)) headers.set(name, value)
  headers.set(REPLY_ID, log.id)
  headers.append('access-control-expose-headers', REPLY_ID)
  return new Response(toEventBody(log, pingInterval), { headers })
}

/** Reads a reply from a store: its numbered events, while they are written. */
class ReplyLog implements AsyncIterator<readonly string[]> {
  readonly id: string
  /** True once everything was read from the store. */
  isOver = false
  #store: ReplyStore
  /** Number of the last event that the page has. */
  #after: number
  #from = 0
  /** The start of an event that was cut between two texts. */
  #rest = ''
  #events: string[] = []
  #head: ReplyHead | undefined
  #hasLeft = false

  constructor(store: ReplyStore, id: string, after: number) {
    this.#store = store
    this.id = id
    this.#after = after
  }

  /** Returns the head of the reply, or nothing if there is no such reply. */
  async open(): Promise<ReplyHead | undefined> {
    const grace = running.has(this.id) ? LONG_GRACE : GRACE
    for (let waited = 0; ; waited += 50) {
      await this.#read(0)
      if (this.#head || waited >= grace) return this.#head
      await pause(50)
    }
  }

  async next(): Promise<IteratorResult<readonly string[]>> {
    let wait = 50
    let heardAt = Date.now()
    while (this.#events.length === 0 && !this.isOver && !this.#hasLeft) {
      if (await this.#read(WAIT)) heardAt = Date.now()
      else if (Date.now() - heardAt > SILENCE + 2 * (this.#store.delay ?? 0)) {
        this.isOver = true
        return { value: await this.#cutOff(), done: false }
      } else {
        await pause(wait)
        wait = Math.min(wait * 1.5, LONGEST_PAUSE)
      }
    }
    if (this.#events.length === 0 || this.#hasLeft) return { value: undefined, done: true }
    const value = this.#events
    this.#events = []
    return { value, done: false }
  }

  async return(): Promise<IteratorResult<readonly string[]>> {
    this.#hasLeft = true
    return { value: undefined, done: true }
  }

  /** Reads what there is. Returns false if there was nothing new. */
  async #read(waitMs: number): Promise<boolean> {
    const texts = await this.#store.read(this.id, this.#from, waitMs)
    this.#from += texts.length
    const blocks = (this.#rest + texts.join('')).split('\n\n')
    this.#rest = blocks.pop() as string
    for (const block of blocks) this.#accept(`${block}\n\n`)
    return texts.length > 0
  }

  #accept(block: string): void {
    if (block === END) this.isOver = true
    else if (block.startsWith(HEAD)) this.#head = JSON.parse(block.slice(HEAD.length)) as ReplyHead
    const number = Number(/^id: (\d+)\n/.exec(block)?.[1] ?? 0)
    if (number <= this.#after) return
    this.#after = number
    this.#events.push(block)
  }

  /** Ends the stream of a writer that has died, so that the page need not ask again. */
  async #cutOff(): Promise<string[]> {
    const encoder = await loadEncoder(this.#head?.format as SSEFormat)
    const error = new StreamError('stream_truncated', 'The reply was cut off')
    return encoder.error({ ...error.toJSON(), retryable: false })
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
