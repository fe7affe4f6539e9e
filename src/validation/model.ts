/**
 * Checks that a function which takes a model got one.
 */
import { ConfigError } from '../errors.ts'

/** @throws {ConfigError} `invalid_config` for a config, a name or nothing */
export function checkModel(llm: unknown, caller: string): void {
  if (typeof (llm as { chat?: unknown } | null | undefined)?.chat === 'function') return
  throw new ConfigError('invalid_config', `${caller}() takes a model: getChatModel(…) returns one`)
}
