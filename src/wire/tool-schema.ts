/**
 * Completes what tools and formats may leave out elsewhere, without changing what they mean.
 */
import { isRecord } from '../is-record.ts'
import type { ToolDefinition } from '../message.ts'
import { isFunctionTool } from '../message.ts'
import type { ResponseFormat } from '../options.ts'

/** Keywords that hold schemas by names of their own, as in `schema/keywords.ts`, whose table is loaded only for tools. */
const MAPS = /^(properties|patternProperties|dependentSchemas|dependencies|\$defs|definitions)$/
/** Keywords that hold no schemas. */
const DATA = /^(const|default|enum|examples?)$/

/**
 * Models whose vendor refuses an empty schema: "`items` may be omitted; if present it must not be empty".
 * @see https://github.com/MoonshotAI/walle/blob/main/docs/walle.md
 */
const NO_EMPTY_SCHEMA = /kimi|moonshot/i

/**
 * Returns a tool in whose schema every list has `items`, and the root its type: OpenAI refuses a request with one that
 * has not ("array schema missing items"), and many MCP servers leave them out.
 * @see https://github.com/archestra-ai/archestra/issues/3864
 */
export function completeTool(tool: ToolDefinition, model: string): ToolDefinition {
  if (!isFunctionTool(tool)) return tool
  const { parameters } = tool.function
  let whole = NO_EMPTY_SCHEMA.test(model) ? parameters : completeSchema(parameters)
  if (isRecord(whole) && whole.properties && whole.type === undefined)
    whole = { type: 'object', ...whole }
  if (whole === parameters) return tool
  return { ...tool, function: { ...tool.function, parameters: whole } }
}

/** Returns a schema in which every list has `items`; the same object if nothing is missing. */
export function completeSchema<T>(schema: T): T {
  return complete(schema, new Set())
}

/** @param outer what contains it. A schema within itself stays as it is: writing it as JSON reports that. */
function complete<T>(schema: T, outer: Set<unknown>): T {
  const inner = (value: unknown) => complete(value, outer)
  if (Array.isArray(schema)) return replace(schema, inner)
  if (!isRecord(schema) || typeof schema.toJSON === 'function' || outer.has(schema)) return schema
  outer.add(schema)
  const whole = replace(schema, (value, key) => {
    if (MAPS.test(key)) return isRecord(value) ? replace(value, inner) : value
    return DATA.test(key) ? value : inner(value)
  })
  outer.delete(schema)
  const isList = [schema.type].flat().includes('array')
  return isList && schema.items === undefined ? { ...whole, items: {} } : whole
}

/** Maps the members of a list or an object; returns the same one if none changes. */
function replace<T extends object>(node: T, change: (value: unknown, key: string) => unknown): T {
  let copy: Record<string, unknown> | undefined
  for (const [key, value] of Object.entries(node)) {
    const changed = change(value, key)
    if (changed === value) continue
    copy ??= (Array.isArray(node) ? [...node] : { ...node }) as Record<string, unknown>
    copy[key] = changed
  }
  return (copy ?? node) as T
}

/** Returns a format whose name is one that servers take: letters, digits, `_` and `-`, at most 64. */
export function nameFormat(format: ResponseFormat): ResponseFormat {
  if (format.type !== 'json_schema' || /^[\w-]{1,64}$/.test(format.json_schema.name)) return format
  const name = format.json_schema.name.replace(/[^\w-]+/g, '_').slice(0, 64) || 'response'
  return { ...format, json_schema: { ...format.json_schema, name } }
}
