/**
 * Checks that a function which takes a model got one.
 */
import { assertConfig } from '../assert-config.ts'

/** @throws {ConfigError} `invalid_config` for a config, a name or nothing */
export function checkModel(llm: unknown, caller: string): void {
  assertConfig(
    typeof (llm as { chat?: unknown } | null | undefined)?.chat === 'function',
    `${caller}() takes a model: getChatModel(…) returns one`,
  )
}
