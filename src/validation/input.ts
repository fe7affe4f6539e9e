/**
 * Validates configs and requests before anything is sent.
 */
import { ConfigError } from '../errors.ts'
import type { MessageInput } from '../message.ts'
import type { ChatOptions, ChatRequest, ModelConfig } from '../options.ts'
import { checkMessages } from './messages.ts'
import type { Shape } from './shape.ts'
import {
  ANYTHING,
  checkMembers,
  duration,
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
import { didYouMean, findAlias } from './suggest.ts'
import { isRecord } from '../is-record.ts'

const count = rule('must be a non-negative integer', isCount)
const positive = rule('must be a positive integer', (value) => isCount(value) && value > 0)

export const signal: Shape = rule(
  'must be an AbortSignal',
  (value: Partial<AbortSignal> | null) => typeof value?.addEventListener === 'function',
)

const TOOL = 'must be a tool in the OpenAI format: for tool() call runTools()'
const tool = rule(TOOL, (value: Record<string, unknown>) => {
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
    seed: rule('must be an integer', Number.isInteger),
    stop: rule(
      'must be a string or a list of at most 64 strings, each of at most 1,024 characters',
      (value: unknown) => {
        const words = Array.isArray(value) ? value : [value]
        return (
          words.length <= 64 &&
          words.every((word) => typeof word === 'string' && word.length <= 1024)
        )
      },
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
    verbosity: oneOf(['low', 'medium', 'high'], 'must be "low", "medium" or "high"'),
    search: rule(
      'must be true, false or an object',
      (value: unknown) => typeof value === 'boolean' || isRecord(value),
    ),
    user: text,
    extraBody: record,
    headers,
    signal,
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
    baseURL: rule('must be a URL such as https://host/v1, without credentials', isURL),
    headers,
    fetch: func,
    hooks: rule('must be { beforeRequest, afterResponse }, each a list of functions', areHooks),
    env: record,
    timeout: duration,
    idleTimeout: duration,
    totalTimeout: duration,
    maxRetries: count,
    idempotencyKey: flag,
    maxFrameLength: positive,
    maxResponseSize: positive,
    maxLength: count,
    countTokens: func,
    callbacks: rule('must be an object of functions, or a list of them', (value: unknown) =>
      [value].flat().every(areCallbacks),
    ),
    defaults: record,
    extraBody: record,
    dangerouslyAllowBrowser: flag,
    functionCalling: flag,
    streaming: flag,
  }),
  model: rule('must be a non-empty string', isName),
}))

const chatRequest = once(() => ({
  ...chatOptions(),
  ...optionals({
    messages: ANYTHING,
    prompt: text,
    stream: flag,
  }),
}))

/** Makes every member optional. */
function optionals<Name extends string>(shapes: Record<Name, Shape>): Record<Name, Shape> {
  const all = {} as Record<Name, Shape>
  for (const name in shapes) all[name] = optional(shapes[name])
  return all
}

export type Members = Record<string, unknown>

/** Translates other spellings of configs and requests. */
export interface Translator {
  config: (config: Members, own: readonly string[]) => Members
  request: <Request extends object>(request: Request) => Request
}

let translator: Translator | undefined

/** Installs a translator for every config and request. */
export function useTranslator(installed: Translator): void {
  translator = installed
}

/** Spellings of modelscope-agent that every class accepts. */
export const SPELLINGS: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['model_server', 'modelServer'],
  ['api_key', 'apiKey'],
  ['api_base', 'baseURL'],
  ['base_url', 'baseURL'],
  ['max_length', 'maxLength'],
])

/** @throws {ConfigError} `invalid_config` if another spelling has set a different value */
export function setMember(clean: Members, name: string, value: unknown, spelled: string): void {
  if (Object.hasOwn(clean, name) && clean[name] !== value) {
    throw new ConfigError(
      'invalid_config',
      `config.${name} is set twice, and ${spelled} has a different value`,
    )
  }
  clean[name] = value
}

/** Configs that need no second check, with the members of the class. */
const checked = /* @__PURE__ */ new WeakMap<object, readonly string[] | undefined>()

/** Like `checkConfig`, for a config that is passed on to the class: the class takes it without checking again. */
export function checkConfigOf(config: unknown, own: readonly string[] | undefined): ModelConfig {
  const clean = checkConfig(config, own)
  checked.set(clean, own)
  return clean
}

/**
 * Validates a config and translates legacy spellings.
 * @param own members that the model's class declares
 * @throws {ConfigError} `invalid_config` with the member
 */
export function checkConfig(config: unknown, own: readonly string[] = []): ModelConfig {
  if (!isRecord(config)) {
    throw new ConfigError(
      'invalid_config',
      'The config must be an object such as { model, modelServer }',
    )
  }
  // Taken once: two models must not share a config.
  if (checked.get(config) === own && checked.delete(config)) return config as unknown as ModelConfig
  const clean: Members = {}
  for (const [spelled, value] of Object.entries(translator?.config(config, own) ?? config)) {
    if (value === undefined) continue
    const name = SPELLINGS.get(spelled)
    // Copied keys and URLs often end with a line break.
    const text = name && typeof value === 'string' ? value.trim() : value
    setMember(clean, name ?? spelled, text, spelled)
  }
  const all = modelConfig()
  const entries: Record<string, Shape> =
    own.length === 0 ? all : { ...all, ...Object.fromEntries(own.map((name) => [name, ANYTHING])) }
  checkMembers(entries, clean, 'invalid_config', 'config', (unknown) => {
    if (findAlias(unknown, Object.keys(entries))) return ''
    const option = findAlias(unknown, Object.keys(chatRequest()))
    if (option === undefined) return ''
    if (Object.hasOwn(chatOptions(), option)) return `: pass defaults: { ${option} }`
    return `: pass ${option} to chat()`
  })
  if (clean.defaults) {
    checkMembers(chatOptions(), clean.defaults, 'invalid_config', 'config.defaults')
  }
  clean.model = (clean.model as string).trim()
  return clean as unknown as ModelConfig
}

/** A validated request. */
export interface CheckedRequest {
  messages: readonly MessageInput[]
  options: ChatOptions
  stream: boolean
}

/**
 * Validates a request; a string is one user message. Never modifies the caller's objects.
 * @param own the options that the caller of this function has read, for suggestions
 * @throws {ConfigError} `invalid_messages`, or `unsupported_option` with the option
 */
export function checkRequest(
  input: string | ChatRequest,
  own: readonly string[] = [],
): CheckedRequest {
  const given = typeof input === 'string' ? { prompt: input } : input
  if (!isRecord(given as unknown)) {
    throw new ConfigError(
      'invalid_messages',
      'chat() requires a string, or an object with `messages` or `prompt`',
    )
  }
  const request = translator?.request(given) ?? given
  checkMembers(chatRequest(), request, 'unsupported_option', '', (unknown) => {
    const names = [...Object.keys(chatRequest()), ...own]
    const member = findAlias(unknown, names) ? '' : findAlias(unknown, Object.keys(modelConfig()))
    return member ? `: pass ${member} to the model's config` : didYouMean(unknown, names)
  })
  const { messages, prompt, stream = false, ...options } = request
  if ((messages === undefined) === (prompt === undefined)) {
    const problem = messages === undefined ? 'neither is set' : 'both are set'
    throw new ConfigError('invalid_messages', `Pass either \`messages\` or \`prompt\`: ${problem}`)
  }
  if (prompt === '') throw new ConfigError('invalid_messages', 'prompt must not be empty')
  const list =
    prompt === undefined
      ? (messages as readonly MessageInput[])
      : [{ role: 'user' as const, content: prompt }]
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
    Object.entries(value).every(
      ([name, one]) => one === undefined || typeof one === 'function' || !/^on[A-Z]/.test(name),
    )
  )
}

function areHooks(value: unknown): boolean {
  return (
    isRecord(value) &&
    Object.entries(value).every(
      ([name, hooks]) =>
        (name === 'beforeRequest' || name === 'afterResponse') &&
        (hooks === undefined ||
          (Array.isArray(hooks) && hooks.every((hook) => typeof hook === 'function'))),
    )
  )
}

/** True for a URL without credentials. */
export function isURL(value: unknown): boolean {
  if (typeof value !== 'string') return false
  // In a page or its worker a path names a relay of the same origin.
  if (value.startsWith('/')) return (globalThis as { location?: unknown }).location !== undefined
  try {
    const { protocol, username, password } = new URL(value)
    // `fetch` would reject credentials with a message that shows them.
    return /^https?:$/.test(protocol) && !username && !password
  } catch {
    return false
  }
}
