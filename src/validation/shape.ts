/**
 * Validates callers' input and reports the first problem with its path. Uses few of valibot's schemas, with
 * custom checks inside, since each schema adds to every bundle.
 */
import * as v from 'valibot'
import type { ConfigErrorCode } from '../error-code.ts'
import { ConfigError } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import { didYouMean } from './suggest.ts'

/** The schema of one property. */
export type Shape = v.GenericSchema

/** Creates a value at first use: creating all shapes takes half a millisecond, too long for module load. */
export function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

/** Requires a property to pass a test. */
export function rule(message: string, test: (value: never) => boolean): Shape {
  return v.custom(test as (value: unknown) => boolean, message)
}

/** Makes a property optional. */
export function optional(shape: Shape): Shape {
  return v.optional(shape)
}

/** Creates the shape of an object with these properties and any others. */
export function object(entries: Record<string, Shape>, message = 'must be an object'): Shape {
  return v.looseObject(entries, message)
}

/** Creates the shape of a list. */
export function list(shape: Shape, message: string): Shape {
  return v.array(shape, message)
}

/** Picks the shape by the value. */
export function choose(pick: (value: never) => Shape): Shape {
  return v.lazy(pick as (value: unknown) => Shape)
}

export const text: Shape = rule('must be a string', (value) => typeof value === 'string')
export const number: Shape = rule('must be a number', Number.isFinite)
export const flag: Shape = rule('must be true or false', (value) => typeof value === 'boolean')
export const func: Shape = rule('must be a function', (value) => typeof value === 'function')
// A `Headers` object has no own properties and would look empty.
export const headers: Shape = rule(
  'must be a plain object of strings that are valid header values',
  areHeaders,
)
export const record: Shape = rule('must be an object', isRecord)

function areHeaders(value: unknown): boolean {
  if (!isRecord(value) || value instanceof Headers) return false
  if (!Object.values(value).every((one) => typeof one === 'string')) return false
  try {
    new Headers(value as Record<string, string>) // `fetch` would reject them with a message that shows the value
    return true
  } catch {
    return false
  }
}

/** A property that the model's class checks. */
export const ANYTHING: Shape = optional(rule('', () => true))

/** True for milliseconds from 1 to 2147483647, or `false`. Timers have 32 bits: a longer one would fire at once. */
export function isDuration(value: unknown): boolean {
  return (
    value === false || (Number.isFinite(value) && Number(value) >= 1 && Number(value) < 2 ** 31)
  )
}

export const duration: Shape = rule(
  'must be milliseconds from 1 to 2147483647, or false',
  isDuration,
)

/** Requires one of several values. */
export function oneOf(words: readonly unknown[], message: string): Shape {
  return rule(message, (value) => words.includes(value))
}

/** @throws {ConfigError} with the path of the property: `messages[2].content[0].type must be …` */
export function checkShape(
  shape: Shape,
  value: unknown,
  code: ConfigErrorCode,
  root: string,
): void {
  const found = v.safeParse(shape, value, { abortEarly: true })
  if (found.success) return
  const issue = found.issues[0]
  // valibot's message for a missing property.
  const missing = issue.received === 'undefined' && issue.type.endsWith('object')
  throw new ConfigError(code, `${pathOf(issue, root)} ${missing ? 'is missing' : issue.message}`)
}

/** @throws {ConfigError} for the first unknown or invalid property */
export function checkMembers(
  entries: Record<string, Shape>,
  value: object,
  code: ConfigErrorCode,
  root: string,
  hint: (unknown: string) => string = () => '',
): void {
  if (!isRecord(value)) throw new ConfigError(code, `${root || 'The request'} must be an object`)
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(entries, name))
  if (unknown !== undefined) {
    const what = code === 'unsupported_option' ? 'option' : 'member'
    throw new ConfigError(
      code,
      `${root && `${root}.`}${unknown} is not a known ${what}${hint(unknown) || didYouMean(unknown, Object.keys(entries))}`,
    )
  }
  // Only properties that fail a custom check go through valibot: its first run takes a fifth of a millisecond.
  const left: Record<string, Shape> = {}
  for (const name in entries) {
    const shape = entries[name] as Shape
    const member: unknown = (value as Record<string, unknown>)[name]
    if (member === undefined ? shape.type !== 'optional' : !passes(shape, member))
      left[name] = shape
  }
  if (Object.keys(left).length > 0) checkShape(object(left), value, code, root)
}

/** True if the shape is a rule, optional or not, and the value passes it. */
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
