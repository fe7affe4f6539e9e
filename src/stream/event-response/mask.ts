/**
 * Removes from errors what only the operator may see.
 */
import type { ErrorCode, ErrorInfo } from '../../error-code.ts'
import { isChatError } from '../../errors.ts'
import type { StreamEvent } from '../../event.ts'

/** Messages for readers outside. Configuration mistakes look like a failure of the service. */
const PUBLIC_MESSAGES: Partial<Record<ErrorCode, string>> = {
  rate_limit: 'Rate limit exceeded',
  overloaded: 'The model is overloaded',
  content_filter: 'The content filter rejected the request or the reply',
  context_length: 'The conversation is too long for the model',
  timeout: 'The model took too long',
  connection_lost: 'The connection to the model was lost',
  stream_truncated: 'The reply was cut off',
  response_too_large: 'The reply is too long',
  invalid_output: 'The model returned an invalid output',
  too_many_steps: 'Too many steps',
}

/** Returns a message that says nothing of the server or its vendor. */
export function publicMessage(error: unknown): string {
  return (isChatError(error) && PUBLIC_MESSAGES[error.code]) || 'The model failed to reply'
}

/** Keeps the code and retry advice, and drops URLs, vendor messages, ids and variable names. */
export function maskError(error: unknown, message: string | undefined | void): ErrorInfo {
  const info = isChatError(error) ? error.toJSON() : undefined
  const isKnown = info !== undefined && info.code in PUBLIC_MESSAGES
  const masked: ErrorInfo = {
    name: isKnown ? info.name : 'ServiceError',
    code: isKnown ? info.code : 'server_error',
    message: (typeof message === 'string' && message) || publicMessage(error),
    retryable: info?.retryable ?? false,
  }
  if (isKnown) {
    const { retryAfter, which, limit, partialText } = info
    Object.assign(masked, JSON.parse(JSON.stringify({ retryAfter, which, limit, partialText })))
  }
  return masked
}

/** Masks the errors inside events: those of retries, failed models and attempts. */
export function maskEvent(event: StreamEvent): StreamEvent {
  if (event.type === 'retry') return { ...event, error: maskInfo(event.error) }
  if (event.type === 'failover')
    return { ...event, error: maskInfo(event.error), attempts: event.attempts.map(maskAttempt) }
  if (event.type === 'finish' && event.response)
    return {
      ...event,
      response: { ...event.response, attempts: event.response.attempts.map(maskAttempt) },
    }
  return event
}

function maskAttempt<T extends { error?: ErrorInfo }>(attempt: T): T {
  return attempt.error ? { ...attempt, error: maskInfo(attempt.error) } : attempt
}

function maskInfo({ name, code, retryable, retryAfter }: ErrorInfo): ErrorInfo {
  const message = PUBLIC_MESSAGES[code] ?? 'The model failed to reply'
  return { name, code, message, retryable, ...(retryAfter !== undefined && { retryAfter }) }
}
