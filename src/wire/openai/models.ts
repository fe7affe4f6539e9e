/**
 * Derives from the names of OpenAI's models how they think.
 * @see https://developers.openai.com/api/docs/guides/reasoning
 */

/**
 * True for a model that always thinks: those before gpt-5.1, and gpt-6-astra, which refuse the effort `none`.
 * @see https://github.com/BerriAI/litellm-docs/pull/1173
 */
export function alwaysThinks(model: string): boolean {
  return /^(o\d|gpt-5(?!\.\d|.*-chat)|gpt-6-astra|gpt-oss)/.test(model)
}

/**
 * True for a reasoning model that thinks on request only. From gpt-5.5 on, models think unless their effort is `none`.
 * @see https://github.com/BerriAI/litellm/pull/32060
 */
export function thinksOnRequest(model: string): boolean {
  return /^gpt-5\.[1-4]/.test(model)
}

/**
 * Returns the efforts that a reasoning model takes.
 * @param api `max` is an effort of the Responses API
 * @see https://github.com/livekit/agents/pull/7169
 */
export function effortsOf(model: string, api: 'chat' | 'responses'): readonly string[] {
  const usual = ['low', 'medium', 'high']
  if (/^gpt-5(?!\.\d)/.test(model)) return ['minimal', ...usual]
  const always = alwaysThinks(model)
  if (always && !model.startsWith('gpt-6')) return usual
  return [...(always ? [] : ['none']), ...usual, 'xhigh', ...(api === 'responses' ? ['max'] : [])]
}

/**
 * True if Chat Completions refuses function tools to the model while it thinks: from gpt-5.4 on if an effort is asked for,
 * from gpt-5.6 on also if it thinks by default.
 * @param effort that of the request, if it has any
 * @see https://github.com/BerriAI/litellm/pull/34569
 * @see https://github.com/pipecat-ai/pipecat/issues/4043
 */
export function refusesTools(model: string, effort: unknown): boolean {
  const [, version = 0] = /^gpt-(\d(?:\.\d+)?)/.exec(model) ?? []
  return effort !== 'none' && Number(version) >= (effort === undefined ? 5.6 : 5.4)
}
