/**
 * Derives capabilities from model names: options differ between generations.
 * @see https://ai.google.dev/gemini-api/docs/models
 */

/**
 * The generation, 2.5 for `gemini-2.5-flash`. A name without one (`gemini-flash-latest`) is of the newest. Up to its own
 * generation 3 Gemma can do less than any Gemini; from 4 on it is built like Gemini 3.
 */
export function generationOf(model: string): number {
  const gemma = /gemma-(\d+)/i.exec(model)?.[1]
  if (gemma !== undefined) return Number(gemma) < 4 ? 1 : 3
  return Number(/gemini-(\d+(\.\d+)?)/i.exec(model)?.[1] ?? Number.POSITIVE_INFINITY)
}

/**
 * True for Google's open models, which take neither instructions ("Developer instruction is not enabled for
 * models/gemma-3-27b-it") nor a JSON mode.
 * @see https://github.com/vercel/ai/issues/8080
 */
export function isGemma(model: string): boolean {
  return /gemma/i.test(model)
}

/** False for a Gemma before generation 4: "Function calling is not enabled". */
export function takesTools(model: string): boolean {
  return !isGemma(model) || generationOf(model) >= 3
}

/**
 * True for models that think in levels, require their signatures back, and support functions together with JSON
 * output or built-in tools. Earlier ones reject each of these pairs.
 */
export function isThirdGeneration(model: string): boolean {
  return generationOf(model) >= 3
}

/** True for a model that takes images and documents in the results of functions. */
export function takesResultMedia(model: string): boolean {
  return isThirdGeneration(model) && !isGemma(model)
}

/** True for a model that always thinks. */
export function alwaysThinks(model: string): boolean {
  return isThirdGeneration(model) || isPro(model)
}

/** True for the larger models, whose minimum of thinking is higher. */
function isPro(model: string): boolean {
  return /-pro\b/i.test(model)
}

/**
 * True for a model with the lowest level of thinking: of the third generation, Flash up to 3.6 and Flash-Lite.
 * @see https://github.com/BerriAI/litellm-docs/pull/1505
 */
export function takesMinimal(model: string): boolean {
  if (!isThirdGeneration(model)) return true
  return !isPro(model) && (generationOf(model) < 3.7 || /flash-lite/i.test(model))
}
