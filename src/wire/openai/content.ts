/**
 * Reads the content of a message: text, parts, and thinking in either.
 */
import type { StreamEvent } from '../../event.ts'

/**
 * True for DashScope's translators, each chunk of which is the whole text so far.
 * @see https://github.com/QwenLM/Qwen-Agent/issues/570
 */
export function repeatsText(model: string): boolean {
  return /qwen-mt-(plus|turbo)/.test(model)
}

/** Reads text, or parts of it. Throws for anything else, which would otherwise be silently dropped. */
export function readContent(content: unknown, out: StreamEvent[]): void {
  if (content === undefined || content === null || content === '') return
  if (typeof content === 'string') out.push({ type: 'text-delta', text: content })
  else if (Array.isArray(content)) readParts(content, out)
  else throw new TypeError('The content is neither a string nor a list of parts')
}

/**
 * Reads thinking inside a list of parts: `[{ type: 'thinking', thinking: [{ text }] }, { type: 'text', text }]`.
 */
function readParts(parts: unknown[], out: StreamEvent[]): void {
  for (const part of parts as (Record<string, unknown> | string | null)[]) {
    const text = typeof part === 'string' ? part : (part?.text ?? part?.refusal)
    if (typeof text === 'string' && text) out.push({ type: 'text-delta', text })
    const thought = typeof part === 'string' ? '' : thoughtOf(part?.thinking)
    if (thought) out.push({ type: 'reasoning-delta', text: thought })
  }
}

/** Returns thinking as text: some servers send blocks instead. https://github.com/openclaw/openclaw/pull/67203 */
export function thoughtOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(thoughtOf).join('')
  const { text, thinking, content } = (value ?? {}) as Record<string, unknown>
  const inner = text ?? thinking ?? content
  return inner ? thoughtOf(inner) : ''
}
