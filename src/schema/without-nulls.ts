/**
 * Validates an output in which `null` may stand for a member that is left out.
 */
import { isRecord } from '../is-record.ts'
import type { Outcome, PreparedSchema } from './standard-schema.ts'

/** Maximum number of validations of one output: some libraries report one issue at a time. */
const MOST_VALIDATIONS = 16

/**
 * Validates an output. Models write `null` for members that they leave out: where the schema refuses that, they are left
 * out.
 * @see https://github.com/mastra-ai/mastra/issues/17655
 */
export async function validateWithoutNulls<T>(
  schema: PreparedSchema<T>,
  value: unknown,
): Promise<Outcome<T>> {
  const first = await schema.validate(value)
  let last = first
  let copy: unknown
  for (let count = 1; 'issues' in last && count < MOST_VALIDATIONS; count++) {
    const nulls = last.issues.filter(({ path = [] }) => memberAt(copy ?? value, path) === null)
    if (nulls.length === 0) return first
    copy ??= JSON.parse(JSON.stringify(value))
    for (const { path = [] } of nulls) {
      const parent = path.slice(0, -1).reduce(memberOf, copy)
      delete (parent as Record<string, unknown>)[path.at(-1) as string]
    }
    last = await schema.validate(copy)
  }
  return 'issues' in last ? first : last
}

/** Returns the value of an object's member, but not that of a list. */
function memberAt(value: unknown, path: readonly (string | number)[]): unknown {
  const parent = path.slice(0, -1).reduce(memberOf, value)
  return isRecord(parent) ? parent[path.at(-1) ?? ''] : undefined
}

function memberOf(value: unknown, key: string | number): unknown {
  return Object(value)[key]
}
