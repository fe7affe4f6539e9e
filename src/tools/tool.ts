/**
 * Tools that the caller's own code answers, and what a model is told of them.
 */
import { ConfigError } from '../errors.ts'
import type { FunctionTool, Message, ToolDefinition } from '../message.ts'
import { isRecord } from '../is-record.ts'
import type { PreparedSchema } from '../schema/standard-schema.ts'
import { prepareSchema } from '../schema/standard-schema.ts'
import type { JSONSchema, OutputOf, Schema } from '../schema/types.ts'
import type { SchemaDialect } from '../schema/vendor-support.ts'
import type { RootSchema } from '../schema/wire-schema.ts'
import { toRootSchema, toToolSchema } from '../schema/wire-schema.ts'

/** What a tool is told besides its arguments. */
export interface ToolContext {
  /** Aborted when the run ends before the tool does: hand it on to what the tool waits for. */
  readonly signal: AbortSignal
  /** The id of the call. */
  readonly toolCallId: string
  /** The conversation, up to the message that makes the call. */
  readonly messages: readonly Message[]
}

/** What `tool()` takes. */
export interface ToolSettings<S extends Schema> {
  /** Up to 64 letters, digits, `_` and `-`. */
  name: string
  /** What the tool does and when to use it, for the model. */
  description?: string | undefined
  /** Its arguments: any Standard Schema (valibot, zod, arktype, …) or a plain JSON Schema. Absent: it takes none. */
  parameters?: S | undefined
  /** Asks the server to hold the model to the schema, where it can. */
  strict?: boolean | undefined
  /**
   * Answers a call, with arguments that the schema has taken: a string goes to the model as it is, anything else as
   * JSON, nothing as `null`. What it throws goes to the model too; a `ToolError` ends the run instead.
   * Absent: the run ends with the call, for the caller to answer.
   */
  execute?: ((args: OutputOf<S>, context: ToolContext) => unknown) | undefined
}

/** A tool, as `runTools` takes it. */
export interface Tool<Arguments = any> {
  /** Up to 64 letters, digits, `_` and `-`. */
  readonly name: string
  /** What it does and when to use it, for the model. */
  readonly description?: string | undefined
  /** The schema of its arguments. Absent: it takes none. */
  readonly parameters?: Schema | undefined
  /** Asks the server to hold the model to the schema, where it can. */
  readonly strict?: boolean | undefined
  /** Answers a call. Absent: the run ends with the call, for the caller to answer. */
  execute?(args: Arguments, context: ToolContext): unknown
}

/**
 * A tool whose `execute` knows the type of its arguments from the schema.
 * @throws {ConfigError} `invalid_config`
 * @example
 * const weather = tool({
 *   name: 'weather',
 *   description: 'Tells the weather of a city',
 *   parameters: v.object({ city: v.string() }),
 *   execute: async ({ city }, { signal }) => (await fetch(`${url}/${city}`, { signal })).text(),
 * })
 */
export function tool<S extends Schema = JSONSchema>(settings: ToolSettings<S>): Tool<OutputOf<S>> {
  checkTool(settings)
  return settings as Tool<OutputOf<S>>
}

/** The tools of a run: what the model is told of each, and those that can answer. */
export interface PreparedTools {
  definitions: ToolDefinition[]
  executable: ReadonlyMap<string, ExecutableTool>
  /** Names of those that the caller answers. */
  callerTools: ReadonlySet<string>
}

/** A tool that can answer. */
export interface ExecutableTool {
  tool: Tool
  schema: PreparedSchema<unknown>
  root: RootSchema
}

/** @throws {ConfigError} `invalid_config` for what is no tool, and for a name that is there twice */
export function checkTools(tools: readonly (Tool | ToolDefinition)[]): void {
  if (!Array.isArray(tools)) throw invalid('tools must be a list')
  const names = new Set<string>()
  for (const each of tools) {
    if (!isDefinition(each)) checkTool(each)
    const name = nameOf(each)
    if (name === undefined) continue
    if (names.has(name)) throw invalid(`Two tools have the name "${name}"`)
    names.add(name)
  }
}

/** @throws {ConfigError} `invalid_config` for a schema that cannot be shown to a model */
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
      const schema = await prepareSchema(parameters, `The schema of the tool "${name}"`)
      const root = toRootSchema(schema)
      const { json, strict } = toToolSchema(root, { dialects, strict: each.strict, budget })
      prepared.definitions.push(define({ ...each, strict }, json))
      if (each.execute) prepared.executable.set(name, { tool: each, schema, root })
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

/** True for a tool in the OpenAI format or a vendor's own, which goes to the server as it is. */
function isDefinition(each: Tool | ToolDefinition): each is ToolDefinition {
  return isRecord(each) && 'type' in each
}

function nameOf(each: Tool | ToolDefinition): string | undefined {
  const { name, function: definition } = each as Partial<Tool & FunctionTool>
  return definition?.name ?? name
}

// Every server takes these names, and some take no other.
const NAME = /^[a-zA-Z0-9_-]{1,64}$/

function checkTool(settings: unknown): void {
  if (!isRecord(settings)) throw invalid('A tool must be an object such as { name, execute }')
  const { name, description, execute } = settings
  if (typeof name !== 'string' || !NAME.test(name)) {
    const shown = typeof name === 'string' ? `"${name.slice(0, 80)}"` : String(name)
    throw invalid(`The name of a tool must be up to 64 letters, digits, _ and -, not ${shown}`)
  }
  if (execute !== undefined && typeof execute !== 'function') {
    throw invalid(`\`execute\` of the tool "${name}" must be a function`)
  }
  if (description !== undefined && typeof description !== 'string') {
    throw invalid(`\`description\` of the tool "${name}" must be a string`)
  }
}

function invalid(message: string): ConfigError {
  return new ConfigError('invalid_config', message)
}
