/**
 * Hooks for the operator: rate limits, a cache, logs.
 */
import type { ServeContext } from '../edge/authorize.ts'
import type { ChatResult } from '../event.ts'
import type { ChatRequest } from '../options.ts'
import type { PriceTable } from './cost.ts'

/** A request that is about to be sent to a model. */
// oxlint-disable-next-line typescript/no-explicit-any -- the same as the functions' own
export interface GatewayRequest<Env = any, Caller = any> {
  /** The id sent as `x-request-id`. */
  requestId: string
  /** Value that `authorize` returned; `undefined` if that was `true`. */
  caller: Caller | undefined
  /** The name in the table of models. */
  model: string
  /** True for a streamed reply. */
  stream: boolean
  /** Id of the end user as sent by the caller. Passed to no model. */
  user: string | undefined
  /** The request to the model. */
  chat: ChatRequest
  /** The request as received. Its body may be consumed. */
  request: Request
  /** Variables and bindings of the runtime. */
  env: Env
  /** The runtime's context. */
  context: ServeContext | undefined
}

/** A request to be admitted. */
export interface AdmissionRequest<Env, Caller> extends GatewayRequest<Env, Caller> {
  /** An estimate of the prompt's tokens, tools included; 500 for each part that is not text. */
  promptTokens: number
}

/** End of a request. One that was rejected early lacks the properties that describe its content. */
// oxlint-disable-next-line typescript/no-explicit-any -- the same as the functions' own
export interface GatewayEnd<Env = any, Caller = any> extends Partial<
  Pick<GatewayRequest<Env, Caller>, 'caller' | 'model' | 'stream' | 'user' | 'chat'>
> {
  /** The id sent as `x-request-id`. */
  requestId: string
  /** The request as received. Its body may be consumed. */
  request: Request
  /** Variables and bindings of the runtime. */
  env: Env
  /** The runtime's context. */
  context: ServeContext | undefined
  /** `refused`: no model was called; `failed`: the model failed; `left`: the client disconnected. */
  outcome: 'answered' | 'refused' | 'failed' | 'left'
  /** The HTTP status; 200 for a stream that fails later, 499 if the client disconnected before the response. */
  status: number
  /** Time from the request to the end of the reply, in milliseconds. */
  durationMs: number
  /** The reply with `usage`, `provider` and `attempts`; the part received if it failed or the client disconnected. */
  result?: ChatResult
  /** True if the reply came from the cache. */
  cached?: boolean
  /** True if the request had been sent before and got a copy of that reply (`Idempotency-Key`). */
  resent?: true
  /** Cost by `prices` of the reply, or of the part received; 0 from the cache. */
  cost?: number
  /** The full error, for your logs: it names the server and may quote it. Keys are redacted. */
  error?: unknown
}

/**
 * Admits or rejects a request: `false` and `{ retryAfter }` (milliseconds) answer 429. A function admits it and is
 * called once when the request has ended, however it ended: use it to count concurrent requests, or tokens.
 */
export type Admission<Env, Caller> =
  | boolean
  | void
  | { retryAfter?: number | undefined }
  | ((end: GatewayEnd<Env, Caller>) => unknown)

/** A model that a caller asks for, or that a list of models may show. */
export interface ModelAccess<Env, Caller> {
  /** The value that `authorize` returned; `undefined` if that was `true`. */
  caller: Caller | undefined
  /** The name in the table of models. */
  model: string
  /** The request. */
  request: Request
  /** Variables and bindings of the runtime. */
  env: Env
}

/** Stores replies as text, by key. If it fails, the gateway calls the model and reports to `onError`. */
export interface GatewayCache<Env, Caller> {
  /** Returns a text that was passed to `set`, or nothing. Times out after one second. */
  get: (
    key: string,
    request: GatewayRequest<Env, Caller>,
  ) => string | null | undefined | Promise<string | null | undefined>
  /** Stores a text. Called with complete replies only; the key is a hash of the model and the entire request. */
  set: (key: string, value: string, request: GatewayRequest<Env, Caller>) => unknown
}

/** Hooks whose failures `onError` reports. */
export type HookName = 'admit' | 'cache' | 'onEnd'

/** The failure of a hook that did not fail the request. */
export interface GatewayHookFailure<Env> {
  /** The hook that failed. */
  hook: HookName
  /** The thrown value. */
  error: unknown
  /** Id of the request, as in `x-request-id`. */
  requestId: string
  /** The request. */
  request: Request
  /** Variables and bindings from the runtime. */
  env: Env
  /** The runtime's context, if it has one. */
  context: ServeContext | undefined
}

/** Hooks of an operator. `authorize` and `admit` fail the request if they throw; the others never do. */
export interface GatewayHooks<Env, Caller> {
  /** Called before each request to a model; for rate limits and quotas. */
  admit?:
    | ((
        request: AdmissionRequest<Env, Caller>,
      ) => Admission<Env, Caller> | Promise<Admission<Env, Caller>>)
    | undefined
  /** Returns false to hide a model from a caller: it is not listed, and asking for it answers 404. Not async. */
  allowModel?: ((access: ModelAccess<Env, Caller>) => boolean) | undefined
  /** Stores complete replies. */
  cache?: GatewayCache<Env, Caller> | undefined
  /** Called once for every request except preflights; for logs and billing. The reply does not wait for it. */
  onEnd?: ((end: GatewayEnd<Env, Caller>) => unknown) | undefined
  /** Called when `cache`, `onEnd` or the function that `admit` returned fails. */
  onError?: ((failure: GatewayHookFailure<Env>) => unknown) | undefined
  /** Prices per million tokens by model name; `onEnd` receives the `cost`. */
  prices?: PriceTable | undefined
}
