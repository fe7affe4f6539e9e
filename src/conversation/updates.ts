/**
 * Passes snapshots to the listeners, many changes in one update.
 */
import type { ConversationListener, ConversationSettings, ConversationSnapshot } from './types.ts'

/** Longest delay of an update if no frame is drawn, as in a hidden page, in milliseconds. */
const LIMIT = 100

/** The published snapshot and its listeners. */
export class Updates {
  snapshot: ConversationSnapshot
  #listeners = new Set<{ listener: ConversationListener }>()
  #next: (last: ConversationSnapshot) => ConversationSnapshot
  #schedule: (update: () => void) => void
  #onError: ((error: unknown) => void) | undefined
  #isScheduled = false

  /** @param next returns its argument if nothing changed */
  constructor(
    first: ConversationSnapshot,
    next: (last: ConversationSnapshot) => ConversationSnapshot,
    { schedule = scheduleUpdate, onError = globalThis.reportError }: ConversationSettings,
  ) {
    this.snapshot = first
    this.#next = next
    this.#schedule = schedule
    this.#onError = onError
  }

  /** Calls the listener at once and after each change. */
  subscribe(listener: ConversationListener): () => void {
    const entry = { listener } // the same function may subscribe twice
    this.#listeners.add(entry)
    listener(this.snapshot)
    return () => void this.#listeners.delete(entry)
  }

  /** Publishes soon. */
  soon(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#schedule(() => this.now())
  }

  /** Publishes now, if anything changed. */
  now(): void {
    this.#isScheduled = false
    const snapshot = this.#next(this.snapshot)
    if (snapshot === this.snapshot) return
    this.snapshot = snapshot
    for (const { listener } of this.#listeners) {
      try {
        listener(snapshot)
      } catch (error) {
        this.#onError?.(error) // does not end the reply
      }
    }
  }
}

/** Calls `update` in the next animation frame of a visible page, soon in a hidden one, and at once elsewhere. */
function scheduleUpdate(update: () => void): void {
  if (typeof requestAnimationFrame !== 'function') return update()
  let isDone = false
  const run = () => {
    if (isDone) return
    isDone = true
    clearTimeout(timer)
    update()
  }
  const isHidden = globalThis.document?.visibilityState === 'hidden'
  const timer = setTimeout(run, isHidden ? 0 : LIMIT)
  requestAnimationFrame(run)
}
