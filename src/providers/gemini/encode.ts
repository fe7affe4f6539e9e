/**
 * Encodes options as a request body, or rejects them before anything is sent.
 * @see https://ai.google.dev/api/generate-content
 */
import type { Call } from '../../call.ts'
import { isRecord } from '../../is-record.ts'
import { mergeDeep } from '../../merge-deep.ts'
import type { FunctionTool, Message, VendorTool } from '../../message.ts'
import { isFunctionTool } from '../../message.ts'
import { encodeSchema } from '../../schema/adapt-format.ts'
import { GEMINI } from '../../schema/vendor-support.ts'
import { isNeutral, unsupported } from '../../wire/openai/dialect.ts'
import { completeSchema } from '../../wire/tool-schema.ts'
import { encodeMessages } from './messages.ts'
import {
  alwaysThinks,
  takesMinimal,
  generationOf,
  isGemma,
  isThirdGeneration,
  takesTools,
} from './models.ts'

type Members = Record<string, unknown>

/** Maximum number of stop sequences. The others are applied locally. */
const STOP_LIMIT = 5
/** "Must start with a letter or an underscore", at most 128 characters. */
const FUNCTION_NAME = /^[a-z_][\w.:-]{0,127}$/i

/**
 * Encodes a request body.
 * @throws {ConfigError} `unsupported_option`, `invalid_messages`
 */
export function encodeRequest(messages: readonly Message[], call: Call): Members {
  for (const option of ['repetitionPenalty', 'user'] as const)
    if (call[option] !== undefined && !isNeutral(call, option))
      throw unsupported(call, `\`${option}\``)
  if ((call.temperature ?? 0) > 2) throw unsupported(call, 'a `temperature` above 2')
  const own: Members = {
    ...encodeMessages(messages, call),
    ...encodeTools(call),
    generationConfig: encodeOptions(call),
  }
  const body = mergeDeep(own, respell(call.extraBody ?? {}, own))
  for (const name of ['toolConfig', 'generationConfig'] as const)
    if (isEmpty(body[name])) body[name] = undefined
  return body
}

/** Renames members in snake_case, which the API takes too, to those that they replace. */
function respell(extra: Members, own: Members): Members {
  const members = Object.entries(extra).map(([name, value]) => {
    const camelCase = name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase())
    const known = Object.hasOwn(own, camelCase) ? camelCase : name
    const inner = own[known]
    return [known, isRecord(value) && isRecord(inner) ? respell(value, inner) : value] as const
  })
  return Object.fromEntries(members)
}

function isEmpty(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every((one) => one === undefined)
}

function encodeOptions(call: Call): Members {
  const stop = call.stop.slice(0, STOP_LIMIT)
  const { topK = 1, seed = 0 } = call
  if (topK < 1) throw unsupported(call, `a \`topK\` of ${topK}`)
  if (seed < -(2 ** 31) || seed >= 2 ** 31) throw unsupported(call, `a \`seed\` of ${seed}`)
  return {
    temperature: call.temperature,
    topP: call.topP,
    topK: call.topK,
    maxOutputTokens: call.maxTokens,
    stopSequences: stop.length > 0 ? stop : undefined,
    presencePenalty: call.presencePenalty,
    frequencyPenalty: call.frequencyPenalty,
    seed: call.seed,
    thinkingConfig: encodeThinking(call),
    ...encodeFormat(call),
  }
}

function encodeFormat(call: Call): Members {
  const { responseFormat, tools, search, model } = call
  if (responseFormat === undefined || responseFormat.type === 'text') return {}
  if (isGemma(model)) throw unsupported(call, `\`responseFormat\` with ${model}`)
  // "Function calling with a response mime type: 'application/json' is unsupported"
  if ((tools?.length || search) && !isThirdGeneration(model))
    throw unsupported(call, `\`responseFormat\` together with tools or search, with ${model}`)
  return {
    responseMimeType: 'application/json',
    ...(responseFormat.type === 'json_schema' && {
      responseJsonSchema: encodeSchema(responseFormat.json_schema.schema, GEMINI, {
        vendor: 'Gemini',
      }),
    }),
  }
}

/** Thoughts are included only on request. */
const SHOWN = { includeThoughts: true }

function encodeThinking(call: Call): Members | undefined {
  const { reasoning, model } = call
  if (reasoning === undefined) return undefined
  const { effort, budget } = typeof reasoning === 'object' ? reasoning : {}
  const off = reasoning === false || effort === 'none' || budget === 0
  const generation = generationOf(model)
  if (generation < 2.5) {
    if (off) return undefined // the default
    throw unsupported(call, `\`reasoning\` with ${model}, which does not think`)
  }
  if (effort !== undefined && budget !== undefined)
    throw unsupported(call, '`reasoning.effort` together with `reasoning.budget`')
  if (isGemma(model)) return encodeSwitch(call, { off: off || effort === 'minimal' })
  if (off) {
    if (alwaysThinks(model)) throw unsupported(call, `\`reasoning\` switched off with ${model}`)
    return { thinkingBudget: 0 }
  }
  if (budget !== undefined) return { ...SHOWN, thinkingBudget: budget }
  if (effort !== undefined) return { ...SHOWN, ...encodeEffort(effort, call) }
  // Flash-Lite 2.5 thinks only on request; -1 leaves the amount to the model.
  return isThirdGeneration(model) ? SHOWN : { ...SHOWN, thinkingBudget: -1 }
}

/** Gemma can be switched only. @see https://ai.google.dev/gemma/docs/core/gemma_on_gemini_api */
function encodeSwitch(call: Call, { off }: { off: boolean }): Members {
  const { effort, budget } = typeof call.reasoning === 'object' ? call.reasoning : {}
  if (off) return { thinkingLevel: 'MINIMAL' }
  if (budget !== undefined) throw unsupported(call, `\`reasoning.budget\` with ${call.model}`)
  if (effort !== undefined && effort !== 'high')
    throw unsupported(call, `the \`reasoning.effort\` "${effort}" with ${call.model}`)
  return { ...SHOWN, thinkingLevel: 'HIGH' }
}

/** Token budgets of the efforts, as in Google's own OpenAI endpoint. */
const BUDGETS = /* @__PURE__ */ new Map([
  ['minimal', 1024],
  ['low', 1024],
  ['medium', 8192],
  ['high', 24_576],
])

function encodeEffort(effort: string, call: Call): Members {
  const { model } = call
  const thinkingBudget = BUDGETS.get(effort)
  const third = isThirdGeneration(model)
  if (thinkingBudget === undefined || (effort === 'minimal' && !takesMinimal(model)))
    throw unsupported(call, `the \`reasoning.effort\` "${effort}" with ${model}`)
  return third ? { thinkingLevel: effort.toUpperCase() } : { thinkingBudget }
}

function encodeTools(call: Call): { tools: Members[] | undefined; toolConfig: Members } {
  const { tools = [], search } = call
  const functions = tools.filter(isFunctionTool)
  const own = tools.flatMap((tool) => (isFunctionTool(tool) ? [] : [encodeVendorTool(tool)]))
  if (search) own.push({ googleSearch: search === true ? {} : search })
  const mixed = functions.length > 0 && own.length > 0
  if ((functions.length > 0 || own.length > 0) && !takesTools(call.model))
    throw unsupported(call, `\`tools\` or \`search\` with ${call.model} (see withPromptedTools)`)
  // "Tool use with function calling is unsupported"
  if (mixed && !isThirdGeneration(call.model))
    throw unsupported(call, `functions together with built-in tools, with ${call.model}`)
  const declarations = functions.map((tool) => encodeFunction(tool, call))
  const all = [...own, ...(declarations.length > 0 ? [{ functionDeclarations: declarations }] : [])]
  return {
    tools: all.length > 0 ? all : undefined,
    toolConfig: {
      functionCallingConfig: encodeChoice(functions, call, { mixed }),
      includeServerSideToolInvocations: mixed || undefined,
    },
  }
}

function encodeVendorTool({ type, ...settings }: VendorTool): Members {
  return { [type]: settings[type] ?? settings }
}

/**
 * Encodes a function. `parametersJsonSchema` accepts JSON Schema; `parameters` is a dialect of OpenAPI that
 * rejects unknown keywords (`$ref`, `additionalProperties`, `exclusiveMinimum`).
 */
function encodeFunction({ function: definition }: FunctionTool, call: Call): Members {
  const { name, description, parameters } = definition
  if (!FUNCTION_NAME.test(name)) throw unsupported(call, `a function named "${name}"`)
  // A function without parameters has no schema. With parameters, it must be of type object.
  const takesNone = parameters === undefined || Object.keys(parameters).length === 0
  return {
    name,
    description,
    parametersJsonSchema: takesNone ? undefined : { type: 'object', ...completeSchema(parameters) },
  }
}

function encodeChoice(
  functions: readonly FunctionTool[],
  call: Call,
  { mixed }: { mixed: boolean },
): Members | undefined {
  const { toolChoice = 'auto', parallelToolCalls } = call
  const name = typeof toolChoice === 'object' ? toolChoice.function.name : undefined
  const forced = name !== undefined || toolChoice === 'required'
  const known = functions.some((tool) => name === undefined || tool.function.name === name)
  if (forced && !known)
    throw unsupported(
      call,
      `the \`toolChoice\` "${name ?? 'required'}" without a matching function`,
    )
  if (functions.length === 0) return undefined // there is nothing to choose from
  if (parallelToolCalls === false) throw unsupported(call, '`parallelToolCalls: false`')
  if (forced) return { mode: 'ANY', allowedFunctionNames: name === undefined ? undefined : [name] }
  if (toolChoice === 'none') return { mode: 'NONE' }
  // Like OpenAI's `strict`: calls match their schemas. Always the case in combination with built-in tools.
  const strict = functions.some((tool) => tool.function.strict)
  return strict && !mixed && generationOf(call.model) >= 2.5 ? { mode: 'VALIDATED' } : undefined
}
