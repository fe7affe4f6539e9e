/**
 * The stop sequences of model families, by name, after modelscope-agent.
 * @see https://github.com/modelscope/modelscope-agent/blob/master/modelscope_agent/llm/utils/llm_templates.py
 */

import { assertConfig } from '../assert-config.ts'

const FAMILIES: readonly (readonly [names: RegExp, stop: string])[] = [
  [
    /^(qwen(1half|1\.5)?|qwen-(1_8|7|14|72)b-chat(-int[48])?|(qwen-vl|tongyi-finance-14b)-chat(-int4)?)$/,
    '<|im_end|>',
  ],
  [/^modelscope-agent-(7|14)b$/, ' \n\n</s>'],
  [/^llama3-(8|70)b-instruct(-int[48]|-awq)?$/, '<|eot_id|>'],
  [/^llama2-(7|13|70)b-chat$/, '</s>'],
]

/**
 * Returns the stop sequences of a model, looked up by the longest prefix of its name, cut at `_`, that is known.
 * Unlike modelscope-agent, accepts any letter case, an organization (`Qwen/…`), a tag (`qwen:7b`) or a version
 * (`qwen2.5`).
 * @throws {ConfigError} `invalid_config` unless it is a string
 */
export function stopWordsOf(model: string): readonly string[] {
  assertConfig(typeof model === 'string', 'model must be a string')
  const name = model.slice(model.lastIndexOf('/') + 1).toLowerCase()
  const bare = name.split(':', 1)[0] as string
  return find(name) ?? find(bare) ?? stopOf(bare.replace(/\d[\d.]*$/, '')) ?? []
}

function find(name: string): readonly string[] | undefined {
  for (let left = name; left; left = left.slice(0, Math.max(0, left.lastIndexOf('_')))) {
    const stop = stopOf(left)
    if (stop) return stop
  }
  return undefined
}

function stopOf(name: string): readonly string[] | undefined {
  const family = FAMILIES.find(([names]) => names.test(name))
  return family && [family[1]]
}

/**
 * Merges the stop sequences of a call: the caller's, then the model's, without duplicates. The caller's come
 * first so that a server with a limit gets them; `stream/stop-filter.ts` applies the rest.
 */
export function mergeStop(stop: string | readonly string[] | undefined, model: string): string[] {
  const own = typeof stop === 'string' ? [stop] : (stop ?? [])
  return [...new Set([...own, ...stopWordsOf(model)])].filter((word) => word !== '')
}
