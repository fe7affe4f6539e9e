/**
 * Derives the capabilities of DashScope's models from their names. No endpoint lists models with their path, so
 * this is a table; a contradicting response of the server overrides it (`dashscope.ts`).
 * @see https://help.aliyun.com/zh/model-studio/models
 */

/** The two generation endpoints. Each model is served at one of them. */
export type GenerationPath = 'text-generation' | 'multimodal-generation'

/** Vision and audio models, and the newer "natively multimodal" ones, which reject plain strings. */
const MULTIMODAL =
  /-(vl|omni|asr|ocr)|^qvq|^qwen\d*-audio|^qwen3\.[568]-|^qwen3\.7-(plus|flash)|^kimi-k2\.[56]/

/** Only unambiguous names (`qwen3-8b`, not `glm-4.7`): for others an image decides. */
const TEXT =
  /^(qwen-(max|plus|turbo|flash|long|coder|mt|doc)|qwen[\d.]*-(max|coder|\d)|qwq|deepseek-(r|v))/

/** Models that always think: `enable_thinking: false` gets "restricted to True". */
const ALWAYS_THINKS = /^(qwq|qvq)|-thinking/

/** Models that only stream, whatever the options: "This model only support stream mode". */
const STREAM_ONLY = /^(qwq|qvq)|-omni|-thinking/

/** Open-source Qwen3 thinks by default, and streams while thinking. Its `instruct` variants never think. */
const THINKS_BY_DEFAULT = /^qwen3-\d+(\.\d+)?b(?!.*instruct)/

/**
 * Qwen's text and vision models have JSON mode, and some of the newest a JSON-schema mode.
 * @see https://www.alibabacloud.com/help/en/model-studio/json-mode (2026-03)
 */
const JSON_MODE = /^qwen(?!.*-(omni|audio|asr|ocr|mt|doc|long|math))/
const SCHEMA_MODE = /^qwen3\.8-max/

/**
 * Qwen's text and vision models continue the start of a reply while not thinking.
 * @see https://help.aliyun.com/zh/model-studio/partial-mode (2026-10)
 */
const PREFILL = /^qwen(?!.*-(omni|audio|asr|ocr|mt|doc|long))/

/** True for a model that is known to continue the start of a reply while not thinking. */
export function supportsPrefill(model: string): boolean {
  return PREFILL.test(bareName(model))
}

/** Returns the path of a model, or `undefined` for an unknown name. */
export function pathOf(model: string): GenerationPath | undefined {
  const name = bareName(model)
  if (MULTIMODAL.test(name)) return 'multimodal-generation'
  return TEXT.test(name) ? 'text-generation' : undefined
}

/** True for a model that always thinks. */
export function alwaysThinks(model: string): boolean {
  return ALWAYS_THINKS.test(bareName(model))
}

/** True for a model that only streams. */
export function isStreamOnly(model: string): boolean {
  return STREAM_ONLY.test(bareName(model))
}

/** True for a model that thinks by default. */
export function thinksByDefault(model: string): boolean {
  return THINKS_BY_DEFAULT.test(bareName(model))
}

/** True for a model that is known to support this format while not thinking. */
export function supportsFormat(model: string, type: 'json_object' | 'json_schema'): boolean {
  return (type === 'json_schema' ? SCHEMA_MODE : JSON_MODE).test(bareName(model))
}

/** True for models that read documents on the text path. */
export function readsDocuments(model: string): boolean {
  return bareName(model).startsWith('qwen-doc')
}

/** Strips the organization of hosted models (`MiniMax/MiniMax-M2`). */
function bareName(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1).toLowerCase()
}
