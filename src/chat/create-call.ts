/**
 * Creates the `Call` that a provider receives, from a config and a request.
 */
import type { Aborter } from '../aborter.ts'
import type { Call, CallObserver } from '../call.ts'
import { ABORTER, FAILS_OVER, OBSERVER } from '../call.ts'
import { secretsOf } from '../redact.ts'
import type { Usage } from '../event.ts'
import { mergeDeep } from '../merge-deep.ts'
import type { Message } from '../message.ts'
import type { ChatOptions, ModelConfig } from '../options.ts'
import { DEFAULTS } from '../options.ts'
import type { CheckedRequest } from '../validation/input.ts'
import type { ChunkStream, WholeReply } from './normalize-output.ts'
import { mergeStop } from './stop-sequences.ts'

/** The model of a run. */
interface RunModel {
  /** Counts tokens, for a server that sends no usage. */
  countTokens(input: string | readonly Message[]): number
}

/** What a run does with its model. Shared by all calls, so that none has closures of its own. */
export interface RunHost<Model extends RunModel = RunModel> {
  /** Calls `_chatStream` or `_chatNoStream`. */
  ask(llm: Model, messages: readonly Message[], call: Call): ChunkStream | WholeReply
  onUsage(llm: Model, usage: Usage): void
}

/** Options of a run. */
export interface RunOptions {
  config: ModelConfig
  provider: string
  model: string
  request: CheckedRequest
  rawPrompt: string | undefined
  llm: RunModel
  host: RunHost
  /** True if the model calls other models, whose requests are observed instead. */
  delegates: boolean
  /** Time from which the total timeout counts (`Date.now()`). @default when the run starts */
  startedAt?: number
}

/** Options of a call. */
export type CallOptions = Pick<
  RunOptions,
  'config' | 'provider' | 'model' | 'request' | 'rawPrompt'
>

/** One getter for all, so that all calls have the same shape (V8). */
const SIGNAL: PropertyDescriptor & ThisType<{ [ABORTER]: AbortSignal | Aborter }> = {
  get() {
    const aborter = this[ABORTER]
    return 'signal' in aborter ? aborter.signal : aborter
  },
  enumerable: true,
}

/** @param signal aborts the call */
export function createCall(options: CallOptions, signal: AbortSignal | Aborter): Call {
  const { config, provider, model, request, rawPrompt } = options
  const { defaults = {} } = config
  const own = request.options
  const headers = { ...config.headers, ...defaults.headers, ...own.headers }
  const secrets = secretsOf(headers)
  const hasExtra = config.extraBody || defaults.extraBody || own.extraBody
  // All in one literal, then the options that are set: an object made by spreading takes ten times the memory (V8).
  const members: Omit<Call, 'signal'> = {
    extraBody: hasExtra
      ? mergeDeep(mergeDeep(config.extraBody ?? {}, defaults.extraBody), own.extraBody)
      : undefined,
    stop: mergeStop(own.stop ?? defaults.stop, model),
    stream: request.stream,
    provider,
    model,
    fetch: config.fetch ?? globalThis.fetch.bind(globalThis),
    hooks: config.hooks,
    headers,
    timeout: config.timeout ?? (request.stream ? DEFAULTS.timeoutStreamed : DEFAULTS.timeoutWhole),
    idleTimeout: config.idleTimeout ?? DEFAULTS.idleTimeout,
    maxFrameLength: config.maxFrameLength ?? DEFAULTS.maxFrameLength,
    maxResponseSize: config.maxResponseSize ?? DEFAULTS.maxResponseSize,
    failsOver: FAILS_OVER in own,
    observer: (own as { [OBSERVER]?: CallObserver })[OBSERVER],
    sentAt: Date.now(),
    complete: false,
    keepsTime: false,
    secrets: secrets.length > 0 ? secrets : [''],
    sendsIdempotencyKey: config.idempotencyKey,
    // Present from the start and never deleted, which keeps the object's shape and property access fast.
    abortRequest: undefined,
    idempotencyKey: undefined,
    responseId: undefined,
    responseModel: undefined,
    requestId: undefined,
    partialFields: undefined,
  }
  const call = members as Call
  // Not enumerable: a copy of the call has the signal, which a class may replace.
  Object.defineProperty(call, ABORTER, { value: signal })
  Object.defineProperty(call, 'signal', SIGNAL)
  addOptions(call, own)
  addOptions(call, defaults)
  return rawPrompt === undefined ? call : Object.assign(call, { rawPrompt })
}

/** Adds the options that the call does not have yet. */
function addOptions(call: Call, options: ChatOptions): void {
  const members = call as unknown as Record<string, unknown>
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && !Object.hasOwn(call, name)) members[name] = value
}
