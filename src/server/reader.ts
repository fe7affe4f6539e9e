/**
 * Reads members of a request that a page sent, with the path of the one that is wrong.
 */
import { ConfigError } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import { toJSON } from '../well-formed.ts'

type Members = Record<string, unknown>

/** Creates the error for a member of the wrong type. */
export function invalid(path: string, problem: string): ConfigError {
  return new ConfigError('invalid_messages', `${path} ${problem}`)
}

export function readRecord(value: unknown, path: string): Members {
  if (isRecord(value)) return value
  throw invalid(path, 'must be an object')
}

export function readList(value: unknown, path: string): unknown[] {
  if (Array.isArray(value)) return value
  throw invalid(path, 'must be a list')
}

export function readText(members: Members, name: string, path: string): string {
  const value = members[name]
  if (typeof value === 'string') return value
  throw invalid(`${path}.${name}`, value === undefined ? 'is missing' : 'must be a string')
}

export function readOptionalText(members: Members, name: string, path: string): string | undefined {
  return members[name] === undefined || members[name] === null
    ? undefined
    : readText(members, name, path)
}

/** Returns a value as the content of a tool message. */
export function toContentText(value: unknown): string {
  return typeof value === 'string' ? value : (toJSON(value) ?? '')
}
