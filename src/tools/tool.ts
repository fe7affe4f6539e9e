/**
 * Defines tools that run in the caller's code.
 */
import { ConfigError } from '../errors.ts'
import type { FunctionTool, Message, ToolDefinition } from '../message.ts'
import { isRecord } from '../is-record.ts'
import { loadPart } from '../load-part.ts'
import type { JSONSchema, OutputOf, Schema } from '../schema/types.ts'
import type { SchemaDialect } from '../schema/vendor-support.ts'
import type { PreparedRoot } from '../schema/wire-schema.ts'

/** The second argument of `execute`. */
export interface ToolContext {
  /** Aborts when the run ends or the tool times out. Pass it on to whatever the tool awaits. */
  readonly signal: AbortSignal
  /** The id of the tool call. */
  readonly toolCallId: string
  /** The conversation, up to the message with the tool call. */
  readonly messages: readonly Message[]
}

/** The argument of `tool()`. */
export interface ToolSettings<S extends Schema> {
  /** Up to 64 letters, digits, `_` and `-`. */
  name: string
  /** Tells the model what the tool does and when to use it. */
  description?: string | undefined
  /**
   * The arguments: any Standard Schema (valibot, zod, arktype, …) or a plain JSON Schema. Omit it for a tool
   * without arguments.
   */
  parameters?: S | undefined
  /** Asks the server to enforce the schema, if it can. */
  strict?: boolean | undefined
  /**
   * Runs a tool call with validated arguments. A returned string reaches the model unchanged, anything else as
   * JSON, `undefined` as `null`. The model also receives thrown errors, except a `ToolError`, which ends the run.
   * Without `execute` the run ends with the tool call, for the caller to handle.
   */
  execute?: ((args: OutputOf<S>, context: ToolContext) => unknown) | undefined
}

/** A tool for `runTools`. */
export interface Tool<Arguments = any> {
  /** Up to 64 letters, digits, `_` and `-`. */
  readonly name: string
  /** Tells the model what the tool does and when to use it. */
  readonly description?: string | undefined
  /** The schema of the arguments, if there are any. */
  readonly parameters?: Schema | undefined
  /** Asks the server to enforce the schema, if it can. */
  readonly strict?: boolean | undefined
  /** Runs a tool call. Without it the run ends with the tool call, for the caller to handle. */
  execute?(args: Arguments, context: ToolContext): unknown
}

/**
 * Creates a tool whose `execute` gets the type of its arguments from the schema.
 * @throws {ConfigError} `invalid_config`
 * @example
 * const weather = tool({
 *   name: 'weather',
 *   description: 'Returns the weather of a city',
 *   parameters: v.object({ city: v.string() }),
 *   execute: async ({ city }, { signal }) => (await fetch(`${url}/${city}`, { signal })).text(),
 * })
 */
export function tool<S extends Schema = JSONSchema>(settings: ToolSettings<S>): Tool<OutputOf<S>> {
  checkTool(settings)
  return settings as Tool<OutputOf<S>>
}

/** The tools of a run: definitions for the model, and implementations. */
export interface PreparedTools {
  definitions: ToolDefinition[]
  executable: ReadonlyMap<string, ExecutableTool>
  /** Names of the tools that the caller handles. */
  callerTools: ReadonlySet<string>
}

/** A tool with an implementation. */
export interface ExecutableTool {
  tool: Tool
  /** Validates the arguments of a call. */
  validate: PreparedRoot['validate']
}

/** @throws {ConfigError} `invalid_config` for an invalid tool or a duplicate name */
export function checkTools(tools: readonly (Tool | ToolDefinition)[]): void {
  if (!Array.isArray(tools)) throw invalid('tools must be a list')
  const names = new Set<string>()
  for (const each of tools) {
    if (!isDefinition(each)) checkTool(each)
    const name = nameOf(each)
    if (name === undefined) continue
    if (names.has(name)) throw invalid(`Duplicate tool name "${name}"`)
    names.add(name)
  }
}

/**
 * Refuses tools that ask for approval themselves, as those of other SDKs do, unless the run decides: they would run at once.
 * @throws {ConfigError} `invalid_config`
 */
export function checkApproval(
  tools: readonly (Tool | ToolDefinition)[],
  { needsApproval, beforeTool }: { needsApproval?: unknown; beforeTool?: unknown },
): void {
  if (needsApproval !== undefined || beforeTool !== undefined) return
  for (const each of tools as readonly (Tool & { needsApproval?: unknown })[])
    if (each.execute && each.needsApproval)
      throw invalid(`The tool "${each.name}" has \`needsApproval\`, which is an option of the run`)
}

/** @throws {ConfigError} `invalid_config` for a schema without a JSON Schema */
export async function prepareTools(
  tools: readonly (Tool | ToolDefinition)[],
  dialects: readonly SchemaDialect[] = [],
): Promise<PreparedTools> {
  const budget = { tools: 0, optional: 0, unions: 0 }
  const prepared = {
    definitions: [] as ToolDefinition[],
    executable: new Map<string, ExecutableTool>(),
    callerTools: new Set<string>(),
  }
  for (const each of tools) {
    const name = nameOf(each) ?? ''
    if (isDefinition(each)) prepared.definitions.push(each)
    else {
      const { parameters = NOTHING } = each
      const { prepareRoot, toToolSchema } = await loadPart(() => import('../schema/wire-schema.ts'))
      const schemaName = `The schema of the tool "${name}"`
      const { root, validate } = await prepareRoot(parameters, schemaName, dialects)
      const { json, strict } = toToolSchema(root, { dialects, strict: each.strict, budget })
      prepared.definitions.push(define({ ...each, strict }, json))
      if (each.execute) prepared.executable.set(name, { tool: each, validate })
    }
    if (name && !prepared.executable.has(name)) prepared.callerTools.add(name)
  }
  return prepared
}

const NOTHING: JSONSchema = { type: 'object', properties: {} }

function define({ name, description, strict }: Tool, parameters: JSONSchema): FunctionTool {
  const definition = {
    name,
    ...(description !== undefined && { description }),
    parameters,
    ...(strict !== undefined && { strict }),
  }
  return { type: 'function', function: definition }
}

/** True for a tool in the OpenAI or a vendor's own format, which is sent unchanged. */
function isDefinition(each: Tool | ToolDefinition): each is ToolDefinition {
  return isRecord(each) && 'type' in each
}

function nameOf(each: Tool | ToolDefinition): string | undefined {
  const { name, function: definition } = each as Partial<Tool & FunctionTool>
  return definition?.name ?? name
}

// Every server accepts these names, and some accept no others.
const NAME = /^[a-zA-Z0-9_-]{1,64}$/

/** Members of tools in other SDKs, which would be passed over. Any others are the caller's own. */
const THEIR_MEMBERS = [
  ['inputSchema', 'parameters'],
  ['input_schema', 'parameters'],
  ['schema', 'parameters'],
  ['handler', 'execute'],
  ['func', 'execute'],
  ['run', 'execute'],
] as const

function checkTool(settings: unknown): void {
  if (!isRecord(settings)) throw invalid('A tool must be an object such as { name, execute }')
  const { name, description, execute } = settings
  if (typeof name !== 'string' || !NAME.test(name)) {
    const shown = typeof name === 'string' ? `"${name.slice(0, 80)}"` : String(name)
    throw invalid(`A tool name must be up to 64 letters, digits, _ and -, not ${shown}`)
  }
  if (execute !== undefined && typeof execute !== 'function') {
    throw invalid(`\`execute\` of the tool "${name}" must be a function`)
  }
  for (const [theirs, ours] of THEIR_MEMBERS) {
    if (theirs in settings && settings[ours] === undefined)
      throw invalid(`The tool "${name}" has no \`${theirs}\` (did you mean "${ours}"?)`)
  }
  if (description !== undefined && typeof description !== 'string') {
    throw invalid(`\`description\` of the tool "${name}" must be a string`)
  }
}

function invalid(message: string): ConfigError {
  return new ConfigError('invalid_config', message)
}
