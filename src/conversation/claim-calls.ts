/**
 * Lets one of the pages that show the same reply run its tool calls. Loaded with the first tool call that runs.
 */
import type { ActionContext, Reply } from './run.ts'
import type { ConversationTurn } from './types.ts'

/** Claims of each conversation. */
const claims = new WeakMap<ActionContext, Set<string>>()

/**
 * Resolves to true if this page must run the tool calls: no other page does, or the runtime has no Web Locks. Otherwise
 * resolves to false once the page that runs them has ended its reply, which then replaces this one, or was closed.
 */
export async function claimCalls(
  reply: Reply,
  ids: readonly string[],
  context: ActionContext,
): Promise<boolean> {
  const { turn, ended } = reply
  const { id = 'default', storage } = context.options
  // What the pages have in common: a resumable reply, or the saved message.
  const saved = storage && turn.createdAt !== undefined && [id, turn.id, turn.createdAt].join(' ')
  const shared = reply.lastReplyId ?? saved
  const locks = typeof document === 'undefined' ? undefined : globalThis.navigator?.locks
  if (!shared || !locks || typeof BroadcastChannel !== 'function') return true
  const key = ['chatwire', shared, ...ids].join(' ')
  const own = claims.get(context) ?? new Set()
  if (own.has(key)) return true
  const channel = new BroadcastChannel(key)
  const isMine = await new Promise<boolean>((resolve) => {
    locks
      .request(key, { ifAvailable: true }, (lock) => {
        resolve(lock !== null)
        // The browser releases it with the page: whoever asks later must not run the calls either.
        return lock && new Promise(() => {})
      })
      .catch(() => resolve(true)) // an opaque origin has no locks, and shares no state
  })
  if (!isMine) return follow(reply, key, { locks, channel })
  claims.set(context, own.add(key))
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has none
  const tell = () => void ended.then(() => channel.postMessage({ turn }))
  channel.addEventListener('message', tell)
  tell()
  return true
}

/** Waits for the end of the reply in the page that runs the calls, and takes it over. */
async function follow(
  { turn, signal }: Reply,
  key: string,
  { locks, channel }: { locks: LockManager; channel: BroadcastChannel },
): Promise<false> {
  const controller = new AbortController()
  const stop = () => controller.abort()
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  turn.finishReason = undefined // a page that is closed leaves the reply cut
  channel.addEventListener('message', ({ data }: MessageEvent<{ turn?: ConversationTurn }>) => {
    if (!data?.turn) return // another page asks
    const { id, parent, createdAt } = turn
    Object.assign(turn, data.turn, { id, parent, createdAt })
    stop()
  })
  // The reply may have ended before.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has none
  channel.postMessage({})
  await locks.request(key, { signal: controller.signal }, () => {}).catch(() => {})
  signal.removeEventListener('abort', stop)
  channel.close()
  return false
}
