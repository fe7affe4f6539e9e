/**
 * Rewrites tool calls as plain text, for a model that must not call tools.
 */
import type { Message } from '../message.ts'
import { textOf } from '../message.ts'

/** Returns the messages with tool calls and results rewritten as user messages. */
export function describeCalls(messages: readonly Message[]): Message[] {
  const names = new Map<string, string>()
  return messages.flatMap((message): Message[] => {
    if (message.role === 'tool') {
      const name = names.get(message.tool_call_id) ?? message.name ?? ''
      return [{ role: 'user', content: `The tool ${name} returned:\n${textOf(message.content)}` }]
    }
    if (message.role !== 'assistant' || !message.tool_calls?.length) return [message]
    const { tool_calls: calls, ...rest } = message
    for (const call of calls) names.set(call.id, call.function.name)
    const descriptions = calls.map(
      ({ function: { name, arguments: text } }) =>
        `The tool ${name} was called with these arguments:\n${text.trim() || '{}'}`,
    )
    const text: Message[] = textOf(message.content) ? [rest] : []
    return [...text, { role: 'user', content: descriptions.join('\n\n') }]
  })
}
