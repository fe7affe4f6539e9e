/**
 * Encodes complete replies as messages, with every member that Anthropic's own types have.
 * @see https://platform.claude.com/docs/en/api/messages
 */
import type { ChatResult, FinishReason, Source, Usage } from '../../../event.ts'
import type { ToolCall } from '../../../message.ts'
import { toToolCall } from '../../../stream/tool-call-assembler.ts'
import { toJSON } from '../../../well-formed.ts'
import type { ReplyHead, Seal } from '../../format.ts'

export type Block = Record<string, unknown> & { type: string }

/** Encodes a complete reply. The vendor's fields of its message are sealed by then. */
export async function encodeMessage(
  head: ReplyHead,
  result: ChatResult,
  seal: Seal,
): Promise<string> {
  const { text, toolCalls, sources = [], finishReason, rawFinishReason, usage } = result
  return toJSON({
    ...messageHead(head),
    content: [
      ...(await encodeThinking(head, result, seal)),
      ...(text ? [textBlock(text, sources)] : []),
      ...toolCalls.map((toolCall) => toolBlock(toolCall, inputOf(toolCall))),
    ],
    ...encodeStop(finishReason, rawFinishReason, head),
    usage: encodeUsage(usage),
    ...contextManagement(head),
  }) as string
}

export function messageHead({ requestId, model }: ReplyHead): Record<string, unknown> {
  return {
    id: `msg_${requestId.replace('req_', '')}`,
    type: 'message',
    role: 'assistant',
    model,
    container: null,
    diagnostics: null,
  }
}

/**
 * The signature of thinking holds it, sealed: nothing that a caller writes in its place reaches a model. What a vendor
 * demands back is a block of its own.
 */
async function encodeThinking(
  { encoding }: ReplyHead,
  { reasoning, message }: ChatResult,
  seal: Seal,
): Promise<Block[]> {
  const blocks: Block[] = []
  if (reasoning) {
    const signature = await seal({ reasoning_content: reasoning })
    const thinking = encoding.hidesThinking ? '' : reasoning
    blocks.push({ type: 'thinking', thinking, signature })
  }
  const { provider_data: sealed } = message as { provider_data?: unknown }
  if (typeof sealed !== 'string') return blocks
  return [...blocks, vendorBlock(sealed, blocks.length > 0)]
}

/**
 * Holds what a vendor demands back: as the signature of thinking without a text, since clients return that, but leave out
 * redacted thinking (TanStack AI) or change it (Strands Agents). Clients of a reply that shows no thinking may not expect
 * any.
 */
export function vendorBlock(sealed: string, hasThought: boolean): Block {
  if (!hasThought) return { type: 'redacted_thinking', data: sealed }
  return { type: 'thinking', thinking: '', signature: sealed }
}

/** Leaves `citations` out where there are none, as the API does: the AI SDK 5 and 6 refuse an answer with `null`. */
function textBlock(text: string, sources: readonly Source[]): Block {
  const block: Block = { type: 'text', text }
  const citations = sources.filter(({ url }) => url).map(toCitation)
  if (citations.length > 0) block.citations = citations
  return block
}

export function toolBlock({ id, name }: Pick<ToolCall, 'id' | 'name'>, input: unknown): Block {
  return { type: 'tool_use', id, name, input, caller: { type: 'direct' } }
}

/**
 * Returns the arguments, or an object that holds their text if they are no object: a client that runs every call must
 * not run this one without its arguments.
 * @see https://platform.claude.com/docs/en/agents-and-tools/tool-use/fine-grained-tool-streaming#handling-invalid-json-in-tool-responses
 */
function inputOf({ arguments: args, argumentsText: text }: ToolCall): unknown {
  // `null` and an empty text in quotes are no arguments too.
  const isLost = Object.keys(args).length === 0 && toToolCall('', '', text).invalid !== undefined
  return isLost ? { INVALID_JSON: text } : args
}

/** @see https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool#citations */
export function toCitation({ url = '', title, snippet = '' }: Source): Record<string, unknown> {
  return {
    type: 'web_search_result_location',
    url,
    title: title ?? null,
    cited_text: snippet,
    encrypted_index: '',
  }
}

/** `other` means that the server stopped early for a reason of its own: the closest word is `max_tokens`. */
const STOP_REASONS: Record<FinishReason, string> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
  error: 'max_tokens',
  other: 'max_tokens',
}

/** Names the stop sequence if there was only one: only Anthropic's servers say which it was. */
export function encodeStop(
  reason: FinishReason,
  raw: string | null | undefined,
  { encoding }: ReplyHead,
): Record<string, unknown> {
  const isSequence = reason === 'stop' && raw === 'stop_sequence'
  const [first, ...others] = (encoding.stop ?? []) as string[]
  return {
    stop_reason: isSequence ? raw : STOP_REASONS[reason],
    stop_sequence: isSequence && others.length === 0 ? (first ?? null) : null,
    stop_details:
      reason === 'content_filter' ? { type: 'refusal', category: null, explanation: null } : null,
  }
}

/** Cached tokens are not part of `input_tokens` here. */
export function encodeCounts(usage: Usage): Record<string, unknown> {
  const { promptTokens, completionTokens, cachedTokens = 0, reasoningTokens } = usage
  return {
    input_tokens: Math.max(0, promptTokens - cachedTokens),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedTokens,
    output_tokens: completionTokens,
    output_tokens_details:
      reasoningTokens === undefined ? null : { thinking_tokens: reasoningTokens },
    server_tool_use: null,
  }
}

export function encodeUsage(usage: Usage): Record<string, unknown> {
  const others = { cache_creation: null, inference_geo: null, service_tier: null, speed: null }
  return { ...encodeCounts(usage), ...others }
}

/** Reports that the context was not trimmed, for clients that request trimming. */
export function contextManagement({ encoding }: ReplyHead): Record<string, unknown> {
  return encoding.managesContext ? { context_management: { applied_edits: [] } } : {}
}
