/**
 * Forwards requests in the vendors' own wire formats and adds the key, so that providers can run in a browser.
 */
import { dropUndefined } from '../drop-undefined.ts'
import { checkMembers, flag, func, isDuration, optional, rule } from '../validation/shape.ts'
import { isChatError } from '../errors.ts'
import type { Fetch } from '../options.ts'
import type { TokenSigner } from '../wire/zhipu-token.ts'
import type { Authorize, ServeContext } from '../edge/authorize.ts'
import { checkAuthorize, findCaller, withBothKeys } from '../edge/authorize.ts'
import { callHook } from '../edge/call-hook.ts'
import type { Origins } from '../edge/cors.ts'
import { checkOrigin, corsHeaders, originsShape, preflight } from '../edge/cors.ts'
import { startDeadline } from '../edge/deadline.ts'
import type { ErrorBody } from '../edge/http-error.ts'
import {
  checkAdmission,
  createRequestId,
  errorResponse,
  HttpError,
  LEFT,
} from '../edge/http-error.ts'
import { ResentRequests } from '../edge/resent-requests.ts'
import { MAX_BODY_BYTES, UPLOAD_TIMEOUT } from '../edge/read-body.ts'
import type { ForwardEnd } from './forward-end.ts'
import { forward } from './forward.ts'
import type { RelayTable } from './match-route.ts'
import { checkTargets, findCall } from './match-route.ts'
import type { RelayRouteTable } from '../wire/relay-routes.ts'

/** A request to be forwarded. */
// oxlint-disable-next-line typescript/no-explicit-any -- the same as the functions' own
export interface RelayRequest<Env = any, Caller = any> {
  /** The id sent as `x-request-id` with errors. */
  requestId: string
  /** The name of the server in the path. */
  server: string
  /** Value that `authorize` returned; `undefined` if that was `true`. */
  caller: Caller | undefined
  /** The request as received. */
  request: Request
  /** Variables and bindings of the runtime. */
  env: Env
  /** The runtime's context. */
  context: ServeContext | undefined
}

/** A failure on the relay's side: configuration, a hook, the connection to the server, or a rejected key. */
export interface RelayFailure<Env> {
  /** The id sent as `x-request-id`. */
  requestId: string
  /** The full error, for your logs. */
  error: unknown
  /** The request as received. */
  request: Request
  /** Variables and bindings of the runtime. */
  env: Env
  /** The runtime's context. */
  context: ServeContext | undefined
}

/** End of a forwarded request. */
// oxlint-disable-next-line typescript/no-explicit-any -- the same as the functions' own
export interface RelayEnd<Env = any, Caller = any> extends RelayRequest<Env, Caller>, ForwardEnd {
  /** Time from the request to the end of the response, in milliseconds. */
  durationMs: number
}

/** Limits on one request. */
export interface RelayLimits {
  /**
   * Largest request body in bytes, images included.
   * @default 4_194_304
   */
  maxBodyBytes?: number | undefined
  /**
   * Longest wait for the next piece of a request body, in milliseconds; then the answer is 408.
   * @default 60_000
   */
  uploadTimeout?: number | undefined
  /**
   * Largest response body in bytes; a longer one breaks off.
   * @default 67_108_864
   */
  maxResponseBytes?: number | undefined
  /**
   * Longest time from the request to the end of the response in milliseconds, hooks included.
   * @default 600_000
   */
  totalTimeout?: number | undefined
}

/** Servers, callers and limits of a relay. */
export interface RelayOptions<Env, Caller> {
  /** The servers by name; a function builds the table from the runtime's `env`. No other server is ever called. */
  servers: RelayTable | ((env: Env) => RelayTable)
  /** Admits or rejects requests. Required: a relay is closed by default. */
  authorize: Authorize<Env, Caller>
  /**
   * The path before the names of the servers: `/relay` accepts `/relay/dashscope/…`. `''` for none.
   * @default '/relay'
   */
  prefix?: string | undefined
  /**
   * Additional origins whose pages may call, such as `https://app.example` or `https://*.app.example`.
   * @default []: pages of the relay's own origin
   */
  origins?: Origins | undefined
  /**
   * Derives the relay's own origin from `x-forwarded-proto` and `x-forwarded-host`. Set it only if a proxy sets
   * both.
   * @default false
   */
  trustProxy?: boolean | undefined
  /** Limits on one request. */
  limits?: RelayLimits | undefined
  /**
   * Longest silence before a streamed answer, in milliseconds; then the relay answers 200 itself and sends comments
   * until the server begins, which keeps proxies waiting and shows whether the client is still there. A refusal after
   * that is the last event of the stream. `false`: never.
   * @default 8_000
   */
  pingInterval?: number | false | undefined
  /** Called before each request; for rate limits. `false` and `{ retryAfter }` (milliseconds) answer 429. */
  admit?:
    | ((asked: RelayRequest<Env, Caller>) => RelayAdmission | Promise<RelayAdmission>)
    | undefined
  /** Called once for every forwarded request; for logs and billing. The response does not wait for it. */
  onEnd?: ((end: RelayEnd<Env, Caller>) => unknown) | undefined
  /** Called with failures on the relay's side, for your logs: callers receive only the request id. */
  onError?: ((failure: RelayFailure<Env>) => unknown) | undefined
  /**
   * Sends the requests; for proxies and tests.
   * @default globalThis.fetch
   */
  fetch?: Fetch | undefined
}

/** Admits or rejects a request. */
export type RelayAdmission = boolean | void | { retryAfter?: number | undefined }

/** A web-standard handler: for `Deno.serve`, `Bun.serve`, the `fetch` of a Worker, or any server with an adapter. */
// oxlint-disable-next-line typescript/no-explicit-any -- the same as the functions' own
export type RelayHandler<Env = any> = (
  request: Request,
  env?: Env,
  context?: ServeContext,
) => Promise<Response>

const LIMITS = {
  maxBodyBytes: MAX_BODY_BYTES,
  uploadTimeout: UPLOAD_TIMEOUT,
  maxResponseBytes: 67_108_864,
  totalTimeout: 600_000,
}

const OPTIONS = {
  servers: rule('must be a table of servers, or a function that returns one', (value: unknown) => {
    return typeof value === 'object' || typeof value === 'function'
  }),
  authorize: rule('', () => true),
  prefix: optional(rule('must be a path such as "/relay", or ""', isPrefix)),
  origins: optional(originsShape),
  trustProxy: optional(flag),
  limits: optional(
    rule(`must be { ${Object.keys(LIMITS).join(', ')} }, whole numbers above 0`, areLimits),
  ),
  pingInterval: optional(
    rule('must be milliseconds above 0 (at most 2147483647), or false', isDuration),
  ),
  admit: optional(func),
  onEnd: optional(func),
  onError: optional(func),
  fetch: optional(func),
}

/** Creates a relay for servers with the given routes: see `createRelay`. */
// oxlint-disable-next-line typescript/no-explicit-any -- what a runtime passes, if not declared
export function createRelayFor<Env = any, Caller = any>(
  routes: RelayRouteTable,
  options: RelayOptions<Env, Caller>,
): RelayHandler<Env> {
  checkAuthorize(options?.authorize, 'createRelay')
  checkMembers(OPTIONS, options, 'invalid_config', 'options')
  const { servers, prefix = '/relay', origins = [], trustProxy = false } = options
  const { fetch, pingInterval = 8_000 } = options
  const limits = { ...LIMITS, ...(dropUndefined(options.limits ?? {}) as Partial<typeof LIMITS>) }
  if (typeof servers !== 'function') checkTargets(servers, routes)
  const signers = new Map<string, TokenSigner>()
  const resends = new ResentRequests()
  const cors = { origins, trustProxy }
  return async (request, env, context) => {
    if (request.method === 'OPTIONS') return preflight(request, cors)
    const requestId = createRequestId()
    const began = Date.now()
    const served = { requestId, request, env: env as Env, context }
    const headers = { ...corsHeaders(request, cors), 'x-request-id': requestId, ...SAFE }
    const deadline = startDeadline(request, limits.totalTimeout)
    const runLate = (work: () => unknown) => {
      // A failure is not reported: that would call another hook of the same owner.
      const done = callHook(work, limits.totalTimeout).catch(() => {})
      if (typeof context?.waitUntil === 'function') context.waitUntil(done)
    }
    const onFailure = (thrown: unknown): ErrorBody => {
      deadline.clear()
      const isOurs = !(thrown instanceof HttpError)
      const error = isOurs ? thrown : thrown.cause
      if (deadline.hasLeft) return LEFT
      if (error !== undefined) runLate(() => options.onError?.({ ...served, error }))
      const timeout = isChatError(thrown) && thrown.code === 'timeout' ? TIMEOUT : INTERNAL
      return isOurs ? timeout : thrown.body
    }
    try {
      checkOrigin(request, cors)
      const caller = await deadline.race(
        findCaller(options.authorize, withBothKeys(request), served.env, context),
      )
      const table = typeof servers === 'function' ? servers(served.env) : servers
      const call = findCall(request, prefix, { table, routes })
      const asked = { ...served, server: call.name, caller }
      checkAdmission(await deadline.race(options.admit?.(asked)))
      const onEnd = (end: ForwardEnd) => {
        deadline.clear()
        const durationMs = Date.now() - began
        runLate(() => options.onEnd?.({ ...asked, ...end, durationMs }))
      }
      const work = {
        request,
        call,
        headers,
        signers,
        fetch,
        limits,
        deadline,
        pingInterval,
        requestId,
        caller,
        resends,
        onEnd,
        onFailure,
      }
      return await forward(work)
    } catch (thrown) {
      return errorResponse(onFailure(thrown), requestId, headers)
    }
  }
}

/**
 * Chromium prefetches cacheable bodies without limit. Reverse proxies buffer a stream by default, and what compresses
 * responses, such as Express' `compression`, holds it back to its end.
 */
const SAFE = {
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
}

const INTERNAL = {
  status: 500,
  code: 'relay_failed',
  message: 'Internal error of the relay',
  retryable: false,
}

const TIMEOUT = { status: 504, code: 'timeout', message: 'The server took too long to answer' }

function isPrefix(value: unknown): boolean {
  return typeof value === 'string' && /^(\/[\w.-]+)*$/.test(value)
}

function areLimits(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).every(
    ([name, limit]) =>
      Object.hasOwn(LIMITS, name) &&
      (limit === undefined || (Number.isInteger(limit) && limit > 0 && limit < 2 ** 31)),
  )
}
