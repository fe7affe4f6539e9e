/**
 * Results of tools. They are texts in most formats: what else is in one follows as a part of a user's message.
 */
import { HttpError, invalid } from '../../edge/http-error.ts'
import { isRecord } from '../../is-record.ts'
import type { ContentPart, ToolMessage } from '../../message.ts'

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

/** A lone text needs no list. */
export function simplify(parts: readonly ContentPart[]): string | ContentPart[] {
  const texts = parts.map((part) => (part.type === 'text' ? part.text : undefined))
  return texts.includes(undefined) ? [...parts] : texts.join('\n')
}
