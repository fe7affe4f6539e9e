/**
 * What a model's name tells of it: the API takes other options with each generation.
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
 * True for models that think in levels, demand their signatures back, and take functions together with
 * JSON output or with the vendor's own tools; earlier ones refuse each of these pairs.
 */
export function isThirdGeneration(model: string): boolean {
  return generationOf(model) >= 3
}

/** True for a model that cannot be told not to think. */
export function alwaysThinks(model: string): boolean {
  return isThirdGeneration(model) || isPro(model)
}

/** The larger models, which never think as little as the small ones can. */
export function isPro(model: string): boolean {
  return /-pro\b/i.test(model)
}
