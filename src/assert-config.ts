/**
 * Checks arguments and configs.
 */
import { ConfigError } from './errors.ts'

/** @throws {ConfigError} `invalid_config` with the message unless the condition is met */
export function assertConfig(condition: boolean, message: string): asserts condition {
  if (!condition) throw new ConfigError('invalid_config', message)
}
