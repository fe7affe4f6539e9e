/**
 * What a caller hands in, checked before anything is sent: the config, the request, the messages.
 */
import { ConfigError } from '../errors.ts'
import type { MessageInput } from '../message.ts'
import type { ChatOptions, ChatRequest, ModelConfig } from '../options.ts'
import { checkMessages } from './messages.ts'
import type { Shape } from './shape.ts'
import {
  ANYTHING,
  checkMembers,
  flag,
  func,
  headers,
  list,
  number,
  once,
  oneOf,
  optional,
  record,
  rule,
  text,
} from './shape.ts'
import { isRecord } from '../is-record.ts'

const count = rule('must be a whole number, not negative', isCount)
const positive = rule('must be a whole number above 0', (value) => isCount(value) && value > 0)
// Timers count in 32 bits: a longer wait would end at once.
const clock = rule(
  'must be milliseconds above 0 (at most 2147483647), or false',
  (value) => value === false || (Number.isFinite(value) && value >= 1 && value < 2 ** 31),
)

const tool = rule('must be a tool in the OpenAI format', (value: Record<string, unknown>) => {
  if (!isRecord(value) || typeof value.type !== 'string') return false
  const definition = value.function as { name?: unknown } | undefined
  return value.type !== 'function' || (isRecord(definition) && isName(definition.name))
})

const chatOptions = once((): Record<keyof ChatOptions, Shape> =>
  optionals({
    temperature: number,
    topP: number,
    topK: count,
    maxTokens: positive,
    seed: rule('must be a whole number', Number.isInteger),
    stop: rule(
      'must be a string or a list of strings',
      (value: unknown) =>
        typeof value === 'string' ||
        (Array.isArray(value) && value.every((word) => typeof word === 'string')),
    ),
    presencePenalty: number,
    frequencyPenalty: number,
    repetitionPenalty: number,
    tools: list(tool, 'must be a list of tools'),
    toolChoice: rule(
      'must be "auto", "none", "required" or { type: "function", function: { name } }',
      (value: Record<string, unknown>) =>
        ['auto', 'none', 'required'].includes(value as never) ||
        (isRecord(value) && isRecord(value.function) && isName(value.function.name)),
    ),
    parallelToolCalls: flag,
    responseFormat: rule(
      'must be { type: "text" | "json_object" } or { type: "json_schema", json_schema: { name, schema } }',
      (value: Record<string, unknown>) =>
        isRecord(value) &&
        (value.type === 'text' ||
          value.type === 'json_object' ||
          (value.type === 'json_schema' &&
            isRecord(value.json_schema) &&
            isName(value.json_schema.name) &&
            isRecord(value.json_schema.schema))),
    ),
    reasoning: rule('must be true, false or { effort, budget }', isReasoning),
    search: rule(
      'must be true, false or an object',
      (value: unknown) => typeof value === 'boolean' || isRecord(value),
    ),
    user: text,
    extraBody: record,
    headers,
    signal: rule(
      'must be an AbortSignal',
      (value: Partial<AbortSignal> | null) => typeof value?.addEventListener === 'function',
    ),
  }),
)

const modelConfig = once((): Record<keyof ModelConfig, Shape> => ({
  ...optionals({
    modelServer: text,
    api: oneOf(['chat', 'responses'], 'must be "chat" or "responses"'),
    apiKey: rule(
      'must be a string or a function',
      (value: unknown) => typeof value === 'string' || typeof value === 'function',
    ),
    baseURL: rule('must be a URL such as https://host/v1, without a user or a password', isURL),
    headers,
    fetch: func,
    env: record,
    timeout: clock,
    idleTimeout: clock,
    totalTimeout: clock,
    maxRetries: count,
    maxFrameLength: positive,
    maxLength: count,
    countTokens: func,
    callbacks: rule('must be an object of functions, or a list of such', (value: unknown) =>
      [value].flat().every(areCallbacks),
    ),
    defaults: record,
    extraBody: record,
    dangerouslyAllowBrowser: flag,
  }),
  model: rule('must be a string that is not empty', isName),
}))

const chatRequest = once(() => ({
  ...chatOptions(),
  ...optionals({
    messages: rule('must be a list of messages', Array.isArray),
    prompt: text,
    stream: flag,
  }),
}))

/** Every member may be absent. */
function optionals<Name extends string>(shapes: Record<Name, Shape>): Record<Name, Shape> {
  const all = {} as Record<Name, Shape>
  for (const name in shapes) all[name] = optional(shapes[name])
  return all
}

/** The ancestors' spellings, so that an existing `llm_config` works as it is. */
const SPELLINGS = new Map([
  ['model_server', 'modelServer'],
  ['api_key', 'apiKey'],
  ['api_base', 'baseURL'],
  ['base_url', 'baseURL'],
  ['max_length', 'maxLength'],
])

/**
 * A config in its one spelling, checked.
 * @param own further members that the model's class takes
 * @throws {ConfigError} `invalid_config`, naming the member
 */
export function checkConfig(config: unknown, own: readonly string[] = []): ModelConfig {
  if (!isRecord(config)) {
    throw new ConfigError(
      'invalid_config',
      'The config must be an object such as { model, modelServer }',
    )
  }
  const clean: Record<string, unknown> = {}
  for (const [spelled, value] of Object.entries(config)) {
    if (value === undefined) continue
    const name = SPELLINGS.get(spelled) ?? spelled
    if (Object.hasOwn(clean, name) && clean[name] !== value) {
      throw new ConfigError(
        'invalid_config',
        `config.${name} is there twice, in two spellings (${spelled}) that disagree`,
      )
    }
    clean[name] = value
  }
  const entries: Record<string, Shape> = { ...modelConfig() }
  for (const name of own) entries[name] = ANYTHING
  checkMembers(entries, clean, 'invalid_config', 'config')
  if (clean.defaults) {
    checkMembers(chatOptions(), clean.defaults, 'invalid_config', 'config.defaults')
  }
  clean.model = (clean.model as string).trim()
  return clean as unknown as ModelConfig
}

/** A request with its messages, checked. A string is short for one user message. */
export interface CheckedRequest {
  messages: readonly MessageInput[]
  options: ChatOptions
  stream: boolean
}

/**
 * A request, checked; its messages stay as they are.
 * @throws {ConfigError} `invalid_messages`, or `unsupported_option` naming the option
 */
export function checkRequest(input: string | ChatRequest): CheckedRequest {
  const request = typeof input === 'string' ? { prompt: input } : input
  if (!isRecord(request as unknown)) {
    throw new ConfigError(
      'invalid_messages',
      'chat() takes a string, or an object with `messages` or `prompt`',
    )
  }
  checkMembers(chatRequest(), request, 'unsupported_option', '')
  const { messages, prompt, stream = false, ...options } = request
  if ((messages === undefined) === (prompt === undefined)) {
    const problem = messages === undefined ? 'neither is there' : 'both are there'
    throw new ConfigError('invalid_messages', `Pass either \`messages\` or \`prompt\`: ${problem}`)
  }
  if (prompt === '') throw new ConfigError('invalid_messages', 'prompt must not be empty')
  const list = messages ?? [{ role: 'user' as const, content: prompt as string }]
  checkMessages(list)
  return { messages: list, options, stream }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0
}

function isReasoning(value: unknown): boolean {
  if (typeof value === 'boolean') return true
  if (!isRecord(value)) return false
  const { effort, budget, ...others } = value
  if (Object.keys(others).length > 0) return false
  return (effort === undefined || isName(effort)) && (budget === undefined || isCount(budget))
}

function areCallbacks(value: unknown): boolean {
  return (
    isRecord(value) &&
    Object.values(value).every((one) => one === undefined || typeof one === 'function')
  )
}

function isURL(value: unknown): boolean {
  if (typeof value !== 'string') return false
  // A page and its worker may name a relay of their own origin.
  if (value.startsWith('/')) return (globalThis as { location?: unknown }).location !== undefined
  try {
    const { protocol, username, password } = new URL(value)
    // `fetch` refuses an address with a password, in words that show it.
    return /^https?:$/.test(protocol) && !username && !password
  } catch {
    return false
  }
}
