/**
 * Splits complete results into events.
 */
import type { ChatResult, FinishEvent, ResponseInfo, StreamEvent } from '../event.ts'

/** Splits a complete result into events. */
export function toEvents(result: ChatResult): StreamEvent[] {
  const events: StreamEvent[] = []
  if (result.reasoning) events.push({ type: 'reasoning-delta', text: result.reasoning })
  if (result.text) events.push({ type: 'text-delta', text: result.text })
  for (const toolCall of result.toolCalls ?? []) events.push({ type: 'tool-call', toolCall })
  for (const source of result.sources ?? []) events.push({ type: 'source', source })
  if (result.usage) events.push({ type: 'usage', usage: result.usage })
  const { finishReason = 'stop', rawFinishReason = null } = result
  events.push({ type: 'finish', finishReason, rawFinishReason, ...originOf(result) })
  return events
}

/** Returns the origin and the vendor's fields of a result. A result built by hand may lack either. */
function originOf(result: ChatResult): Pick<FinishEvent, 'messageFields' | 'response'> {
  const {
    role: _r,
    content: _c,
    reasoning_content: _t,
    tool_calls: _l,
    ...fields
  } = {
    ...result.message,
  }
  const { id, model, provider, requestId, attempts } = result
  return {
    ...(Object.keys(fields).length > 0 && { messageFields: fields }),
    ...(isResponse(result) && {
      response: {
        ...(id !== undefined && { id }),
        model,
        provider,
        ...(requestId !== undefined && { requestId }),
        attempts,
      },
    }),
  }
}

/** True for the origin of a reply; one built by hand may lack members. */
export function isResponse({ model, provider, attempts }: Partial<ResponseInfo>): boolean {
  return typeof model === 'string' && typeof provider === 'string' && Array.isArray(attempts)
}
