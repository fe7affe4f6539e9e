/**
 * Where a deployment comes in: who may ask how often, what is kept, what is written down.
 */
import type { ChatResult } from '../event.ts'
import type { ChatRequest } from '../options.ts'
import type { ServeContext } from '../edge/authorize.ts'

/** A request that is about to be asked of a model. */
export interface GatewayRequest<Env, Caller> {
  /** The id that the answer bears in `x-request-id`. */
  requestId: string
  /** What `authorize` told of who is asking; `undefined` where that was `true`. */
  caller: Caller | undefined
  /** The name on the list of models. */
  model: string
  /** Whether a stream is asked for. */
  stream: boolean
  /** Who the end user is, as the caller says. It goes to no model. */
  user: string | undefined
  /** What the model will be asked. */
  chat: ChatRequest
  /** The request as it came. Its body may be read already. */
  request: Request
  /** What the runtime handed over: variables and bindings. */
  env: Env
  /** What else the runtime handed over. */
  context: ServeContext | undefined
}

/** How a request ended. What was refused before a model was found has none of the members that tell of it. */
export interface GatewayEnd<Env, Caller> extends Partial<
  Pick<GatewayRequest<Env, Caller>, 'caller' | 'model' | 'stream' | 'user' | 'chat'>
> {
  /** The id that the answer bears in `x-request-id`. */
  requestId: string
  /** The request as it came. Its body may be read already. */
  request: Request
  /** What the runtime handed over: variables and bindings. */
  env: Env
  /** What else the runtime handed over. */
  context: ServeContext | undefined
  /** `refused`: no model was asked; `failed`: the model failed; `left`: the client went away. */
  outcome: 'answered' | 'refused' | 'failed' | 'left'
  /** The HTTP status; a stream that fails later has said 200. */
  status: number
  /** From the request to the end of the answer, in milliseconds. */
  durationMs: number
  /** The answer with its `usage`, `provider` and `attempts`; what there was of it when it failed or the client left. */
  result?: ChatResult
  /** True where the answer came from the cache. */
  cached?: boolean
  /** The whole error, for a log of one's own: it names the server and may quote it. Keys are taken out. */
  error?: unknown
}

/**
 * Whether a request is let through: `false` and `{ retryAfter }` (milliseconds) refuse it with 429. A function lets
 * it through and is called once when its answer has ended, in whatever way: so running streams are counted.
 */
export type Admission = boolean | void | { retryAfter?: number | undefined } | (() => unknown)

/** Answers by key, as texts. What is thrown by it fails the request. */
export interface GatewayCache<Env, Caller> {
  /** A text that `set` was given; nothing where there is none, or where this request shall have none. */
  get: (
    key: string,
    asked: GatewayRequest<Env, Caller>,
  ) => string | null | undefined | Promise<string | null | undefined>
  /** Only whole answers are offered. The key is a hash of the model's name and everything that it was asked. */
  set: (key: string, value: string, asked: GatewayRequest<Env, Caller>) => unknown
}

/** Functions that a deployment may bring. One that throws fails the request. */
export interface GatewayHooks<Env, Caller> {
  /** Asked before each request to a model; for rate limits and quotas. */
  admit?: ((asked: GatewayRequest<Env, Caller>) => Admission | Promise<Admission>) | undefined
  /** Keeps whole answers. `cacheInCacheAPI` and `cacheInDenoKv` make one. */
  cache?: GatewayCache<Env, Caller> | undefined
  /** Told once of every request but preflights; for logs and bills. Waited for, or given to `context.waitUntil`. */
  onEnd?: ((end: GatewayEnd<Env, Caller>) => unknown) | undefined
}
