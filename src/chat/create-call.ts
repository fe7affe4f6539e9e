/**
 * The call that travels down to the wire, out of a config and a request.
 */
import type { Call } from '../call.ts'
import type { Usage } from '../event.ts'
import type { Message } from '../message.ts'
import type { ChatOptions, ModelConfig } from '../options.ts'
import { DEFAULTS } from '../options.ts'
import type { CheckedRequest } from '../validation/input.ts'
import type { ChunkStream, WholeReply } from './normalize-output.ts'
import { mergeStop } from './stop-sequences.ts'

/** What a run is made of. */
export interface RunOptions {
  config: ModelConfig
  provider: string
  model: string
  request: CheckedRequest
  rawPrompt: string | undefined
  /** Asks the model: `_chatStream` or `_chatNoStream`. */
  ask: (messages: readonly Message[], call: Call) => ChunkStream | WholeReply
  onUsage: (usage: Usage) => void
  /** The model's own count, for a server that sends no usage. */
  countTokens: (input: string | readonly Message[]) => number
}

/** What a call is made of. */
export type CallOptions = Pick<
  RunOptions,
  'config' | 'provider' | 'model' | 'request' | 'rawPrompt'
>

/** @param signal ends the call */
export function createCall(options: CallOptions, signal: AbortSignal): Call {
  const { config, provider, model, request, rawPrompt } = options
  const merged = mergeOptions(config.defaults, request.options)
  const headers = { ...config.headers, ...merged.headers }
  return {
    ...merged,
    extraBody: { ...config.extraBody, ...merged.extraBody },
    stop: mergeStop(merged.stop, model),
    ...(rawPrompt !== undefined && { rawPrompt }),
    stream: request.stream,
    signal,
    provider,
    model,
    fetch: config.fetch ?? globalThis.fetch.bind(globalThis),
    headers,
    timeout: config.timeout ?? (request.stream ? DEFAULTS.timeoutStreamed : DEFAULTS.timeoutWhole),
    idleTimeout: config.idleTimeout ?? DEFAULTS.idleTimeout,
    maxFrameLength: config.maxFrameLength ?? DEFAULTS.maxFrameLength,
    sentAt: Date.now(),
    complete: false,
    keepsTime: false,
    secrets: secretsOf(headers),
    // There from the start, and never deleted: either would make each look at the call a slow one.
    responseId: undefined,
    responseModel: undefined,
    requestId: undefined,
  }
}

/** Keys that a caller sends in headers of its own, without their scheme (`Bearer`). */
function secretsOf(headers: Record<string, string>): string[] {
  return Object.keys(headers)
    .filter((name) => /auth|key|token|secret|cookie/i.test(name))
    .map((name) => (headers[name] as string).replace(/^\w+ /, ''))
}

function mergeOptions(defaults: ChatOptions = {}, options: ChatOptions): ChatOptions {
  const merged: Record<string, unknown> = { ...defaults }
  for (const [name, value] of Object.entries(options)) if (value !== undefined) merged[name] = value
  return {
    ...merged,
    extraBody: { ...defaults.extraBody, ...options.extraBody },
    headers: { ...defaults.headers, ...options.headers },
  }
}
