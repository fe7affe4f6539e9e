/**
 * Results of tools. They are texts in most formats: what else is in one follows as a part of a user's message.
 */
import { HttpError, invalid } from '../../edge/http-error.ts'
import { isRecord } from '../../is-record.ts'
import type { ContentPart, Message, ToolMessage } from '../../message.ts'

/**
 * Returns the message of a tool.
 * @param parts the result
 * @param media receives what is not text
 */
export function toToolMessage(
  id: string,
  parts: readonly ContentPart[],
  media: ContentPart[],
): ToolMessage {
  const others = parts.filter(({ type }) => type !== 'text')
  if (others.length > 0)
    media.push({ type: 'text', text: `From the result of the tool call ${id}:` }, ...others)
  const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')
  const isEmpty = text.trim() === '' && others.length > 0
  return { role: 'tool', tool_call_id: id, content: isEmpty ? 'The content follows.' : text }
}

/**
 * Checks that every tool call has one result, as OpenAI and Anthropic do. Other servers accept more, so that a request
 * would work with some models of a list only. Ids may repeat from turn to turn.
 * @param messages of a caller, possibly malformed
 * @throws {HttpError} 400
 */
export function checkResults(messages: readonly unknown[]): void {
  const results = new Map<unknown, number>()
  const check = (id: unknown, count: number | undefined) => {
    const problem = count === 0 ? 'no result' : (count ?? 1) > 1 && `${count} results`
    const toolCall = `The tool call "${String(id).slice(0, 40)}"`
    if (problem) throw new HttpError(invalid(`${toolCall} has ${problem}`))
  }
  for (const { role, tool_calls: toolCalls, tool_call_id: id } of messages.filter(isRecord)) {
    for (const toolCall of Array.isArray(toolCalls) ? toolCalls.filter(isRecord) : []) {
      if (typeof toolCall.id !== 'string') continue
      check(toolCall.id, results.get(toolCall.id))
      results.set(toolCall.id, 0)
    }
    if (role === 'tool' && results.has(id)) results.set(id, (results.get(id) ?? 0) + 1)
  }
  for (const [id, count] of results) check(id, count)
}

/**
 * Returns the messages with each result next to its call. Clients put the pictures of a result into a message of a user
 * between the results of parallel calls, which most servers refuse.
 * @see https://github.com/github/copilot-sdk/issues/1922
 */
export function gatherResults(messages: readonly Message[]): readonly Message[] {
  const isApart = ({ role }: Message, index: number) =>
    role === 'tool' && !['assistant', 'tool'].includes(messages[index - 1]?.role ?? '')
  if (!messages.some(isApart)) return messages
  const gathered: Message[] = []
  let open = new Set<string>()
  const later: Message[] = []
  for (const message of messages) {
    if (message.role === 'tool') open.delete(message.tool_call_id)
    else if (message.role !== 'assistant' && open.size > 0) {
      later.push(message)
      continue
    } else gathered.push(...later.splice(0))
    gathered.push(message)
    if (message.role === 'assistant') open = new Set(message.tool_calls?.map(({ id }) => id))
    if (open.size === 0) gathered.push(...later.splice(0))
  }
  return [...gathered, ...later]
}

/** A lone text needs no list. */
export function simplify(parts: readonly ContentPart[]): string | ContentPart[] {
  const texts = parts.map((part) => (part.type === 'text' ? part.text : undefined))
  return texts.includes(undefined) ? [...parts] : texts.join('\n')
}
