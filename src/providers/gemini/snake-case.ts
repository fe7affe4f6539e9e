/**
 * Reads answers of proxies that spell members as Google's Python SDK does (`finish_reason`).
 */
import { isRecord } from '../../is-record.ts'

/** An answer, as far as its spelling shows. */
interface Spelled {
  candidates?: ({ content?: { parts?: unknown } | null } | null)[] | null
}

/** Returns an answer in Google's spelling. Arguments of calls keep theirs. */
export function toCamelCase<T extends object>(answer: T): T {
  const { candidates } = answer as Spelled
  const isOther =
    hasSnakeCase(answer) ||
    (Array.isArray(candidates) &&
      candidates.some((one) => hasSnakeCase(one) || hasSnakeParts(one?.content?.parts)))
  return isOther ? (rename(answer) as T) : answer
}

function hasSnakeParts(parts: unknown): boolean {
  return Array.isArray(parts) && parts.some(hasSnakeCase)
}

function hasSnakeCase(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).some((name) => name.includes('_'))
}

function rename(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rename)
  if (!isRecord(value)) return value
  const members = Object.entries(value).map(([name, member]) => [
    name.replace(/\B_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    name === 'args' ? member : rename(member),
  ])
  return Object.fromEntries(members)
}
