/**
 * Decides whether a reply is read as a stream.
 */
import type { Call } from '../call.ts'
import type { ModelConfig, ReasoningOptions } from '../options.ts'

/** Silence after which Node's `fetch` gives up by itself, in milliseconds. Bun's does after about 360 s. */
const FETCH_LIMIT = 300_000

/**
 * Returns true if the reply should be read as a stream: if the caller reads one, and for a complete reply so that bytes
 * arrive while the model works and the runtime's `fetch` does not give up: for reasoning, for a `timeout` longer than
 * what `fetch` can wait, or if `streaming` is `true`. Only servers that send something while they think are worth it.
 */
export function shouldStream(
  call: Call,
  config: ModelConfig,
  { thinks = isOn(call.reasoning) }: { thinks?: boolean } = {},
): boolean {
  if (call.stream) return true
  const { streaming, timeout = 0, idleTimeout } = config
  const isLong = timeout === false || timeout > FETCH_LIMIT
  if (!(streaming ?? (thinks || isLong))) return false
  // A pause within the reply counts as the wait for it: the caller sees neither.
  if (idleTimeout === undefined) call.idleTimeout = call.timeout
  return true
}

function isOn(reasoning: boolean | ReasoningOptions | undefined): boolean {
  return typeof reasoning === 'object' ? reasoning.effort !== 'none' : reasoning === true
}
