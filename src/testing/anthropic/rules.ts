/**
 * Rejects the requests that Anthropic rejects. `turns.ts` checks the messages.
 */
import { checkTurns, refuse, versionOf } from './turns.ts'
import type { SimulatedRequest } from '../script.ts'
import {
  dropNulls,
  bearerOf,
  isJson,
  isObject,
  isOutside,
  matches,
  pathOf,
  type ServerConfig,
  type Failure,
  type Json,
} from '../vendor.ts'

/** Returns the first error in a request. */
export function checkAnthropic(request: SimulatedRequest, account: ServerConfig): Failure {
  const { method, headers } = request
  if (!pathOf(request).endsWith('/v1/messages')) return { status: 404, message: 'Not found' }
  if (method !== 'POST')
    return { status: 405, code: 'invalid_request_error', message: 'Method Not Allowed' }
  const isForeign = headers['origin'] !== undefined && headers['sec-fetch-site'] !== 'same-origin'
  if (isForeign && headers['anthropic-dangerous-direct-browser-access'] !== 'true')
    return { status: 401, message: NO_CORS }
  const key = headers['x-api-key'] ?? bearerOf(request)
  if (account.asksKey && !key) return { status: 401, message: 'x-api-key header is required' }
  if (account.asksKey && account.keys && !account.keys.has(key ?? '')) return { status: 401 }
  const version = headers['anthropic-version']
  if (!version) return refuse('anthropic-version: header is required')
  if (version !== '2023-06-01' && version !== NEWEST)
    return refuse(`anthropic-version: "${version}" is not a valid version`)
  if (!isJson(request)) return refuse('The request body is not valid JSON')
  const body: Json = request.body
  return (
    checkMembers(body, { isBeta: headers['anthropic-beta'] !== undefined }) ??
    (version === NEWEST ? checkRemoved(body) : undefined) ??
    checkModel(body, account) ??
    checkSampling(body) ??
    checkThinking(body) ??
    checkOutput(body) ??
    checkTools(body) ??
    checkTurns(body, versionOf(String(body['model'])))
  )
}

/** The version that Anthropic's SDKs send since October 2026. */
const NEWEST = '2026-10-21'

/**
 * Rejects what the newest version no longer accepts.
 * @see https://platform.claude.com/docs/en/api/versioning
 */
function checkRemoved(body: Json): Failure {
  const removed = ['temperature', 'top_p', 'top_k'].find((name) => body[name] !== undefined)
  if (removed) return refuse(`${removed}: Extra inputs are not permitted`)
  const { messages } = body
  for (const [at, message] of (Array.isArray(messages) ? messages : []).entries()) {
    if (!isObject(message) || !Array.isArray(message['content'])) continue
    for (const [index, block] of message['content'].entries()) {
      const place = `messages.${at}.content.${index}`
      if (!isObject(block)) continue
      if (message['role'] === 'assistant' && block['type'] === 'document')
        return refuse(`${place}: document blocks are not permitted in assistant messages`)
      if (message['role'] === 'user' && hasCitations(block))
        return refuse(`${place}.citations: must be empty in user messages`)
    }
  }
  return undefined
}

/** True for a text with citations, by itself or in a search result. */
function hasCitations({ type, citations, content }: Json): boolean {
  if (type === 'text') return Array.isArray(citations) && citations.length > 0
  const parts = type === 'search_result' && Array.isArray(content) ? content : []
  return parts.some((part) => isObject(part) && hasCitations(part))
}

const NO_CORS = "CORS requests must set 'anthropic-dangerous-direct-browser-access' header"

const MEMBERS = new Set(
  (
    'model max_tokens messages system stop_sequences stream temperature top_p top_k tools tool_choice thinking ' +
    'output_config metadata service_tier cache_control container inference_geo diagnostics speed user_profile_id workspace_id'
  ).split(' '),
)

/**
 * Members of betas, which a header has to name. Values are not checked.
 * @see https://platform.claude.com/docs/en/api/beta/messages/create
 */
const BETA_MEMBERS = new Set(
  'billing_policy compaction context_management fallback_credit_token fallbacks mcp_servers output_format'.split(
    ' ',
  ),
)

/** No conversations are stored here. Anthropic's tool runner sends the whole one after this error. */
const UNTHREADED: Failure = {
  status: 400,
  body: {
    type: 'error',
    error: {
      type: 'invalid_request_error',
      message: 'thread is not supported for this request',
      details: { error_code: 'thread_unsupported_request', unsupported: ['thread'] },
    },
  },
}

/** @see https://platform.claude.com/docs/en/api/messages/create */
function checkMembers(body: Json, { isBeta }: { isBeta: boolean }): Failure {
  if (isBeta && body['thread'] !== undefined) return UNTHREADED
  const unknown = Object.keys(body).find(
    (name) => !MEMBERS.has(name) && !(isBeta && BETA_MEMBERS.has(name)),
  )
  if (unknown) return refuse(`${unknown}: Extra inputs are not permitted`)
  const missing = ['model', 'max_tokens', 'messages'].find((name) => body[name] === undefined)
  if (missing) return refuse(`${missing}: Field required`)
  const { metadata, system, stream } = body
  if (stream !== undefined && typeof stream !== 'boolean')
    return refuse('stream: Input should be a valid boolean')
  if (
    metadata !== undefined &&
    !(isObject(metadata) && Object.keys(metadata).every((name) => name === 'user_id'))
  )
    return refuse('metadata: Extra inputs are not permitted')
  const user = isObject(metadata) ? metadata['user_id'] : undefined
  if (user !== undefined && user !== null && (typeof user !== 'string' || user.length > 256))
    return refuse('metadata.user_id: String should have at most 256 characters')
  const isText = typeof system === 'string' && system !== ''
  if (system !== undefined && !isText && !Array.isArray(system))
    return refuse('system: Input should be a valid string or list')
  return undefined
}

/** @see https://platform.claude.com/docs/en/about-claude/models/overview */
function checkModel({ model, max_tokens: max }: Json, { models }: ServerConfig): Failure {
  if (typeof model !== 'string' || !model) return refuse('model: Input should be a valid string')
  if (models && !models.includes(model)) return { status: 404, message: `model: ${model}` }
  if (typeof max !== 'number' || !Number.isInteger(max))
    return refuse('max_tokens: Input should be a valid integer')
  if (max < 1) return refuse('max_tokens: Input should be greater than or equal to 1')
  const most = outputLimit(model)
  return max > most
    ? refuse(
        `max_tokens: ${max} > ${most}, which is the maximum allowed number of output tokens for ${model}`,
      )
    : undefined
}

/** @see https://platform.claude.com/docs/en/about-claude/models/overview */
function outputLimit(model: string): number {
  const version = versionOf(model)
  if (version === 0) return Number.POSITIVE_INFINITY
  if (version >= 406) return 128_000
  if (version >= 307) return /opus/.test(model) && version < 405 ? 32_000 : 128_000
  return version >= 305 ? 8192 : 4096
}

/** @see https://platform.claude.com/docs/en/api/messages/create */
function checkSampling(body: Json): Failure {
  const { temperature, top_p: topP, top_k: topK, stop_sequences: stop, model } = body
  for (const [name, value] of Object.entries({ temperature, top_p: topP }))
    if (value !== undefined && typeof value !== 'number')
      return refuse(`${name}: Input should be a valid number`)
  if (topK !== undefined && !Number.isInteger(topK))
    return refuse('top_k: Input should be a valid integer')
  if (isOutside(topK, 0, Number.POSITIVE_INFINITY))
    return refuse('top_k: Input should be greater than or equal to 0')
  if (isOutside(temperature, 0, 1)) return refuse('temperature: range: 0..1')
  if (isOutside(topP, 0, 1)) return refuse('top_p: range: 0..1')
  const isChosen = [temperature, topP].some((value) => (value ?? 1) !== 1) || topK !== undefined
  if (temperature !== undefined && topP !== undefined && versionOf(String(model)) >= 401)
    return refuse('`temperature` and `top_p` cannot both be specified for this model.')
  if (isChosen && versionOf(String(model)) >= 407)
    return refuse(
      '`temperature`, `top_p` and `top_k` must be left at their defaults for this model.',
    )
  if (stop === undefined) return undefined
  if (!Array.isArray(stop) || !stop.every((word) => typeof word === 'string' && word.trim()))
    return refuse('stop_sequences: each stop sequence must contain non-whitespace')
  return undefined
}

/** @see https://platform.claude.com/docs/en/build-with-claude/extended-thinking */
function checkThinking(body: Json): Failure {
  const { thinking, tool_choice: choice, temperature, top_k: topK } = body
  if (thinking === undefined) return undefined
  const version = versionOf(String(body['model']))
  const { type, budget_tokens: budget } = isObject(thinking) ? thinking : {}
  const known = {
    enabled: version < 407 && (version === 0 || version >= 307),
    adaptive: version >= 406,
    disabled: true,
    between_tools: version >= 505,
  }
  if (!known[String(type) as 'enabled'])
    return refuse(`"thinking.type.${String(type)}" is not supported for this model.`)
  if (type === 'enabled') {
    if (!Number.isInteger(budget)) return refuse('thinking.enabled.budget_tokens: Field required')
    if (Number(budget) < 1024)
      return refuse('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024')
    if (Number(budget) >= Number(body['max_tokens']))
      return refuse('`max_tokens` must be greater than `thinking.budget_tokens`.')
  }
  if (type === 'disabled' || type === 'between_tools') return undefined
  if (isObject(choice) && (choice['type'] === 'any' || choice['type'] === 'tool'))
    return refuse('Thinking may not be enabled when tool_choice forces tool use.')
  if ((temperature ?? 1) !== 1)
    return refuse('`temperature` may only be set to 1 when thinking is enabled.')
  if (topK !== undefined) return refuse('`top_k` must be unset when thinking is enabled.')
  return isOutside(body['top_p'], 0.95, 1)
    ? refuse('`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.')
    : undefined
}

/** @see https://platform.claude.com/docs/en/build-with-claude/structured-outputs */
function checkOutput({ output_config: output, model }: Json): Failure {
  if (output === undefined) return undefined
  const members = isObject(output) ? output : { unknown: 1 }
  const { effort, format, ...others } = dropNulls(members) as {
    effort?: string
    format?: unknown
  }
  const [other] = Object.keys(others)
  if (other) return refuse(`output_config.${other}: Extra inputs are not permitted`)
  const levels = [
    'high',
    'low',
    'max',
    'medium',
    ...(versionOf(String(model)) >= 407 ? ['xhigh'] : []),
  ]
  const version = versionOf(String(model))
  if (effort !== undefined && version > 0 && version < 405)
    return refuse('This model does not support the effort parameter.')
  if (effort !== undefined && !levels.includes(effort))
    return refuse(
      `This model does not support effort level '${effort}'. Supported levels: ${levels.join(', ')}.`,
    )
  if (format === undefined) return undefined
  if (!isObject(format) || format['type'] !== 'json_schema' || !isObject(format['schema']))
    return refuse('output_config.format: Input should be a JSON schema')
  if (version > 0 && version < 405)
    return refuse('output_config.format: Structured outputs are not supported by this model')
  const problem = schemaProblem(format['schema'])
  return problem ? refuse(`output_config.format.schema: ${problem}`) : undefined
}

/**
 * Keywords that structured outputs and strict tools refuse.
 * @see https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
 */
const REFUSED_KEYWORDS =
  'minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength maxItems uniqueItems contains ' +
  'minContains maxContains minProperties maxProperties patternProperties propertyNames not if then else oneOf'

function schemaProblem(schema: unknown): string | undefined {
  if (!isClosed(schema))
    return "For 'object' type, 'additionalProperties' must be explicitly set to false"
  const keyword = findKeyword(schema, new Set(REFUSED_KEYWORDS.split(' ')))
  if (keyword) return `property '${keyword}' is not supported`
  const mixed = findMixedEnum(schema)
  return (
    mixed &&
    `Invalid schema: Enum value ${mixed.value} does not match declared type '${mixed.type}'`
  )
}

/**
 * Returns a list of types beside an `enum`, which must be of a single type.
 * @see https://github.com/BerriAI/litellm/issues/37881
 */
function findMixedEnum(schema: unknown): { type: string; value: string } | undefined {
  if (Array.isArray(schema)) return schema.map(findMixedEnum).find((found) => found)
  if (!isObject(schema)) return undefined
  const { type, enum: values, const: _const, default: _default, ...rest } = schema
  if (Array.isArray(type) && Array.isArray(values))
    return { type: JSON.stringify(type), value: JSON.stringify(values[0]) }
  return findMixedEnum(Object.values(rest))
}

/** Returns a refused keyword; names of properties are none. */
function findKeyword(schema: unknown, refused: ReadonlySet<string>): string | undefined {
  if (Array.isArray(schema))
    return schema.map((one) => findKeyword(one, refused)).find((found) => found)
  if (!isObject(schema)) return undefined
  const { properties, $defs, enum: _enum, const: _const, default: _default, ...rest } = schema
  const keyword = Object.keys(rest).find((name) => refused.has(name))
  if (keyword) return keyword
  const named = [properties, $defs].flatMap((group) =>
    isObject(group) ? Object.values(group) : [],
  )
  return findKeyword([...named, ...Object.values(rest)], refused)
}

/** True if every object, at any depth, forbids additional properties. */
function isClosed(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isClosed)
  if (!isObject(schema)) return true
  if (schema['type'] === 'object' && schema['additionalProperties'] !== false) return false
  return Object.values(schema).every(isClosed)
}

/** @see https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use */
const TOOL_MEMBERS = new Set(
  'type name description input_schema cache_control strict defer_loading allowed_callers input_examples eager_input_streaming'.split(
    ' ',
  ),
)

function checkTools({ tools, tool_choice: choice }: Json): Failure {
  const list = Array.isArray(tools) ? tools : []
  if (tools !== undefined && !Array.isArray(tools))
    return refuse('tools: Input should be a valid list')
  const names = list.map((tool) => (isObject(tool) ? tool['name'] : undefined))
  if (new Set(names).size < names.length) return refuse('tools: Tool names must be unique.')
  for (const [index, tool] of list.entries()) {
    if (!isObject(tool) || !matches(/^[a-zA-Z0-9_-]{1,128}$/, tool['name']))
      return refuse(`tools.${index}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`)
    if (tool['type'] !== undefined && tool['type'] !== 'custom') continue
    const schema = tool['input_schema']
    if (!isObject(schema) || schema['type'] !== 'object')
      return refuse(`tools.${index}.custom.input_schema.type: Input should be 'object'`)
    if (['oneOf', 'allOf', 'anyOf'].some((word) => word in schema))
      return refuse(
        `tools.${index}.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`,
      )
    const { properties } = schema
    if (
      isObject(properties) &&
      !Object.keys(properties).every((name) => /^[a-zA-Z0-9_.-]{1,64}$/.test(name))
    )
      // https://github.com/n8n-io/n8n/issues/30590
      return refuse(
        `tools.${index}.custom.input_schema.properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'`,
      )
    const unknown = Object.keys(tool).find((name) => !TOOL_MEMBERS.has(name))
    if (unknown) return refuse(`tools.${index}.custom.${unknown}: Extra inputs are not permitted`)
    const problem = tool['strict'] === true ? schemaProblem(schema) : undefined
    if (problem) return refuse(`tools.${index}.custom.input_schema: ${problem}`)
  }
  if (choice === undefined) return undefined
  if (!list.length) return refuse('tool_choice may only be specified while providing tools')
  const type = isObject(choice) ? choice['type'] : undefined
  if (!['auto', 'any', 'none', 'tool'].includes(String(type)))
    return refuse('tool_choice: Input tag is not expected')
  if (type === 'tool' && !names.includes((choice as Json)['name']))
    return refuse(
      `tool_choice: Tool '${String((choice as Json)['name'])}' not found in provided tools`,
    )
  if (type === 'none' && Object.keys(choice as Json).length > 1)
    return refuse('tool_choice.none.disable_parallel_tool_use: Extra inputs are not permitted')
  return undefined
}
