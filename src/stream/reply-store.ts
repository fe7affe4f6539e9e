/**
 * The seam between resumable replies and the storage that keeps them.
 */

/** Keeps the replies of `toResponse({ resumable })` while the model writes them, and for a while after. */
export interface ReplyStore {
  /**
   * Adds text to a reply: number `index`, from 0, of at most 16,384 characters. The store may drop it after
   * `expiresAt`, in milliseconds since 1970. Resolves to true once `stop` was called for this reply.
   */
  append: (id: string, index: number, text: string, expiresAt: number) => Promise<boolean>
  /**
   * Returns the texts from number `from` on, without a gap; none for an unknown reply. If there is none yet, it may
   * wait for one, up to `waitMs` milliseconds.
   */
  read: (id: string, from: number, waitMs: number) => Promise<string[]>
  /** Asks whoever writes the reply to stop. */
  stop: (id: string, expiresAt: number) => Promise<unknown>
  /** Stores the id of the latest reply of a chat. */
  setChat: (chat: string, id: string, expiresAt: number) => Promise<unknown>
  /** Returns the id of the latest reply of a chat. */
  getChat: (chat: string) => Promise<string | null | undefined>
  /**
   * Least time between two writes of a reply, in milliseconds.
   * @default 0
   */
  writeInterval?: number
  /**
   * Time until a write is seen by every reader, in milliseconds.
   * @default 0
   */
  delay?: number
}

/** Options of `toResponse({ resumable })`. */
export interface ResumableOptions {
  /** Store of the replies, such as `repliesInMemory()` of `chatwire/server`. */
  store: ReplyStore
  /**
   * Id of the chat, for `resumeResponse(request, { chat })`, which finds the latest reply of a chat. Pages of
   * `useChat` resume by it.
   */
  chat?: string
  /**
   * Keeps the program running until the model has answered: on Workers, `(work) => context.waitUntil(work)`. Workers
   * get 30 seconds after the page has left.
   */
  waitUntil?: (work: Promise<unknown>) => void
  /**
   * Time for which a reply is kept after its longest possible end, in milliseconds.
   * @default 600_000
   */
  ttl?: number
  /**
   * Time limit of a reply, in milliseconds. The model is stopped then, and the reply ends with `timeout`.
   * @default 600_000
   */
  maxDuration?: number
  /**
   * Size limit of a reply, in characters as sent. The model is stopped then, and the reply ends with
   * `response_too_large`.
   * @default 8_388_608
   */
  maxSize?: number
}

/** First text of a reply. */
export interface ReplyHead {
  /** Format of the stream. */
  format: string
  /** Headers of the response. */
  headers: Record<string, string>
  /** In milliseconds since 1970. */
  expiresAt: number
}

/** Header with the id of a resumable reply. */
export const REPLY_ID = 'chatwire-reply-id'

/** Comments that the log of a reply has between its events; they are not sent. */
export const HEAD: string = ': chatwire-head '
export const END: string = ': chatwire-end\n\n'
export const BEAT: string = ': chatwire-beat\n\n'

/** Longest time between two writes of a reply, in milliseconds: a writer that is silent for longer has died. */
export const BEAT_INTERVAL = 2000

/** The replies that this program writes, to be stopped without a detour. */
export const running: Map<string, () => void> = new Map()
