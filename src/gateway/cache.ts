/**
 * Answers kept and given again. Where they are kept is the deployment's choice.
 */
import { toEvents } from '../chat/normalize-output.ts'
import type { ChatResult, StreamEvent } from '../event.ts'
import type { GatewayRequest } from './hooks.ts'

type AnyRequest = Pick<GatewayRequest<never, never>, 'model' | 'chat'>

/** A hash of everything that the answer depends on: the same for a stream as for a whole answer. */
export async function cacheKey({ model, chat }: AnyRequest): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify([model, chat]))
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** An answer as a text for the cache. */
export function serialize(result: ChatResult): string {
  return JSON.stringify(result)
}

/** An answer out of the cache. */
export function parse(text: string): ChatResult {
  return JSON.parse(text) as ChatResult
}

/** A kept answer as the events that it once came in, though in fewer pieces. */
export async function* toEventStream(result: ChatResult): AsyncGenerator<StreamEvent> {
  yield* toEvents(result)
}
