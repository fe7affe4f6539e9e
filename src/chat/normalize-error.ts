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

/** Returns the number of a new run, by which errors from earlier runs are recognized. */
export function startRun(): number {
  return ++runs
}

/**
 * Turns a thrown value into a `ChatError` with its origin and the partial result, without any key.
 * @param run the number of the run
 */
export function normalizeError(
  thrown: unknown,
  call: Call,
  run: number,
  partial: () => ChatResult,
): ChatError {
  const error = isChatError(thrown) ? thrown : toServerError(thrown)
  error.provider ??= call.provider
  error.requestId ??= call.requestId
  // An error normalized by a nested model is kept. One from before this run was thrown again.
  const isOld = (normalizedAt.get(error) ?? runs) < run
  if (isOld || !error.partial) {
    error.partial = partial()
    normalizedAt.set(error, runs)
  }
  redactError(error, call.secrets)
  return error
}

function toServerError(cause: unknown): ServiceError {
  return new ServiceError('server_error', reasonOf(cause), { cause })
}
