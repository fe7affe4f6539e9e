/**
 * Simulates OpenAI's Chat Completions and legacy Completions. Thinking is sent as `reasoning_content`, the name
 * most compatible servers use.
 * @see https://platform.openai.com/docs/api-reference/chat
 */
import { checkOpenAI, routeOf } from './openai/rules.ts'
import { toDeltas, type Delta, type Plan, type SimulatedRequest } from './script.ts'
import { errorText, type ServerConfig, type Json, type Vendor } from './vendor.ts'

export const openai: Vendor = {
  createId: (number) => `chatcmpl-simulated${number}`,
  headers: (id) => ({ 'x-request-id': id.replace('chatcmpl-', 'req_') }),
  contentTypes: { stream: 'text/event-stream; charset=utf-8', json: 'application/json' },
  keepAlive: ': keep-alive\n\n',
  preflightStatus: 405,
  isStream: (request) => request.body.stream === true,
  check: checkOpenAI,
  serve: listModels,
  frames,
  whole,
  error(error) {
    const [code, message] = errorText(error, WORDS)
    const status = error.status ?? 500
    const type =
      error.type ?? TYPES[code] ?? (status < 500 ? 'invalid_request_error' : 'server_error')
    return { error: { message, type, param: error.param ?? null, code: code || null } }
  },
}

// An empty code means `null`.
const WORDS: Record<number, [string, string]> = {
  400: ['', 'Invalid request.'],
  401: ['invalid_api_key', 'Incorrect API key provided.'],
  403: ['unsupported_country_region_territory', 'Country, region, or territory not supported'],
  404: ['model_not_found', 'The model does not exist or you do not have access to it.'],
  429: ['rate_limit_exceeded', 'Rate limit reached for requests. Please try again later.'],
  500: ['', 'The server had an error while processing your request.'],
  503: ['', 'The engine is currently overloaded, please try again later.'],
}

const TYPES: Record<string, string> = {
  rate_limit_exceeded: 'requests',
  insufficient_quota: 'insufficient_quota',
}

// Fixed, so that replies are byte-identical every time.
const CREATED = 1744220953

function* frames(request: SimulatedRequest, plan: Plan): Generator<string, void> {
  const raw = routeOf(request) === 'completions'
  const withUsage = request.body.stream_options?.include_usage === true
  const head = {
    ...encodeHead(plan, { raw, streamed: true }),
    system_fingerprint: 'fp_simulated',
  }
  const chunk = (choices: Json[], usage: Json | null = null): string =>
    `data: ${JSON.stringify({ ...head, choices, ...(withUsage && { usage }) })}\n\n`
  const piece = (delta: Json, finish: string | null = null): string =>
    chunk([
      {
        index: 0,
        ...(raw ? { text: delta['content'] ?? '' } : { delta }),
        logprobs: null,
        finish_reason: finish,
      },
    ])

  if (!raw) yield piece({ role: 'assistant', content: plan.text.length ? '' : null })
  for (const delta of thought(request, plan)) {
    if (!raw) yield* encodeDelta(delta).map((encoded) => piece(encoded))
    else if (delta.text !== undefined) yield piece({ content: delta.text })
  }
  if (plan.sources.length && asksSearch(request)) yield piece({ annotations: encodeSources(plan) })
  if (plan.error) yield `data: ${JSON.stringify(openai.error(plan.error, plan.id))}\n\n`
  else {
    yield piece({}, plan.finishReason)
    if (withUsage && plan.usage) yield chunk([], encodeUsage(plan))
  }
  yield 'data: [DONE]\n\n'
}

function encodeHead(
  { id, model }: Plan,
  { raw, streamed }: { raw: boolean; streamed: boolean },
): Json {
  const object = raw ? 'text_completion' : streamed ? 'chat.completion.chunk' : 'chat.completion'
  return { id: raw ? id.replace('chatcmpl', 'cmpl') : id, object, created: CREATED, model }
}

function encodeDelta({ reasoning, text, call }: Delta): Json[] {
  // The content is null during thinking (DeepSeek, DashScope).
  if (reasoning !== undefined) return [{ content: null, reasoning_content: reasoning }]
  if (!call) return [{ content: text }]
  const { index, id, name, piece } = call
  const more = piece === '' ? [] : [{ tool_calls: [{ index, function: { arguments: piece } }] }]
  if (id === undefined) return more
  // A call is announced without its arguments.
  return [
    { tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] },
    ...more,
  ]
}

/** True for a model that always searches, or a request that asks for a search. */
function asksSearch(request: SimulatedRequest): boolean {
  return request.body.web_search_options !== undefined || /-search/.test(request.body.model)
}

function encodeSources({ sources, text }: Plan): Json[] {
  const end = text.join('').length
  return sources.map(({ url, title }) => ({
    type: 'url_citation',
    url_citation: { start_index: 0, end_index: end, title: title ?? '', url: url ?? '' },
  }))
}

function encodeUsage({ usage }: Plan): Json | null {
  if (!usage) return null
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.totalTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens ?? 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0, audio_tokens: 0 },
  }
}

function whole(request: SimulatedRequest, plan: Plan): Json {
  const raw = routeOf(request) === 'completions'
  const answer = raw ? { text: plan.text.join('') } : { message: encodeMessage(request, plan) }
  return {
    ...encodeHead(plan, { raw, streamed: false }),
    choices: [{ index: 0, ...answer, logprobs: null, finish_reason: plan.finishReason }],
    ...(plan.usage && { usage: encodeUsage(plan) }),
    system_fingerprint: 'fp_simulated',
  }
}

function encodeMessage(request: SimulatedRequest, plan: Plan): Json {
  const { text, toolCalls, sources } = plan
  let reasoning = ''
  for (const delta of thought(request, plan)) reasoning += delta.reasoning ?? ''
  const calls = toolCalls.map(({ id, name, pieces }) => {
    return { id, type: 'function', function: { name, arguments: pieces.join('') } }
  })
  return {
    role: 'assistant',
    content: calls.length && !text.length ? null : text.join(''),
    ...(reasoning && { reasoning_content: reasoning }),
    ...(calls.length && { tool_calls: calls }),
    refusal: null,
    annotations: asksSearch(request) && sources.length ? encodeSources(plan) : [],
  }
}

/** Returns the deltas, without thinking if it was switched off. */
function* thought(request: SimulatedRequest, plan: Plan): Generator<Delta, void> {
  yield* toDeltas(request.body.reasoning_effort === 'none' ? { ...plan, reasoning: [] } : plan)
}

function listModels(request: SimulatedRequest, account: ServerConfig): unknown {
  if (routeOf(request) !== 'models') return undefined
  const data = (account.models ?? ['simulated']).map((id) => {
    return { id, object: 'model', created: CREATED, owned_by: 'simulated' }
  })
  return { object: 'list', data }
}
