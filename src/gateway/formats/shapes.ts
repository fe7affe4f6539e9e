/**
 * Shapes of members that several wire formats have, and helpers to rebuild objects.
 */
import { HttpError, invalid } from '../../edge/http-error.ts'
import { isChatError } from '../../errors.ts'
import { isRecord } from '../../is-record.ts'
import type { FunctionTool } from '../../message.ts'
import type { ChatOptions, ResponseFormat } from '../../options.ts'
import type { Shape } from '../../validation/shape.ts'
import { optional, rule } from '../../validation/shape.ts'

export type Members = Record<string, unknown>

/** Limit of names, in characters. */
const MAX_NAME = 512
/** Limit of a stop sequence, in characters: each piece of a reply is searched for all of them. */
const MAX_STOP = 256

export const name: Shape = /* @__PURE__ */ rule(
  `must be a string of 1 to ${MAX_NAME} characters`,
  (value: unknown) => {
    return typeof value === 'string' && value.trim() !== '' && value.length <= MAX_NAME
  },
)
export const shortText: Shape = /* @__PURE__ */ rule(
  `must be a string of at most ${MAX_NAME} characters`,
  (value: unknown) => typeof value === 'string' && value.length <= MAX_NAME,
)
export const positive: Shape = /* @__PURE__ */ rule(
  'must be a whole number above 0',
  (value) => Number.isSafeInteger(value) && value > 0,
)
export const whole: Shape = /* @__PURE__ */ rule('must be a whole number', Number.isSafeInteger)
export const stop: Shape = /* @__PURE__ */ rule(
  `must be a string or a list of at most 16 strings, each of at most ${MAX_STOP} characters`,
  (value: unknown) => {
    const sequences = Array.isArray(value) ? value : [value]
    return (
      sequences.length <= 16 &&
      sequences.every((one) => typeof one === 'string' && one.length <= MAX_STOP)
    )
  },
)

/** Returns a wish for the length of the answer, or `undefined` for an unknown word: hints are never refused. */
export function toVerbosity(value: unknown): ChatOptions['verbosity'] {
  return value === 'low' || value === 'medium' || value === 'high' ? value : undefined
}

/** The members of a function that a model may call. */
export const functionMembers: Record<'name' | 'description' | 'parameters' | 'strict', Shape> =
  /* @__PURE__ */ (() => ({
    name,
    description: nullOr('a string', (value) => typeof value === 'string'),
    parameters: nullOr('an object', isRecord),
    strict: nullOr('true or false', (value) => typeof value === 'boolean'),
  }))()

/** Rebuilds a function. */
export function toFunctionTool(members: Members): FunctionTool {
  return { type: 'function', function: pick(members, Object.keys(functionMembers)) as never }
}

/** Rebuilds the format of a reply that matches a schema. */
export function toSchemaFormat(members: Members): ResponseFormat {
  return {
    type: 'json_schema',
    json_schema: pick(members, ['name', 'schema', 'description', 'strict']) as never,
  }
}

/** Rejects every value. */
export function never(message: string): Shape {
  return rule(message, () => false)
}

/** Accepts `null` in place of an absent value. */
export function nullOr(words: string, test: (value: unknown) => boolean): Shape {
  return optional(rule(`must be ${words}`, (value) => value === null || test(value)))
}

export function dropNulls(members: Members): Members {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null))
}

/**
 * Decodes the members of a body. `null` means absent.
 * @throws {HttpError} 400, naming the member to blame
 */
export function decodeMembers<T>(body: unknown, decode: (members: Members) => T): T {
  if (!isRecord(body)) throw new HttpError(invalid('The request body must be a JSON object'))
  try {
    return decode(dropNulls(body))
  } catch (error) {
    throw isChatError(error) ? new HttpError(invalid(error.message)) : error
  }
}

/** Copies the named members that are present. */
export function pick(members: Members, names: readonly string[]): Members {
  const present = names.filter((name) => members[name] !== undefined && members[name] !== null)
  return Object.fromEntries(present.map((name) => [name, members[name]]))
}

/** Addresses at which vendors keep the files of the account, which belongs to every caller. */
const VENDOR_FILES =
  /^https?:\/\/(generativelanguage\.googleapis\.com|api\.openai\.com|api\.anthropic\.com)\b/i

/** `oss://`, `gs://`, `file://`, … are resolved by the vendor, with the rights of the operator's account. */
export function isPublicURL(url: string): boolean {
  const isOther = /^\s*[a-z][a-z\d+.-]*:/i.test(url) && !/^(https?|data):/i.test(url)
  return !isOther && !VENDOR_FILES.test(url)
}

/**
 * Returns a value of a request as text, to compare or to show it. `String` throws for an object of JSON with a member
 * `toString`.
 */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
}

export function mapValues<In, Out>(
  record: Record<string, In>,
  change: (value: In) => Out,
): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}

/** Lowers the tokens asked for to the operator's limit, which also holds where none are asked for. */
export function limitTokens(
  asked: number | undefined,
  limit: number | undefined,
): number | undefined {
  return limit === undefined ? asked : Math.min(asked ?? limit, limit)
}
