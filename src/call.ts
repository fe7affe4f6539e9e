/**
 * State of one chat call, passed from the base class through a provider to the wire.
 */
import type { AbortState } from './aborter.ts'
import type { ChatOptions, Fetch, RequestHooks } from './options.ts'

/**
 * Second argument of `_chatStream` and `_chatNoStream`: the request's options merged with the model's `defaults`,
 * and the state of the request. Providers read it and set `responseId`, `responseModel` and `requestId` when
 * known.
 */
export interface Call extends ChatOptions {
  /** True if the caller reads a stream. */
  readonly stream: boolean
  /** Stop sequences: the caller's first, then those of the model's family. */
  readonly stop: readonly string[]
  /** Raw prompt to send without a chat template; `messages` is empty then. */
  readonly rawPrompt?: string
  /** Aborted by the caller, by the total timeout, or when the reader stops reading. */
  readonly signal: AbortSignal
  /** Registered name of the server, for errors. */
  readonly provider: string
  /** The requested model. */
  readonly model: string
  /** The config's `fetch`, else the global one. An observer may wrap it. */
  fetch: Fetch
  /** The config's `hooks`. */
  readonly hooks?: RequestHooks | undefined
  /** Headers of the config and the options. They override the provider's own. */
  readonly headers: Record<string, string>
  /** Timeout for the first byte, in milliseconds, or `false`. */
  readonly timeout: number | false
  /** Timeout between two pieces, in milliseconds, or `false`. */
  idleTimeout: number | false
  /** Maximum size of one frame, in characters. */
  readonly maxFrameLength: number
  /** Maximum size of the streamed reply, in characters. */
  readonly maxResponseSize: number
  /** True if another model can take over: a timeout then falls back immediately instead of being retried. */
  readonly failsOver: boolean
  /** Observes the requests of the call. */
  readonly observer?: CallObserver | undefined
  /** Time at which the current request was sent (`Date.now()`). */
  sentAt: number
  /**
   * True while another part enforces the timeouts: a response reader, another model's run, or an engine that
   * loads.
   */
  keepsTime: boolean
  /** True once the reply is complete; trailing data such as usage gets only a short wait. */
  complete: boolean
  /** Aborts the current request after its response has begun. */
  abortRequest?: (() => void) | undefined
  /** Strings to redact from errors, such as the key. An empty one keeps its place. */
  readonly secrets: string[]
  /** The config's `idempotencyKey`. */
  readonly sendsIdempotencyKey?: boolean | undefined
  /** Sent with every request of the call that has the same body, once there is one. */
  idempotencyKey?: string | undefined
  /** The vendor's id of the reply. */
  responseId?: string | undefined
  /** The model that answered, as the server spells it. */
  responseModel?: string | undefined
  /** The server's request id. */
  requestId?: string | undefined
  /** Returns the members of the message that have arrived beside text, for the `partial` of a reply that is cut. */
  partialFields?: (() => Record<string, unknown> | undefined) | undefined
}

/** In a call: what aborts it, an `Aborter` or a signal. Internal, so a symbol. */
export const ABORTER: unique symbol = /* @__PURE__ */ Symbol('aborter')

/** Returns what aborts the call. Does not create its signal. */
export function abortOf(call: Call): AbortState {
  return (call as { [ABORTER]?: AbortState })[ABORTER] ?? call.signal
}

/** Sets `Call.failsOver`. Internal, so a symbol, which JSON cannot contain. */
export const FAILS_OVER: unique symbol = /* @__PURE__ */ Symbol('failsOver')

/**
 * In a request: its `CallObserver`. In a model: creates the `RunObserver` of a tool run. Registered, so that it is the
 * same in all copies of this package.
 */
export const OBSERVER: unique symbol = /* @__PURE__ */ Symbol.for('chatwire.observer')

/** Observes the requests of a call from inside, for `chatwire/otel`. */
export interface CallObserver {
  /**
   * Called before each request. May change `fetch` and the headers of the call.
   * @returns a function to call when the request has ended, with the error if it failed; later calls have no effect
   */
  onTry(call: Call): (error?: unknown) => void
}
