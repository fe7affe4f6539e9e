/**
 * The methods that are called of an engine.
 */

/** A request in OpenAI's shape to an answer, or to an async iterable of chunks. */
type Complete = (request: never) => unknown

/** WebLLM's engine, wllama, or anything else with one of these methods. */
export interface Engine {
  /** WebLLM's, and that of every client in OpenAI's manner. */
  chat?: { completions: { create: Complete } }
  /** wllama's. */
  createChatCompletion?: Complete
  /** wllama's, for prompts without a chat template. */
  createCompletion?: Complete
  /** WebLLM's, which knows no `AbortSignal`. */
  interruptGenerate?: () => unknown
  /** wllama's: whether a model is loaded. */
  isModelLoaded?: () => boolean
  /** wllama's (3.9 and later): whether the loaded model accepts pictures or sound. */
  supportInputModality?: (modality: never) => boolean
}
