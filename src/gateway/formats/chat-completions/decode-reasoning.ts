/**
 * Reads how vendors' own clients of the OpenAI format turn reasoning on and off.
 * @see https://docs.vllm.ai/en/latest/features/reasoning_outputs.html
 * @see https://help.aliyun.com/zh/model-studio/deep-thinking
 * @see https://docs.bigmodel.cn/cn/guide/capabilities/thinking
 * @see https://openrouter.ai/docs/use-cases/reasoning-tokens
 */
import { isRecord } from '../../../is-record.ts'
import type { ChatOptions, ReasoningOptions } from '../../../options.ts'
import type { Shape } from '../../../validation/shape.ts'
import { flag, rule } from '../../../validation/shape.ts'
import type { Members } from '../shapes.ts'
import { shortText } from '../shapes.ts'

/** Accepts an object with nothing but these members. */
function only(members: Record<string, (value: unknown) => boolean>, message: string): Shape {
  return rule(message, (value: unknown) => {
    if (!isRecord(value)) return false
    return Object.entries(value).every(
      ([name, one]) => one == null || members[name]?.(one) === true,
    )
  })
}

const isFlag = (value: unknown) => typeof value === 'boolean'
const isText = (value: unknown) => typeof value === 'string' && value.length <= 64
const isBudget = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0
const isType = (value: unknown) =>
  ['enabled', 'disabled', 'auto', 'adaptive'].includes(value as string)

/** Members that set the reasoning of a reply. */
export const REASONING: Record<string, Shape> = {
  reasoning_effort: shortText,
  // DashScope, SiliconFlow, ModelScope
  enable_thinking: flag,
  thinking_budget: rule('must be a whole number of 0 or more', isBudget),
  // vLLM, SGLang, llama.cpp
  chat_template_kwargs: only(
    { enable_thinking: isFlag, thinking: isFlag, reasoning_effort: isText },
    'may have `enable_thinking`, `thinking` and `reasoning_effort` only',
  ),
  // Zhipu, DeepSeek, Moonshot
  thinking: only(
    { type: isType, budget_tokens: isBudget, clear_thinking: isFlag, keep: isText },
    'must be { type: "enabled" | "disabled" | "auto" }',
  ),
  // OpenRouter
  reasoning: only(
    { enabled: isFlag, effort: isText, max_tokens: isBudget, exclude: (value) => value === false },
    'may have `enabled`, `effort` and `max_tokens` only',
  ),
}

/** Returns the option that the members of a checked request mean, or `undefined` for the model's default. */
export function decodeReasoning(members: Members): ChatOptions['reasoning'] {
  const template = (members.chat_template_kwargs ?? {}) as Members
  const thinking = (members.thinking ?? {}) as Members
  const reasoning = (members.reasoning ?? {}) as Members
  const type = { enabled: true, disabled: false }[thinking.type as string]
  const switches = [
    members.enable_thinking,
    template.enable_thinking ?? template.thinking,
    type,
    reasoning.enabled,
  ]
  const isOn = switches.find((one) => one != null)
  if (isOn === false) return false
  const effort = members.reasoning_effort || reasoning.effort || template.reasoning_effort
  const tokens = members.thinking_budget ?? reasoning.max_tokens ?? thinking.budget_tokens
  const options = {
    ...(effort ? { effort } : {}),
    ...(tokens ? { budget: tokens } : {}),
  } as ReasoningOptions
  return Object.keys(options).length > 0 ? options : isOn === true ? true : undefined
}
