/**
 * Simulates DashScope's native API, after recordings from 2024-02 to 2026-06.
 * @see https://help.aliyun.com/zh/model-studio/qwen-api-via-dashscope
 */
import { checkDashScope, isMultimodal, isThinking, readBody, routeOf } from './dashscope/rules.ts'
import { toDeltas, type Delta, type Plan, type SimulatedRequest } from './script.ts'
import { isObject, errorText, type ServerConfig, type Json, type Vendor } from './vendor.ts'

export const dashscope: Vendor = {
  createId: (number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
  // The vendor never sends Retry-After or Access-Control-* headers.
  headers: (id) => ({ 'x-request-id': id, 'x-dashscope-call-gateway': 'true' }),
  contentTypes: { stream: 'text/event-stream;charset=UTF-8', json: 'application/json' },
  keepAlive: ':keep-alive\n\n',
  preflightStatus: 401,
  // `stream` in the body has no effect.
  isStream: (request) => request.headers['x-dashscope-sse'] === 'enable',
  check: checkDashScope,
  serve: mintToken,
  frames,
  whole,
  error(error, id) {
    const [code, message] = errorText(error, WORDS)
    return { code, message, request_id: id }
  },
}

const WORDS: Record<number, [string, string]> = {
  400: [
    'InvalidParameter',
    'Required parameter(s) missing or invalid, please check the request parameters.',
  ],
  401: ['InvalidApiKey', 'Invalid API-key provided.'],
  403: ['AccessDenied', 'Access denied.'],
  404: ['ModelNotFound', 'Model not exist.'],
  429: ['Throttling.RateQuota', 'Requests rate limit exceeded, please try again later.'],
  500: [
    'InternalError',
    'An internal error has occured, please try again later or contact service support.',
  ],
  503: ['ModelUnavailable', 'Model is unavailable, please try again later.'],
}

/** The response format of one request. */
interface Manner {
  multimodal: boolean
  /** `output.text` instead of `output.choices`. */
  plain: boolean
  cumulative: boolean
  /** The search results, if the request asked for a search. */
  search: Json[] | undefined
}

function readManner(request: SimulatedRequest, plan: Plan): Manner {
  const { model, parameters } = readBody(request)
  const multimodal = isMultimodal(model)
  const format = parameters['result_format']
  const asked =
    isObject(parameters['search_options']) && parameters['search_options']['enable_source'] === true
  const found = plan.sources.map(({ url, title, label, siteName }, place) => ({
    icon: '',
    site_name: siteName ?? '',
    index: Number(label) || place + 1,
    title: title ?? '',
    url: url ?? '',
  }))
  return {
    multimodal,
    // `message` is the default for these models only.
    plain:
      !multimodal && format !== 'message' && (format === 'text' || !/^(qwen3|qwq)/.test(model)),
    cumulative:
      plan.cumulative ??
      !(parameters['incremental_output'] === true || isThinking(model, parameters)),
    search: parameters['enable_search'] === true && asked && found.length ? found : undefined,
  }
}

function* frames(request: SimulatedRequest, plan: Plan): Generator<string, void> {
  const manner = readManner(request, plan)
  let id = 0
  let written = 0
  const frame = (message: Json, finish: string): string => {
    id++
    const output = encodeOutput(message, finish, manner, id)
    // The first frame of a search has no usage yet.
    const usage =
      manner.search && id === 1 ? {} : encodeUsage(plan, finish === 'null' ? written : Infinity)
    return encodeFrame(id, 'result', 200, { output, usage, request_id: plan.id })
  }
  const write = manner.cumulative ? createCumulativeWriter(plan, manner) : writeIncrement
  const silent: Delta = {}
  if (manner.search) yield frame(writeIncrement(silent, plan, manner), 'null')
  let held: Delta | undefined
  for (const delta of thought(request, plan)) {
    if (held) yield frame(write(held, plan, manner), 'null')
    held = delta
    written++
  }
  const error = plan.error
  // The last piece of arguments shares its frame with the finish reason. Text is followed by an empty frame.
  if (held && (error || !held.call)) yield frame(write(held, plan, manner), 'null')
  if (!error) yield frame(write(held?.call ? held : silent, plan, manner), plan.finishReason)
  else yield encodeFrame(id + 1, 'error', error.status ?? 500, dashscope.error(error, plan.id))
}

/** Encodes a frame without spaces after the colons. The comment repeats the logical status. */
function encodeFrame(id: number, event: string, status: number, data: unknown): string {
  return `id:${id}\nevent:${event}\n:HTTP_STATUS/${status}\ndata:${JSON.stringify(data)}\n\n`
}

function encodeOutput(message: Json, finish: string, manner: Manner, id: number): Json {
  if (manner.plain) return { finish_reason: finish, text: message['content'] }
  const choices = [{ message, finish_reason: finish }]
  if (!manner.search) return { choices }
  // Frames after the first repeat the search without its results.
  const results = id === 1 ? manner.search : []
  return { choices, search_info: { search_results: results, extra_tool_info: [] } }
}

/** Encodes one piece as a message. */
function writeIncrement({ reasoning, text, call }: Delta, plan: Plan, manner: Manner): Json {
  return {
    content: encodeContent(text ?? '', manner),
    // After thinking, text replies keep the field, empty. Multimodal ones drop it.
    ...(reasoning !== undefined && { reasoning_content: reasoning }),
    ...(reasoning === undefined &&
      plan.reasoning.length &&
      !manner.multimodal && { reasoning_content: '' }),
    // Later pieces of a call have an empty id and no name.
    ...(call && { tool_calls: [encodeCall(call.index, call.id ?? '', call.name, call.piece)] }),
    role: 'assistant',
  }
}

/** Encodes each message with everything before it repeated. */
function createCumulativeWriter(plan: Plan, manner: Manner): (delta: Delta) => Json {
  let reasoning = ''
  let text = ''
  const calls: string[] = []
  return (delta) => {
    reasoning += delta.reasoning ?? ''
    text += delta.text ?? ''
    if (delta.call) calls[delta.call.index] = (calls[delta.call.index] ?? '') + delta.call.piece
    const planned = (index: number) => plan.toolCalls[index] ?? { id: '', name: '' }
    return {
      content: encodeContent(text, manner),
      ...(reasoning && { reasoning_content: reasoning }),
      ...(calls.length && {
        tool_calls: calls.map((all, index) =>
          encodeCall(index, planned(index).id, planned(index).name, all),
        ),
      }),
      role: 'assistant',
    }
  }
}

function encodeContent(text: string, manner: Manner): string | { text: string }[] {
  if (!manner.multimodal) return text
  return text === '' ? [] : [{ text }]
}

function encodeCall(index: number, id: string, name: string | undefined, piece: string): Json {
  const called = { ...(name !== undefined && { name }), arguments: piece }
  return { index, id, type: 'function', function: called }
}

/** Encodes the usage, which grows from frame to frame. */
function encodeUsage(plan: Plan, written: number): Json {
  if (!plan.usage) return {}
  const { promptTokens, completionTokens, totalTokens, reasoningTokens, cachedTokens } = plan.usage
  const output = Math.min(written, completionTokens)
  return {
    total_tokens: written === Infinity ? totalTokens : promptTokens + output,
    output_tokens: output,
    input_tokens: promptTokens,
    ...(reasoningTokens !== undefined && {
      output_tokens_details: { reasoning_tokens: Math.min(written, reasoningTokens) },
    }),
    prompt_tokens_details: { cached_tokens: cachedTokens ?? 0 },
  }
}

function whole(request: SimulatedRequest, plan: Plan): Json {
  const manner = readManner(request, plan)
  const write = createCumulativeWriter(plan, manner)
  let message = write({})
  for (const delta of thought(request, plan)) message = write(delta)
  return {
    output: encodeOutput(message, plan.finishReason, manner, 1),
    usage: encodeUsage(plan, Infinity),
    request_id: plan.id,
  }
}

/** Returns the deltas, without thinking if it was switched off. */
function* thought(request: SimulatedRequest, plan: Plan): Generator<Delta, void> {
  const silent = readBody(request).parameters['enable_thinking'] === false
  yield* toDeltas(silent ? { ...plan, reasoning: [] } : plan)
}

/** Issues a token that is valid for 60 seconds, or for the 1 to 1800 that the query sets. */
function mintToken(request: SimulatedRequest, account: ServerConfig): unknown {
  if (routeOf(request) !== 'tokens') return undefined
  const seconds = Number(new URL(request.url).searchParams.get('expire_in_seconds') ?? 60)
  const token = `st-simulated-${(account.keys?.size ?? 0) + 1}`
  account.keys?.add(token)
  // Seconds, unlike most of this vendor's timestamps.
  return { token, expires_at: Math.floor(Date.now() / 1000) + seconds }
}
