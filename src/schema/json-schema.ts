/**
 * Validates values against a plain JSON Schema: those parts of the standard by which tools and answers are described,
 * of the drafts from 7 on, and `nullable`. Passed over: `format`, `contains`, `if`, `dependent…`, `unevaluated…`,
 * unknown words, and a `$ref` that leads out of the schema.
 * @see https://json-schema.org/draft/2020-12/json-schema-validation
 */
import type { OutputIssue } from '../error-code.ts'
import { isRecord } from '../is-record.ts'
import { canonical, follow, isMultiple, isSame } from './json-value.ts'

type Node = Record<string, unknown>

/** A value that is looked at: where it stands, and what is found to be wrong. */
interface Subject<T = unknown> {
  readonly value: T
  readonly issues: OutputIssue[]
  readonly parent?: Subject
  readonly key?: string | number
}

/** So many things that are wrong are told; a model cannot use more. */
const MOST = 20
/** How far schemas may lead into each other: one that leads to itself must end before the stack does. */
const DEEPEST = 256

/** @returns what is wrong, the first things only; nothing for a valid value */
export function validateJSON(schema: Node, value: unknown): OutputIssue[] {
  const issues: OutputIssue[] = []
  new Validation(schema).check(schema, { value, issues })
  return issues
}

/** One value against one schema. */
class Validation {
  #root: Node
  #depth = 0
  #patterns = new Map<string, RegExp | undefined>()
  /** What was found behind each `$ref` for each value: branches that meet there would double the work every time. */
  #found = new Map<unknown, Map<unknown, OutputIssue[]>>()

  constructor(root: Node) {
    this.#root = root
  }

  check(schema: unknown, subject: Subject): void {
    const { value, issues } = subject
    if (issues.length >= MOST) return
    if (schema === false) return tell(subject, 'is not allowed')
    if (!isRecord(schema) || (value === null && schema.nullable === true)) return
    if (this.#depth >= DEEPEST) return tell(subject, 'is nested too deeply')
    this.#depth++
    if (typeof schema.$ref === 'string') this.#checkReference(schema.$ref, subject)
    // What is of another type is wrong in every other way too: that would tell nothing.
    if (checkType(schema, subject)) {
      checkChoice(schema, subject)
      this.#checkForms(schema, subject)
      if (typeof value === 'string') this.#checkText(schema, subject as Subject<string>)
      else if (typeof value === 'number') checkNumber(schema, subject as Subject<number>)
      else if (Array.isArray(value)) this.#checkItems(schema, subject as Subject<unknown[]>)
      else if (isRecord(value)) this.#checkMembers(schema, subject as Subject<Node>)
    }
    this.#depth--
  }

  #checkReference(reference: string, subject: Subject): void {
    const target = follow(this.#root, reference)
    const { value, issues } = subject
    if (typeof value !== 'object' || value === null) return this.check(target, subject)
    let found = this.#found.get(target)
    if (!found) this.#found.set(target, (found = new Map()))
    let own = found.get(value)
    if (!own) {
      // Set before it is filled: a schema that leads to itself without going deeper finds nothing new.
      found.set(value, (own = []))
      this.check(target, { ...subject, issues: own })
    }
    issues.push(...own)
  }

  #checkForms(schema: Node, subject: Subject): void {
    const { allOf, anyOf, oneOf, not } = schema
    for (const form of listOf(allOf)) this.check(form, subject)
    if (Array.isArray(anyOf)) this.#countFitting(anyOf, subject)
    const fitting = Array.isArray(oneOf) ? this.#countFitting(oneOf, subject) : 1
    if (fitting > 1) tell(subject, `must fit only one of its forms, not ${fitting}`)
    if (not !== undefined && this.#find(not, subject).length === 0) {
      tell(subject, 'has a form that is not allowed')
    }
  }

  /** For a value that fits no form it tells what is wrong with those that it comes closest to. */
  #countFitting(forms: readonly unknown[], subject: Subject): number {
    const all = forms.map((form) => this.#find(form, subject))
    const fitting = all.filter((found) => found.length === 0).length
    if (fitting > 0) return fitting
    const depths = all.map((found) => found[0]?.path?.length ?? 0)
    const closest = all.filter((_, index) => depths[index] === Math.max(...depths))
    const [first = []] = closest
    if (closest.length === 1) subject.issues.push(...first)
    else {
      const words = new Set(closest.map((found) => found[0]?.message))
      subject.issues.push({ ...first[0], message: [...words].join(', or ') })
    }
    return 0
  }

  #find(schema: unknown, subject: Subject): OutputIssue[] {
    const issues: OutputIssue[] = []
    this.check(schema, { ...subject, issues })
    return issues
  }

  #checkText(schema: Node, subject: Subject<string>): void {
    const { minLength, maxLength, pattern } = schema
    if (minLength !== undefined || maxLength !== undefined) {
      // Characters, of which some take two places.
      const size = Array.from(subject.value).length
      checkSize(subject, { size, least: minLength, most: maxLength, of: 'characters' })
    }
    if (typeof pattern === 'string' && this.#compile(pattern)?.test(subject.value) === false) {
      tell(subject, `must match the pattern ${pattern}`)
    }
  }

  #checkItems(schema: Node, subject: Subject<unknown[]>): void {
    const { value, issues } = subject
    const { minItems, maxItems, uniqueItems, items, prefixItems, additionalItems } = schema
    checkSize(subject, { size: value.length, least: minItems, most: maxItems, of: 'items' })
    if (uniqueItems === true && new Set(value.map((item) => canonical(item))).size < value.length) {
      tell(subject, 'must not hold the same item twice')
    }
    // Up to draft 7 the schemas of the first ones stood in `items`.
    const [first, rest] = Array.isArray(items) ? [items, additionalItems] : [prefixItems, items]
    const heads = listOf(first)
    for (const [key, item] of value.entries()) {
      const schemaOfItem = key < heads.length ? heads[key] : rest
      this.check(schemaOfItem, { value: item, issues, parent: subject, key })
    }
  }

  #checkMembers(schema: Node, subject: Subject<Node>): void {
    const { value, issues } = subject
    for (const key of listOf(schema.required) as string[]) {
      if (!Object.hasOwn(value, key))
        tell({ value: undefined, issues, parent: subject, key }, 'is missing')
    }
    const size = Object.keys(value).length
    const { minProperties: least, maxProperties: most } = schema
    checkSize(subject, { size, least, most, of: 'members' })
    for (const [key, each] of Object.entries(value)) {
      this.#checkMember(schema, { value: each, issues, parent: subject, key })
    }
  }

  #checkMember(schema: Node, subject: Subject & { key: string }): void {
    const { properties, patternProperties, propertyNames, additionalProperties } = schema
    const { key } = subject
    this.check(propertyNames, { ...subject, value: key })
    const own = isRecord(properties) && Object.hasOwn(properties, key) ? [properties[key]] : []
    const schemas = isRecord(patternProperties) ? Object.entries(patternProperties) : []
    const matching = schemas.filter(([pattern]) => this.#compile(pattern)?.test(key))
    const known = [...own, ...matching.map(([, each]) => each)]
    if (known.length > 0) for (const each of known) this.check(each, subject)
    else if (additionalProperties === false) tell(subject, 'is not a known member')
    else this.check(additionalProperties, subject)
  }

  /** Some patterns are written for another language and cannot be read: those are passed over. */
  #compile(pattern: string): RegExp | undefined {
    if (!this.#patterns.has(pattern)) {
      this.#patterns.set(pattern, compile(pattern, 'u') ?? compile(pattern, ''))
    }
    return this.#patterns.get(pattern)
  }
}

function compile(pattern: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(pattern, flags)
  } catch {
    return undefined // the next way is tried, or none
  }
}

function checkType(schema: Node, subject: Subject): boolean {
  const types = [schema.type ?? []].flat() as string[]
  if (types.length === 0 || types.some((type) => isOf(type, subject.value))) return true
  tell(subject, `must be ${types.map((type) => TYPES[type] ?? type).join(' or ')}`)
  return false
}

const TYPES: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
}

function isOf(type: string, value: unknown): boolean {
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isRecord(value)
  // An unknown word says nothing.
  return !Object.hasOwn(TYPES, type) || typeof value === type
}

function checkChoice(schema: Node, subject: Subject): void {
  for (const choices of [schema.enum, 'const' in schema ? [schema.const] : undefined]) {
    if (!Array.isArray(choices) || choices.some((one) => isSame(one, subject.value))) continue
    const words = choices.map((choice) => JSON.stringify(choice)).join(', ')
    tell(subject, `must be ${choices.length > 1 ? 'one of ' : ''}${words.slice(0, 300)}`)
  }
}

function checkNumber(schema: Node, subject: Subject<number>): void {
  const { value } = subject
  for (const [word, [isRight, words]] of Object.entries(BOUNDS)) {
    const bound = schema[word]
    if (typeof bound === 'number' && !isRight(value, bound)) tell(subject, `${words} ${bound}`)
  }
}

const BOUNDS: Record<string, [isRight: (value: number, bound: number) => boolean, words: string]> =
  {
    minimum: [(value, bound) => value >= bound, 'must be at least'],
    maximum: [(value, bound) => value <= bound, 'must be at most'],
    exclusiveMinimum: [(value, bound) => value > bound, 'must be above'],
    exclusiveMaximum: [(value, bound) => value < bound, 'must be below'],
    multipleOf: [isMultiple, 'must be a multiple of'],
  }

function checkSize(
  subject: Subject,
  { size, least, most, of }: { size: number; least: unknown; most: unknown; of: string },
): void {
  if (typeof least === 'number' && size < least) tell(subject, `must have at least ${least} ${of}`)
  if (typeof most === 'number' && size > most) tell(subject, `must have at most ${most} ${of}`)
}

function tell(subject: Subject, message: string): void {
  if (subject.issues.length >= MOST) return
  const path: (string | number)[] = []
  for (let at: Subject | undefined = subject; at?.key !== undefined; at = at.parent) {
    path.unshift(at.key)
  }
  subject.issues.push({ message, path })
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
