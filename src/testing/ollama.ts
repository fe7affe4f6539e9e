/**
 * Simulates Ollama's native API, after its source of 2026 and recordings from 2025: chats, raw prompts, the model
 * list, downloads.
 * @see https://docs.ollama.com/api
 */
import { checkOllama, routeOf } from './ollama/rules.ts'
import { toDeltas, type Plan, type SimulatedRequest } from './script.ts'
import { errorText, type ServerConfig, type Json, type Vendor } from './vendor.ts'

export const ollama: Vendor = {
  // Responses have no id.
  createId: (number) => `ollama-${number}`,
  headers: () => ({}),
  contentTypes: { stream: 'application/x-ndjson', json: 'application/json; charset=utf-8' },
  // Ollama sends nothing while it loads a model. Blank lines come from proxies.
  keepAlive: '\n',
  preflightStatus: 403,
  // Streaming is the default.
  isStream: (request) => request.body.stream !== false,
  check: checkOllama,
  serve,
  frames,
  whole,
  error(error) {
    const [, message] = errorText(error, WORDS)
    // A foreign origin gets an empty 403.
    if (!message) return ''
    const more =
      error.status === 401 ? { signin_url: 'https://ollama.com/connect?name=simulated' } : {}
    return { error: message, ...more }
  },
}

const WORDS: Record<number, [string, string]> = {
  400: ['', 'missing request body'],
  401: ['', 'unauthorized'],
  403: ['', ''],
  404: ['', "model 'simulated' not found"],
  429: ['', 'you have reached your hourly usage limit'],
  500: ['', 'model runner has unexpectedly stopped'],
  503: ['', 'server busy, please try again. maximum pending requests exceeded'],
}

// Fixed, so that replies are byte-identical every time.
const CREATED = '2026-08-21T05:02:14.123456789Z'
const DIGEST = 'sha256:8eeb52dfb3bb9aefdf9d1ef24b3bdbcfbe82238798c4b918278320b6fcef18fe'

function* frames(request: SimulatedRequest, plan: Plan): Generator<string, void> {
  const line = (members: Json): string => `${JSON.stringify(members)}\n`
  if (routeOf(request) === 'pull') {
    for (const members of pullSteps()) {
      if (plan.error && members['status'] === 'success')
        yield line(ollama.error(plan.error, '') as Json)
      else yield line(members)
    }
    return
  }
  for (const members of pieces(request, plan)) {
    yield line({ ...head(plan), ...toMembers(request, members), done: false })
  }
  if (plan.error) yield line(ollama.error(plan.error, '') as Json)
  else yield line({ ...head(plan), ...toMembers(request, {}), ...encodeEnd(plan) })
}

function head({ model }: Plan): Json {
  return { model, created_at: CREATED }
}

interface Piece {
  thinking?: string
  content?: string
  calls?: Json[]
}

function* pieces(request: SimulatedRequest, plan: Plan): Generator<Piece, void> {
  const thinks = request.body.think !== false
  for (const { reasoning, text } of toDeltas(plan)) {
    if (reasoning !== undefined && thinks) yield { thinking: reasoning }
    if (text !== undefined) yield { content: text }
  }
  // Each call comes complete, in a line of its own.
  for (const call of encodeCalls(plan)) yield { calls: [call] }
}

/** Encodes a piece as the endpoint requires: chat or raw prompt. */
function toMembers(request: SimulatedRequest, { thinking, content = '', calls }: Piece): Json {
  const more = { ...(thinking && { thinking }), ...(calls?.length && { tool_calls: calls }) }
  if (routeOf(request) === 'generate') return { response: content, ...more }
  return { message: { role: 'assistant', content, ...more } }
}

/** Encodes calls with arguments as objects. Ollama drops a call whose arguments do not parse. */
function encodeCalls({ toolCalls }: Plan): Json[] {
  const calls: Json[] = []
  for (const { id, name, pieces } of toolCalls) {
    try {
      const given: unknown = JSON.parse(pieces.join('') || '{}')
      calls.push({ id, function: { index: calls.length, name, arguments: given } })
    } catch {
      // Scripted as invalid JSON.
    }
  }
  return calls
}

/** Encodes the last line: non-zero counts, and times in nanoseconds. */
function encodeEnd({ finishReason, usage }: Plan): Json {
  return {
    done: true,
    // Ollama has no other reason for tool calls.
    done_reason: finishReason === 'tool_calls' ? 'stop' : finishReason,
    total_duration: 3506852917,
    load_duration: 42147000,
    ...(usage?.promptTokens && { prompt_eval_count: usage.promptTokens }),
    prompt_eval_duration: 440681458,
    ...(usage?.completionTokens && { eval_count: usage.completionTokens }),
    eval_duration: 3021144917,
  }
}

function whole(request: SimulatedRequest, plan: Plan): Json {
  if (routeOf(request) === 'pull') return { status: 'success' }
  const thinks = request.body.think !== false
  const said = {
    thinking: thinks ? plan.reasoning.join('') : '',
    content: plan.text.join(''),
    calls: encodeCalls(plan),
  }
  return { ...head(plan), ...toMembers(request, said), ...encodeEnd(plan) }
}

/** Simulates a download of three megabytes. */
function* pullSteps(): Generator<Json, void> {
  const file = { status: 'pulling 8eeb52dfb3bb', digest: DIGEST, total: 3_000_000 }
  yield { status: 'pulling manifest' }
  yield file
  for (const completed of [1_000_000, 2_000_000, 3_000_000]) yield { ...file, completed }
  yield { status: 'verifying sha256 digest' }
  yield { status: 'writing manifest' }
  yield { status: 'success' }
}

function serve(request: SimulatedRequest, { models }: ServerConfig): unknown {
  const route = routeOf(request)
  if (route === 'version') return { version: '0.12.3' }
  if (route !== 'tags') return undefined
  const list = (models ?? ['simulated:latest']).map((name) => ({
    name,
    model: name,
    modified_at: CREATED,
    size: 3_000_000,
    digest: DIGEST.slice(7),
    details: {
      parent_model: '',
      format: 'gguf',
      family: 'simulated',
      families: ['simulated'],
      parameter_size: '8B',
      quantization_level: 'Q4_K_M',
    },
    capabilities: ['completion', 'tools', 'vision', 'thinking'],
  }))
  // Go encodes an empty list as null.
  return { models: list.length ? list : null }
}
