/**
 * A conversation with calls, told in plain words to a model that must not call.
 */
import type { Message } from '../message.ts'
import { textOf } from '../message.ts'

/** The messages, their calls and results told by the user. */
export function tellCalls(messages: readonly Message[]): Message[] {
  const names = new Map<string, string>()
  return messages.flatMap((message): Message[] => {
    if (message.role === 'tool') {
      const name = names.get(message.tool_call_id) ?? message.name ?? ''
      return [{ role: 'user', content: `The tool ${name} returned:\n${textOf(message.content)}` }]
    }
    if (message.role !== 'assistant' || !message.tool_calls?.length) return [message]
    const { tool_calls: calls, ...rest } = message
    for (const call of calls) names.set(call.id, call.function.name)
    const told = calls.map(
      ({ function: { name, arguments: text } }) =>
        `The tool ${name} was called with these arguments:\n${text.trim() || '{}'}`,
    )
    const said: Message[] = textOf(message.content) ? [rest] : []
    return [...said, { role: 'user', content: told.join('\n\n') }]
  })
}
