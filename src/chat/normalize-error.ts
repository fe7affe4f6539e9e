/**
 * What a failure is told to its reader with.
 */
import type { Call } from '../call.ts'
import { redactError } from '../call.ts'
import type { ChatError } from '../errors.ts'
import { isChatError, ServiceError } from '../errors.ts'
import type { ChatResult } from '../event.ts'

/** How many runs there have been: now, and when an error was told what had arrived. */
let runs = 0
const toldAt = /* @__PURE__ */ new WeakMap<ChatError, number>()

/** Of one run: knows which errors are older than it. */
export class ErrorNormalizer {
  #number = ++runs

  /** A `ChatError` of whatever was thrown: with who was asked, with what had arrived, and without any key. */
  normalize(thrown: unknown, call: Call, partial: () => ChatResult): ChatError {
    const error = isChatError(thrown) ? thrown : toServerError(thrown)
    error.provider ??= call.provider
    error.requestId ??= call.requestId
    // Told by a model inside of this one it stays; told before this run began, the error is thrown once more.
    const isOld = (toldAt.get(error) ?? runs) < this.#number
    if (isOld || !error.partial) {
      error.partial = partial()
      toldAt.set(error, runs)
    }
    redactError(error, call.secrets)
    return error
  }
}

function toServerError(cause: unknown): ServiceError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new ServiceError('server_error', message, { cause })
}
