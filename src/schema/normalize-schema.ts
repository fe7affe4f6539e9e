/**
 * Reduces a schema to fewer keywords before a vendor's rules are applied: `oneOf` to `anyOf`, `nullable` and
 * lists of types to unions, `allOf` merged, missing types filled in. The result is equivalent or stricter, except
 * that several alternatives of `oneOf` may match. The original schema validates the answer.
 */
import { isRecord } from '../is-record.ts'
import { isSame, typeOf } from './json-value.ts'
import type { SchemaNode } from './schema-index.ts'

/** Keywords that do not constrain values. */
export const ANNOTATIONS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'contentEncoding',
  'contentMediaType',
  'contentSchema',
])

/** Normalizes one schema, but not its subschemas. */
export function normalizeSchema(schema: SchemaNode): SchemaNode {
  let node = withoutAllOf(schema)
  if (node.anyOf === undefined && Array.isArray(node.oneOf)) {
    const { oneOf, ...rest } = node
    node = { ...rest, anyOf: oneOf }
  }
  if (node.nullable === true) {
    const { nullable: _nullable, ...rest } = node
    node = split(rest, [rest, { type: 'null' }])
  } else if (node.nullable === false) {
    const { nullable: _nullable, ...rest } = node
    node = rest
  }
  if (Array.isArray(node.items)) {
    const { items, additionalItems, ...rest } = node
    node = {
      ...rest,
      prefixItems: items,
      ...(additionalItems !== undefined && { items: additionalItems }),
    }
  }
  if (isRecord(node.propertyNames) && isSame(node.propertyNames, { type: 'string' })) {
    const { propertyNames: _names, ...rest } = node
    node = rest
  }
  node = distribute(withClosing(node))
  return withType(node)
}

/** Makes a list of types a union. */
export function splitTypes(node: SchemaNode): SchemaNode {
  const { type } = node
  if (!Array.isArray(type)) return node
  const alternatives = type.map((each: string) => restrict(node, each))
  // A type without any of the values allows nothing.
  const possible = alternatives.filter(({ type: each, enum: values, const: value }) => {
    if (value !== undefined) return typeOf(value) === (each === 'integer' ? 'number' : each)
    return !Array.isArray(values) || values.length > 0
  })
  return split(node, possible.length > 0 ? possible : alternatives)
}

/** Says by `additionalProperties` and `items` what other keywords say of the same: records of TypeBox and joi, tuples. */
function withClosing(node: SchemaNode): SchemaNode {
  const { patternProperties, unevaluatedItems, unevaluatedProperties, ...rest } = node
  const isCombined = ['anyOf', 'allOf', 'oneOf', 'if', '$ref'].some((word) => word in rest)
  const closed: SchemaNode = { ...rest }
  if (unevaluatedProperties !== undefined) {
    if (isCombined || rest.additionalProperties !== undefined)
      closed.unevaluatedProperties = unevaluatedProperties
    else closed.additionalProperties = unevaluatedProperties
  }
  if (unevaluatedItems !== undefined) {
    if (isCombined || rest.items !== undefined || rest.contains !== undefined)
      closed.unevaluatedItems = unevaluatedItems
    else closed.items = unevaluatedItems
  }
  if (patternProperties !== undefined) {
    const [[pattern, schema] = ['', undefined], ...others] = Object.entries(
      patternProperties as object,
    )
    const isRecordOfAll = others.length === 0 && EVERY_NAME.test(pattern)
    if (!isRecordOfAll || rest.properties !== undefined)
      closed.patternProperties = patternProperties
    else closed.additionalProperties = schema
  }
  return closed
}

/** Patterns that match every name. */
const EVERY_NAME = /^\^?\(?(\.\*)?\)?\$?$/

/** Moves keywords next to `anyOf` into its alternatives. */
function distribute(node: SchemaNode): SchemaNode {
  const { anyOf, ...rest } = node
  if (!Array.isArray(anyOf)) return node
  const shared = Object.keys(rest).filter((word) => !ANNOTATIONS.has(word))
  if (shared.length === 0) return node
  const constraints = Object.fromEntries(shared.map((word) => [word, rest[word]]))
  const merged = anyOf.map((each) => mergeSchemas(constraints, each === true ? {} : each))
  if (merged.some((each) => each === undefined)) return node
  return { ...annotationsOf(rest), anyOf: merged }
}

/** Merges `allOf` into the schema. Parts that cannot be merged remain. */
function withoutAllOf({ allOf, ...rest }: SchemaNode): SchemaNode {
  if (!Array.isArray(allOf)) return allOf === undefined ? rest : { ...rest, allOf }
  let node: SchemaNode = rest
  const left: unknown[] = []
  for (const each of allOf) {
    const part = isRecord(each) ? withoutAllOf(each) : each
    const merged = mergeSchemas(node, part === true ? {} : part)
    if (merged) node = merged
    else left.push(part)
  }
  return left.length > 0 ? { ...node, allOf: left } : node
}

/** Merges two schemas, or returns `undefined` if that is not simple. */
function mergeSchemas(one: SchemaNode, other: unknown): SchemaNode | undefined {
  if (!isRecord(other)) return undefined
  const isBare = (node: SchemaNode) => Object.keys(node).every((word) => ANNOTATIONS.has(word))
  if (isBare(other)) return { ...other, ...one }
  if (isBare(one)) return { ...other, ...one }
  const merged: SchemaNode = { ...other, ...one }
  for (const word of Object.keys(other)) {
    if (!(word in one) || ANNOTATIONS.has(word) || isSame(one[word], other[word])) continue
    const both = MERGE[word]?.(one[word], other[word])
    if (both === undefined) return undefined
    merged[word] = both
  }
  // Closed, each would reject the properties of the other.
  const isClosed = [one, other].some(({ additionalProperties: more = true }) => !allowsAll(more))
  if (isClosed && !hasSameNames(one.properties, other.properties)) return undefined
  const isReference = '$ref' in merged || 'anyOf' in merged || 'oneOf' in merged
  return isReference ? undefined : merged
}

/** Returns the value of a keyword that means the same as both values, or `undefined` if there is none. */
type Merge = (one: unknown, other: unknown) => unknown

const least: Merge = (one, other) =>
  typeof one === 'number' && typeof other === 'number' ? Math.min(one, other) : undefined
const most: Merge = (one, other) =>
  typeof one === 'number' && typeof other === 'number' ? Math.max(one, other) : undefined
const both: Merge = (one, other) => ({ allOf: [one, other] })

const MERGE: Record<string, Merge> = {
  minimum: most,
  exclusiveMinimum: most,
  minLength: most,
  minItems: most,
  minProperties: most,
  maximum: least,
  exclusiveMaximum: least,
  maxLength: least,
  maxItems: least,
  maxProperties: least,
  multipleOf: multiple,
  uniqueItems: (one, other) => one === true || other === true,
  type: mergeTypes,
  enum: (one, other) => {
    if (!Array.isArray(one) || !Array.isArray(other)) return undefined
    const shared = one.filter((value) => other.some((each) => isSame(each, value)))
    return shared.length > 0 ? shared : undefined
  },
  required: (one, other) =>
    Array.isArray(one) && Array.isArray(other) ? [...new Set([...one, ...other])] : undefined,
  properties: (one, other) => {
    if (!isRecord(one) || !isRecord(other)) return undefined
    const members = Object.entries(other).map(([name, schema]) => {
      const isNew = !Object.hasOwn(one, name) || isSame(one[name], schema)
      return [name, isNew ? schema : both(one[name], schema)] as const
    })
    return Object.fromEntries([...Object.entries(one), ...members])
  },
  items: (one, other) => (isRecord(one) && isRecord(other) ? both(one, other) : undefined),
  additionalProperties: (one, other) => {
    if (one === false || other === false) return false
    if (allowsAll(one)) return other
    return allowsAll(other) ? one : both(one, other)
  },
}

/** The whole numbers that are multiples of both are multiples of another. */
function multiple(one: unknown, other: unknown): number | undefined {
  if (!Number.isSafeInteger(one) || !Number.isSafeInteger(other)) return undefined
  let [divisor, rest] = [one as number, other as number]
  while (rest > 0) [divisor, rest] = [rest, divisor % rest]
  const product = ((one as number) / divisor) * (other as number)
  return Number.isSafeInteger(product) ? product : undefined
}

function mergeTypes(one: unknown, other: unknown): unknown {
  const others = [other].flat()
  const types = [one].flat().flatMap((type) => {
    if (others.includes(type)) return [type]
    if (type === 'integer') return others.includes('number') ? [type] : []
    return type === 'number' && others.includes('integer') ? ['integer'] : []
  })
  if (types.length === 0) return undefined
  return types.length === 1 ? types[0] : types
}

function allowsAll(schema: unknown): boolean {
  return schema === true || (isRecord(schema) && Object.keys(schema).length === 0)
}

function hasSameNames(one: unknown, other: unknown): boolean {
  const names = [one, other].map((each) => Object.keys(isRecord(each) ? each : {}).sort())
  return isSame(names[0], names[1])
}

/** Creates a union with the annotations outside. */
function split(node: SchemaNode, alternatives: readonly SchemaNode[]): SchemaNode {
  const bare = alternatives.map((each) => withoutAnnotations(each))
  const flat = bare.flatMap((each) => {
    const isUnion = Object.keys(each).length === 1 && Array.isArray(each.anyOf)
    return isUnion ? (each.anyOf as unknown[]) : [each]
  })
  return { ...annotationsOf(node), anyOf: flat }
}

function annotationsOf(node: SchemaNode): SchemaNode {
  return Object.fromEntries(Object.entries(node).filter(([word]) => ANNOTATIONS.has(word)))
}

function withoutAnnotations(node: SchemaNode): SchemaNode {
  return Object.fromEntries(Object.entries(node).filter(([word]) => !ANNOTATIONS.has(word)))
}

const HINTS: [type: string, words: readonly string[]][] = [
  [
    'object',
    [
      'properties',
      'additionalProperties',
      'patternProperties',
      'required',
      'minProperties',
      'maxProperties',
    ],
  ],
  ['array', ['items', 'prefixItems', 'contains', 'minItems', 'maxItems', 'uniqueItems']],
  ['string', ['pattern', 'minLength', 'maxLength', 'format']],
  ['number', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']],
]

/** Fills in the type, and turns a list of types with an object or array into a union. */
function withType(node: SchemaNode): SchemaNode {
  if ('$ref' in node || 'anyOf' in node) return node
  const { type } = node
  if (Array.isArray(type)) {
    if (type.length === 1) return { ...node, type: type[0] }
    if (!type.some((each) => each === 'object' || each === 'array')) return node
    return splitTypes(node)
  }
  if (type !== undefined) return node
  const values = Array.isArray(node.enum) ? node.enum : 'const' in node ? [node.const] : undefined
  if (values?.length) {
    const types = [...new Set(values.map(typeOf))]
    return { type: types.length === 1 ? types[0] : types, ...node }
  }
  const hints = HINTS.filter(([, words]) => words.some((word) => word in node))
  return hints.length === 1 ? { type: hints[0]?.[0], ...node } : node
}

/** Returns the part of a schema that applies to values of one type. */
function restrict(node: SchemaNode, type: string): SchemaNode {
  const family = type === 'integer' ? 'number' : type
  const foreign = new Set(HINTS.flatMap(([of, words]) => (of === family ? [] : words)))
  const { type: _type, ...rest } = node
  const own = Object.entries(rest).filter(([word]) => !foreign.has(word))
  const { enum: values, ...others } = Object.fromEntries(own) as SchemaNode
  if (!Array.isArray(values)) return { type, ...others }
  const fitting = values.filter((value) => typeOf(value) === family)
  // `null` and both booleans are all the values of their types.
  const isAll = type === 'null' ? fitting.length > 0 : type === 'boolean' && fitting.length > 1
  return { type, ...others, ...(!isAll && { enum: fitting }) }
}
