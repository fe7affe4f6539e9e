/**
 * Skips a repeatedly failing model for a while, then tries it with a single call.
 */
import type { ChatError, ServiceError } from '../errors.ts'
import { ConfigError } from '../errors.ts'
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
  #options: CoolDownOptions

  constructor(model: BaseChatModel, options: CoolDownOptions) {
    this.model = model
    this.#options = options
  }

  /** Starts a call. Returns a function that records its outcome. */
  beginAttempt(): (outcome: Outcome) => void {
    const { maxFailures = 3, coolDown = 30_000 } = this.#options
    const { openFrom } = this
    let trialEnd: number | undefined
    // Other calls skip the model while this one finds out whether it has recovered.
    if (this.#failures >= maxFailures) trialEnd = this.openFrom = Date.now() + coolDown
    return (outcome) => {
      if (!outcome || outcome instanceof ConfigError) {
        // Another trial may have found it out meanwhile.
        if (this.openFrom === trialEnd) this.openFrom = openFrom
      } else if (outcome === 'ok' || isAnswer(outcome)) this.#failures = this.openFrom = 0
      else {
        const { retryAfter = 0 } = outcome as ServiceError
        const rest = ++this.#failures >= maxFailures ? coolDown : 0
        const ms = Math.max(Math.min(retryAfter, LONGEST_ASKED), rest)
        this.openFrom = Math.max(this.openFrom, Date.now() + ms)
      }
    }
  }
}

/** Returns the models to call, in order: all whose circuit is closed, or else the one that recovers first. */
export function availableModels(breakers: readonly CircuitBreaker[]): CircuitBreaker[] {
  const now = Date.now()
  const from = Math.max(now, Math.min(...breakers.map(({ openFrom }) => openFrom)))
  const open = breakers.filter(({ openFrom }) => openFrom <= from)
  return from > now ? open.slice(0, 1) : open
}

/** True for an error caused by the request: the server itself is healthy. */
function isAnswer({ code }: ChatError): boolean {
  return code === 'context_length' || code === 'content_filter' || code === 'bad_request'
}
