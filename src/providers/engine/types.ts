/**
 * The methods of an engine.
 */

/** Maps a request in OpenAI's format to a reply, or to an async iterable of chunks. */
type Complete = (request: never) => unknown

/** WebLLM's engine, wllama, or anything else with one of these methods. */
export interface Engine {
  /** WebLLM's, and that of every OpenAI-style client. */
  chat?: { completions: { create: Complete } }
  /** wllama's. */
  createChatCompletion?: Complete
  /** wllama's, for prompts without a chat template. */
  createCompletion?: Complete
  /** WebLLM's, which does not support `AbortSignal`. */
  interruptGenerate?: () => unknown
  /** wllama's: true if a model is loaded. */
  isModelLoaded?: () => boolean
  /** wllama's (3.9 and later): true if the loaded model supports images or audio. */
  supportInputModality?: (modality: never) => boolean
}
