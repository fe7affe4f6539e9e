/**
 * Describes the origin of a reply and its attempts.
 */
import type { Call } from '../call.ts'
import type { ChatError } from '../errors.ts'
import type { Attempt, ResponseInfo } from '../event.ts'

/** The origin of a reply. */
interface Origin {
  provider: string
  model: string
}

/** Returns the origin of a reply, as far as it is known. */
export function toResponse(
  { provider, model }: Origin,
  { responseId, responseModel, requestId }: Call,
  attempts: Attempt[],
): ResponseInfo {
  return {
    ...(responseId !== undefined && { id: responseId }),
    model: responseModel ?? model,
    provider,
    ...(requestId !== undefined && { requestId }),
    attempts,
  }
}

/** @param durationMs milliseconds */
export function toAttempt(
  { provider, model }: Origin,
  durationMs: number,
  error: ChatError | undefined,
): Attempt {
  return { provider, model, durationMs, ...(error && { error: error.toJSON() }) }
}
