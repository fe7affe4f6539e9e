/**
 * What the generations of Claude take, by the name of a model. Servers that only follow the format (GLM, Kimi,
 * DeepSeek) have models of other names: they are asked in the oldest way, which all of them know.
 * @see https://platform.claude.com/docs/en/about-claude/models/overview
 */

/** The generation of a Claude as one number: 305 for 3.5, 406 for 4.6; `undefined` for another model. */
export function versionOf(model: string): number | undefined {
  const [, name = ''] = /claude(.*)/i.exec(model) ?? []
  if (!name) return undefined
  // A date follows the version by the same hyphen: claude-sonnet-4-20250514.
  const [, major = '5', minor = '0'] = /(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/.exec(name) ?? []
  return Number(major) * 100 + Number(minor)
}

/** How a model is told to think, or not to. */
export interface Thinking {
  /** `none`: it cannot; `budget`: by a number of tokens; `adaptive`: by an effort; `either`: by both. */
  style: 'none' | 'budget' | 'adaptive' | 'either'
  /** The `thinking.type` that switches it off; `undefined` where it is off unless asked for; `never`: it always thinks. */
  off: 'disabled' | 'between_tools' | 'never' | undefined
}

/** @see https://platform.claude.com/docs/en/build-with-claude/thinking-troubleshooting */
export function thinkingOf(model: string): Thinking {
  const version = versionOf(model)
  if (version === undefined) return { style: 'budget', off: 'disabled' }
  if (version < 307) return { style: 'none', off: undefined }
  if (version < 406) return { style: 'budget', off: undefined }
  if (version < 500) return { style: version < 407 ? 'either' : 'adaptive', off: undefined }
  const isFixed = /fable|mythos/.test(model) || (/opus/.test(model) && version >= 505)
  if (isFixed) return { style: 'adaptive', off: 'never' }
  return {
    style: 'adaptive',
    off: /sonnet/.test(model) && version >= 505 ? 'between_tools' : 'disabled',
  }
}

/** What an answer may take where nobody says, in tokens: the most that is asked for without a stream, rounded down. */
const USUAL_TOKENS = 20_000

/** Most tokens of an answer, where `maxTokens` says nothing; `budget` is what thinking takes of it. */
export function defaultMaxTokens(model: string, budget = 0): number {
  const version = versionOf(model)
  if (version === undefined) return 8192 + budget
  if (version < 305) return 4096
  if (version < 307) return 8192
  return Math.min(USUAL_TOKENS + budget, outputLimit(model, version))
}

function outputLimit(model: string, version: number): number {
  if (version >= 406) return 128_000
  return /opus/.test(model) && version < 405 ? 32_000 : 64_000
}

/** True if a model answers by a JSON Schema. */
export function takesSchema(model: string): boolean {
  return (versionOf(model) ?? 0) >= 405
}
