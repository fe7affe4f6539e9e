/**
 * Answers a request that arrives twice only once. Deno, Chromium and Firefox resend a POST by themselves after a broken
 * connection, and clients retry; both repeat the `Idempotency-Key`.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
import { KEY_HEADERS } from './authorize.ts'
import { sha256 } from './sha256.ts'
import type { ResendableRequest } from './shared-reply.ts'
import { SharedReply } from './shared-reply.ts'

/** Maximum number of replies that are kept. */
const MAX_REPLIES = 1000
/** Maximum size of a reply that is kept, in bytes. */
const MAX_REPLY_BYTES = 1_048_576
/** Maximum size of all kept replies together, in bytes. */
const MAX_TOTAL_BYTES = 16_777_216
/** Time for which a complete reply is kept, in milliseconds. */
const KEPT_FOR = 60_000

/** The replies that may be asked for again. Bounded in number, size and time; kept in this instance's memory only. */
export class ResentRequests {
  #replies = new Map<string, SharedReply>()
  #bytes = 0

  /**
   * Resolves with what `produce` returns, or with a copy of the reply to the same request: same key, caller, URL and
   * body. A request without a key of at least 16 characters is always answered anew.
   */
  async answer(asked: ResendableRequest, produce: () => Promise<Response>): Promise<Response> {
    const id = await identify(asked)
    if (id === undefined) return produce()
    this.#forgetOld()
    const earlier = this.#replies.get(id)
    if (earlier && (earlier.state === 'done' || canShare())) return earlier.repeat(asked)
    const reply: SharedReply = new SharedReply(asked, {
      canComeBack: canShare(),
      grow: (bytes) => this.#grow(id, reply, bytes),
      forget: () => this.#forget(id, reply),
    })
    this.#replies.set(id, reply)
    return reply.open(produce)
  }

  /** Makes room for a piece of a reply. Returns false if it is not remembered any longer. */
  #grow(id: string, reply: SharedReply, bytes: number): boolean {
    if (this.#replies.get(id) !== reply) return false
    this.#bytes += bytes
    for (const [other, { state }] of this.#replies) {
      if (this.#bytes <= MAX_TOTAL_BYTES) break
      if (state === 'done') this.#forget(other)
    }
    if (reply.size <= MAX_REPLY_BYTES && this.#bytes <= MAX_TOTAL_BYTES) return true
    this.#forget(id, reply)
    return false
  }

  #forget(id: string, expected = this.#replies.get(id)): void {
    if (!expected || this.#replies.get(id) !== expected) return
    this.#replies.delete(id)
    this.#bytes -= expected.size
  }

  #forgetOld(): void {
    const oldest = Date.now() - KEPT_FOR
    for (const [id, { doneAt }] of this.#replies) if (doneAt < oldest) this.#forget(id)
    // The map is in order of arrival.
    for (const [id, { state }] of this.#replies) {
      if (this.#replies.size < MAX_REPLIES) break
      if (state === 'done') this.#forget(id)
    }
  }
}

/** Headers that may tell one caller from another. */
const CREDENTIALS = ['authorization', ...KEY_HEADERS, 'cookie']
/** A shorter key could be guessed, or be the same for two callers by chance. */
const KEY = /^[\x21-\x7e]{16,255}$/

/** Returns a hash of everything that must be the same, or `undefined` for a request without a usable key. */
async function identify({ request, caller, body }: ResendableRequest): Promise<string | undefined> {
  const { method, url, headers } = request
  const key = headers.get('idempotency-key') ?? ''
  if (method !== 'POST' || !KEY.test(key)) return undefined
  const isBytes = body instanceof Uint8Array
  const parts = [key, url, CREDENTIALS.map((name) => headers.get(name)), caller, !isBytes && body]
  let text: string
  try {
    text = JSON.stringify(parts)
  } catch {
    return undefined // a caller that cannot be compared
  }
  return isBytes ? sha256(await sha256(text), body) : sha256(text)
}

/** Workers may not wait for the I/O of another request: there only complete replies are repeated. */
function canShare(): boolean {
  const { navigator, EdgeRuntime } = globalThis as {
    navigator?: { userAgent?: string }
    EdgeRuntime?: unknown
  }
  return navigator?.userAgent !== 'Cloudflare-Workers' && EdgeRuntime === undefined
}
