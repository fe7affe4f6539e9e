/**
 * Validates values against a JSON Schema of draft 2020-12, drafts 6 to 2019-09, and OpenAPI's `nullable`.
 * `format` is an annotation, which is the standard's default: it is not checked.
 * @see https://json-schema.org/draft/2020-12/json-schema-validation
 */
import type { OutputIssue } from '../error-code.ts'
import { isRecord } from '../is-record.ts'
import { canonical, isMultiple, isSame, TooDeep } from './json-value.ts'
import { compilePattern } from './pattern.ts'
import type { SchemaIndex, SchemaNode } from './schema-index.ts'

/** A value under validation, with its path and the issues found so far. */
interface Subject<T = unknown> {
  readonly value: T
  readonly issues: OutputIssue[]
  readonly parent?: Subject
  readonly key?: string | number
}

/** The properties and items of one value that schemas have evaluated, for `unevaluatedProperties` and `…Items`. */
type Evaluated = Set<string | number>

/** Maximum number of reported issues. */
const MAX_ISSUES = 20
/** Maximum nesting of values and references. */
const MAX_DEPTH = 256

/**
 * Validates a value.
 * @param index the schema, checked by `checkSchema()`
 * @returns the first issues; empty for a valid value
 */
export function validateJSON(index: SchemaIndex, value: unknown): OutputIssue[] {
  const issues: OutputIssue[] = []
  try {
    new Validation(index).check(index.root, { value, issues })
  } catch (error) {
    // Never a mismatch, which `not` or `if` would turn into a match.
    if (!(error instanceof TooDeep)) throw error
    issues.push({ message: 'is nested too deeply', path: [] })
  }
  return issues
}

/** Validates one value against one schema. */
class Validation {
  #index: SchemaIndex
  #depth = 0
  #patterns = new Map<string, RegExp | undefined>()
  /**
   * Caches the outcome of each `$ref` target per value: branches that share a target would double the work each
   * time.
   */
  #known = new Map<unknown, Map<unknown, { issues: OutputIssue[]; seen: Evaluated }>>()
  /** The resources entered on the way here, for `$dynamicRef`. */
  #scope: string[] = []

  constructor(index: SchemaIndex) {
    this.#index = index
  }

  /** @returns the part of the value that the schema has evaluated */
  check(schema: unknown, subject: Subject): Evaluated {
    const seen: Evaluated = new Set()
    const { value, issues } = subject
    if (issues.length >= MAX_ISSUES) return seen
    if (schema === false) addIssue(subject, 'is not allowed')
    if (!isRecord(schema) || (value === null && schema.nullable === true)) return seen
    if (this.#depth >= MAX_DEPTH) throw new TooDeep()
    this.#depth++
    this.#scope.push(this.#index.baseOf(schema))
    this.#checkReferences(schema, subject, seen)
    // A value of the wrong type breaks every other rule as well; those issues would add nothing.
    if (checkType(schema, subject)) {
      checkChoice(schema, subject)
      this.#checkCombinations(schema, subject, seen)
      if (typeof value === 'string') this.#checkText(schema, subject as Subject<string>)
      else if (typeof value === 'number') checkNumber(schema, subject as Subject<number>)
      else if (Array.isArray(value)) this.#checkItems(schema, subject as Subject<unknown[]>, seen)
      else if (isRecord(value)) this.#checkMembers(schema, subject as Subject<SchemaNode>, seen)
    }
    this.#scope.pop()
    this.#depth--
    return seen
  }

  #checkReferences(schema: SchemaNode, subject: Subject, seen: Evaluated): void {
    if (schema.$ref !== undefined) {
      merge(seen, this.#checkTarget(this.#index.resolve(schema), subject))
    }
    if (schema.$dynamicRef !== undefined) {
      merge(seen, this.check(this.#index.resolveDynamic(schema, this.#scope), subject))
    }
  }

  #checkTarget(target: unknown, subject: Subject): Evaluated {
    const { value, issues } = subject
    if (typeof value !== 'object' || value === null || this.#index.isDynamic)
      return this.check(target, subject)
    let known = this.#known.get(target)
    if (!known) this.#known.set(target, (known = new Map()))
    let outcome = known.get(value)
    if (!outcome) {
      const found: OutputIssue[] = []
      outcome = { issues: found, seen: this.check(target, { ...subject, issues: found }) }
      known.set(value, outcome)
    }
    issues.push(...outcome.issues)
    return outcome.seen
  }

  #checkCombinations(schema: SchemaNode, subject: Subject, seen: Evaluated): void {
    const { allOf, anyOf, oneOf, not } = schema
    for (const each of listOf(allOf)) merge(seen, this.check(each, subject))
    if (Array.isArray(anyOf)) this.#countMatches(anyOf, subject, seen)
    const matches = Array.isArray(oneOf) ? this.#countMatches(oneOf, subject, seen) : 1
    if (matches > 1) addIssue(subject, `must match only one of its alternatives, not ${matches}`)
    if (not !== undefined && this.#try(not, subject).issues.length === 0) {
      addIssue(subject, 'matches a schema that is not allowed')
    }
    if (schema.if !== undefined) {
      const condition = this.#try(schema.if, subject)
      const holds = condition.issues.length === 0
      if (holds) merge(seen, condition.seen)
      merge(seen, this.check(holds ? schema.then : schema.else, subject))
    }
  }

  /** Reports the issues of the closest alternatives for a value that matches none. */
  #countMatches(alternatives: readonly unknown[], subject: Subject, seen: Evaluated): number {
    const outcomes = alternatives.map((each) => this.#try(each, subject))
    const matching = outcomes.filter(({ issues }) => issues.length === 0)
    for (const each of matching) merge(seen, each.seen)
    if (matching.length > 0) return matching.length
    const found = outcomes.map(({ issues }) => issues)
    const depths = found.map(([first]) => first?.path?.length ?? 0)
    const closest = found.filter((_, index) => depths[index] === Math.max(...depths))
    const [first = []] = closest
    if (closest.length === 1) subject.issues.push(...first)
    else {
      const messages = new Set(closest.map(([issue]) => issue?.message))
      subject.issues.push({ ...first[0], message: [...messages].join(', or ') })
    }
    return 0
  }

  #try(schema: unknown, subject: Subject): { issues: OutputIssue[]; seen: Evaluated } {
    const issues: OutputIssue[] = []
    return { issues, seen: this.check(schema, { ...subject, issues }) }
  }

  #checkText(schema: SchemaNode, subject: Subject<string>): void {
    const { minLength, maxLength, pattern } = schema
    if (minLength !== undefined || maxLength !== undefined) {
      // Counts characters, some of which take two code units.
      const size = Array.from(subject.value).length
      checkSize(subject, { size, least: minLength, most: maxLength, of: 'characters' })
    }
    if (typeof pattern === 'string' && !this.#compile(pattern)?.test(subject.value)) {
      addIssue(subject, `must match the pattern ${pattern}`)
    }
  }

  #checkItems(schema: SchemaNode, subject: Subject<unknown[]>, seen: Evaluated): void {
    const { value, issues } = subject
    const { minItems, maxItems, uniqueItems, items, prefixItems, additionalItems } = schema
    checkSize(subject, { size: value.length, least: minItems, most: maxItems, of: 'items' })
    if (uniqueItems === true && new Set(value.map((item) => canonical(item))).size < value.length) {
      addIssue(subject, 'must not contain duplicate items')
    }
    // Up to draft 2019-09 `items` contained the schemas of the first items.
    const [first, rest] = Array.isArray(items) ? [items, additionalItems] : [prefixItems, items]
    const heads = listOf(first)
    for (const [key, item] of value.entries()) {
      const own = key < heads.length ? heads[key] : rest
      if (own === undefined) continue
      this.check(own, { value: item, issues, parent: subject, key })
      seen.add(key)
    }
    if (schema.contains !== undefined) this.#checkContains(schema, subject, seen)
    if (schema.unevaluatedItems === undefined) return
    for (const [key, item] of value.entries()) {
      if (seen.has(key)) continue
      this.check(schema.unevaluatedItems, { value: item, issues, parent: subject, key })
      seen.add(key)
    }
  }

  #checkContains(schema: SchemaNode, subject: Subject<unknown[]>, seen: Evaluated): void {
    const { contains, minContains = 1, maxContains } = schema
    let size = 0
    for (const [key, value] of subject.value.entries()) {
      const place = { value, issues: [], parent: subject, key }
      if (this.#try(contains, place).issues.length > 0) continue
      size++
      seen.add(key)
    }
    const of = 'items of the kind in `contains`'
    checkSize(subject, { size, least: minContains, most: maxContains, of })
  }

  #checkMembers(schema: SchemaNode, subject: Subject<SchemaNode>, seen: Evaluated): void {
    const { value, issues } = subject
    requireMembers(subject, listOf(schema.required))
    const size = Object.keys(value).length
    const { minProperties: least, maxProperties: most } = schema
    checkSize(subject, { size, least, most, of: 'properties' })
    this.#checkDependencies(schema, subject, seen)
    for (const [key, each] of Object.entries(value)) {
      this.#checkMember(schema, { value: each, issues, parent: subject, key }, seen)
    }
    if (schema.unevaluatedProperties === undefined) return
    for (const [key, each] of Object.entries(value)) {
      if (seen.has(key)) continue
      const member = { value: each, issues, parent: subject, key }
      if (schema.unevaluatedProperties === false) addIssue(member, 'is not a known property')
      else this.check(schema.unevaluatedProperties, member)
      seen.add(key)
    }
  }

  #checkDependencies(schema: SchemaNode, subject: Subject<SchemaNode>, seen: Evaluated): void {
    const { dependentRequired, dependentSchemas, dependencies } = schema
    for (const map of [dependentRequired, dependentSchemas, dependencies]) {
      if (!isRecord(map)) continue
      for (const [key, dependency] of Object.entries(map)) {
        if (!Object.hasOwn(subject.value, key)) continue
        if (Array.isArray(dependency)) requireMembers(subject, dependency)
        else merge(seen, this.check(dependency, subject))
      }
    }
  }

  #checkMember(schema: SchemaNode, subject: Subject & { key: string }, seen: Evaluated): void {
    const { properties, patternProperties, propertyNames, additionalProperties } = schema
    const { key } = subject
    if (propertyNames !== undefined) this.check(propertyNames, { ...subject, value: key })
    const own = isRecord(properties) && Object.hasOwn(properties, key) ? [properties[key]] : []
    const schemas = isRecord(patternProperties) ? Object.entries(patternProperties) : []
    const matching = schemas.filter(([pattern]) => this.#compile(pattern)?.test(key))
    const known = [...own, ...matching.map(([, each]) => each)]
    if (known.length > 0) for (const each of known) this.check(each, subject)
    else if (additionalProperties === undefined) return
    else if (additionalProperties === false) addIssue(subject, 'is not a known property')
    else this.check(additionalProperties, subject)
    seen.add(key)
  }

  #compile(pattern: string): RegExp | undefined {
    if (!this.#patterns.has(pattern)) this.#patterns.set(pattern, compilePattern(pattern))
    return this.#patterns.get(pattern)
  }
}

function checkType(schema: SchemaNode, subject: Subject): boolean {
  const types = [schema.type ?? []].flat() as string[]
  if (types.length === 0 || types.some((type) => isOf(type, subject.value))) return true
  addIssue(subject, `must be ${types.map((type) => TYPE_NAMES[type] ?? type).join(' or ')}`)
  return false
}

const TYPE_NAMES: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  integer: 'an integer',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  null: 'null',
}

function isOf(type: string, value: unknown): boolean {
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isRecord(value)
  return typeof value === type
}

function checkChoice(schema: SchemaNode, subject: Subject): void {
  for (const choices of [schema.enum, 'const' in schema ? [schema.const] : undefined]) {
    if (!Array.isArray(choices) || choices.some((one) => isSame(one, subject.value))) continue
    const list = choices.map((choice) => JSON.stringify(choice)).join(', ')
    addIssue(subject, `must be ${choices.length > 1 ? 'one of ' : ''}${list.slice(0, 300)}`)
  }
}

function checkNumber(schema: SchemaNode, subject: Subject<number>): void {
  for (const [word, [isRight, text]] of Object.entries(BOUNDS)) {
    const bound = schema[word]
    if (typeof bound === 'number' && !isRight(subject.value, bound))
      addIssue(subject, `${text} ${bound}`)
  }
}

const BOUNDS: Record<string, [isRight: (value: number, bound: number) => boolean, text: string]> = {
  minimum: [(value, bound) => value >= bound, 'must be at least'],
  maximum: [(value, bound) => value <= bound, 'must be at most'],
  exclusiveMinimum: [(value, bound) => value > bound, 'must be greater than'],
  exclusiveMaximum: [(value, bound) => value < bound, 'must be less than'],
  multipleOf: [isMultiple, 'must be a multiple of'],
}

function checkSize(
  subject: Subject,
  { size, least, most, of }: { size: number; least: unknown; most: unknown; of: string },
): void {
  if (typeof least === 'number' && size < least)
    addIssue(subject, `must have at least ${least} ${of}`)
  if (typeof most === 'number' && size > most) addIssue(subject, `must have at most ${most} ${of}`)
}

function requireMembers(subject: Subject<SchemaNode>, names: readonly unknown[]): void {
  const { value, issues } = subject
  for (const key of names as string[]) {
    if (!Object.hasOwn(value, key))
      addIssue({ value: undefined, issues, parent: subject, key }, 'is missing')
  }
}

function addIssue(subject: Subject, message: string): void {
  if (subject.issues.length >= MAX_ISSUES) return
  const path: (string | number)[] = []
  for (let at: Subject | undefined = subject; at?.key !== undefined; at = at.parent) {
    path.unshift(at.key)
  }
  subject.issues.push({ message, path })
}

function merge(seen: Evaluated, more: Evaluated): void {
  for (const key of more) seen.add(key)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
