/**
 * Thinking and effort. Models of other vendors know only some of the ways to ask for it, so it is a hint here: each
 * setting is followed by the next best ones, and at last by the model's own default.
 * @see https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking
 * @see https://platform.claude.com/docs/en/build-with-claude/effort
 */
import { HttpError, invalid } from '../../../edge/http-error.ts'
import type { ReasoningOptions } from '../../../options.ts'
import type { Members } from '../shapes.ts'

type Reasoning = boolean | ReasoningOptions | undefined

/**
 * Returns the settings to try in turn.
 * @param isForced whether a tool must be called, which only models that do not think accept
 */
export function decodeThinking(members: Members, { isForced }: { isForced: boolean }): Reasoning[] {
  const { type, budget_tokens: budget } = (members.thinking ?? {}) as Members
  const effort = effortOf(members.output_config as Members | undefined)
  if (type === 'disabled' || type === 'between_tools' || (type === undefined && isForced))
    return [false, undefined]
  if (type === undefined) return effort ? [...efforts(effort), undefined] : [undefined]
  if (budget) {
    const tokens = budget as number
    return [{ budget: tokens }, ...efforts(effort ?? effortFor(tokens)), true, undefined]
  }
  return effort ? [...efforts(effort), true, undefined] : [true, undefined]
}

function effortOf({ effort }: Members = {}): string | undefined {
  if (effort === undefined || effort === null) return undefined
  if (typeof effort === 'string' && LEVELS.includes(effort)) return effort
  throw new HttpError(invalid(`output_config.effort must be one of ${LEVELS.join(', ')}`))
}

const LEVELS = ['low', 'medium', 'high', 'xhigh', 'max']

function efforts(effort: string): Reasoning[] {
  return LEVELS.indexOf(effort) > 2 ? [{ effort }, { effort: 'high' }] : [{ effort }]
}

function effortFor(budget: number): string {
  if (budget < 4096) return 'low'
  return budget < 16_384 ? 'medium' : 'high'
}
