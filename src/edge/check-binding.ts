/**
 * Checks what adapters of platforms are made of.
 */
import { assertConfig } from '../assert-config.ts'
import { isRecord } from '../is-record.ts'

/**
 * Requires a binding with a method; without one, a function. A binding that the platform's configuration lacks would
 * otherwise fail at the first request, or never where a hook fails open.
 * @param caller subject and verb of the message
 * @throws {ConfigError} `invalid_config`
 */
export function checkBinding(caller: string, what: string, value: unknown, method?: string): void {
  const member = method === undefined ? value : (value as Record<string, unknown> | null)?.[method]
  const given = value === null ? 'null' : typeof value
  assertConfig(typeof member === 'function', `${caller} ${what}, not ${given}`)
}

/**
 * Requires an adapter's options to be an object with no other member than its one. A value in their place, or a
 * misspelled name, would be ignored.
 * @throws {ConfigError} `invalid_config`
 */
export function checkOption(
  adapter: string,
  options: object,
  name: string,
  type: 'number' | 'string',
): void {
  const isValid = ([key, value]: [string, unknown]) =>
    key === name && (value === undefined || (typeof value === type && !Number.isNaN(value)))
  assertConfig(
    isRecord(options) && Object.entries(options).every(isValid),
    `The options of ${adapter}() are { ${name} }, a ${type}`,
  )
}

const IN_WORKERS = '(is its binding in the configuration of the Worker?)'
/** What adapters take, for the message. */
export const KV_NAMESPACE: string = `a KV namespace ${IN_WORKERS}`
export const DURABLE_OBJECTS: string = `a Durable Object namespace ${IN_WORKERS}`
export const RATE_LIMIT: string = `a rate limit ${IN_WORKERS}`
export const DENO_KV: string = 'the database that `await Deno.openKv()` returns'
export const REDIS_COMMAND: string = 'a function that sends a command'
