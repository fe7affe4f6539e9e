/**
 * Capabilities of Claude generations, by model name. Compatible servers (GLM, Kimi, DeepSeek) use other names and
 * get the oldest request format, which all of them support.
 * @see https://platform.claude.com/docs/en/about-claude/models/overview
 */

/**
 * Returns the generation of a Claude model as a number: 305 for 3.5, 406 for 4.6, or `undefined` for another
 * model.
 */
export function versionOf(model: string): number | undefined {
  const [, name = ''] = /claude(.*)/i.exec(model) ?? []
  if (!name) return undefined
  // A date follows the version after the same hyphen: claude-sonnet-4-20250514.
  const [, major = '5', minor = '0'] = /(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/.exec(name) ?? []
  return Number(major) * 100 + Number(minor)
}

/** Members that control a model's thinking. */
export interface Thinking {
  /** `none`: unsupported; `budget`: a number of tokens; `adaptive`: an effort; `either`: both. */
  style: 'none' | 'budget' | 'adaptive' | 'either'
  /**
   * The `thinking.type` that switches thinking off; `undefined` if it is off by default; `never` if the model
   * always thinks.
   */
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

/**
 * False for the models that refuse to be forced to call a tool: those that always think, from Fable 5.1 on.
 * @see https://github.com/anthropics/claude-cookbooks/issues/854
 */
export function isForcible(model: string): boolean {
  return thinkingOf(model).off !== 'never' || versionOf(model) === 500
}

/** Default length of a reply, in tokens: the most that is requested without a stream, rounded down. */
const DEFAULT_TOKENS = 20_000

/** Returns the default of `maxTokens`, plus the thinking budget. */
export function defaultMaxTokens(model: string, budget = 0): number {
  const version = versionOf(model)
  if (version === undefined) return 8192 + budget
  if (version < 305) return 4096
  if (version < 307) return 8192
  return Math.min(DEFAULT_TOKENS + budget, outputLimit(model, version))
}

function outputLimit(model: string, version: number): number {
  if (version >= 406) return 128_000
  return /opus/.test(model) && version < 405 ? 32_000 : 64_000
}

/** True if the model supports structured outputs. */
export function supportsSchema(model: string): boolean {
  return (versionOf(model) ?? 0) >= 405
}
