/**
 * DashScope's own HTTP API, as its recordings show it (2024-02 to 2026-06).
 * @see https://help.aliyun.com/zh/model-studio/qwen-api-via-dashscope
 */
import { checkDashScope, isMultimodal, isThinking, readBody, routeOf } from './dashscope/rules.ts'
import { toDeltas, type Delta, type Plan, type SimulatedRequest } from './script.ts'
import { isObject, errorText, type ServerConfig, type Json, type Vendor } from './vendor.ts'

export const dashscope: Vendor = {
  createId: (number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
  // Never a Retry-After and never an Access-Control-* header.
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

/** How this request wants its answer. */
interface Manner {
  multimodal: boolean
  /** `output.text` instead of `output.choices`. */
  plain: boolean
  cumulative: boolean
  /** The page that the search found, or nothing where none was asked for. */
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
    // `message` is the default of these only.
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
  // The last piece of the arguments shares its frame with the finish; text has an empty frame for
  // it.
  if (held && (error || !held.call)) yield frame(write(held, plan, manner), 'null')
  if (!error) yield frame(write(held?.call ? held : silent, plan, manner), plan.finishReason)
  else yield encodeFrame(id + 1, 'error', error.status ?? 500, dashscope.error(error, plan.id))
}

/** No space after the colons; the comment repeats the logical status. */
function encodeFrame(id: number, event: string, status: number, data: unknown): string {
  return `id:${id}\nevent:${event}\n:HTTP_STATUS/${status}\ndata:${JSON.stringify(data)}\n\n`
}

function encodeOutput(message: Json, finish: string, manner: Manner, id: number): Json {
  if (manner.plain) return { finish_reason: finish, text: message['content'] }
  const choices = [{ message, finish_reason: finish }]
  if (!manner.search) return { choices }
  // Frames after the first repeat the search with nothing in it.
  const results = id === 1 ? manner.search : []
  return { choices, search_info: { search_results: results, extra_tool_info: [] } }
}

/** One piece, as a message. */
function writeIncrement({ reasoning, text, call }: Delta, plan: Plan, manner: Manner): Json {
  return {
    content: encodeContent(text ?? '', manner),
    // Once a text answer has thought, the member stays, empty; the multimodal one drops it.
    ...(reasoning !== undefined && { reasoning_content: reasoning }),
    ...(reasoning === undefined &&
      plan.reasoning.length &&
      !manner.multimodal && { reasoning_content: '' }),
    // A piece that goes on has the empty string for its id, and no name.
    ...(call && { tool_calls: [encodeCall(call.index, call.id ?? '', call.name, call.piece)] }),
    role: 'assistant',
  }
}

/** Every message repeats all that was said before it. */
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

/** In every frame, growing. */
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

/** The deltas, without the thinking where it was switched off. */
function* thought(request: SimulatedRequest, plan: Plan): Generator<Delta, void> {
  const silent = readBody(request).parameters['enable_thinking'] === false
  yield* toDeltas(silent ? { ...plan, reasoning: [] } : plan)
}

/** A token for 60 seconds, or for 1 to 1800 as the query says; it opens what the key opens. */
function mintToken(request: SimulatedRequest, account: ServerConfig): unknown {
  if (routeOf(request) !== 'tokens') return undefined
  const seconds = Number(new URL(request.url).searchParams.get('expire_in_seconds') ?? 60)
  const token = `st-simulated-${(account.keys?.size ?? 0) + 1}`
  account.keys?.add(token)
  // Seconds, unlike most times of this vendor.
  return { token, expires_at: Math.floor(Date.now() / 1000) + seconds }
}
