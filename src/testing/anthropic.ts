/**
 * Simulates Anthropic's Messages API, after recordings from 2025 and 2026.
 * @see https://platform.claude.com/docs/en/api/messages
 */
import { checkAnthropic } from './anthropic/rules.ts'
import { signatureOf, versionOf } from './anthropic/turns.ts'
import type { Plan, PlannedCall, SimulatedRequest } from './script.ts'
import { isObject, errorText, type Json, type Vendor } from './vendor.ts'

export const anthropic: Vendor = {
  createId: (number) => `msg_01Simulated${String(number).padStart(15, '0')}`,
  headers: (id) => ({ 'request-id': id.replace('msg_', 'req_') }),
  contentTypes: { stream: 'text/event-stream; charset=utf-8', json: 'application/json' },
  keepAlive: 'event: ping\ndata: {"type": "ping"}\n\n',
  preflightStatus: 405,
  isStream: (request) => request.body.stream === true,
  check: checkAnthropic,
  serve: () => undefined,
  frames,
  whole,
  error(error, id) {
    const [type, message] = errorText({ ...error, code: error.code ?? error.type }, WORDS)
    return { type: 'error', error: { type, message }, request_id: id.replace('msg_', 'req_') }
  },
}

const WORDS: Record<number, [string, string]> = {
  400: ['invalid_request_error', 'Invalid request.'],
  401: ['authentication_error', 'invalid x-api-key'],
  402: ['billing_error', 'Your account has a billing problem.'],
  403: ['permission_error', 'Your API key may not use this resource.'],
  404: ['not_found_error', 'The requested resource was not found.'],
  413: ['request_too_large', 'Request exceeds the maximum size.'],
  429: ['rate_limit_error', 'This request would exceed your rate limit.'],
  500: ['api_error', 'Internal server error'],
  504: ['timeout_error', 'The request timed out.'],
  529: ['overloaded_error', 'Overloaded'],
}

/** Maps the finish reasons that scripts share across vendors to Anthropic's. */
const STOP_REASONS: Record<string, string> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
}

/** A content block: its start, its deltas, and its final value. */
interface PlannedBlock {
  start: Json
  deltas: Json[]
  whole: Json
}

function* frames(request: SimulatedRequest, plan: Plan): Generator<string, void> {
  const frame = (type: string, members: Json = {}): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`
  const { usage } = encodeUsage(plan)
  // The first usage of a reply reports next to no output tokens.
  const message = {
    ...encodeHead(plan),
    content: [],
    stop_reason: null,
    stop_sequence: null,
    ...(usage && { usage: { ...usage, output_tokens: 1, output_tokens_details: undefined } }),
  }
  yield frame('message_start', { message })
  const blocks = planBlocks(request, plan)
  for (const [index, block] of blocks.entries()) {
    yield frame('content_block_start', { index, content_block: block.start })
    if (index === 0) yield anthropic.keepAlive
    for (const delta of block.deltas) yield frame('content_block_delta', { index, delta })
    // An error arrives while the last block is still open.
    if (!plan.error || index < blocks.length - 1) yield frame('content_block_stop', { index })
  }
  if (plan.error) {
    const { error } = anthropic.error(plan.error, plan.id) as Json
    yield frame('error', { error })
    return
  }
  const delta = { stop_reason: reasonOf(plan), stop_sequence: null }
  yield frame('message_delta', { delta, ...(usage && { usage }) })
  yield frame('message_stop')
}

function whole(request: SimulatedRequest, plan: Plan): Json {
  return {
    ...encodeHead(plan),
    content: planBlocks(request, plan).map((block) => block.whole),
    stop_reason: reasonOf(plan),
    stop_sequence: null,
    ...encodeUsage(plan),
  }
}

function encodeHead({ id, model }: Plan): Json {
  return { model, id, type: 'message', role: 'assistant' }
}

function reasonOf({ finishReason }: Plan): string {
  return STOP_REASONS[finishReason] ?? finishReason
}

function planBlocks(request: SimulatedRequest, plan: Plan): PlannedBlock[] {
  const asksSearch = listOf(request.body.tools).some(({ name }) => name === 'web_search')
  const sources = asksSearch ? plan.sources : []
  return [
    ...planThinking(request, plan),
    ...planSearch(sources, plan.id),
    ...planText(plan, sources),
    ...plan.toolCalls.map(planCall),
  ]
}

function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** Plans thinking blocks, if thinking is on. Omitted thinking is empty but still signed. */
function planThinking({ body }: SimulatedRequest, { reasoning, model }: Plan): PlannedBlock[] {
  const version = versionOf(model)
  const type = body.thinking?.type ?? (version >= 500 ? 'adaptive' : 'disabled')
  if (!reasoning.length || type === 'disabled') return []
  const isShown = type === 'enabled' || version < 407 || body.thinking?.display === 'summarized'
  const pieces = isShown ? reasoning : []
  const thinking = pieces.join('')
  const signature = signatureOf(thinking)
  return [
    {
      start: { type: 'thinking', thinking: '', signature: '' },
      deltas: [
        ...pieces.map((piece) => ({ type: 'thinking_delta', thinking: piece })),
        { type: 'signature_delta', signature },
      ],
      whole: { type: 'thinking', thinking, signature },
    },
  ]
}

/** Plans the blocks of a web search: a server tool call, which the caller does not answer, and its results. */
function planSearch(sources: Plan['sources'], id: string): PlannedBlock[] {
  if (!sources.length) return []
  const use = { type: 'server_tool_use', id: id.replace('msg_', 'srvtoolu_'), name: 'web_search' }
  const found = sources.map(({ url, title }) => ({
    type: 'web_search_result',
    title: title ?? '',
    url: url ?? '',
    encrypted_content: 'U2ltdWxhdGVk',
    page_age: null,
  }))
  const result = { type: 'web_search_tool_result', tool_use_id: use.id, content: found }
  const input = { query: 'simulated' }
  return [
    {
      start: { ...use, input: {} },
      deltas: [{ type: 'input_json_delta', partial_json: JSON.stringify(input) }],
      whole: { ...use, input },
    },
    { start: result, deltas: [], whole: result },
  ]
}

function planText({ text }: Plan, sources: Plan['sources']): PlannedBlock[] {
  if (!text.length) return []
  const citations = sources.map(({ url, title, snippet }) => ({
    type: 'web_search_result_location',
    cited_text: snippet ?? '',
    url: url ?? '',
    title: title ?? '',
    encrypted_index: 'U2ltdWxhdGVk',
  }))
  const cited = citations.length > 0 && { citations }
  return [
    {
      start: { ...(cited && { citations: [] }), type: 'text', text: '' },
      deltas: [
        ...citations.map((citation) => ({ type: 'citations_delta', citation })),
        ...text.map((piece) => ({ type: 'text_delta', text: piece })),
      ],
      whole: { ...cited, type: 'text', text: text.join('') },
    },
  ]
}

function planCall({ id, name, pieces }: PlannedCall): PlannedBlock {
  const start = { type: 'tool_use', id, name, input: {} }
  // The first piece is always empty. It is the only one if there are no arguments.
  const written = ['', ...pieces.filter((piece) => piece !== '' && pieces.join('') !== '{}')]
  return {
    start,
    deltas: written.map((piece) => ({ type: 'input_json_delta', partial_json: piece })),
    whole: { ...start, input: parse(pieces.join('')) },
  }
}

/** Parses arguments, or returns the text as is: no recording shows malformed arguments in a complete reply. */
function parse(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text)
  } catch {
    return text
  }
}

function encodeUsage({ usage }: Plan): { usage?: Json } {
  if (!usage) return {}
  const { promptTokens, completionTokens, cachedTokens = 0, reasoningTokens } = usage
  return {
    usage: {
      input_tokens: promptTokens - cachedTokens,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: cachedTokens,
      output_tokens: completionTokens,
      ...(reasoningTokens !== undefined && {
        output_tokens_details: { thinking_tokens: reasoningTokens },
      }),
    },
  }
}
