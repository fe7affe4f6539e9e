/**
 * Determines whether a model thinks, which decides what else it accepts.
 */
import type { Call } from '../../call.ts'
import { unsupportedOption } from '../../errors.ts'
import { alwaysThinks, isStreamOnly, thinksByDefault } from './models.ts'

type Members = Record<string, unknown>

/** True if the model will think with these options. */
export function isThinking(
  call: Pick<Call, 'model' | 'provider' | 'reasoning' | 'extraBody'>,
): boolean {
  const extra = splitExtra(call.extraBody).parameters
  return willThink(call.model, { ...encodeThinking(call), ...extra })
}

/** True if the server only streams, mostly while thinking. */
export function needsStream(model: string, parameters: Members): boolean {
  return isStreamOnly(model) || willThink(model, parameters)
}

/** Splits `extraBody` into parameters and the three properties of the body itself. */
export function splitExtra(extra: Members = {}): { top: Members; parameters: Members } {
  const top: Members = {}
  const parameters: Members = {}
  for (const [name, value] of Object.entries(extra)) {
    if (name === 'parameters') Object.assign(parameters, value)
    else if (name === 'input' || name === 'model') top[name] = value
    else parameters[name] = value
  }
  return { top, parameters }
}

/** Encodes `reasoning`. @throws {ConfigError} `unsupported_option` */
export function encodeThinking(call: Pick<Call, 'model' | 'provider' | 'reasoning'>): Members {
  const { reasoning } = call
  if (reasoning === undefined) return {}
  const { effort, budget } = typeof reasoning === 'object' ? reasoning : {}
  const off = reasoning === false || budget === 0
  if (effort !== undefined && budget !== undefined) {
    throw unsupportedOption(
      call.provider,
      'takes either `reasoning.effort` or `reasoning.budget`, not both',
    )
  }
  if ((off || effort === 'none') && alwaysThinks(call.model)) {
    throw unsupportedOption(
      call.provider,
      `cannot keep "${call.model}" from thinking: leave \`reasoning\` out`,
    )
  }
  if (off) return { enable_thinking: false }
  if (effort === 'none') return { reasoning_effort: effort }
  return { enable_thinking: true, reasoning_effort: effort, thinking_budget: budget }
}

function willThink(model: string, parameters: Members): boolean {
  const { enable_thinking: on, thinking_budget: budget, reasoning_effort: effort } = parameters
  if (alwaysThinks(model)) return true
  if (on !== undefined) return on === true
  return Number(budget) > 0 || (effort !== undefined ? effort !== 'none' : thinksByDefault(model))
}
