/**
 * Rejects the requests that Gemini rejects.
 */
import { checkContents } from './turns.ts'
import type { SimulatedRequest } from '../script.ts'
import {
  isJson,
  isObject,
  isOutside,
  matches,
  type ServerConfig,
  type Failure,
  type Json,
} from '../vendor.ts'

/** The model and the method that a URL names. */
interface Route {
  model: string
  method: string
  sse: boolean
}

/** Returns the model and its method, with any prefix before the version, or `undefined` for another path. */
export function readRoute(request: SimulatedRequest): Route | undefined {
  const { pathname, searchParams } = new URL(request.url)
  const found = /\/v1(?:beta|alpha)?\/(?:models|tunedModels)\/([^/:]+):(\w+)$/.exec(pathname)
  const [, model, method] = found ?? []
  const known = ['generateContent', 'streamGenerateContent', 'countTokens'].includes(method ?? '')
  if (!model || !method || !known) return undefined
  return { model: decodeURIComponent(model), method, sse: searchParams.get('alt') === 'sse' }
}

/** Returns the first error in a request. */
export function checkGemini(request: SimulatedRequest, account: ServerConfig): Failure {
  const route = readRoute(request)
  if (!route || request.method !== 'POST') return { status: 404 }
  const { model } = route
  if (account.asksKey) {
    // A key is accepted in the query too.
    const key = request.headers['x-goog-api-key'] ?? new URL(request.url).searchParams.get('key')
    if (!key) return { status: 403, message: NO_KEY }
    if (account.keys && !account.keys.has(key)) return BAD_KEY
  }
  if (account.models && !account.models.includes(model)) {
    const problem = 'is not found for API version v1beta, or is not supported for generateContent.'
    return { status: 404, message: `models/${model} ${problem}` }
  }
  if (!isJson(request)) return refuse('Invalid JSON payload received. Unexpected token.')
  const body: Json = request.body
  return (
    findUnknown(body, TOP, '') ??
    checkGemma(body, model) ??
    checkInstruction(body['systemInstruction']) ??
    checkContents(body['contents'], { signed: isThird(model) }) ??
    checkTools(body, model) ??
    checkConfig(body, model)
  )
}

const NO_KEY =
  "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API."

/** Status 400, not 401: the vendor reports a bad key as an invalid argument. */
const BAD_KEY: Failure = {
  status: 400,
  body: {
    error: {
      code: 400,
      message: 'API key not valid. Please pass a valid API key.',
      status: 'INVALID_ARGUMENT',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'API_KEY_INVALID',
          domain: 'googleapis.com',
        },
      ],
    },
  },
}

/**
 * Features that Google's open models lack, all of them or those before generation 4.
 * @see https://ai.google.dev/gemma/docs/core/gemma_on_gemini_api
 */
function checkGemma(body: Json, model: string): Failure {
  const generation = /gemma-(\d+)/.exec(model)?.[1]
  if (generation === undefined) return undefined
  const { systemInstruction, tools, generationConfig } = body
  const { responseMimeType: type, thinkingConfig } = isObject(generationConfig)
    ? generationConfig
    : ({} as Json)
  if (type !== undefined && type !== 'text/plain')
    return refuse(`JSON mode is not enabled for models/${model}`)
  if (Number(generation) > 3)
    return isObject(thinkingConfig) && thinkingConfig['thinkingBudget'] !== undefined
      ? refuse('Thinking budget is not supported for this model.')
      : undefined
  if (systemInstruction !== undefined)
    return refuse(`Developer instruction is not enabled for models/${model}`)
  if (Array.isArray(tools) && tools.length > 0)
    return refuse(`Function calling is not enabled for models/${model}`)
  return thinkingConfig === undefined
    ? undefined
    : refuse(`Thinking is not enabled for models/${model}`)
}

function refuse(message: string): Failure {
  return { status: 400, message }
}

function words(text: string): Set<string> {
  return new Set(text.split(' '))
}

const TOP = words(
  'model contents systemInstruction tools toolConfig generationConfig safetySettings cachedContent serviceTier store',
)
const CONFIG = words(
  'temperature topP topK candidateCount maxOutputTokens stopSequences presencePenalty frequencyPenalty seed responseMimeType responseSchema responseJsonSchema responseModalities responseLogprobs logprobs thinkingConfig speechConfig imageConfig mediaResolution enableEnhancedCivicAnswers',
)
const TOOLS = words(
  'functionDeclarations googleSearch urlContext codeExecution fileSearch googleMaps computerUse googleSearchRetrieval',
)
const FUNCTION = words(
  'name description behavior parameters parametersJsonSchema response responseJsonSchema',
)
/** The OpenAPI dialect. Schemas in JSON Schema are not checked. */
const SCHEMA = words(
  'type format title description nullable enum maxItems minItems properties required minProperties maxProperties minLength maxLength pattern example anyOf propertyOrdering default items minimum maximum',
)

/** @param at path for the message, such as `generation_config`, or empty for the body */
function findUnknown(value: unknown, known: ReadonlySet<string>, at: string): Failure {
  const name = isObject(value) && Object.keys(value).find((one) => !known.has(one))
  if (!name) return undefined
  const place = at && ` at '${at}'`
  return refuse(`Invalid JSON payload received. Unknown name "${name}"${place}: Cannot find field.`)
}

/** True for models of generation 3 and later, and for names without a version. */
function isThird(model: string): boolean {
  return !/^(gemini-[12]|gemma-[123]n?)\b/.test(model)
}

/** @see https://ai.google.dev/api/generate-content */
function checkInstruction(value: unknown): Failure {
  if (value === undefined) return undefined
  const parts = isObject(value) ? value['parts'] : undefined
  const good = Array.isArray(parts) && parts.length > 0 && parts.every(isText)
  return good ? undefined : refuse('* GenerateContentRequest.system_instruction is not valid')
}

function isText(part: unknown): boolean {
  return isObject(part) && typeof part['text'] === 'string'
}

/** @see https://ai.google.dev/gemini-api/docs/function-calling */
function checkTools(body: Json, model: string): Failure {
  const tools: unknown[] = Array.isArray(body['tools']) ? body['tools'] : []
  const functions: Json[] = []
  let builtIn = false
  for (const [index, tool] of tools.entries()) {
    const unknown = findUnknown(tool, TOOLS, `tools[${index}]`)
    if (unknown || !isObject(tool)) return unknown ?? refuse('tools[0] is not valid')
    const { functionDeclarations: declared = [], ...others } = tool
    functions.push(...(declared as Json[]))
    if (Object.keys(others).length > 0) builtIn = true
  }
  const wrong = functions.map((one, index) => checkFunction(one, index)).find(Boolean)
  if (wrong) return wrong
  const names = functions.map(({ name }) => name as string)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) return refuse(`Duplicate function declaration found: ${twice}`)
  const config = (body['toolConfig'] ?? {}) as Json
  if (builtIn && functions.length > 0) {
    if (!isThird(model)) return refuse('Tool use with function calling is unsupported')
    if (config['includeServerSideToolInvocations'] !== true) return refuse(NOT_ENABLED)
  }
  return checkChoice(config['functionCallingConfig'], names)
}

const NOT_ENABLED =
  'Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling.'

/** @see https://ai.google.dev/api/caching#FunctionDeclaration */
function checkFunction(declared: Json, index: number): Failure {
  const at = `tools[0].function_declarations[${index}]`
  const { name, parameters, parametersJsonSchema: schema } = declared
  const unknown = findUnknown(declared, FUNCTION, at)
  if (unknown) return unknown
  if (!matches(/^[a-z_][\w.:-]{0,127}$/i, name))
    return refuse(`* GenerateContentRequest.${at}.name: Invalid function name.`)
  if (parameters !== undefined && schema !== undefined)
    return refuse(`${at}: only one of parameters and parameters_json_schema may be set`)
  if (schema !== undefined && !(isObject(schema) && schema['type'] === 'object'))
    return refuse(`${at}.parameters_json_schema must describe an object`)
  return checkSchema(parameters, `${at}.parameters`)
}

/** @see https://ai.google.dev/gemini-api/docs/structured-output */
function checkSchema(schema: unknown, at: string): Failure {
  if (!isObject(schema)) return undefined
  const { type, properties, items, anyOf } = schema
  if (schema['enum'] !== undefined && String(type).toLowerCase() !== 'string')
    return refuse(`* GenerateContentRequest.${at}.enum: only allowed for STRING type`)
  if (String(type).toLowerCase() === 'array' && items === undefined)
    return refuse(`* GenerateContentRequest.${at}.items: missing field.`)
  const inner = [
    ...Object.values((properties ?? {}) as Json),
    items,
    ...(Array.isArray(anyOf) ? anyOf : []),
  ]
  return (
    findUnknown(schema, SCHEMA, at) ??
    inner.map((one) => checkSchema(one, `${at}.properties[0].value`)).find(Boolean)
  )
}

/** @see https://ai.google.dev/api/caching#ToolConfig */
function checkChoice(value: unknown, names: readonly unknown[]): Failure {
  if (!isObject(value)) return undefined
  const { mode = 'AUTO', allowedFunctionNames: allowed = [] } = value
  if (!words('AUTO ANY NONE VALIDATED').has(String(mode)))
    return refuse(`Invalid value at 'tool_config.function_calling_config.mode': "${String(mode)}"`)
  if (mode === 'ANY' && names.length === 0)
    return refuse('Function calling config is set without function_declarations.')
  if ((allowed as unknown[]).some((name) => !names.includes(name)))
    return refuse('allowed_function_names must be a subset of the declared functions.')
  const free = mode === 'AUTO' || mode === 'NONE'
  return free && (allowed as unknown[]).length > 0
    ? refuse('allowed_function_names is only supported with the mode ANY.')
    : undefined
}

/** Types and ranges of numbers. @see https://ai.google.dev/api/generate-content#v1beta.GenerationConfig */
const NUMBERS: Readonly<Record<string, readonly [type: string, low: number, high: number]>> = {
  temperature: ['FLOAT', 0, 2],
  topP: ['FLOAT', 0, 1],
  topK: ['INT32', 1, 1000],
  candidateCount: ['INT32', 1, 8],
  maxOutputTokens: ['INT32', 1, 2 ** 31 - 1],
  presencePenalty: ['FLOAT', -2, 2],
  frequencyPenalty: ['FLOAT', -2, 2],
  seed: ['INT32', -(2 ** 31), 2 ** 31 - 1],
  logprobs: ['INT32', 0, 20],
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** @see https://ai.google.dev/api/generate-content#v1beta.GenerationConfig */
function checkConfig(body: Json, model: string): Failure {
  const config = (body['generationConfig'] ?? {}) as Json
  const { stopSequences: stop, responseMimeType: type = 'text/plain' } = config
  const unknown = findUnknown(config, CONFIG, 'generation_config')
  if (unknown) return unknown
  const range = (name: string): Failure =>
    refuse(`* GenerateContentRequest.generation_config.${name}: out of range`)
  for (const [name, [kind, low, high]] of Object.entries(NUMBERS)) {
    const value = config[name]
    if (value === undefined || value === null) continue
    // A number may be written as a text.
    const number = Number(value)
    if (typeof value === 'boolean' || !Number.isFinite(number) || (kind !== 'FLOAT' && number % 1))
      return refuse(
        `Invalid value at 'generation_config.${snakeCase(name)}' (TYPE_${kind}), ${JSON.stringify(value)}`,
      )
    if (isOutside(number, low, high)) return range(snakeCase(name))
  }
  if (
    stop !== undefined &&
    !(Array.isArray(stop) && stop.every((word) => typeof word === 'string'))
  )
    return refuse("Invalid value at 'generation_config.stop_sequences' (TYPE_STRING)")
  if (Array.isArray(stop) && stop.length > 5) return range('stop_sequences')
  if (!words('text/plain application/json text/x.enum').has(String(type)))
    return range('response_mime_type')
  const schema = config['responseSchema'] ?? config['responseJsonSchema']
  if (schema !== undefined && type === 'text/plain')
    return refuse("A response schema is only supported with the mime type: 'application/json'.")
  if (type === 'application/json' && !isThird(model) && Array.isArray(body['tools']))
    return refuse(`Tool use with a response mime type: '${type}' is unsupported`)
  return checkThinking(config['thinkingConfig'], model)
}

/** @see https://ai.google.dev/gemini-api/docs/thinking */
function checkThinking(value: unknown, model: string): Failure {
  if (!isObject(value)) return undefined
  const { thinkingBudget: budget, thinkingLevel: level } = value
  if (/^gemini-(1|2\.0)/.test(model)) return refuse(`Thinking is not enabled for models/${model}`)
  if (budget !== undefined && level !== undefined)
    return refuse('You can only set only one of thinking budget and thinking level.')
  if (level !== undefined && !isThird(model))
    return refuse('Thinking level is not supported for this model.')
  if (level !== undefined && !words('MINIMAL LOW MEDIUM HIGH').has(level as string))
    return refuse(`Invalid value at 'generation_config.thinking_config.thinking_level'`)
  if (budget === 0 && /-pro\b/.test(model))
    return refuse('Budget 0 is invalid. This model only works in thinking mode.')
  if (budget === undefined || budget === -1 || budget === 0) return undefined
  const [low, high] = budgetsOf(model)
  return typeof budget !== 'number' || isOutside(budget, low, high)
    ? refuse(
        `The thinking budget ${JSON.stringify(budget)} is invalid. Please choose a value between ${low} and ${high}.`,
      )
    : undefined
}

/** @see https://ai.google.dev/gemini-api/docs/thinking#set-budget */
function budgetsOf(model: string): [low: number, high: number] {
  if (/-pro\b/.test(model)) return [128, 32_768]
  return [/flash-lite/.test(model) ? 512 : 1, 24_576]
}
