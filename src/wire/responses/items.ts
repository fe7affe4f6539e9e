/**
 * Items of OpenAI's Responses API, in responses and requests.
 * @see https://platform.openai.com/docs/api-reference/responses/object
 */

/** An item of `output` or `input`. Any property but `type` may be missing or null. */
export interface ResponseItem {
  type: string
  id?: string | null
  [member: string]: unknown
}

/** Key of this API's data in `message.provider_data`. */
export const PROVIDER_DATA = 'openai_responses'

/** Returns the text of an `output_text` or `refusal` part. */
export function partText(part: unknown): string {
  const { text, refusal } = (part ?? {}) as { text?: unknown; refusal?: unknown }
  if (typeof text === 'string') return text
  return typeof refusal === 'string' ? refusal : ''
}

/** Returns the joined text of a message item. */
export function itemText({ content }: ResponseItem): string {
  if (typeof content === 'string') return content
  return Array.isArray(content) ? content.map(partText).join('') : ''
}

/** Returns the JSON arguments of a call item. The plain input of a custom tool is wrapped as `{ "input": … }`. */
export function callArguments(item: ResponseItem): string {
  if (item.type === 'custom_tool_call') return JSON.stringify({ input: item.input ?? '' })
  const { arguments: text } = item
  if (typeof text === 'string') return text
  return text === undefined || text === null ? '' : JSON.stringify(text)
}

/**
 * True for a call that the caller must handle. The server handles calls of built-in tools, and xAI reports its
 * own as custom tool calls: only custom tools that the request declares are the caller's.
 */
export function isCall({ type, name }: ResponseItem, customTools: ReadonlySet<unknown>): boolean {
  return type === 'function_call' || (type === 'custom_tool_call' && customTools.has(name))
}
