/**
 * Simulates ZhipuAI and Z.ai, API v4, after recordings from 2025 and 2026.
 * @see https://docs.bigmodel.cn/api-reference
 */
import {
  toDeltas,
  type Delta,
  type Plan,
  type PlannedCall,
  type SimulatedRequest,
} from './script.ts'
import { errorText, type Json, type Vendor } from './vendor.ts'
import { checkZhipu } from './zhipu/rules.ts'

export const zhipu: Vendor = {
  createId: (number) => `20260821050214${String(number).padStart(16, '0')}`,
  headers: () => ({}),
  contentTypes: {
    stream: 'text/event-stream;charset=UTF-8',
    json: 'application/json; charset=UTF-8',
  },
  keepAlive: ': keep-alive\n\n',
  // Answers the preflight, but without CORS headers, so a page is rejected all the same.
  preflightStatus: 200,
  isStream: (request) => request.body.stream === true,
  check: checkZhipu,
  serve: () => undefined,
  frames,
  whole,
  error(error) {
    const [code, message] = errorText(error, WORDS)
    return { error: { code, message } }
  },
}

// Codes are strings of digits.
const WORDS: Record<number, [string, string]> = {
  400: ['1214', '参数非法，请检查文档。'],
  401: ['1002', 'Authorization Token非法，请确认Authorization Token正确传递。'],
  403: ['1220', '您无权访问该接口。'],
  404: ['1211', '模型不存在，请检查模型代码。'],
  429: ['1302', '您当前使用该API的并发数过高，请降低并发，或联系客服增加限额。'],
  500: ['500', '内部错误'],
}

function* frames(request: SimulatedRequest, plan: Plan): Generator<string, void> {
  let search = encodeSearch(request, plan)
  const chunk = (choice: Json, more: Json = {}): string => {
    const { id, model } = plan
    const data = {
      id,
      created: CREATED,
      object: 'chat.completion.chunk',
      model,
      choices: [{ index: 0, ...choice }],
    }
    const frame = `data: ${JSON.stringify({ ...data, ...more, ...search })}\n\n`
    // With the first chunk only.
    search = {}
    return frame
  }
  const streamsTools = request.body.tool_stream === true
  for (const delta of thought(request, plan)) {
    // Every chunk has the role. The finish reason is absent, not null, until the end.
    if (!delta.call) yield chunk({ delta: { role: 'assistant', ...encodeText(delta) } })
    else if (streamsTools) {
      yield chunk({ delta: { role: 'assistant', tool_calls: [encodePiece(delta.call)] } })
    }
  }
  if (!streamsTools && plan.toolCalls.length && !plan.error) {
    // Complete calls with index -1, in a chunk that looks like the last one but is not (glm-4.5-flash, 2025).
    const delta = { tool_calls: plan.toolCalls.map((call) => encodeCall(call, -1)) }
    yield chunk({ finish_reason: plan.finishReason, delta })
  }
  const finish = plan.error
    ? plan.error.code === '1301'
      ? 'sensitive'
      : 'network_error'
    : plan.finishReason
  yield chunk(
    { finish_reason: finish, delta: { role: 'assistant', content: '' } },
    encodeUsage(plan),
  )
  yield 'data: [DONE]\n\n'
}

// Fixed, so that replies are byte-identical every time.
const CREATED = 1787259738

function encodeText({ reasoning, text }: Delta): Json {
  return reasoning === undefined ? { content: text } : { reasoning_content: reasoning }
}

/** Encodes a piece with `tool_stream`: like OpenAI's, but without `type`. */
function encodePiece({ index, id, name, piece }: NonNullable<Delta['call']>): Json {
  if (id === undefined) return { index, function: { arguments: piece } }
  return { id, index, function: { name, arguments: piece } }
}

function encodeCall({ id, name, pieces }: PlannedCall, index: number): Json {
  return { id, index, type: 'function', function: { name, arguments: pieces.join('') } }
}

/** Encodes search results, only for a request with the web search tool. */
function encodeSearch(request: SimulatedRequest, plan: Plan): Json {
  const tools: unknown = request.body.tools
  const asked = Array.isArray(tools) && tools.some((tool) => tool?.type === 'web_search')
  if (!asked || !plan.sources.length) return {}
  const found = plan.sources.map(({ url, title, label, siteName, snippet }, place) => ({
    icon: '',
    title: title ?? '',
    link: url ?? '',
    media: siteName ?? '',
    content: snippet ?? '',
    refer: label ?? `ref_${place + 1}`,
  }))
  return { web_search: found }
}

function encodeUsage({ usage }: Plan): Json {
  if (!usage) return {}
  const { promptTokens, completionTokens, totalTokens, reasoningTokens, cachedTokens } = usage
  const details = reasoningTokens !== undefined && {
    completion_tokens_details: { reasoning_tokens: reasoningTokens },
  }
  const counts = {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: totalTokens,
  }
  return {
    usage: { ...counts, prompt_tokens_details: { cached_tokens: cachedTokens ?? 0 }, ...details },
  }
}

function whole(request: SimulatedRequest, plan: Plan): Json {
  const { id, model, toolCalls } = plan
  let reasoning = ''
  for (const delta of thought(request, plan)) reasoning += delta.reasoning ?? ''
  const message = {
    role: 'assistant',
    content: plan.text.join(''),
    ...(reasoning && { reasoning_content: reasoning }),
    ...(toolCalls.length && {
      tool_calls: toolCalls.map((call, index) => encodeCall(call, index)),
    }),
  }
  return {
    id,
    request_id: request.body.request_id ?? id,
    created: CREATED,
    model,
    object: 'chat.completion',
    choices: [{ index: 0, finish_reason: plan.finishReason, message }],
    ...encodeUsage(plan),
    ...encodeSearch(request, plan),
  }
}

/** Returns the deltas, without thinking if it was switched off. */
function* thought(request: SimulatedRequest, plan: Plan): Generator<Delta, void> {
  yield* toDeltas(request.body.thinking?.type === 'disabled' ? { ...plan, reasoning: [] } : plan)
}
