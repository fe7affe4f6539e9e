/**
 * Translates modelscope-agent's `llm_config`, chat options, tools and messages. Installed with the built-in
 * servers, so that other bundles do not contain it.
 * @see https://github.com/modelscope/modelscope-agent/tree/master/modelscope_agent/llm
 */
import { ConfigError } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import type { Members } from './input.ts'
import { setMember, SPELLINGS } from './input.ts'
import { didYouMean } from './suggest.ts'

/** Config properties and their names here. */
const MEMBERS: Readonly<Record<string, string>> = {
  type: 'modelServer', // apps/agentfabric renames it before it calls get_chat_model
  azure_endpoint: 'baseURL',
  host: 'baseURL',
  api_version: 'apiVersion',
  is_function_call: 'functionCalling',
  support_fn_call: 'functionCalling',
  support_stream: 'streaming',
}

/** Sampling parameters, in `generate_cfg`, next to the model, or in a request. */
const SAMPLING: Readonly<Record<string, string>> = {
  temperature: 'temperature',
  top_p: 'topP',
  top_k: 'topK',
  max_tokens: 'maxTokens',
  max_completion_tokens: 'maxTokens',
  max_new_tokens: 'maxTokens',
  seed: 'seed',
  stop: 'stop',
  presence_penalty: 'presencePenalty',
  frequency_penalty: 'frequencyPenalty',
  repetition_penalty: 'repetitionPenalty',
  parallel_tool_calls: 'parallelToolCalls',
  extra_body: 'extraBody',
}

/** Properties without effect there, or without effect on a server's API. */
const IGNORED = new Set([
  'use_raw_prompt',
  'debug',
  'do_sample',
  'is_chat',
  'model_version',
  'uuid_str',
  'append_files',
])

/** Properties that load weights in-process. */
const LOCAL_WEIGHTS = new Set([
  'cache_dir',
  'custom_chat',
  'device_map',
  'end_token',
  'include_end',
  'llm',
  'lora_ckpt_dir',
  'model_cls',
  'sampling_params',
  'tokenizer',
  'tokenizer_cls',
  'torch_dtype',
  'use_lora',
  'use_raw_generation_config',
])

/**
 * Translates a config. Properties without a legacy spelling are kept.
 * @param own properties that the model's class declares
 * @throws {ConfigError} `invalid_config` for local weights, or for two spellings with different values
 */
export function translateConfig(config: Members, own: readonly string[]): Members {
  const isLegacy = Object.keys(config).some(
    (name) => Object.hasOwn(MEMBERS, name) || SPELLINGS.has(name) || name === 'generate_cfg',
  )
  const clean: Members = {}
  const defaults: Members = {}
  for (const [name, value] of Object.entries(config)) {
    // `None` means omitted there.
    if (value === undefined || (value === null && isLegacy)) continue
    if (own.includes(name)) clean[name] = value
    else if (LOCAL_WEIGHTS.has(name)) throw localWeights(name)
    else if (name === 'generate_cfg') {
      const { request_timeout: seconds, ...sampling } = isRecord(value) ? value : {}
      if (typeof seconds === 'number') setMember(clean, 'timeout', seconds * 1000, name)
      Object.assign(defaults, translateSampling(isRecord(value) ? sampling : value))
    } else if (name === 'length_constraint') {
      const length = isRecord(value) ? value.input : undefined
      if (config.max_length === undefined && config.maxLength === undefined && length !== undefined)
        clean.maxLength = length
    } else if (isLegacy && Object.hasOwn(SAMPLING, name)) defaults[SAMPLING[name] as string] = value
    else if (!IGNORED.has(name) || !isLegacy) {
      // Only Azure has versions; other classes there ignore it too.
      if (name === 'api_version' && !own.includes('apiVersion')) continue
      const known = Object.hasOwn(MEMBERS, name) ? MEMBERS[name] : undefined
      const text = known && typeof value === 'string' ? value.trim() : value
      setMember(clean, known ?? name, text, name)
    }
  }
  if (Object.keys(defaults).length > 0)
    clean.defaults = { ...defaults, ...(isRecord(clean.defaults) ? clean.defaults : {}) }
  return clean
}

function localWeights(name: string): ConfigError {
  return new ConfigError(
    'invalid_config',
    `config.${name} is for local weights: serve the model with vLLM and pass modelServer: 'openai', ` +
      "baseURL: 'http://localhost:8000/v1'",
  )
}

function translateSampling(members: unknown): Members {
  if (!isRecord(members))
    throw new ConfigError('invalid_config', 'config.generate_cfg must be an object')
  const defaults: Members = {}
  for (const [name, value] of Object.entries(members)) {
    if (value === null || value === undefined || IGNORED.has(name)) continue
    const known = SAMPLING[name] ?? Object.values(SAMPLING).find((option) => option === name)
    if (known === undefined) {
      const hint = didYouMean(name, Object.keys(SAMPLING))
      throw new ConfigError(
        'invalid_config',
        `config.generate_cfg.${name} is not a known member${hint}`,
      )
    }
    defaults[known] = value
  }
  return defaults
}

/** Translates the options, tools and messages of a request. Returns the same object if nothing is legacy. */
export function translateRequest<Request extends object>(request: Request): Request {
  let clean = request as unknown as Members
  for (const [name, value] of Object.entries(request)) {
    const option = Object.hasOwn(SAMPLING, name) ? (SAMPLING[name] as string) : name
    const isIgnored = name === 'uuid_str' || name === 'append_files'
    if (option === name && !isIgnored) continue
    if (clean === (request as unknown)) clean = { ...clean }
    delete clean[name]
    if (!isIgnored && value !== null && clean[option] === undefined) clean[option] = value
  }
  const { tools, messages } = clean
  if (Array.isArray(tools) && tools.some(isBareTool))
    clean = { ...clean, tools: tools.map((tool) => (isBareTool(tool) ? wrapTool(tool) : tool)) }
  if (Array.isArray(messages) && messages.some(isLegacyMessage))
    clean = { ...clean, messages: translateMessages(messages) }
  return clean as Request
}

/** A function definition whose schema is spelled as in MCP or Anthropic's API, `input_schema`. */
interface BareTool {
  name: string
  description?: string
  input_schema: Members
}

function isBareTool(tool: unknown): tool is BareTool {
  return isRecord(tool) && tool.type === undefined && isRecord(tool.input_schema)
}

function wrapTool({ input_schema: parameters, ...definition }: BareTool): Members {
  return { type: 'function', function: { ...definition, parameters } }
}

/** OpenAI's messages before tool calls had ids: `function_call` on an assistant message, then role `function`. */
interface LegacyMessage {
  role: string
  name?: string
  content?: unknown
  function_call?: { name: string; arguments: string } | null
  tool_calls?: { id: string; function: { name: string } }[]
  tool_call_id?: string
}

function isLegacyMessage(message: unknown): message is LegacyMessage {
  return isRecord(message) && (message.role === 'function' || isRecord(message.function_call))
}

/** Assigns the same id to each legacy tool call and its result. */
function translateMessages(messages: readonly unknown[]): unknown[] {
  const open: { id: string; name: string }[] = []
  return messages.map((message, index) => {
    if (!isRecord(message)) return message
    const { function_call: call, ...rest } = message as unknown as LegacyMessage
    if (rest.role === 'function') {
      const at = open.findIndex(({ name }) => name === rest.name)
      if (at === -1) {
        throw new ConfigError(
          'invalid_messages',
          `messages[${index}] is the result of "${rest.name}", which no earlier assistant message calls`,
        )
      }
      const id = open.splice(at, 1)[0]?.id
      return { ...rest, role: 'tool', tool_call_id: id }
    }
    if (rest.role === 'tool') {
      const at = open.findIndex(({ id }) => id === rest.tool_call_id)
      if (at !== -1) open.splice(at, 1)
    }
    for (const { id, function: called } of rest.tool_calls ?? [])
      open.push({ id, name: called?.name })
    if (!isRecord(call) || rest.tool_calls) return call === null ? rest : message
    const id = `call_${index}`
    open.push({ id, name: call.name })
    return { ...rest, tool_calls: [{ id, type: 'function', function: call }] }
  })
}
