/**
 * One judge for what callers hand in: the first thing that is wrong, by its path in words.
 * Few of valibot's schemas are used, and tests of our own inside them: each schema weighs in every bundle.
 */
import * as v from 'valibot'
import type { ConfigErrorCode } from '../error-code.ts'
import { ConfigError } from '../errors.ts'
import { isRecord } from '../is-record.ts'

/** A shape of one member. */
export type Shape = v.GenericSchema

/** Made when it is first asked for: all shapes together take half a millisecond, too long for who only loads them. */
export function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

/** A member that must pass a test. */
export function rule(message: string, test: (value: never) => boolean): Shape {
  return v.custom(test as (value: unknown) => boolean, message)
}

/** A member that may be absent. */
export function optional(shape: Shape): Shape {
  return v.optional(shape)
}

/** An object with these members, and any others. */
export function object(entries: Record<string, Shape>, message = 'must be an object'): Shape {
  return v.looseObject(entries, message)
}

/** A list of one shape. */
export function list(shape: Shape, message: string): Shape {
  return v.array(shape, message)
}

/** A shape that depends on the value. */
export function choose(pick: (value: never) => Shape): Shape {
  return v.lazy(pick as (value: unknown) => Shape)
}

export const text: Shape = rule('must be a string', (value) => typeof value === 'string')
export const number: Shape = rule('must be a number', Number.isFinite)
export const flag: Shape = rule('must be true or false', (value) => typeof value === 'boolean')
export const func: Shape = rule('must be a function', (value) => typeof value === 'function')
// A `Headers` has no members of its own: it would be taken for an empty object.
export const headers: Shape = rule(
  'must be a plain object of strings that can stand in a header',
  areHeaders,
)
export const record: Shape = rule('must be an object', isRecord)

function areHeaders(value: unknown): boolean {
  if (!isRecord(value) || value instanceof Headers) return false
  if (!Object.values(value).every((one) => typeof one === 'string')) return false
  try {
    new Headers(value as Record<string, string>) // else `fetch` refuses them, in words that show the value
    return true
  } catch {
    return false
  }
}

/** A member that somebody else judges. */
export const ANYTHING: Shape = optional(rule('', () => true))

/** One of some words. */
export function oneOf(words: readonly unknown[], message: string): Shape {
  return rule(message, (value) => words.includes(value))
}

/** @throws {ConfigError} with the code, naming the member: `messages[2].content[0].type must be …` */
export function checkShape(
  shape: Shape,
  value: unknown,
  code: ConfigErrorCode,
  root: string,
): void {
  const found = v.safeParse(shape, value, { abortEarly: true })
  if (found.success) return
  const issue = found.issues[0]
  // valibot says so of an object that lacks a member.
  const missing = issue.received === 'undefined' && issue.type.endsWith('object')
  throw new ConfigError(code, `${pathOf(issue, root)} ${missing ? 'is missing' : issue.message}`)
}

/** @throws {ConfigError} naming the first member that is none of the entries */
export function checkMembers(
  entries: Record<string, Shape>,
  value: object,
  code: ConfigErrorCode,
  root: string,
): void {
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(entries, name))
  if (unknown) throw new ConfigError(code, `${root && `${root}.`}${unknown} is not a known member`)
  // What a test of our own passes need not be shown to valibot, whose first run takes a fifth of a millisecond.
  const left = Object.entries(entries).filter(([name, shape]) => {
    const member: unknown = (value as Record<string, unknown>)[name]
    return member === undefined ? shape.type !== 'optional' : !passes(shape, member)
  })
  if (left.length > 0) checkShape(object(Object.fromEntries(left)), value, code, root)
}

/** Whether this is a rule, or one that may be absent, and the value keeps it. */
function passes(shape: Shape, value: unknown): boolean {
  const { type, check } = ((shape as { wrapped?: Shape }).wrapped ?? shape) as v.CustomSchema<
    unknown,
    undefined
  >
  return type === 'custom' && check(value)
}

function pathOf(issue: v.BaseIssue<unknown>, root: string): string {
  let path = root
  for (const { key } of issue.path ?? []) {
    path += typeof key === 'number' ? `[${key}]` : path ? `.${String(key)}` : String(key)
  }
  return path
}
