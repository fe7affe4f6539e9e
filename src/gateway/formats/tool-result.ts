/**
 * Results of tools. They are texts in most formats: what else is in one follows as a part of a user's message.
 */
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

/** A lone text needs no list. */
export function simplify(parts: readonly ContentPart[]): string | ContentPart[] {
  const texts = parts.map((part) => (part.type === 'text' ? part.text : undefined))
  return texts.includes(undefined) ? [...parts] : texts.join('\n')
}
