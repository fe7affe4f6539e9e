/**
 * Checks a JSON Schema before it is used: keywords are well-formed, references resolve, patterns compile. An
 * ignored keyword would make the validation meaningless.
 */
import { isRecord } from '../is-record.ts'
import { isStandard } from './is-standard.ts'
import { KEYWORDS, TYPES } from './keywords.ts'
import { ANNOTATIONS } from './normalize-schema.ts'
import { compilePattern } from './pattern.ts'
import type { SchemaIndex, SchemaNode } from './schema-index.ts'
import { SchemaProblem } from './schema-index.ts'

/** @throws {SchemaProblem} for the first error */
export function checkSchema(index: SchemaIndex): void {
  checkReferences(index)
  for (const [node, path] of index.nodes) checkNode(node, path, index)
  const checked = new Set<SchemaNode>()
  for (const node of index.nodes.keys()) checkLoops(node, { index, checked, path: [] })
}

function checkNode(node: SchemaNode, path: string, index: SchemaIndex): void {
  checkTypeBox(node, path)
  for (const [word, value] of Object.entries(node)) {
    if (value === undefined) continue
    const kind = KEYWORDS.get(word)
    if (kind === undefined) {
      checkUnknown(word, value, path)
      continue
    }
    if (word === 'const' || word === 'enum') checkValue(word, value, path)
    const wrong = WRONG[kind]?.(value) ?? (word === 'patternProperties' && wrongKeys(value))
    if (wrong) throw new SchemaProblem(`has a \`${word}\` that ${wrong}`, path)
  }
  checkForgotten(node, path, index)
}

/**
 * Rejects what TypeBox keeps out of the JSON: it would be dropped.
 * @throws {SchemaProblem} for a check or a conversion in code
 */
function checkTypeBox(node: SchemaNode, path: string): void {
  const isTransform = Object.getOwnPropertySymbols(node).some(
    ({ description }) => description === 'TypeBox.Transform',
  )
  const word = ['~refine', '~codec'].find((each) => Object.hasOwn(node, each))
  if (!isTransform && word === undefined) return
  const what = word === '~refine' ? 'a check' : 'a conversion'
  throw new SchemaProblem(
    `has ${what} of TypeBox in code: pass withJSONSchema((value) => Value.${word === '~refine' ? 'Parse' : 'Decode'}(schema, value), schema)`,
    path,
  )
}

/** Rejects properties outside of `properties`, which would not be checked. */
function checkForgotten(node: SchemaNode, path: string, index: SchemaIndex): void {
  const { type = 'object', properties, required } = node
  if (![type].flat().includes('object')) return
  const own = isRecord(properties) ? properties : {}
  const isFree = !Object.keys(node).some((word) => word !== 'type' && CHECKED.includes(word))
  for (const [name, value] of Object.entries(node)) {
    // A reference may lead to a member of any name.
    const isKnown = KEYWORDS.has(name) || index.nodes.has(value as SchemaNode)
    if (isKnown || name.startsWith('x-') || !looksLikeSchema(value)) continue
    const isRequired = Array.isArray(required) && required.includes(name)
    if (isFree || (isRequired && !Object.hasOwn(own, name)))
      throw new SchemaProblem(`has \`${name}\`: put it into \`properties\``, path)
  }
}

function looksLikeSchema(value: unknown): boolean {
  if (!isRecord(value)) return TYPES.has(value)
  return [value.type].flat().some((type) => TYPES.has(type)) || WHOLE.some((word) => word in value)
}

/** Keywords of schemas without a type. */
const WHOLE = ['$ref', 'anyOf', 'oneOf', 'allOf', 'enum', 'const', 'properties']

/**
 * Checks only that references resolve, for schemas that a library or the caller made for the wire.
 * @throws {SchemaProblem} for the first that leads nowhere
 */
export function checkReferences(index: SchemaIndex): void {
  // Resolving a reference may add nodes to the index; a `Map` iterates over those as well.
  for (const [node, path] of index.nodes) {
    const { $ref, $dynamicRef } = node
    for (const reference of [$ref, $dynamicRef]) {
      if (reference !== undefined && index.resolve(node, reference) === undefined) {
        throw new SchemaProblem(
          `refers to ${JSON.stringify(reference)}, which it does not define; remote references are not fetched`,
          path,
        )
      }
    }
  }
}

/** Returns why a value does not fit its keyword, or `undefined` if it does. */
const WRONG: Partial<Record<string, (value: unknown) => string | undefined>> = {
  schema: (value) => wrongSchema(value),
  schemas: (value) =>
    Array.isArray(value) && value.length > 0
      ? value.map(wrongSchema).find(Boolean)
      : 'must be a non-empty list of schemas',
  schemaMap: (value) =>
    isRecord(value)
      ? Object.values(value).map(wrongSchema).find(Boolean)
      : 'must be an object of schemas',
  items: (value) =>
    Array.isArray(value) ? value.map(wrongSchema).find(Boolean) : wrongSchema(value),
  dependencies: (value) =>
    isRecord(value)
      ? Object.values(value)
          .map((each) => (Array.isArray(each) ? wrongNames(each) : wrongSchema(each)))
          .find(Boolean)
      : 'must be an object',
  count: (value) =>
    Number.isInteger(value) && Number(value) >= 0 ? undefined : 'must be a whole number from 0',
  number: (value) => (typeof value === 'number' ? undefined : 'must be a number'),
  step: (value) =>
    typeof value === 'number' && value > 0 ? undefined : 'must be a number above 0',
  flag: (value) => (typeof value === 'boolean' ? undefined : 'must be true or false'),
  text: (value) => (typeof value === 'string' ? undefined : 'must be a string'),
  pattern: (value) => wrongPattern(value),
  names: wrongNames,
  namesMap: (value) =>
    isRecord(value)
      ? Object.values(value).map(wrongNames).find(Boolean)
      : 'must be an object of lists',
  type: (value) => {
    const types = [value].flat()
    return types.length > 0 && types.every((type) => TYPES.has(type))
      ? undefined
      : `must be ${[...TYPES].join(', ')}, or a list of them`
  },
  values: (value) => (Array.isArray(value) ? undefined : 'must be a list'),
}

function wrongSchema(value: unknown): string | undefined {
  if (isOfLibrary(value))
    return "contains a library's schema: wrap the entire shape in that library's object()"
  return typeof value === 'boolean' || isRecord(value) ? undefined : 'must be a schema'
}

/** True for a schema of a library, as opposed to the JSON Schema that zod makes of one. */
function isOfLibrary(value: unknown): boolean {
  if (!isStandard(value)) return typeof value === 'function'
  const isJSON =
    isRecord(value) &&
    !Object.keys(value).includes('~standard') &&
    Object.getPrototypeOf(value) === Object.prototype &&
    Object.values(value).every((each) => typeof each !== 'function')
  return !isJSON
}

function wrongKeys(value: unknown): string | undefined {
  return Object.keys(value as object)
    .map(wrongPattern)
    .find(Boolean)
}

function wrongNames(value: unknown): string | undefined {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
    ? undefined
    : 'must be a list of names'
}

function wrongPattern(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must be a string'
  return compilePattern(value) ? undefined : `is not a JavaScript regular expression: ${value}`
}

/**
 * Rejects keywords one letter away from a known one as typos. Other unknown keywords, such as `x-…`, are allowed.
 */
function checkUnknown(word: string, value: unknown, path: string): void {
  if (word === '$recursiveRef' || word === '$recursiveAnchor')
    throw new SchemaProblem(`uses \`${word}\` of draft 2019-09; use \`$ref\``, path)
  const meant = word.startsWith('x-') ? undefined : CHECKED.find((known) => isTypo(word, known))
  if (meant !== undefined) throw new SchemaProblem(`has \`${word}\`; use \`${meant}\``, path)
  if (isRecord(value) && '~standard' in value)
    throw new SchemaProblem("is a bare shape: wrap it in the library's object()", path)
  if (!word.startsWith('x-')) checkValue(word, value, path)
}

/** @throws {SchemaProblem} for a value that JSON cannot express, such as a schema of a library within it */
function checkValue(word: string, value: unknown, path: string): void {
  const wrong = wrongValue(value, new Set())
  if (wrong) throw new SchemaProblem(`has a \`${word}\` that ${wrong}`, path)
}

/**
 * Returns why a value is not JSON, or `undefined` if it is. It does not contain itself: the index would have refused it.
 * @param checked the values that are known to be JSON
 */
function wrongValue(value: unknown, checked: Set<unknown>, depth = 0): string | undefined {
  if (typeof value === 'function') return 'contains a function or a schema of a library'
  if (typeof value === 'bigint' || typeof value === 'symbol') return `contains a ${typeof value}`
  if (typeof value !== 'object' || value === null || checked.has(value)) return undefined
  if ('~standard' in value) return "contains a library's schema"
  if (depth > MAX_VALUE_DEPTH) return 'is nested too deeply'
  for (const each of Object.values(value)) {
    const wrong = wrongValue(each, checked, depth + 1)
    if (wrong) return wrong
  }
  checked.add(value)
  return undefined
}

/** Depth to which values are followed: deeper ones would overflow the stack of `JSON.stringify`. */
const MAX_VALUE_DEPTH = 256

/** Keywords that allow less when they are misspelled than when they are not. Annotations are free to be anything. */
const CHECKED = /* @__PURE__ */ [...KEYWORDS.keys()].filter((word) => !ANNOTATIONS.has(word))

/** True for the same word in another case or number, and for one letter too many, too few, wrong or swapped. */
function isTypo(word: string, known: string): boolean {
  return simplify(word) === simplify(known) || (known.length > 3 && isOneEditAway(word, known))
}

function isOneEditAway(one: string, other: string): boolean {
  let start = 0
  while (start < one.length && one[start] === other[start]) start++
  const [rest, expected] = [one.slice(start), other.slice(start)]
  return (
    rest.slice(1) === expected ||
    rest === expected.slice(1) ||
    rest.slice(1) === expected.slice(1) ||
    (rest[0] === expected[1] && rest[1] === expected[0] && rest.slice(2) === expected.slice(2))
  )
}

function simplify(word: string): string {
  return word.toLowerCase().replace(/ies$/, 'y').replace(/[s_-]/g, '')
}

const IN_PLACE = ['not', 'if', 'then', 'else'] as const

/** Rejects a schema that leads to itself without descending into the value, which allows nothing. */
function checkLoops(
  node: SchemaNode,
  walk: { index: SchemaIndex; checked: Set<SchemaNode>; path: readonly SchemaNode[] },
): void {
  const { index, checked, path } = walk
  const place = index.nodes.get(node) ?? ''
  if (path.includes(node)) throw new SchemaProblem('refers to itself in a circle', place)
  if (path.length > 200) throw new SchemaProblem('has too long a chain of references', place)
  if (checked.has(node)) return
  checked.add(node)
  const next: unknown[] = [index.resolve(node), ...IN_PLACE.map((word) => node[word])]
  for (const word of ['allOf', 'anyOf', 'oneOf']) {
    if (Array.isArray(node[word])) next.push(...node[word])
  }
  for (const each of next) {
    if (isRecord(each)) checkLoops(each, { ...walk, path: [...path, node] })
  }
}
