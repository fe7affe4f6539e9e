/**
 * Prepares a schema for sending: wraps it in an object, and adapts it to the servers.
 */
import { isRecord } from '../is-record.ts'
import type { AdaptedSchema } from './adapt-schema.ts'
import { adaptSchema } from './adapt-schema.ts'
import type { FlatSchema } from './flatten-refs.ts'
import { flattenRefs } from './flatten-refs.ts'
import { mapSubschemas } from './keywords.ts'
import { ANNOTATIONS, normalizeSchema } from './normalize-schema.ts'
import type { SchemaNode } from './schema-index.ts'
import type { Outcome, PreparedSchema } from './standard-schema.ts'
import { prepareSchema } from './standard-schema.ts'
import type { Schema } from './types.ts'
import type { SchemaDialect, VendorSupport } from './vendor-support.ts'
import { VENDOR_SUPPORT } from './vendor-support.ts'
import { validateWithoutNulls } from './without-nulls.ts'

/** A schema whose root is an object. */
export interface RootSchema {
  /** For the messages: the unadapted schema. */
  readonly json: SchemaNode
  readonly flat: FlatSchema
  /** True if the value is wrapped in the property `value`, since vendors require an object. */
  readonly isWrapped: boolean
}

/** A schema as structured output. */
export interface FormatSchema {
  json: SchemaNode
  strict: boolean
  /** Reason not to use the JSON-schema mode. */
  problem: string | undefined
}

/** A caller's schema, ready to be sent. */
export interface PreparedRoot {
  root: RootSchema
  /** Validates a model's output. */
  validate: (value: unknown) => Promise<Outcome<unknown>>
}

/**
 * Prepares a caller's schema.
 * @param name name of the schema in errors
 * @param parametersOf the servers that get it as the parameters of a tool
 * @throws {ConfigError} `invalid_config` for an unusable schema, with the way out
 */
export async function prepareRoot(
  schema: Schema,
  name?: string,
  parametersOf: readonly SchemaDialect[] = [],
): Promise<PreparedRoot> {
  const prepared = await prepareSchema(schema, name)
  const plain = toRootSchema(prepared)
  const isRefused = parametersOf.some(
    (dialect) => refusedName(plain.flat.root, VENDOR_SUPPORT[dialect]) !== undefined,
  )
  const root = isRefused ? wrapRoot(prepared, plain.flat) : plain
  const { index } = prepared
  const validate = (value: unknown) => validateWithoutNulls(prepared, value)
  return { root, validate: (value) => validateRoot({ validate, index }, root, value) }
}

/** Wraps arrays, strings and unions in an object. */
export function toRootSchema({
  index,
  json,
}: Pick<PreparedSchema<unknown>, 'index' | 'json'>): RootSchema {
  const flat = flattenRefs(index)
  const root = followRoot(flat)
  if (isPlainObject(root)) {
    const isOwn = isPlainObject(json) && (index.isDynamic || !usesAddresses(index))
    const plain = { root, defs: flat.defs }
    return { json: isOwn ? json : assemble(plain), flat: plain, isWrapped: false }
  }
  const normalized = normalizeSchema(root)
  if (isPlainObject(normalized)) {
    const plain = { root: normalized, defs: flat.defs }
    return { json: assemble(plain), flat: plain, isWrapped: false }
  }
  return wrapRoot({ index, json }, flat)
}

function wrapRoot(
  { index, json }: Pick<PreparedSchema<unknown>, 'index' | 'json'>,
  flat: FlatSchema,
): RootSchema {
  const wrapped = { root: wrap(flat.root), defs: flat.defs }
  // A `$dynamicRef` is resolved in its own resource.
  const shown = index.isDynamic ? wrap({ $id: 'value', ...json }) : assemble(wrapped)
  return { json: shown, flat: wrapped, isWrapped: true }
}

/** True if the schema refers by `$id` or `$anchor`, of which vendors know nothing. */
function usesAddresses({ root, nodes }: PreparedSchema<unknown>['index']): boolean {
  return [...nodes.keys()].some(
    (node) =>
      (node.$id !== undefined && node !== root) ||
      (typeof node.$ref === 'string' && !/^#(\/|$)/.test(node.$ref)),
  )
}

function wrap(schema: SchemaNode): SchemaNode {
  return {
    type: 'object',
    properties: { value: schema },
    required: ['value'],
    additionalProperties: false,
  }
}

/** Replaces a root that is only a reference with its target. */
function followRoot({ root, defs }: FlatSchema): SchemaNode {
  let node = root
  for (let hops = 0; hops < 10 && typeof node.$ref === 'string'; hops++) {
    const { $ref, ...rest } = node
    if (Object.keys(rest).some((word) => !ANNOTATIONS.has(word))) return root
    node = { ...defs[$ref.slice('#/$defs/'.length)], ...rest }
  }
  return node
}

const NOT_PLAIN = [
  'anyOf',
  'oneOf',
  'allOf',
  'not',
  'enum',
  'const',
  '$ref',
  '$dynamicRef',
  'if',
  'nullable',
]

/** True for a combination at the root, which OpenAI and Anthropic reject, even of objects. */
function isPlainObject(schema: SchemaNode): boolean {
  return schema.type === 'object' && NOT_PLAIN.every((word) => schema[word] === undefined)
}

function assemble({ root, defs }: FlatSchema): SchemaNode {
  return Object.keys(defs).length > 0 ? { ...root, $defs: defs } : root
}

function disassemble({ $defs, ...root }: SchemaNode): FlatSchema {
  return { root, defs: ($defs ?? {}) as FlatSchema['defs'] }
}

/** Adapts a schema as structured output to all of the servers. */
export function toFormatSchema(root: RootSchema, dialects: readonly SchemaDialect[]): FormatSchema {
  let { flat } = root
  const rows = dialects.map((dialect) => VENDOR_SUPPORT[dialect])
  let problem: string | undefined
  let isFaithful = true
  for (const support of rows) {
    const adapted = adaptSchema(flat, support)
    if (adapted.problem === undefined) flat = disassemble(adapted.json)
    else {
      isFaithful = false
      if (support.fallback === 'other mode') problem ??= adapted.problem
    }
  }
  const strict = isFaithful && rows.some((support) => support.strict)
  const isRaw = !isFaithful || rows.every(({ keywords }) => !keywords)
  const json = isRaw ? withItems(root.json) : assemble(flat)
  return { json, strict, problem }
}

/** Returns the first parameter of a tool whose name the vendor refuses. */
export function refusedName(
  { properties }: SchemaNode,
  { parameterNames }: VendorSupport,
): string | undefined {
  if (!parameterNames || !isRecord(properties)) return undefined
  return Object.keys(properties).find((name) => !parameterNames.test(name))
}

/** The number of strict tools in a request, which vendors limit. */
export interface StrictBudget {
  tools: number
  optional: number
  unions: number
}

/** Adapts the parameters of a tool to all of the servers. Drops `strict` if they cannot be strict. */
export function toToolSchema(
  root: RootSchema,
  options: {
    dialects: readonly SchemaDialect[]
    strict: boolean | undefined
    budget: StrictBudget
  },
): { json: SchemaNode; strict: boolean | undefined } {
  let { strict } = options
  let { flat } = root
  let isRaw = true
  for (const dialect of options.dialects) {
    const support = VENDOR_SUPPORT[dialect]
    if (!support.keywords) continue
    const adapted = adaptSchema(flat, support)
    if (!support.closed || (strict && fits(adapted, support, options.budget))) {
      flat = disassemble(adapted.json)
      isRaw = false
    } else if (strict) strict = undefined
  }
  return { json: isRaw ? withProperties(withItems(root.json)) : assemble(flat), strict }
}

/**
 * Completes an object without properties, which OpenAI refuses as the parameters of a function.
 * @see https://github.com/spring-projects/spring-ai/issues/4776
 */
function withProperties(schema: SchemaNode): SchemaNode {
  return schema.properties === undefined ? { ...schema, properties: {} } : schema
}

function fits(adapted: AdaptedSchema, support: VendorSupport, budget: StrictBudget): boolean {
  if (adapted.problem !== undefined) return false
  const { maxStrictTools = Infinity, maxOptional = Infinity, maxUnions = Infinity } = support
  const tools = budget.tools + 1
  const optional = budget.optional + adapted.optional
  const unions = budget.unions + adapted.unions
  if (tools > maxStrictTools || optional > maxOptional || unions > maxUnions) return false
  Object.assign(budget, { tools, optional, unions })
  return true
}

/** Completes arrays: OpenAI requires `items`, Anthropic requires tuples as `prefixItems`. */
function withItems(schema: SchemaNode): SchemaNode {
  const copied = mapSubschemas(schema, withItems)
  if (Array.isArray(copied.items)) {
    const { items, additionalItems = {}, ...rest } = copied
    return { ...rest, prefixItems: items, items: additionalItems === false ? {} : additionalItems }
  }
  const isArray = [copied.type].flat().includes('array')
  return isArray && !isRecord(copied.items) ? { ...copied, items: {} } : copied
}

/**
 * Validates a model's output against a root schema. If the wrapper is missing or unexpected, the reading that is
 * valid counts.
 */
export async function validateRoot<T>(
  { validate, index }: Pick<PreparedSchema<T>, 'validate' | 'index'>,
  { isWrapped }: RootSchema,
  root: unknown,
): Promise<Outcome<T>> {
  if (!isWrapped || !isRecord(root) || !('value' in root)) return await validate(root)
  const isExact = Object.keys(root).length === 1
  const hasValue = [...index.nodes.keys()].some(
    ({ properties }) => isRecord(properties) && Object.hasOwn(properties, 'value'),
  )
  const [first, second] = isExact || !hasValue ? [root.value, root] : [root, root.value]
  const outcome = await validate(first)
  // An open object would accept the wrapper around anything.
  if (!('issues' in outcome) || (isExact && !hasValue)) return outcome
  const other = await validate(second)
  if (!('issues' in other)) return other
  return isExact ? outcome : other
}
