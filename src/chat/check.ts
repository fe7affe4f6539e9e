/**
 * What a caller hands in, checked before anything is sent: the config, the request, the messages.
 */
import * as v from 'valibot'
import type { ConfigErrorCode } from '../error-code.ts'
import { ConfigError } from '../errors.ts'
import type { Message } from '../message.ts'
import type { ChatOptions, ChatRequest, ModelConfig } from '../options.ts'

const text = v.string('must be a string')
const number = v.pipe(v.number('must be a number'), v.finite('must be a finite number'))
const count = v.pipe(
  number,
  v.integer('must be a whole number'),
  v.minValue(0, 'must not be negative'),
)
const flag = v.boolean('must be true or false')
const record = v.record(v.string(), v.unknown(), 'must be an object')
const headers = v.pipe(
  // A `Headers` has no members of its own: it would be taken for an empty object.
  v.custom<Record<string, string>>(
    (value) => !(value instanceof Headers),
    'must be a plain object, not a Headers',
  ),
  v.record(v.string(), text, 'must be an object of strings'),
  v.check(areHeaders, 'holds a name or a value that cannot stand in a header'),
)
const func = v.function('must be a function')
// Timers count in 32 bits: a longer wait would end at once.
const clock = v.union(
  [v.literal(false), v.pipe(number, v.minValue(1), v.maxValue(2 ** 31 - 1))],
  'must be milliseconds above 0 (at most 2147483647), or false',
)

const functionTool = v.looseObject({
  type: v.literal('function'),
  function: v.looseObject(
    {
      name: v.pipe(text, v.minLength(1, 'must not be empty')),
      description: v.optional(text),
      parameters: v.optional(record),
    },
    'must be an object with a name',
  ),
})
const vendorTool = v.looseObject({ type: v.pipe(text, v.notValue('function')) })

const chatOptions = {
  temperature: v.optional(number),
  topP: v.optional(number),
  topK: v.optional(count),
  maxTokens: v.optional(v.pipe(count, v.minValue(1, 'must be above 0'))),
  seed: v.optional(v.pipe(number, v.integer('must be a whole number'))),
  stop: v.optional(
    v.union([v.string(), v.array(v.string())], 'must be a string or a list of strings'),
  ),
  presencePenalty: v.optional(number),
  frequencyPenalty: v.optional(number),
  repetitionPenalty: v.optional(number),
  tools: v.optional(
    v.array(
      v.union([functionTool, vendorTool], 'must be a tool in the OpenAI format'),
      'must be a list of tools',
    ),
  ),
  toolChoice: v.optional(
    v.union(
      [
        v.picklist(['auto', 'none', 'required']),
        v.looseObject({
          type: v.literal('function'),
          function: v.looseObject({ name: v.string() }),
        }),
      ],
      'must be "auto", "none", "required" or { type: "function", function: { name } }',
    ),
  ),
  parallelToolCalls: v.optional(flag),
  responseFormat: v.optional(
    v.union(
      [
        v.looseObject({ type: v.picklist(['text', 'json_object']) }),
        v.looseObject({
          type: v.literal('json_schema'),
          json_schema: v.looseObject({ name: v.string(), schema: record }),
        }),
      ],
      'must be { type: "text" | "json_object" } or { type: "json_schema", json_schema: { name, schema } }',
    ),
  ),
  reasoning: v.optional(
    v.union(
      [v.boolean(), v.strictObject({ effort: v.optional(v.string()), budget: v.optional(count) })],
      'must be true, false or { effort, budget }',
    ),
  ),
  search: v.optional(v.union([v.boolean(), record], 'must be true, false or an object')),
  user: v.optional(text),
  extraBody: v.optional(record),
  headers: v.optional(headers),
  signal: v.optional(
    v.custom<AbortSignal>(
      (value) => typeof (value as AbortSignal)?.addEventListener === 'function',
      'must be an AbortSignal',
    ),
  ),
}

const callbacks = v.object({
  onLLMStart: v.optional(func),
  onLLMNewToken: v.optional(func),
  onLLMEnd: v.optional(func),
  onLLMError: v.optional(func),
  onLLMRetry: v.optional(func),
})

const modelConfig = {
  model: v.pipe(text, v.trim(), v.minLength(1, 'must not be empty')),
  modelServer: v.optional(text),
  apiKey: v.optional(v.union([v.string(), func], 'must be a string or a function')),
  baseURL: v.optional(
    v.pipe(
      text,
      v.check(isURL, 'must be a URL such as https://host/v1, without a user or a password'),
    ),
  ),
  headers: v.optional(headers),
  fetch: v.optional(func),
  env: v.optional(record),
  timeout: v.optional(clock),
  idleTimeout: v.optional(clock),
  totalTimeout: v.optional(clock),
  maxRetries: v.optional(count),
  maxFrameLength: v.optional(v.pipe(count, v.minValue(1, 'must be above 0'))),
  maxLength: v.optional(count),
  callbacks: v.optional(
    v.union([callbacks, v.array(callbacks)], 'must be an object of functions, or a list of such'),
  ),
  defaults: v.optional(v.strictObject(chatOptions)),
  extraBody: v.optional(record),
  dangerouslyAllowBrowser: v.optional(flag),
}

const chatRequest = {
  ...chatOptions,
  messages: v.optional(v.array(v.unknown(), 'must be a list of messages')),
  prompt: v.optional(text),
  stream: v.optional(flag),
}

const textPart = v.looseObject({ type: v.literal('text'), text })
const PARTS = 'text, image_url, input_audio, video_url or file'
const part = v.variant(
  'type',
  [
    textPart,
    v.looseObject({
      type: v.literal('image_url'),
      image_url: v.looseObject({ url: text }, 'must be an object with a url'),
    }),
    v.looseObject({
      type: v.literal('input_audio'),
      input_audio: v.looseObject(
        { data: text, format: text },
        'must be an object with data and format',
      ),
    }),
    v.looseObject({
      type: v.literal('video_url'),
      video_url: v.looseObject({ url: text }, 'must be an object with a url'),
    }),
    v.looseObject({ type: v.literal('file'), file: v.looseObject({}, 'must be an object') }),
  ],
  (issue) => (issue.expected === 'Object' ? 'must be an object' : `must be ${PARTS}`),
)
const plain = v.lazy((value) =>
  Array.isArray(value) ? v.array(part) : v.string('must be a string or a list of parts'),
)
const messageToolCall = v.looseObject({
  id: text,
  type: v.literal('function', 'must be "function"'),
  function: v.looseObject(
    { name: text, arguments: v.string('must be JSON text') },
    'must be an object with name and arguments',
  ),
})
const message = v.variant(
  'role',
  [
    v.looseObject({ role: v.picklist(['system', 'developer']), content: plain }),
    v.looseObject({ role: v.literal('user'), content: plain }),
    v.looseObject({
      role: v.literal('assistant'),
      content: v.nullish(plain),
      tool_calls: v.optional(v.array(messageToolCall, 'must be a list of tool calls')),
    }),
    v.looseObject({ role: v.literal('tool'), content: plain, tool_call_id: text }),
  ],
  (issue) =>
    issue.expected === 'Object'
      ? 'must be an object with role and content'
      : 'must be system, developer, user, assistant or tool',
)

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
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
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
  const entries: Record<string, v.GenericSchema> = { ...modelConfig }
  for (const name of own) entries[name] = v.optional(v.unknown())
  check(v.strictObject(entries), clean, 'invalid_config', 'config')
  clean.model = (clean.model as string).trim()
  return clean as unknown as ModelConfig
}

/** A request with its messages, checked. A string is short for one user message. */
export interface CheckedRequest {
  messages: readonly Message[]
  options: ChatOptions
  stream: boolean
}

/**
 * A request, checked; its messages stay as they are.
 * @throws {ConfigError} `invalid_messages`, or `unsupported_option` naming the option
 */
export function checkRequest(input: string | ChatRequest): CheckedRequest {
  const request = typeof input === 'string' ? { prompt: input } : input
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    throw new ConfigError(
      'invalid_messages',
      'chat() takes a string, or an object with `messages` or `prompt`',
    )
  }
  check(v.strictObject(chatRequest), request, 'unsupported_option', '')
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

/** @throws {ConfigError} `invalid_messages`, with the path in words: `messages[2].content[0].type` */
function checkMessages(messages: readonly Message[]): void {
  if (messages.length === 0)
    throw new ConfigError('invalid_messages', 'messages list must not be empty')
  check(v.array(message), messages, 'invalid_messages', 'messages')
  const asked = new Set<string>()
  for (const [index, message] of messages.entries()) {
    if (message.role === 'assistant')
      for (const call of message.tool_calls ?? []) asked.add(call.id)
    if (message.role === 'tool' && !asked.has(message.tool_call_id)) {
      throw new ConfigError(
        'invalid_messages',
        `messages[${index}].tool_call_id "${message.tool_call_id}" answers no tool call of an assistant message before it`,
      )
    }
  }
}

function check(schema: v.GenericSchema, value: unknown, code: ConfigErrorCode, root: string): void {
  const found = v.safeParse(schema, value, { abortEarly: true, abortPipeEarly: true })
  if (found.success) return
  const issue = found.issues[0]
  const path = pathOf(issue, root)
  const unknown = issue.type === 'strict_object' && issue.expected === 'never'
  const missing =
    issue.expected !== null && issue.received === 'undefined' && issue.type.endsWith('object')
  const problem = unknown ? 'is not a known member' : missing ? 'is missing' : issue.message
  throw new ConfigError(code, `${path} ${problem}`)
}

function pathOf(issue: v.BaseIssue<unknown>, root: string): string {
  let path = root
  for (const { key } of issue.path ?? []) {
    path += typeof key === 'number' ? `[${key}]` : path ? `.${String(key)}` : String(key)
  }
  return path
}

function isURL(value: string): boolean {
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

function areHeaders(value: Record<string, string>): boolean {
  try {
    new Headers(value) // else `fetch` would refuse them, in words that show the value
    return true
  } catch {
    return false
  }
}
