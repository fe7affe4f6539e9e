/**
 * Who of several models is well: one that keeps failing is left alone for a while, then tried by one call.
 */
import type { ChatError } from '../errors.ts'
import { ConfigError, ServiceError } from '../errors.ts'
import type { BaseChatModel } from '../chat/base.ts'

/** When a model is left alone, and for how long. */
export interface CoolDownOptions {
  /**
   * How many calls in a row a model may fail before it is left alone.
   * @default 3
   */
  maxFailures?: number | undefined
  /**
   * How long it is left alone, in milliseconds; longer where its server asks for that.
   * @default 30_000
   */
  coolDown?: number | undefined
}

/** How a call to a model went: well, or how it failed; `undefined` where nobody waited for its end. */
export type Outcome = 'well' | ChatError | undefined

/** Longest time that a server may ask to be left alone, in milliseconds. */
const LONGEST_ASKED = 3_600_000

/** A model and how it has fared. */
export class CircuitBreaker {
  readonly model: BaseChatModel
  /** From when on it may be asked, as `Date.now()` tells it. */
  openFrom = 0
  /** Calls in a row that failed. */
  #failures = 0
  #maxFailures: number
  #coolDown: number

  constructor(model: BaseChatModel, { maxFailures = 3, coolDown = 30_000 }: CoolDownOptions) {
    this.model = model
    this.#maxFailures = maxFailures
    this.#coolDown = coolDown
  }

  /** A call begins; what this gives is told how it went. */
  beginAttempt(): (outcome: Outcome) => void {
    const { openFrom } = this
    const onTrial = this.#failures >= this.#maxFailures
    // While this call finds out whether it is well again, no other asks.
    if (onTrial) this.openFrom = Date.now() + this.#coolDown
    return (outcome) => {
      if (outcome === undefined || outcome instanceof ConfigError) {
        if (onTrial) this.openFrom = openFrom
      } else if (outcome === 'well' || isAnswer(outcome)) {
        this.#failures = 0
        this.openFrom = 0
      } else this.#rest(outcome)
    }
  }

  #rest(error: ChatError): void {
    const isTripped = ++this.#failures >= this.#maxFailures
    const asked = error instanceof ServiceError ? (error.retryAfter ?? 0) : 0
    const ms = Math.max(Math.min(asked, LONGEST_ASKED), isTripped ? this.#coolDown : 0)
    this.openFrom = Math.max(this.openFrom, Date.now() + ms)
  }
}

/** Whom to ask, in their order: all who are not left alone; where there are none, the first to come back. */
export function availableModels(seats: readonly CircuitBreaker[]): CircuitBreaker[] {
  const now = Date.now()
  const open = seats.filter(({ openFrom }) => openFrom <= now)
  if (open.length > 0) return open
  const first = Math.min(...seats.map(({ openFrom }) => openFrom))
  return seats.filter(({ openFrom }) => openFrom === first).slice(0, 1)
}

/** True for a refusal of this one request: the server itself is well. */
function isAnswer({ code }: ChatError): boolean {
  return code === 'context_length' || code === 'content_filter' || code === 'bad_request'
}
