/**
 * Who answered, and how each try went.
 */
import type { Call } from '../call.ts'
import type { ChatError } from '../errors.ts'
import type { Attempt, ResponseInfo } from '../event.ts'

/** Who was asked. */
interface Asked {
  provider: string
  model: string
}

/** What a reply says of its origin, as far as the call has learnt it. */
export function toResponse(
  { provider, model }: Asked,
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
  { provider, model }: Asked,
  durationMs: number,
  error: ChatError | undefined,
): Attempt {
  return { provider, model, durationMs, ...(error && { error: error.toJSON() }) }
}
