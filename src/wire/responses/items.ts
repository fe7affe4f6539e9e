/**
 * The items of a response and of a request's input, as OpenAI's Responses API spells them.
 * @see https://platform.openai.com/docs/api-reference/responses/object
 */

/** An item of `output` or `input`; any member but `type` may be missing or null. */
export interface ResponseItem {
  type: string
  id?: string | null
  [member: string]: unknown
}

/** Vendor data under this name travels in `message.provider_data`. */
export const PROVIDER_DATA = 'openai_responses'

/** Text of an `output_text` or `refusal` part. */
export function partText(part: unknown): string {
  const { text, refusal } = (part ?? {}) as { text?: unknown; refusal?: unknown }
  if (typeof text === 'string') return text
  return typeof refusal === 'string' ? refusal : ''
}

/** Joined text of a message item. */
export function itemText({ content }: ResponseItem): string {
  return Array.isArray(content) ? content.map(partText).join('') : ''
}

/** JSON arguments of a call item; the plain input of a custom tool is wrapped as `{ "input": … }`. */
export function callArguments(item: ResponseItem): string {
  if (item.type === 'custom_tool_call') return JSON.stringify({ input: item.input ?? '' })
  const { arguments: text } = item
  if (typeof text === 'string') return text
  return text === undefined || text === null ? '' : JSON.stringify(text)
}

/**
 * True for a call that the caller answers. Calls of built-in tools are answered by the server, and xAI reports its own
 * as custom tool calls: only custom tools that the request declares are the caller's.
 */
export function isCall({ type, name }: ResponseItem, customTools: ReadonlySet<unknown>): boolean {
  return type === 'function_call' || (type === 'custom_tool_call' && customTools.has(name))
}
