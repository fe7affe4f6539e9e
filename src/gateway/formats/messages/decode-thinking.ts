/**
 * Thinking and effort.
 * @see https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking
 * @see https://platform.claude.com/docs/en/build-with-claude/effort
 */
import { HttpError, invalid } from '../../../edge/http-error.ts'
import type { ChatOptions } from '../../../options.ts'
import type { Members } from '../shapes.ts'

/** @param isForced whether a tool must be called, which only models that do not think accept */
export function decodeThinking(
  members: Members,
  { isForced }: { isForced: boolean },
): ChatOptions['reasoning'] {
  const { type, budget_tokens: budget } = (members.thinking ?? {}) as Members
  const effort = effortOf(members.output_config as Members | undefined)
  if (type === 'disabled' || type === 'between_tools' || (type === undefined && isForced))
    return false
  if (budget) return { budget: budget as number }
  if (effort) return { effort }
  return type === undefined ? undefined : true
}

function effortOf({ effort }: Members = {}): string | undefined {
  if (effort === undefined || effort === null) return undefined
  if (typeof effort === 'string' && LEVELS.includes(effort)) return effort
  throw new HttpError(invalid(`output_config.effort must be one of ${LEVELS.join(', ')}`))
}

const LEVELS = ['low', 'medium', 'high', 'xhigh', 'max']
