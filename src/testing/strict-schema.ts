/**
 * The rules of OpenAI's strict mode for a JSON Schema, in structured output and in strict tools.
 * @see https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
import { isObject, type Json } from './vendor.ts'

const REFUSED = new Set(
  (
    'allOf oneOf not dependentRequired dependentSchemas if then else patternProperties unevaluatedProperties ' +
    'propertyNames minProperties maxProperties unevaluatedItems contains minContains maxContains uniqueItems'
  ).split(' '),
)
const MOST_LEVELS = 10
const MOST_PROPERTIES = 5000

/** Finds the fault of a schema, in OpenAI's words; `undefined` for one that it accepts. */
export function strictSchemaProblem(schema: unknown): string | undefined {
  if (!isObject(schema) || schema['type'] !== 'object') {
    const type = isObject(schema) ? JSON.stringify(schema['type'] ?? 'None') : '"None"'
    return `schema must be a JSON Schema of 'type: "object"', got 'type: ${type}'.`
  }
  if ('anyOf' in schema) return "In context=(), 'anyOf' is not permitted at the root."
  const counts = { properties: 0 }
  const problem = find(schema, [], counts, 0)
  if (problem) return problem
  if (counts.properties > MOST_PROPERTIES) return `${counts.properties} properties, more than 5000.`
  return undefined
}

/** Finds a list without `items`, which OpenAI refuses in every tool, in its words. */
export function bareListProblem(
  value: unknown,
  context: readonly string[] = [],
): string | undefined {
  if (!isObject(value)) return undefined
  const { type, properties, items, anyOf } = value
  if ((Array.isArray(type) ? type : [type]).includes('array') && items === undefined)
    return `In context=(${context.map((one) => `'${one}'`).join(', ')}), array schema missing items.`
  const named = isObject(properties) ? Object.entries(properties) : []
  const inner: [unknown, string[]][] = [
    ...named.map(([name, one]): [unknown, string[]] => [one, ['properties', name]]),
    [items, ['items']],
    ...(Array.isArray(anyOf) ? anyOf : []).map((one, at): [unknown, string[]] => [
      one,
      ['anyOf', String(at)],
    ]),
  ]
  return inner.map(([one, path]) => bareListProblem(one, [...context, ...path])).find(Boolean)
}

function find(
  value: unknown,
  context: readonly string[],
  counts: { properties: number },
  level: number,
): string | undefined {
  const at = `In context=(${context.map((one) => `'${one}'`).join(', ')})`
  if (!isObject(value)) return undefined
  const keyword = Object.keys(value).find((name) => REFUSED.has(name))
  if (keyword) return `${at}, '${keyword}' is not permitted.`
  if ('$ref' in value) {
    const others = Object.keys(value).filter((name) => name !== '$ref')
    return others.length > 0 ? `${at}, $ref cannot have keywords {'${others[0]}'}.` : undefined
  }
  if (level > MOST_LEVELS) return `${at}, more than ${MOST_LEVELS} levels of nesting.`
  const { type, properties, items, anyOf, $defs } = value
  const types = Array.isArray(type) ? type : [type]
  if (type === undefined && !anyOf && value['enum'] === undefined && value['const'] === undefined)
    return `${at}, schema must have a 'type' key.`
  if (types.includes('object')) {
    const problem = findOpen(value, at)
    if (problem) return problem
  }
  if (types.includes('array') && items === undefined) return `${at}, array schema missing items.`
  const named = isObject(properties) ? Object.entries(properties) : []
  counts.properties += named.length
  for (const [name, inner] of named) {
    const problem = find(inner, [...context, 'properties', name], counts, level + 1)
    if (problem) return problem
  }
  for (const [name, inner] of isObject($defs) ? Object.entries($defs) : []) {
    const problem = find(inner, [...context, '$defs', name], counts, level)
    if (problem) return problem
  }
  const unions = Array.isArray(anyOf) ? anyOf : []
  return (
    find(items, [...context, 'items'], counts, level + 1) ??
    unions
      .map((one, index) => find(one, [...context, 'anyOf', String(index)], counts, level))
      .find(Boolean)
  )
}

function findOpen({ properties, required, additionalProperties }: Json, at: string) {
  if (additionalProperties !== false)
    return `${at}, 'additionalProperties' is required to be supplied and to be false.`
  const names = Object.keys(isObject(properties) ? properties : {})
  const needed = Array.isArray(required) ? required : []
  const missing = names.find((name) => !needed.includes(name))
  if (missing !== undefined)
    return `${at}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`
  const extra = needed.find((name) => !names.includes(String(name)))
  return extra === undefined
    ? undefined
    : `${at}, 'required' is required to be supplied and to be an array including every key in properties. Extra required key '${String(extra)}' supplied.`
}
