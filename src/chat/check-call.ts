/**
 * Rejects a call that no server could answer, before anything is sent.
 */
import type { Call } from '../call.ts'
import { ConfigError } from '../errors.ts'
import { isFunctionTool } from '../message.ts'

/**
 * Rejects tools of one name, and a `toolChoice` that names no tool, as servers do. Tools in a vendor's own format may have
 * any name.
 * @throws {ConfigError} `unsupported_option`
 */
export function checkTools({ tools, toolChoice, extraBody }: Partial<Call>): void {
  if (!tools?.length) return
  const names = tools.filter(isFunctionTool).map((tool) => tool.function.name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined)
    throw new ConfigError('unsupported_option', `\`tools\` has several tools named "${twice}"`)
  if (typeof toolChoice !== 'object' || names.length < tools.length || extraBody) return
  const { name } = toolChoice.function
  if (names.includes(name)) return
  throw new ConfigError('unsupported_option', `\`toolChoice\` names none of \`tools\`: "${name}"`)
}

/**
 * Rejects a class that lacks the method of this call.
 * @throws {ConfigError} `invalid_config`
 */
export function checkClass(llm: object, { stream }: Call): void {
  const { _chatStream: streamed, _chatNoStream: whole } = llm as Record<string, unknown>
  if (typeof streamed === 'function' || (!stream && typeof whole === 'function')) return
  throw new ConfigError(
    'invalid_config',
    `${llm.constructor.name} must implement _chatStream(messages, options)`,
  )
}
