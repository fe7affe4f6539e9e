/**
 * What a model's name tells of it at DashScope. There is no endpoint that lists models with their
 * path, so this is a table; an answer of the server's that contradicts it wins (`dashscope.ts`).
 * @see https://help.aliyun.com/zh/model-studio/models
 */

/** The two generation endpoints: each model lives at one of them. */
export type GenerationPath = 'text-generation' | 'multimodal-generation'

/** Vision, sound, and the newer models that are "natively multimodal" and take no plain strings. */
const MULTIMODAL =
  /-(vl|omni|asr|ocr)|^qvq|^qwen\d*-audio|^qwen3\.[568]-|^qwen3\.7-(plus|flash)|^kimi-k2\.[56]/

/** Only names that are sure (`qwen3-8b`, not `glm-4.7`): for others a picture decides. */
const TEXT =
  /^(qwen-(max|plus|turbo|flash|long|coder|mt|doc)|qwen[\d.]*-(max|coder|\d)|qwq|deepseek-(r|v))/

/** These think whatever they are told: `enable_thinking: false` gets "restricted to True". */
const ALWAYS_THINKS = /^(qwq|qvq)|-thinking/

/** "This model only support stream mode": these, whatever the options. */
const STREAM_ONLY = /^(qwq|qvq)|-omni|-thinking/

/**
 * Qwen3 open source thinks unless it is told not to, and streams while thinking; its `instruct`
 * variants never think.
 */
const THINKS_BY_DEFAULT = /^qwen3-\d+(\.\d+)?b(?!.*instruct)/

/**
 * Qwen's models of text and vision have JSON mode, and of its newest some a JSON-schema mode.
 * @see https://www.alibabacloud.com/help/en/model-studio/json-mode (2026-03)
 */
const JSON_MODE = /^qwen(?!.*-(omni|audio|asr|ocr|mt|doc|long|math))/
const SCHEMA_MODE = /^qwen3\.8-max/

/** The path of a model, or `undefined` for a name that is not in the table. */
export function pathOf(model: string): GenerationPath | undefined {
  const name = bareName(model)
  if (MULTIMODAL.test(name)) return 'multimodal-generation'
  return TEXT.test(name) ? 'text-generation' : undefined
}

/** True for a model that cannot be told not to think. */
export function alwaysThinks(model: string): boolean {
  return ALWAYS_THINKS.test(bareName(model))
}

/** True for a model that answers in a stream only. */
export function isStreamOnly(model: string): boolean {
  return STREAM_ONLY.test(bareName(model))
}

/** True for a model that thinks when nothing is said about it. */
export function thinksByDefault(model: string): boolean {
  return THINKS_BY_DEFAULT.test(bareName(model))
}

/** True for a model that is known to take this form of answer while it does not think. */
export function takesFormat(model: string, type: 'json_object' | 'json_schema'): boolean {
  return (type === 'json_schema' ? SCHEMA_MODE : JSON_MODE).test(bareName(model))
}

/** True for the models that read documents on the text path. */
export function readsDocuments(model: string): boolean {
  return bareName(model).startsWith('qwen-doc')
}

/** Hosted models may bear their maker (`MiniMax/MiniMax-M2`). */
function bareName(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1).toLowerCase()
}
