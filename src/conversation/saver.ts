/**
 * Saves a conversation: at once after a change, at intervals while a reply grows.
 */
import type { ConversationOptions, ConversationState } from './types.ts'

/** Interval of saving while a reply grows, in milliseconds. */
const INTERVAL = 1000

/** Saves the states of one conversation. */
export class Saver {
  /** False before the saved state is loaded, and if it cannot be read: it must not be overwritten. */
  isReady: boolean
  #id: string
  #options: ConversationOptions
  #getState: () => ConversationState
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(id: string, options: ConversationOptions, getState: () => ConversationState) {
    this.#id = id
    this.#options = options
    this.#getState = getState
    this.isReady = options.storage === undefined
  }

  /** Saves within the interval. */
  soon(): void {
    if (this.#options.storage) this.#timer ??= setTimeout(() => this.now(), INTERVAL)
  }

  /** Saves now. A failure is reported to `onError`. */
  now(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const { storage, onError } = this.#options
    if (!storage || !this.isReady) return
    const save = async () => storage.save(this.#id, this.#getState())
    save().catch((error: unknown) => onError?.(error))
  }
}
