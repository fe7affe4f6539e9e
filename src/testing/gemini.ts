/**
 * Simulates Gemini's native API, after recordings from 2025 and 2026.
 * @see https://ai.google.dev/api/generate-content
 */
import { checkGemini, readRoute } from './gemini/rules.ts'
import { toDeltas, type Plan, type PlannedCall, type SimulatedRequest } from './script.ts'
import type { ScriptedError } from './scripted-error.ts'
import { isObject, errorText, type ServerConfig, type Json, type Vendor } from './vendor.ts'

export const gemini: Vendor = {
  createId: (number) => `simulated-${number}`,
  headers: () => ({ vary: 'Origin, X-Origin, Referer' }),
  contentTypes: { stream: 'text/event-stream', json: 'application/json; charset=UTF-8' },
  keepAlive: ': keep-alive\r\n\r\n',
  preflightStatus: 403,
  // Without `alt=sse` a stream is a JSON array.
  isStream(request) {
    const { method, sse } = readRoute(request) ?? {}
    return method === 'streamGenerateContent' && sse === true
  },
  check: (request, account) => checkGemini(inCamelCase(request), account),
  serve: countTokens,
  frames: (request, plan) => frames(inCamelCase(request), plan),
  whole(request, plan) {
    const answers = [...toAnswers(inCamelCase(request), plan)]
    return readRoute(request)?.method === 'generateContent' ? join(answers) : answers
  },
  error: encodeError,
}

/** Members whose value is the caller's own. */
const DATA: ReadonlySet<string> = new Set([
  'args',
  'response',
  'labels',
  'parametersJsonSchema',
  'responseJsonSchema',
])

/** Returns a request in the spelling that is checked: members may also be written in snake_case. */
function inCamelCase(request: SimulatedRequest): SimulatedRequest {
  return { ...request, body: rename(request.body) }
}

/** @param isTable true for an object whose names are the caller's own */
function rename(value: unknown, isTable = false): unknown {
  if (Array.isArray(value)) return value.map((one) => rename(one))
  if (!isObject(value)) return value
  const members = Object.entries(value).map(([given, member]) => {
    if (isTable) return [given, rename(member)]
    const name = given.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    return [name, DATA.has(name) ? member : rename(member, name === 'properties')]
  })
  return Object.fromEntries(members)
}

const WORDS: Record<number, [string, string]> = {
  400: ['INVALID_ARGUMENT', 'Request contains an invalid argument.'],
  401: ['UNAUTHENTICATED', 'Request had invalid authentication credentials.'],
  403: ['PERMISSION_DENIED', 'The caller does not have permission'],
  404: ['NOT_FOUND', 'Requested entity was not found.'],
  429: ['RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).'],
  499: ['CANCELLED', 'The operation was cancelled.'],
  500: ['INTERNAL', 'An internal error has occurred. Please retry.'],
  503: ['UNAVAILABLE', 'The model is overloaded. Please try again later.'],
  504: ['DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.'],
}

function encodeError(error: ScriptedError): Json {
  const [status, message] = errorText(error, WORDS)
  return { error: { code: error.status ?? 500, message, status } }
}

function countTokens(request: SimulatedRequest, _account: ServerConfig): unknown {
  if (readRoute(request)?.method !== 'countTokens') return undefined
  return { totalTokens: Math.ceil(JSON.stringify(request.body).length / 4) }
}

function* frames(request: SimulatedRequest, plan: Plan): Generator<string, void> {
  for (const answer of toAnswers(request, plan)) yield `data: ${JSON.stringify(answer)}\r\n\r\n`
  // Pretty-printed JSON between the frames, under HTTP 200 (reported 2025 and 2026).
  if (plan.error) yield `${JSON.stringify(encodeError(plan.error), null, 2)}\n`
}

/** Returns the pieces of a reply, each in the form of a complete one. */
function* toAnswers(request: SimulatedRequest, plan: Plan): Generator<Json, void> {
  const head = { modelVersion: readRoute(request)?.model, responseId: plan.id }
  const answer = (candidate: Json, usage: Json | undefined): Json => ({
    candidates: [{ ...candidate, index: 0 }],
    ...(usage && { usageMetadata: usage }),
    ...head,
  })
  const early = plan.usage && {
    promptTokenCount: plan.usage.promptTokens,
    totalTokenCount: plan.usage.promptTokens,
  }
  for (const part of toParts(request, plan))
    yield answer({ content: { parts: [part], role: 'model' } }, early)
  if (!plan.error) yield answer(toEnd(request, plan), encodeUsage(plan))
}

function* toParts(request: SimulatedRequest, plan: Plan): Generator<Json, void> {
  const thoughts = request.body.generationConfig?.thinkingConfig?.includeThoughts === true
  for (const { reasoning, text } of toDeltas({ ...plan, toolCalls: [] })) {
    if (text !== undefined) yield { text }
    else if (thoughts) yield { text: reasoning, thought: true }
  }
  for (const [index, call] of plan.toolCalls.entries()) {
    const args = readArguments(call)
    if (!args) return
    const id = isMade(call) ? {} : { id: call.id }
    // Only the first of parallel calls has a signature.
    const signature = index === 0 && { thoughtSignature: btoa(`thoughts of ${plan.id}`) }
    yield { functionCall: { ...id, name: call.name, args }, ...signature }
  }
}

/** True if the script gave the call no id: Gemini then sends none. */
function isMade({ id }: PlannedCall): boolean {
  return /^call_\d+_\d+$/.test(id)
}

/** Returns the arguments as an object, or `undefined` if the model wrote invalid JSON. */
function readArguments({ pieces }: PlannedCall): Json | undefined {
  try {
    const value: unknown = JSON.parse(pieces.join('') || '{}')
    return isObject(value) ? value : undefined
  } catch {
    // Gemini reports these as a finish reason.
    return undefined
  }
}

const FINISH: Record<string, string> = {
  stop: 'STOP',
  tool_calls: 'STOP',
  length: 'MAX_TOKENS',
  content_filter: 'SAFETY',
}

function toEnd(request: SimulatedRequest, plan: Plan): Json {
  const broken = plan.toolCalls.find((call) => !readArguments(call))
  const { tools } = request.body
  const asked = Array.isArray(tools) && tools.some((tool) => tool?.googleSearch)
  const chunks = plan.sources.map(({ url, title }) => ({ web: { uri: url, title } }))
  return {
    content: { parts: [{ text: '' }], role: 'model' },
    finishReason: broken
      ? 'MALFORMED_FUNCTION_CALL'
      : (FINISH[plan.finishReason] ?? plan.finishReason),
    ...(broken && { finishMessage: `Malformed function call: ${broken.pieces.join('')}` }),
    ...(asked && chunks.length > 0 && { groundingMetadata: { groundingChunks: chunks } }),
  }
}

function encodeUsage({ usage }: Plan): Json | undefined {
  if (!usage) return undefined
  const { promptTokens, completionTokens, totalTokens, reasoningTokens, cachedTokens } = usage
  return {
    promptTokenCount: promptTokens,
    candidatesTokenCount: completionTokens - (reasoningTokens ?? 0),
    totalTokenCount: totalTokens,
    ...(reasoningTokens !== undefined && { thoughtsTokenCount: reasoningTokens }),
    ...(cachedTokens !== undefined && { cachedContentTokenCount: cachedTokens }),
  }
}

/** Merges the pieces into a complete reply: the last one, with the parts of all. */
function join(answers: readonly Json[]): Json {
  const parts: Json[] = []
  for (const { candidates } of answers as { candidates: { content: { parts: Json[] } }[] }[]) {
    for (const part of candidates[0]?.content.parts ?? []) {
      const last = parts.at(-1)
      const grows = part['text'] !== undefined && last?.['thought'] === part['thought']
      if (grows && last && typeof last['text'] === 'string') last['text'] += String(part['text'])
      else if (part['text'] !== '') parts.push({ ...part })
    }
  }
  const end = answers.at(-1) as { candidates: Json[] }
  return { ...end, candidates: [{ ...end.candidates[0], content: { parts, role: 'model' } }] }
}
