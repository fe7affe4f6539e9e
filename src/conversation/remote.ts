/**
 * Reads replies from a URL, and reads on after a lost connection if they are resumable.
 *
 * A resumable reply has the header `chatwire-reply-id`, and its events are numbered by `id:` from 1.
 * `GET url?reply=ID&after=N` returns the events after number N, `DELETE url?reply=ID` ends the reply.
 */
import { isChatError, ServiceError, StreamError } from '../errors.ts'
import { codeOfStatus, isRetryableStatus } from '../service-error-code.ts'
import type { EventBatch } from '../stream/read-events.ts'
import { readEventBatches } from '../stream/read-events.ts'
import type { ConversationOptions } from './types.ts'
import type { Opened, Source, SourceRequest } from './source.ts'
import { resolve } from './source.ts'

/** Header with the id of a resumable reply. */
const REPLY_ID = 'chatwire-reply-id'
/** Maximum number of attempts to reconnect that bring no event. */
const ATTEMPTS = 7
/** Time for which `stop` waits for the id of a reply that was just requested, in milliseconds. */
const STOP_LIMIT = 5000

type Request = Pick<SourceRequest, 'signal' | 'cursor'>

/** Yields the events of a response after the cursor, up to the end of the reply. */
export async function* readResponse(
  response: Response,
  { signal, cursor }: Request,
): AsyncGenerator<EventBatch> {
  const isNumbered = cursor.replyId !== undefined
  const batches = readEventBatches(response, { signal, after: cursor.lastEventId, isNumbered })
  for await (const batch of batches) {
    yield batch
    const { events, failure } = batch
    if (events.at(-1)?.type === 'finish') return
    if (!failure) continue
    cursor.replyId = undefined // the reply itself failed: nothing more will come
    throw failure.error
  }
  throw new StreamError('stream_truncated', 'The stream ended before its finish event')
}

/** Replies of a server that answers with `toResponse()`. */
export class RemoteSource implements Source {
  #url: string
  #options: ConversationOptions

  constructor(options: ConversationOptions) {
    this.#url = String(options.url)
    this.#options = options
  }

  open(request: SourceRequest): Opened {
    const { cursor } = request
    cursor.replyId = cursor.lastEventId = undefined
    return { events: this.#follow(request, () => this.#post(request)) }
  }

  async resume(request: Request): Promise<Opened> {
    return { events: this.#follow(request) }
  }

  async cancel(replyId: string): Promise<void> {
    await this.#fetch(this.#address(replyId), { method: 'DELETE', keepalive: true })
  }

  async *#follow(request: Request, first?: () => Promise<Response>): AsyncGenerator<EventBatch> {
    const { signal, cursor } = request
    let failures = 0
    for (let ask = first; ; ask = undefined) {
      try {
        const response = await (ask ? ask() : this.#get(request))
        for await (const batch of readResponse(response, request)) {
          failures = 0
          yield batch
        }
        return
      } catch (error) {
        const mayGoOn = cursor.replyId !== undefined && isChatError(error) && error.retryable
        if (signal.aborted || !mayGoOn || ++failures > ATTEMPTS) throw error
        await delay(Math.min(250 * 2 ** failures, 8000) * (0.75 + Math.random() / 2), signal)
      }
    }
  }

  async #post({ messages, approved, signal, cursor }: SourceRequest): Promise<Response> {
    const { defaults, body } = this.#options
    const { signal: _, ...options } = resolve(defaults) ?? {}
    // A reply that goes on without this page is stopped by its id, so a stop waits for that.
    const controller = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const onStop = () => {
      timer = setTimeout(() => controller.abort(signal.reason), STOP_LIMIT)
    }
    signal.addEventListener('abort', onStop)
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ...options,
        ...resolve(body),
        ...(approved.length > 0 && { approved }),
        messages,
      }),
      signal: controller.signal,
    }
    const response = await this.#fetch(this.#url, init, signal).finally(() => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onStop)
    })
    const replyId = response.headers.get(REPLY_ID) ?? undefined
    if (!signal.aborted) {
      cursor.replyId = replyId
      return await checkResponse(response)
    }
    if (replyId !== undefined) this.cancel(replyId).catch(() => {})
    response.body?.cancel().catch(() => {})
    throw signal.reason
  }

  async #get({ signal, cursor }: Request): Promise<Response> {
    const url = `${this.#address(cursor.replyId)}&after=${cursor.lastEventId ?? 0}`
    const response = await this.#fetch(url, { signal })
    if (response.status !== 404) return await checkResponse(response)
    cursor.replyId = undefined
    response.body?.cancel().catch(() => {})
    throw new StreamError('connection_lost', 'The rest of the reply is no longer available', {
      status: 404,
    })
  }

  #address(replyId = ''): string {
    return `${this.#url}${this.#url.includes('?') ? '&' : '?'}reply=${encodeURIComponent(replyId)}`
  }

  /** @param signal prevents a request that is not sent yet; that of `init` ends it */
  async #fetch(
    url: string,
    init: RequestInit,
    signal: AbortSignal | null | undefined = init.signal,
  ): Promise<Response> {
    const { fetch = globalThis.fetch, headers } = this.#options
    const own = await resolve<object | Promise<object>>(headers)
    signal?.throwIfAborted()
    try {
      return await fetch(url, { ...init, headers: { ...(init.headers as object), ...own } })
    } catch (cause) {
      if (init.signal?.aborted) throw cause
      throw new StreamError('connection_failed', `Cannot reach ${this.#url}`, { cause })
    }
  }
}

async function checkResponse(response: Response): Promise<Response> {
  const { status, ok } = response
  if (ok) return response
  const text = await response.text().catch(() => '')
  const message = text && text.length < 300 && !text.startsWith('<') ? `: ${text}` : ''
  throw new ServiceError(
    status === 404 ? 'unexpected_response' : codeOfStatus(status),
    `HTTP ${status}${message}`,
    { status, retryable: isRetryableStatus(status) },
  )
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolved) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      globalThis.removeEventListener?.('online', end)
      resolved()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
    globalThis.addEventListener?.('online', end)
  })
}
