/**
 * Simulates OpenAI's Responses API: typed events with sequence numbers, or one `response` object.
 * @see https://platform.openai.com/docs/api-reference/responses
 */
import { openai } from './openai.ts'
import { checkResponses } from './openai-responses/rules.ts'
import type { Plan, SimulatedRequest } from './script.ts'
import type { Json, Vendor } from './vendor.ts'

export const openaiResponses: Vendor = {
  createId: (number) => `resp_simulated${number}`,
  headers: (id) => ({ 'x-request-id': id.replace('resp_', 'req_') }),
  contentTypes: { stream: 'text/event-stream; charset=utf-8', json: 'application/json' },
  keepAlive: 'event: keepalive\ndata: {"type":"keepalive","sequence_number":0}\n\n',
  preflightStatus: 405,
  isStream: (request) => request.body.stream === true,
  check: checkResponses,
  serve: (request, config) => openai.serve(request, config),
  frames,
  whole: (request, plan) =>
    encodeResponse(request, plan, statusOf(plan), encodeOutput(request, plan)),
  error: (error, id) => openai.error(error, id),
}

// Fixed, so that replies are byte-identical every time.
const CREATED = 1744220953

function* frames(request: SimulatedRequest, plan: Plan): Generator<string, void> {
  let number = 0
  const frame = (type: string, members: Json): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: number++, ...members })}\n\n`
  const begun = encodeResponse(request, plan, 'in_progress', [])
  yield frame('response.created', { response: begun })
  yield frame('response.in_progress', { response: begun })
  const output = encodeOutput(request, plan)
  for (const [index, item] of output.entries()) {
    // A failing stream ends before its last item is done.
    const isBroken = plan.error !== undefined && index === output.length - 1
    yield* encodeItem(request, plan, { index, item, isBroken }, frame)
  }
  if (plan.error) {
    const { error } = openai.error(plan.error, plan.id) as { error: Json }
    const { code, message } = error
    const failed = encodeResponse(request, plan, 'failed', output)
    const response = { ...failed, error: { code: code ?? 'server_error', message }, usage: null }
    yield frame('response.failed', { response })
    return
  }
  const status = statusOf(plan)
  const response = encodeResponse(request, plan, status, output)
  yield frame(status === 'incomplete' ? 'response.incomplete' : 'response.completed', { response })
}

/** Encodes the events of one item, from its start to its end. */
function* encodeItem(
  request: SimulatedRequest,
  plan: Plan,
  { index: output_index, item, isBroken }: { index: number; item: Json; isBroken: boolean },
  frame: (type: string, members: Json) => string,
): Generator<string, void> {
  const { id: item_id, type } = item
  const at = { item_id, output_index }
  yield frame('response.output_item.added', { output_index, item: startOf(item) })
  if (type === 'reasoning' && (item['summary'] as Json[]).length > 0) {
    const text = thoughtOf(request, plan).join('')
    const part = { ...at, summary_index: 0 }
    const empty = { type: 'summary_text', text: '' }
    yield frame('response.reasoning_summary_part.added', { ...part, part: empty })
    for (const delta of thoughtOf(request, plan))
      yield frame('response.reasoning_summary_text.delta', { ...part, delta })
    yield frame('response.reasoning_summary_text.done', { ...part, text })
    yield frame('response.reasoning_summary_part.done', { ...part, part: { ...empty, text } })
  }
  if (type === 'message') {
    const [part] = item['content'] as [Json]
    const place = { ...at, content_index: 0 }
    yield frame('response.content_part.added', {
      ...place,
      part: { ...part, text: '', annotations: [] },
    })
    for (const delta of plan.text)
      yield frame('response.output_text.delta', { ...place, delta, logprobs: [] })
    if (isBroken) return
    for (const [annotation_index, annotation] of (part['annotations'] as Json[]).entries())
      yield frame('response.output_text.annotation.added', {
        ...place,
        annotation_index,
        annotation,
      })
    yield frame('response.output_text.done', { ...place, text: part['text'], logprobs: [] })
    yield frame('response.content_part.done', { ...place, part })
  }
  if (type === 'function_call' || type === 'custom_tool_call') {
    const [kind, member] =
      type === 'function_call'
        ? (['function_call_arguments', 'arguments'] as const)
        : (['custom_tool_call_input', 'input'] as const)
    const call = plan.toolCalls.find(({ id }) => id === item['call_id'])
    const pieces = type === 'function_call' ? (call?.pieces ?? []) : [String(item['input'])]
    for (const delta of pieces) yield frame(`response.${kind}.delta`, { ...at, delta })
    if (isBroken) return
    yield frame(`response.${kind}.done`, { ...at, [member]: item[member] })
  }
  if (!isBroken) yield frame('response.output_item.done', { output_index, item })
}

/** Returns the item as announced, without the content that its deltas bring. */
function startOf(item: Json): Json {
  const { type } = item
  if (type === 'message') return { ...item, status: 'in_progress', content: [] }
  if (type === 'function_call') return { ...item, status: 'in_progress', arguments: '' }
  if (type === 'custom_tool_call') return { ...item, status: 'in_progress', input: '' }
  if (type === 'reasoning') return { ...item, summary: [] }
  return { ...item, status: 'in_progress' }
}

function encodeOutput(request: SimulatedRequest, plan: Plan): Json[] {
  const items: Json[] = []
  const { id, sources } = plan
  const tools: Json[] = request.body.tools ?? []
  if (plan.reasoning.length > 0 && request.body.reasoning?.effort !== 'none') {
    const text = thoughtOf(request, plan).join('')
    const encrypted = request.body.include?.includes('reasoning.encrypted_content')
    items.push({
      id: `rs_${id}`,
      type: 'reasoning',
      summary: text ? [{ type: 'summary_text', text }] : [],
      ...(encrypted && { encrypted_content: `sealed_${id}` }),
    })
  }
  if (sources.length > 0 && tools.some(({ type }) => String(type).startsWith('web_search'))) {
    const action = { type: 'search', query: 'simulated' }
    items.push({ id: `ws_${id}`, type: 'web_search_call', status: 'completed', action })
  }
  if (plan.text.length > 0 || plan.toolCalls.length === 0) {
    const cited = items.some(({ type }) => type === 'web_search_call') ? sources : []
    const text = plan.text.join('')
    const annotations = cited.map(({ url, title }) => {
      return {
        type: 'url_citation',
        start_index: 0,
        end_index: text.length,
        url,
        title: title ?? '',
      }
    })
    const content = [{ type: 'output_text', annotations, logprobs: [], text }]
    items.push({
      id: `msg_${id}`,
      type: 'message',
      status: 'completed',
      content,
      role: 'assistant',
    })
  }
  for (const { id: call_id, name, pieces } of plan.toolCalls) {
    const written = pieces.join('')
    const isCustom = tools.some((tool) => tool['type'] === 'custom' && tool['name'] === name)
    const head = { id: `${isCustom ? 'ctc' : 'fc'}_${call_id}`, call_id, name, status: 'completed' }
    items.push(
      isCustom
        ? { ...head, type: 'custom_tool_call', input: inputOf(written) }
        : { ...head, type: 'function_call', arguments: written },
    )
  }
  return items
}

/** Unwraps `{ input: '…' }`, the arguments in the script of a custom tool, whose input is plain text. */
function inputOf(written: string): string {
  try {
    const { input } = JSON.parse(written) as { input?: unknown }
    return typeof input === 'string' ? input : written
  } catch {
    return written
  }
}

/** Returns the reasoning summary, if the request asked for one. */
function thoughtOf(request: SimulatedRequest, { reasoning }: Plan): readonly string[] {
  return request.body.reasoning?.summary ? reasoning : []
}

function statusOf({ finishReason }: Plan): 'completed' | 'incomplete' {
  return INCOMPLETE[finishReason] ? 'incomplete' : 'completed'
}

const INCOMPLETE: Record<string, string> = {
  length: 'max_output_tokens',
  max_output_tokens: 'max_output_tokens',
  content_filter: 'content_filter',
}

function encodeResponse(
  { body }: SimulatedRequest,
  plan: Plan,
  status: string,
  output: Json[],
): Json {
  const { usage } = plan
  return {
    id: plan.id,
    object: 'response',
    created_at: CREATED,
    status,
    background: false,
    error: null,
    incomplete_details: status === 'incomplete' ? { reason: INCOMPLETE[plan.finishReason] } : null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    model: plan.model,
    output,
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    reasoning: { effort: body.reasoning?.effort ?? null, summary: body.reasoning?.summary ?? null },
    store: body.store ?? true,
    temperature: body.temperature ?? 1,
    text: { format: body.text?.format ?? { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_p: body.top_p ?? 1,
    truncation: body.truncation ?? 'disabled',
    usage:
      status === 'in_progress' || !usage
        ? null
        : {
            input_tokens: usage.promptTokens,
            input_tokens_details: { cached_tokens: usage.cachedTokens ?? 0 },
            output_tokens: usage.completionTokens,
            output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
            total_tokens: usage.totalTokens,
          },
    user: body.user ?? null,
    metadata: body.metadata ?? {},
  }
}
