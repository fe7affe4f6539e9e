/**
 * Adds provider, request id and partial result to an error, and redacts keys.
 */
import type { Call } from '../call.ts'
import { redactError } from '../redact.ts'
import type { ChatError } from '../errors.ts'
import { isChatError, ServiceError } from '../errors.ts'
import type { ChatResult } from '../event.ts'
import { reasonOf } from '../reason-of.ts'

/** The number of runs so far, and its value when each error was normalized. */
let runs = 0
const normalizedAt = /* @__PURE__ */ new WeakMap<ChatError, number>()

/** Belongs to one run, and recognizes errors from earlier runs. */
export class ErrorNormalizer {
  #number = ++runs

  /** Turns a thrown value into a `ChatError` with its origin and the partial result, without any key. */
  normalize(thrown: unknown, call: Call, partial: () => ChatResult): ChatError {
    const error = isChatError(thrown) ? thrown : toServerError(thrown)
    error.provider ??= call.provider
    error.requestId ??= call.requestId
    // An error normalized by a nested model is kept. One from before this run was thrown again.
    const isOld = (normalizedAt.get(error) ?? runs) < this.#number
    if (isOld || !error.partial) {
      error.partial = partial()
      normalizedAt.set(error, runs)
    }
    redactError(error, call.secrets)
    return error
  }
}

function toServerError(cause: unknown): ServiceError {
  return new ServiceError('server_error', reasonOf(cause), { cause })
}
