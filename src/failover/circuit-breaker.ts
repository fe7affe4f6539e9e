/**
 * Skips a repeatedly failing model for a while, then tries it with a single call.
 */
import type { ChatError } from '../errors.ts'
import { ConfigError, ServiceError } from '../errors.ts'
import type { BaseChatModel } from '../chat/base.ts'

/** Thresholds of the circuit breaker. */
export interface CoolDownOptions {
  /**
   * Number of consecutive failed calls after which a model is skipped.
   * @default 3
   */
  maxFailures?: number | undefined
  /**
   * Time for which it is skipped, in milliseconds; longer if its server asks for that.
   * @default 30_000
   */
  coolDown?: number | undefined
}

/** Outcome of a call: `'ok'`, its error, or `undefined` if its end was not awaited. */
export type Outcome = 'ok' | ChatError | undefined

/** Longest time a server may ask for, in milliseconds. */
const LONGEST_ASKED = 3_600_000

/** A model and its recent failures. */
export class CircuitBreaker {
  readonly model: BaseChatModel
  /** Time from which it may be called again, as of `Date.now()`. */
  openFrom = 0
  /** Number of consecutive failed calls. */
  #failures = 0
  #maxFailures: number
  #coolDown: number

  constructor(model: BaseChatModel, { maxFailures = 3, coolDown = 30_000 }: CoolDownOptions) {
    this.model = model
    this.#maxFailures = maxFailures
    this.#coolDown = coolDown
  }

  /** Starts a call. Returns a function that records its outcome. */
  beginAttempt(): (outcome: Outcome) => void {
    const { openFrom } = this
    const onTrial = this.#failures >= this.#maxFailures
    // Other calls skip the model while this one finds out whether it has recovered.
    if (onTrial) this.openFrom = Date.now() + this.#coolDown
    return (outcome) => {
      if (outcome === undefined || outcome instanceof ConfigError) {
        if (onTrial) this.openFrom = openFrom
      } else if (outcome === 'ok' || isAnswer(outcome)) {
        this.#failures = 0
        this.openFrom = 0
      } else this.#rest(outcome)
    }
  }

  #rest(error: ChatError): void {
    const isTripped = ++this.#failures >= this.#maxFailures
    const requested = error instanceof ServiceError ? (error.retryAfter ?? 0) : 0
    const ms = Math.max(Math.min(requested, LONGEST_ASKED), isTripped ? this.#coolDown : 0)
    this.openFrom = Math.max(this.openFrom, Date.now() + ms)
  }
}

/** Returns the models to call, in order: all whose circuit is closed, or else the one that recovers first. */
export function availableModels(breakers: readonly CircuitBreaker[]): CircuitBreaker[] {
  const now = Date.now()
  const open = breakers.filter(({ openFrom }) => openFrom <= now)
  if (open.length > 0) return open
  const first = Math.min(...breakers.map(({ openFrom }) => openFrom))
  return breakers.filter(({ openFrom }) => openFrom === first).slice(0, 1)
}

/** True for an error caused by the request: the server itself is healthy. */
function isAnswer({ code }: ChatError): boolean {
  return code === 'context_length' || code === 'content_filter' || code === 'bad_request'
}
