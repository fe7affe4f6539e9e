/**
 * What travels with one call, from the base class through a provider to the wire.
 */
import type { ChatOptions, Fetch } from './options.ts'

/**
 * The second argument of `_chatStream` and `_chatNoStream`: the options of this chat (those of the model's
 * `defaults` merged in) and what the wire needs to know. A provider reads it; it sets `responseId`, `responseModel`
 * and `requestId` as it learns them.
 */
export interface Call extends ChatOptions {
  /** Whether the caller reads a stream. */
  readonly stream: boolean
  /** All stop words: the caller's first, then those of the model's family. */
  readonly stop: readonly string[]
  /** The text of a raw prompt, to be sent without a chat template; the messages are empty then. */
  readonly rawPrompt?: string
  /** Ends the call: the caller's signal, the total limit, or a reader who left. */
  readonly signal: AbortSignal
  /** The server's registered name, for errors. */
  readonly provider: string
  /** The model that was asked for. */
  readonly model: string
  /** Sends the requests: that of the config, else the global one. */
  readonly fetch: Fetch
  /** Headers of the config and of the options. They win over a provider's own. */
  readonly headers: Record<string, string>
  /** Longest wait for the first byte, in milliseconds; `false` for ever. */
  readonly timeout: number | false
  /** Longest silence between two pieces, in milliseconds; `false` for ever. */
  readonly idleTimeout: number | false
  /** Largest single frame, in characters. */
  readonly maxFrameLength: number
  /** When the running request was sent, as `Date.now()` tells it. */
  sentAt: number
  /** True once the reply is complete: what may still come (usage) is waited for only briefly. */
  complete: boolean
  /** Ends the running request once its answer has begun, wherever its body stands. */
  abortRequest?: () => void
  /** Texts that no error may show: the key of this call. */
  readonly secrets: string[]
  /** The vendor's id of the answer. */
  responseId?: string | undefined
  /** The model that answers, as the server names it. */
  responseModel?: string | undefined
  /** The server's id of the request. */
  requestId?: string | undefined
}

/** How deep causes are looked through: some runtimes let an error be the cause of itself. */
const CAUSES = 8

/** Takes every secret of a call out of an error and its causes: a server may say a key back in any of their texts. */
export function redactError(error: Error, secrets: readonly string[], depth = 0): void {
  for (const name of Object.getOwnPropertyNames(error)) {
    const value = (error as unknown as Record<string, unknown>)[name]
    if (typeof value === 'string') {
      const clean = redact(value, secrets)
      if (clean !== value) Reflect.defineProperty(error, name, { value: clean })
    } else if (value instanceof Error && depth < CAUSES) redactError(value, secrets, depth + 1)
  }
}

/** Replaces every secret of a call in a text. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text
  for (const secret of secrets) if (secret.length > 3) clean = clean.replaceAll(secret, '***')
  return clean
}
