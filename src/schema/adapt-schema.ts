/**
 * Adapts a schema to the keywords that a vendor accepts. The adapted schema may allow less or more than the
 * original, which validates answers and arguments.
 */
import { isRecord } from '../is-record.ts'
import type { FlatSchema } from './flatten-refs.ts'
import { KEYWORDS } from './keywords.ts'
import { typeOf } from './json-value.ts'
import { ANNOTATIONS, normalizeSchema, splitTypes } from './normalize-schema.ts'
import { depthOf, findCyclic } from './schema-graph.ts'
import type { SchemaNode } from './schema-index.ts'
import type { VendorSupport } from './vendor-support.ts'
import { toWirePattern } from './wire-pattern.ts'

/** Keywords that only bound values of a type. If unsupported, they become part of the description. */
const BOUNDS: ReadonlySet<string> = /* @__PURE__ */ new Set(
  (
    'minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern format ' +
    'minItems maxItems uniqueItems minProperties maxProperties'
  ).split(' '),
)
/** Annotations that vendors do not use. */
const NOTES: ReadonlySet<string> = /* @__PURE__ */ new Set(
  'default examples deprecated readOnly writeOnly contentEncoding contentMediaType contentSchema'.split(
    ' ',
  ),
)

/** Maximum number of definitions: finding those that lead back to themselves takes the square of it. */
const MAX_DEFINITIONS = 1000

/** A schema to send. */
export interface AdaptedSchema {
  json: SchemaNode
  /** Reason for which the vendor would reject an equivalent schema; `undefined` if it accepts `json`. */
  problem: string | undefined
  /** Number of optional properties, which vendors limit per request. */
  optional: number
  /** Number of unions, which vendors limit per request. */
  unions: number
}

/** Adapts a schema whose root is an object. Even with a `problem`, `json` has only supported keywords. */
export function adaptSchema(schema: FlatSchema, support: VendorSupport): AdaptedSchema {
  return new Adapter(schema, support).run()
}

class Adapter {
  #schema: FlatSchema
  #support: VendorSupport
  #problem: string | undefined
  /** References to itself in required properties. */
  #recursions = 0
  #count = { properties: 0, optional: 0, unions: 0, enumValues: 0, text: 0 }

  constructor(schema: FlatSchema, support: VendorSupport) {
    this.#schema = schema
    this.#support = support
  }

  run(): AdaptedSchema {
    const { keywords, recursion } = this.#support
    const { root, defs } = this.#schema
    if (!keywords) {
      const $defs = Object.keys(defs).length > 0 && { $defs: defs }
      return { json: { ...root, ...$defs }, problem: undefined, optional: 0, unions: 0 }
    }
    const isHuge = Object.keys(defs).length > MAX_DEFINITIONS
    if (isHuge) this.#report(`has more than ${MAX_DEFINITIONS} definitions`, '')
    const cyclic = !isHuge && recursion && recursion !== 'anywhere' ? findCyclic(defs) : new Map()
    const json = this.#adapt(root, { path: '', cyclic: undefined, isOptional: false })
    const $defs: Record<string, unknown> = {}
    for (const [name, node] of Object.entries(defs)) {
      this.#count.text += name.length
      const place = { path: `$defs.${name}`, cyclic: cyclic.get(name), isOptional: false }
      $defs[name] = this.#adapt(node, place)
    }
    this.#checkLimits(json, $defs)
    const { optional, unions } = this.#count
    const hasDefs = Object.keys($defs).length > 0
    return {
      json: { ...json, ...(hasDefs && { $defs }) },
      problem: this.#problem,
      optional,
      unions,
    }
  }

  #report(problem: string, path: string): void {
    this.#problem ??= `${path || 'the root'} ${problem}`
  }

  #adapt(schema: unknown, place: Place): SchemaNode {
    const { path } = place
    if (schema === false) {
      this.#report('allows nothing', path)
      return {}
    }
    const normal = normalizeSchema(isRecord(schema) ? schema : {})
    const { singleTypes } = this.#support
    const isSplit =
      singleTypes === 'always' || (singleTypes && ('enum' in normal || 'const' in normal))
    const node = isSplit ? splitTypes(normal) : normal
    if (typeof node.$ref === 'string') return this.#adaptReference(node, place)
    const { keywords, typed, allRequired } = this.#support
    const adapted: SchemaNode = {}
    const moved: SchemaNode = {}
    for (const [word, value] of Object.entries(node)) {
      const kept = keywords?.has(word) && this.#accepts(word, value)
      if (kept) adapted[word] = value
      else if (BOUNDS.has(word)) moved[word] = value
      else if (!NOTES.has(word)) this.#adaptForeign(word, value, { adapted, moved, path })
    }
    keepOwn(adapted)
    this.#rewritePattern(adapted, moved)
    this.#adaptEnum(adapted, moved, path)
    if (Array.isArray(adapted.anyOf)) {
      this.#count.unions++
      if (adapted.type !== undefined) this.#report('has keywords beside `anyOf`', path)
      const { maxAlternatives = Infinity } = this.#support
      if (adapted.anyOf.length > maxAlternatives)
        this.#report(`has more than ${maxAlternatives} alternatives`, path)
      adapted.anyOf = adapted.anyOf.map((each, index) =>
        this.#adapt(each, { ...place, path: `${path}.anyOf[${index}]` }),
      )
    } else if (adapted.type === undefined && typed) this.#fillIn(adapted, path)
    if (Array.isArray(adapted.type)) this.#count.unions++
    if (adapted.type === 'object') this.#adaptObject(adapted, node, place)
    else if (adapted.type === 'array') this.#adaptArray(adapted, node, place)
    if (Object.keys(moved).length > 0) describe(adapted, moved)
    // A strict vendor that requires `items` for every array.
    if (allRequired && adapted.type === 'array' && adapted.items === undefined)
      this.#report('has no `items`', path)
    return adapted
  }

  #adaptReference(node: SchemaNode, { path, cyclic, isOptional }: Place): SchemaNode {
    const name = String(node.$ref).slice('#/$defs/'.length)
    if (cyclic?.has(name)) {
      const { recursion } = this.#support
      if (recursion === 'nowhere') this.#report('refers to itself', path)
      else if (!isOptional) {
        this.#recursions++
        this.#report('refers to itself in a required property', path)
      }
    }
    const { $ref, ...rest } = node
    const notes: SchemaNode = {}
    const moved: SchemaNode = {}
    for (const [word, value] of Object.entries(rest)) {
      if (word === 'title' || word === 'description') notes[word] = value
      else if (BOUNDS.has(word)) moved[word] = value
      else if (!ANNOTATIONS.has(word)) this.#report(`has \`${word}\` beside \`$ref\``, path)
    }
    if (Object.keys(moved).length > 0) describe(notes, moved)
    if (notes.description === undefined) return { $ref }
    if (!this.#support.bareRefs) return { ...notes, $ref }
    this.#count.unions++
    return { description: notes.description, anyOf: [{ $ref }] }
  }

  #accepts(word: string, value: unknown): boolean {
    const { formats, maxMinItems, maxCount } = this.#support
    if (word === 'format') return !formats || formats.has(value)
    if (word === 'minItems' && maxMinItems !== undefined) return Number(value) <= maxMinItems
    const isCount = /^(min|max)(Length|Items)$/.test(word)
    return !(isCount && maxCount !== undefined && Number(value) > maxCount)
  }

  /** Reports a keyword that the vendor does not support and that does more than bound a value. */
  #adaptForeign(
    word: string,
    value: unknown,
    { adapted, moved, path }: { adapted: SchemaNode; moved: SchemaNode; path: string },
  ): void {
    if (word === 'const') adapted.enum = [value]
    else if (
      word === 'prefixItems' &&
      this.#support.patterns === 'anchored' &&
      Array.isArray(value)
    ) {
      // llama.cpp: a list with the number of items, each matching one of the schemas.
      adapted.prefixItems = value
    } else if (word === 'allOf' && Array.isArray(value) && value.every(isBound)) moved[word] = value
    else if (KEYWORDS.has(word)) {
      // Words of the caller's own constrain nothing and are dropped.
      moved[word] = value
      this.#report(`has \`${word}\``, path)
    }
  }

  #rewritePattern(adapted: SchemaNode, moved: SchemaNode): void {
    const { patterns } = this.#support
    if (typeof adapted.pattern !== 'string' || !patterns) return
    const pattern = toWirePattern(adapted.pattern, patterns)
    if (pattern !== undefined) adapted.pattern = pattern
    else {
      moved.pattern = adapted.pattern
      delete adapted.pattern
    }
  }

  #adaptEnum(adapted: SchemaNode, moved: SchemaNode, path: string): void {
    const { enums, maxLongEnum } = this.#support
    const word = 'enum' in adapted ? 'enum' : 'const'
    if (!(word in adapted)) return
    const values = (word === 'enum' ? adapted.enum : [adapted.const]) as unknown[]
    if (!Array.isArray(values) || values.length === 0)
      return this.#report('has an empty `enum`', path)
    const texts = values.map((value) => JSON.stringify(value))
    const length = texts.join('').length
    this.#count.text += length
    this.#count.enumValues += word === 'enum' ? values.length : 0
    if (maxLongEnum !== undefined && values.length > 250 && length > maxLongEnum)
      this.#report(`has an \`enum\` of more than ${maxLongEnum} characters`, path)
    if (enums && !values.every((value) => enums.has(typeOf(value)))) {
      // A single `null` or boolean adds little to its type.
      const types = [...new Set(values.map(typeOf))]
      const isPlain = types.every((type) => type === 'boolean' || type === 'null')
      if (!isPlain) this.#report('has objects or lists in its `enum`', path)
      moved[word] = adapted[word]
      delete adapted[word]
    }
  }

  #fillIn(adapted: SchemaNode, path: string): void {
    if (this.#support.patterns === 'anchored') {
      // llama.cpp treats `{}` as "any object".
      adapted.anyOf = ['string', 'number', 'boolean', 'null', 'object', 'array'].map((type) => ({
        type,
      }))
    } else this.#report('has no `type`', path)
  }

  #adaptObject(adapted: SchemaNode, node: SchemaNode, place: Place): void {
    const { path } = place
    const { closed, allRequired } = this.#support
    const properties = isRecord(node.properties) ? node.properties : {}
    const names = Object.keys(properties)
    const required = new Set(
      (Array.isArray(node.required) ? node.required : []).filter(
        (name) => typeof name === 'string',
      ),
    )
    const { additionalProperties: more } = node
    this.#count.properties += names.length
    this.#count.text += names.join('').length
    const unknown = [...required].filter((name) => !Object.hasOwn(properties, name))
    if (closed) {
      if (unknown.length > 0) this.#report('requires an undefined property', path)
      if (more !== undefined && more !== false) this.#report('is an open object or a record', path)
      else if (node.properties === undefined && more === undefined)
        this.#report('is an open object', path)
      adapted.additionalProperties = false
    } else if (isRecord(more)) {
      adapted.additionalProperties = isEmpty(more)
        ? true
        : this.#adapt(more, { ...place, path: `${path}.*`, isOptional: true })
    }
    if (names.length === 0 && !closed) {
      delete adapted.properties
      delete adapted.required
      return
    }
    const adaptedProperties: Record<string, unknown> = {}
    for (const name of names) {
      const isOptional = !required.has(name)
      if (isOptional) this.#count.optional++
      if (isOptional && allRequired) this.#report(`has an optional property, "${name}"`, path)
      const before = this.#recursions
      const inner = { ...place, path: path ? `${path}.${name}` : name, isOptional }
      define(adaptedProperties, name, this.#adapt(properties[name], inner))
      // Gemini unrolls recursion in optional properties only.
      if (this.#recursions > before) required.delete(name)
    }
    adapted.properties = adaptedProperties
    const listed =
      allRequired && !this.#problem ? names : [...required].filter((name) => names.includes(name))
    if (listed.length > 0 || allRequired) adapted.required = listed
    else delete adapted.required
  }

  #adaptArray(adapted: SchemaNode, node: SchemaNode, place: Place): void {
    const inner = (what: string) => ({ ...place, path: `${place.path}${what}` })
    const { prefixItems, items } = node
    if (Array.isArray(adapted.prefixItems) && Array.isArray(prefixItems)) {
      const heads = prefixItems.map((each, index) => this.#adapt(each, inner(`[${index}]`)))
      if (this.#support.patterns !== 'anchored') adapted.prefixItems = heads
      else {
        delete adapted.prefixItems
        const rest = items === undefined || items === false ? [] : [this.#adapt(items, inner('[]'))]
        const kinds = [...heads, ...rest]
        adapted.items = kinds.length === 1 ? kinds[0] : { anyOf: kinds }
        adapted.minItems ??= heads.length
        if (rest.length === 0) adapted.maxItems ??= heads.length
        return
      }
      if (items === false || items === true) {
        delete adapted.items
        if (!items) adapted.maxItems ??= heads.length
        return
      }
    }
    if (items === undefined || items === true) {
      delete adapted.items
      // Servers of the OpenAI format want `items` in every array.
      if (this.#support.strict && !this.#support.typed) adapted.items = {}
    } else adapted.items = this.#adapt(items, inner('[]'))
    if (adapted.items === undefined && this.#support.closed)
      this.#report('has no `items`', place.path)
  }

  #checkLimits(json: SchemaNode, $defs: Record<string, unknown>): void {
    const support = this.#support
    const { properties, optional, unions, enumValues, text } = this.#count
    const limits: [count: number, limit: number | undefined, of: string][] = [
      [properties, support.maxProperties, 'properties'],
      [optional, support.maxOptional, 'optional properties'],
      [unions, support.maxUnions, 'unions'],
      [enumValues, support.maxEnumValues, 'values in `enum`'],
      [text, support.maxText, 'characters of names and values'],
    ]
    for (const [count, limit, of] of limits) {
      if (limit !== undefined && count > limit) this.#report(`has more than ${limit} ${of}`, '')
    }
    const { maxDepth, maxLength = Infinity } = support
    if (maxLength < Infinity && JSON.stringify({ ...json, $defs }).length > maxLength)
      this.#report(`has more than ${maxLength} characters`, '')
    if (maxDepth !== undefined && depthOf(json, { defs: $defs, known: new Map() }) > maxDepth)
      this.#report(`is nested more than ${maxDepth} levels deep`, '')
  }
}

/** The position of a schema. */
interface Place {
  /** Path for an error message: `items[].name`. */
  readonly path: string
  /** The recursive definitions that contain this schema. */
  readonly cyclic: ReadonlySet<string> | undefined
  /** True inside an optional property of its definition. */
  readonly isOptional: boolean
}

const BY_TYPE: Record<string, readonly string[]> = {
  object: ['properties', 'required', 'additionalProperties'],
  array: ['items', 'prefixItems', 'minItems', 'maxItems'],
}

/** True for a schema that only bounds values, such as the second of two patterns. */
function isBound(schema: unknown): boolean {
  return (
    isRecord(schema) &&
    Object.keys(schema).every((word) => BOUNDS.has(word) || ANNOTATIONS.has(word))
  )
}

/** Removes keywords that apply to values of another type. */
function keepOwn(node: SchemaNode): void {
  for (const [type, words] of Object.entries(BY_TYPE)) {
    if (node.type !== type) for (const word of words) delete node[word]
  }
}

/** Moves keywords to the description, as Anthropic's SDKs do. */
function describe(node: SchemaNode, moved: SchemaNode): void {
  const text = JSON.stringify(moved)
  const { description } = node
  node.description = typeof description === 'string' ? `${description}\n${text}` : text
}

/** Defines a property, even one named `__proto__`. */
function define(record: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(record, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  })
}

function isEmpty(node: SchemaNode): boolean {
  return Object.keys(node).length === 0
}
