/**
 * Encodes complete replies as responses.
 * @see https://platform.openai.com/docs/api-reference/responses/object
 */
import type { ErrorBody } from '../../../edge/http-error.ts'
import type { ChatResult, FinishReason, Source, Usage } from '../../../event.ts'
import type { ReplyHead, Seal } from '../../format.ts'
import { isJSON } from '../../../parse-json.ts'
import { toJSON } from '../../../well-formed.ts'
import type { CallKind } from './client-tools.ts'
import { encodeClientCall, prefixOf } from './client-tools.ts'
import { customInput, isCutInput } from './custom-tools.ts'
import type { Namespaces } from './namespaces.ts'

export type Item = Record<string, unknown> & { type: string; id: string }

/** Encodes a complete reply. The vendor's fields of its message are sealed by then. */
export async function encodeResponse(
  head: ReplyHead,
  result: ChatResult,
  seal: Seal,
): Promise<string> {
  const { text, reasoning, toolCalls, message, sources = [], finishReason, usage } = result
  const { provider_data: sealed } = message as { provider_data?: unknown }
  const output: Item[] = []
  const idOf = (prefix: string) => itemId(head, prefix, output.length)
  if (reasoning) {
    const content = await seal({ reasoning_content: reasoning })
    output.push(reasoningItem(idOf('rs'), reasoning, content))
  }
  if (typeof sealed === 'string') output.push(reasoningItem(idOf('rs'), '', sealed))
  const { status } = endOf(toolCalls.length > 0 ? 'stop' : finishReason)
  if (text || toolCalls.length === 0) {
    const part = textPart(text, sources.filter(({ url }) => url).map(toAnnotation))
    output.push(messageItem(idOf('msg'), [part], status))
  }
  for (const { id, name, argumentsText } of toolCalls) {
    const kind = kindOf(head, name)
    if (kind === 'custom' && isCutInput(argumentsText)) continue
    const call = { id, text: argumentsText, ...nameOf(head, name) }
    output.push(callItem(idOf(prefixOf(kind)), call, { kind }))
  }
  return toJSON(responseObject(head, { ...endOf(finishReason), output, usage })) as string
}

/** Status of a response, and why it is incomplete. */
interface End {
  status: 'in_progress' | 'completed' | 'incomplete' | 'failed'
  incomplete_details?: { reason: 'max_output_tokens' | 'content_filter' } | null
}

/** `other` means that the server stopped early for a reason of its own: the closest is the limit of tokens. */
export function endOf(reason: FinishReason): End {
  if (reason === 'stop' || reason === 'tool_calls') return { status: 'completed' }
  const isFiltered = reason === 'content_filter'
  return {
    status: 'incomplete',
    incomplete_details: { reason: isFiltered ? 'content_filter' : 'max_output_tokens' },
  }
}

/** Contents of a response at some moment. */
interface Progress extends End {
  output: readonly Item[]
  usage?: Usage | undefined
  error?: ErrorBody | undefined
}

export function responseObject(
  head: ReplyHead,
  { status, incomplete_details = null, output, usage, error }: Progress,
): Record<string, unknown> {
  return {
    id: `resp_${head.requestId.replace('req_', '')}`,
    object: 'response',
    created_at: head.created,
    completed_at: status === 'completed' ? Math.floor(Date.now() / 1000) : null,
    status,
    error: error ? { code: failureCode(error.status), message: error.message } : null,
    incomplete_details,
    model: head.model,
    output,
    ...(head.encoding.echo as Record<string, unknown>),
    ...(usage && { usage: encodeUsage(usage) }),
  }
}

function failureCode(status: number): string {
  if (status === 429) return 'rate_limit_exceeded'
  return status < 500 ? 'invalid_prompt' : 'server_error'
}

export function itemId({ requestId }: ReplyHead, prefix: string, index: number): string {
  return `${prefix}_${requestId.replace('req_', '')}${index.toString(16).padStart(4, '0')}`
}

/** Returns the type of a tool, by the name that models know. */
export function kindOf({ encoding }: ReplyHead, name: string): CallKind {
  const kinds = (encoding.kinds ?? {}) as Record<string, CallKind>
  return Object.hasOwn(kinds, name) ? (kinds[name] as CallKind) : 'function'
}

/** Returns a name as the client knows it. */
export function nameOf(
  { encoding }: ReplyHead,
  name: string,
): { name: string; namespace?: string } {
  const namespaces = (encoding.namespaces ?? {}) as Namespaces
  return Object.hasOwn(namespaces, name) ? { ...(namespaces[name] as { name: string }) } : { name }
}

/** Reasoning as a summary, and sealed: nothing that a caller writes in its place reaches a model. */
export function reasoningItem(id: string, text: string, sealed: string | null): Item {
  const summary = text ? [{ type: 'summary_text', text }] : []
  return { id, type: 'reasoning', summary, encrypted_content: sealed }
}

export function messageItem(id: string, content: readonly unknown[], status: string): Item {
  return { id, type: 'message', role: 'assistant', status, content }
}

export function textPart(text: string, annotations: readonly unknown[]): Record<string, unknown> {
  return { type: 'output_text', text, annotations, logprobs: [] }
}

/** @param text arguments as JSON, which a reply that was cut leaves incomplete */
export function callItem(
  id: string,
  call: { id: string; name: string; namespace?: string; text: string },
  { kind, status = statusOf(call.text) }: { kind: CallKind; status?: string },
): Item {
  const { id: call_id, text, namespace } = call
  const name = { name: call.name, ...(namespace && { namespace }) }
  if (kind === 'custom')
    return { id, type: 'custom_tool_call', call_id, ...name, input: customInput(text) }
  if (kind !== 'function')
    return { id, type: `${kind}_call`, status, call_id, ...encodeClientCall(kind, text) }
  // Clients parse the arguments, so an empty text becomes an empty object.
  const args = text.trim() || status !== 'completed' ? text : '{}'
  return { id, type: 'function_call', status, call_id, ...name, arguments: args }
}

function statusOf(args: string): string {
  return args.trim() === '' || isJSON(args) ? 'completed' : 'incomplete'
}

/** No vendor reports the place of a citation in OpenAI's way. */
export function toAnnotation({ url, title = '' }: Source): Record<string, unknown> {
  return { type: 'url_citation', start_index: 0, end_index: 0, url, title }
}

function encodeUsage(usage: Usage): Record<string, unknown> {
  const { promptTokens, completionTokens, totalTokens, cachedTokens, reasoningTokens } = usage
  return {
    input_tokens: promptTokens,
    input_tokens_details: { cached_tokens: cachedTokens ?? 0, cache_write_tokens: 0 },
    output_tokens: completionTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens ?? 0 },
    total_tokens: totalTokens,
  }
}
