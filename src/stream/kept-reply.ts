/**
 * Reads a reply to its end, whether or not the page stays, and keeps it in a store.
 */
import { withLimit } from '../async/with-limit.ts'
import { StreamError, TimeoutError } from '../errors.ts'
import { truncate } from '../well-formed.ts'
import type { ReplyHead, ResumableOptions } from './reply-store.ts'
import { BEAT, BEAT_INTERVAL, END, HEAD } from './reply-store.ts'

/** Longest text of one write, in characters: Deno KV takes 64 KiB a value. */
const PIECE = 16_384
/** Time limit of one write, in milliseconds. */
const WRITE_TIMEOUT = 10_000

/** Options of a kept reply. */
export interface KeptReplyOptions extends Omit<Required<ResumableOptions>, 'chat' | 'waitUntil'> {
  id: string
  chat: string | undefined
  format: string
  headers: Record<string, string>
  frames: AsyncIterator<readonly string[]>
  /** Ends the model's request. */
  cancel: (reason: unknown) => void
  /** Called with an error of the store. The page's own reply goes on. */
  onError: (error: unknown) => void
}

/** A reply that is being written. Iterates over its numbered events, for the page that asked. */
export class KeptReply implements AsyncIterator<readonly string[]> {
  /** Resolves when the reply has ended and is stored. */
  readonly ended: Promise<unknown>
  #options: KeptReplyOptions
  #expiresAt: number
  #count = 0
  #size = 0
  #index = 0
  /** Events that the page has not read yet; none once it has left. */
  #unread: string[] | undefined = []
  /** Text that is not stored yet. */
  #unstored = ''
  #isOver = false
  #isCancelled = false
  #hasStoreFailed = false
  #hasHead: Promise<void>
  #listeners = new Set<() => void>()

  constructor(options: KeptReplyOptions) {
    this.#options = options
    this.#expiresAt = Date.now() + options.maxDuration + options.ttl
    this.#hasHead = this.#writeHead()
    this.ended = Promise.all([this.#readAll(), this.#writeAll()])
  }

  async next(): Promise<IteratorResult<readonly string[]>> {
    // A page that knows an event can ask for those after it.
    await this.#hasHead
    while (this.#unread?.length === 0 && !this.#isOver) await this.#change()
    if (!this.#unread?.length) return { value: undefined, done: true }
    const value = this.#unread
    this.#unread = []
    return { value, done: false }
  }

  /** The page has left. */
  async return(): Promise<IteratorResult<readonly string[]>> {
    this.#unread = undefined
    if (this.#hasStoreFailed) this.stop()
    return { value: undefined, done: true }
  }

  /** Ends the request of the model, and the reply with it. */
  stop(): void {
    this.#cancel(new DOMException('The reply was stopped', 'AbortError'))
  }

  #cancel(reason: unknown): void {
    if (this.#isCancelled || this.#isOver) return
    this.#isCancelled = true
    this.#options.cancel(reason)
  }

  async #readAll(): Promise<void> {
    const { frames, maxDuration, onError } = this.#options
    const timer = setTimeout(
      () => this.#cancel(new TimeoutError('total', maxDuration)),
      maxDuration,
    )
    try {
      for (;;) {
        const { value, done } = await frames.next()
        if (done) break
        this.#accept(value)
      }
    } catch (error) {
      onError(error) // of `onError` itself, or a chunk that cannot be loaded
    } finally {
      clearTimeout(timer)
      this.#isOver = true
      this.#notify()
    }
  }

  #accept(frames: readonly string[]): void {
    for (const frame of frames) {
      const numbered = `id: ${++this.#count}\n${frame}`
      this.#unread?.push(numbered)
      if (!this.#hasStoreFailed) this.#unstored += numbered
      this.#size += numbered.length
    }
    const { maxSize } = this.#options
    if (this.#size > maxSize) {
      const problem = `The reply is longer than ${maxSize} characters (raise \`maxSize\`)`
      this.#cancel(new StreamError('response_too_large', problem))
    }
    this.#notify()
  }

  async #writeHead(): Promise<void> {
    const { id, chat, format, headers, store } = this.#options
    const head: ReplyHead = { format, headers, expiresAt: this.#expiresAt }
    await this.#write(`${HEAD}${JSON.stringify(head)}\n\n`)
    if (chat === undefined || this.#hasStoreFailed) return
    await this.#attempt(async () => store.setChat(chat, id, this.#expiresAt))
  }

  async #writeAll(): Promise<void> {
    const { writeInterval = 0 } = this.#options.store
    await this.#hasHead
    while (!this.#hasStoreFailed) {
      if (!this.#unstored && !this.#isOver) await this.#change(BEAT_INTERVAL)
      if (this.#isOver && !this.#unstored) break
      await this.#write(this.#takePiece() || BEAT)
      // Waits for more, since each write has its price.
      if (writeInterval > 0 && !this.#isOver) await this.#pause(writeInterval)
    }
    if (!this.#hasStoreFailed) await this.#write(END)
    else while (!this.#isOver) await this.#change()
  }

  #takePiece(): string {
    const piece = truncate(this.#unstored, PIECE)
    this.#unstored = this.#unstored.slice(piece.length)
    return piece
  }

  async #write(text: string): Promise<void> {
    const { id, store } = this.#options
    const index = this.#index++
    const isStopped = await this.#attempt(async () =>
      store.append(id, index, text, this.#expiresAt),
    )
    if (isStopped) this.stop()
  }

  /** Gives up the store after an error: the rest would have a gap. */
  async #attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    const toError = () => new Error(`The store of a reply took longer than ${WRITE_TIMEOUT} ms`)
    try {
      return await withLimit(work, WRITE_TIMEOUT, toError)
    } catch (error) {
      this.#hasStoreFailed = true
      this.#unstored = ''
      this.#options.onError(error)
      if (!this.#unread) this.stop()
      return undefined
    }
  }

  #notify(): void {
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    for (const listener of listeners) listener()
  }

  /** Resolves at the next event, at the end, or after `ms`. */
  #change(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(end, ms)
      const listeners = this.#listeners
      function end(): void {
        clearTimeout(timer)
        listeners.delete(end)
        resolve()
      }
      listeners.add(end)
    })
  }

  /** Resolves after `ms`, or at the end of the reply. */
  async #pause(ms: number): Promise<void> {
    const until = Date.now() + ms
    while (!this.#isOver && Date.now() < until) await this.#change(until - Date.now())
  }
}
