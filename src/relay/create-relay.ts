/**
 * The vendors' own wire formats, forwarded with the key put in: what lets the providers run in a page.
 */
import { checkMembers, func, optional, rule } from '../validation/shape.ts'
import type { Fetch } from '../options.ts'
import type { TokenSigner } from '../wire/zhipu-token.ts'
import type { Authorize, ServeContext } from '../edge/authorize.ts'
import { checkAuthorize, findCaller } from '../edge/authorize.ts'
import type { Origins } from '../edge/cors.ts'
import { checkOrigin, corsHeaders, preflight } from '../edge/cors.ts'
import { checkAdmission, createRequestId, errorResponse, HttpError } from '../edge/http-error.ts'
import { forward } from './forward.ts'
import type { RelayTable } from './match-route.ts'
import { checkTargets, findCall } from './match-route.ts'

/** A request that is about to be forwarded. */
export interface RelayRequest<Env, Caller> {
  /** The id that refusals bear in `x-request-id`. */
  requestId: string
  /** The name of the server in the path. */
  server: string
  /** What `authorize` told of who is asking; `undefined` where that was `true`. */
  caller: Caller | undefined
  /** The request as it came. */
  request: Request
  /** What the runtime handed over: variables and bindings. */
  env: Env
  /** What else the runtime handed over. */
  context: ServeContext | undefined
}

/** What failed on our side of the relay: the configuration, a hook, the way to the server, or its opinion of our key. */
export interface RelayFailure<Env> {
  /** The id that the refusal bears in `x-request-id`. */
  requestId: string
  /** The whole of it, for a log of one's own. */
  error: unknown
  /** The request as it came. */
  request: Request
  /** What the runtime handed over: variables and bindings. */
  env: Env
  /** What else the runtime handed over. */
  context: ServeContext | undefined
}

/** What a relay forwards, for whom, and within which limits. */
export interface RelayOptions<Env, Caller> {
  /** The servers by name; a function makes the table from the runtime's `env`. No other server is ever asked. */
  servers: RelayTable | ((env: Env) => RelayTable)
  /** Who may ask. Without it there is no service. */
  authorize: Authorize<Env, Caller>
  /**
   * The path before the names of the servers: `/relay` takes `/relay/dashscope/…`. `''` where there is none.
   * @default '/relay'
   */
  prefix?: string | undefined
  /**
   * Further origins whose pages may call. Behind a proxy that ends TLS the page's own origin may have to be named.
   * @default []
   */
  origins?: Origins | undefined
  /** How much one request may ask. */
  limits?:
    | {
        /**
         * Largest body of a request, in bytes. Pictures come inside of it.
         * @default 4_194_304
         */
        maxBodyBytes?: number | undefined
      }
    | undefined
  /** Asked before each request; for rate limits. `false` and `{ retryAfter }` (milliseconds) refuse it with 429. */
  admit?:
    | ((asked: RelayRequest<Env, Caller>) => RelayAdmission | Promise<RelayAdmission>)
    | undefined
  /** Told of what failed on our side, for a log of one's own: callers learn the request id only. */
  onError?: ((failure: RelayFailure<Env>) => unknown) | undefined
  /**
   * Sends the requests; for proxies and tests.
   * @default globalThis.fetch
   */
  fetch?: Fetch | undefined
}

/** Whether a request is let through. */
export type RelayAdmission = boolean | void | { retryAfter?: number | undefined }

/** A web-standard handler: for `Deno.serve`, `Bun.serve`, the `fetch` of a Worker, or any server with an adapter. */
export type RelayHandler<Env> = (
  request: Request,
  env?: Env,
  context?: ServeContext,
) => Promise<Response>

const OPTIONS = {
  servers: rule('must be a table of servers, or a function that gives one', (value: unknown) => {
    return typeof value === 'object' || typeof value === 'function'
  }),
  authorize: rule('', () => true),
  prefix: optional(rule('must be a path such as "/relay", or ""', isPrefix)),
  origins: optional(
    rule('must be "*" or a list of origins such as https://app.example', (value: unknown) => {
      return value === '*' || Array.isArray(value)
    }),
  ),
  limits: optional(rule('must be { maxBodyBytes }, in bytes above 0', areLimits)),
  admit: optional(func),
  onError: optional(func),
  fetch: optional(func),
}

/**
 * Forwards `<prefix>/<server>/…` to the servers on the list, for exactly the calls that this package's providers make,
 * with the key put in. A page then uses any of them as it is, without a key: `baseURL: '/relay/dashscope'`.
 *
 * Of the request only the body, `content-type`, `accept` and what the vendor demands pass: no cookie, no authorization.
 * Answers are passed on untouched, piece by piece; of their headers only those that a client reads. Errors of the
 * server pass with the key taken out, but for a refusal of the key itself, which is 502 here: the caller can do nothing
 * about it. A client who leaves ends the request to the server.
 * @throws {ConfigError} `invalid_config`, `unknown_server`, `missing_api_key`
 * @example
 * const relay = createRelay({ servers: { zhipu: { apiKey } }, authorize: (request) => isMember(request) })
 * Deno.serve((request) => relay(request))
 */
// oxlint-disable-next-line typescript/no-explicit-any -- what a runtime hands over, if nobody says what it is
export function createRelay<Env = any, Caller = any>(
  options: RelayOptions<Env, Caller>,
): RelayHandler<Env> {
  checkAuthorize(options?.authorize, 'createRelay')
  checkMembers(OPTIONS, options, 'invalid_config', 'options')
  const { servers, prefix = '/relay', origins = [] } = options
  if (typeof servers !== 'function') checkTargets(servers)
  const signers = new Map<string, TokenSigner>()
  return async (request, env, context) => {
    if (request.method === 'OPTIONS') return preflight(request, origins)
    const requestId = createRequestId()
    const served = { requestId, request, env: env as Env, context }
    const headers = { ...corsHeaders(request, origins), 'x-request-id': requestId, ...SAFE }
    try {
      checkOrigin(request, origins)
      const caller = await enter(options, served)
      const table = typeof servers === 'function' ? servers(served.env) : servers
      const call = findCall(request, prefix, table)
      checkAdmission(await options.admit?.({ ...served, server: call.name, caller }))
      return await forward({ request, call, headers, signers, options })
    } catch (thrown) {
      const refused = thrown instanceof HttpError ? thrown : undefined
      const error = refused ? refused.cause : thrown
      // A client who leaves is no failure.
      if (error !== undefined && !request.signal?.aborted)
        await options.onError?.({ ...served, error })
      return errorResponse(refused?.refusal ?? INTERNAL, requestId, headers)
    }
  }
}

/** Chromium reads ahead, without end, of what may be cached; reverse proxies hold a stream back unless they are told. */
const SAFE = {
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
}

const INTERNAL = {
  status: 500,
  code: 'relay_failed',
  message: 'The relay failed to answer',
  retryable: false,
}

type Served<Env, Caller> = Omit<RelayRequest<Env, Caller>, 'server' | 'caller'>

async function enter<Env, Caller>(
  { authorize }: RelayOptions<Env, Caller>,
  { request, env, context }: Served<Env, Caller>,
): Promise<Caller | undefined> {
  const caller = await findCaller(authorize, request, env, context)
  if (!caller) {
    throw new HttpError({
      status: 401,
      code: 'not_authorized',
      message: 'The relay does not know who is asking',
    })
  }
  return typeof caller === 'boolean' ? undefined : caller
}

function isPrefix(value: unknown): boolean {
  return typeof value === 'string' && /^(\/[\w.-]+)*$/.test(value)
}

function areLimits(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { maxBodyBytes, ...others } = value as Record<string, unknown>
  if (Object.keys(others).length > 0) return false
  return maxBodyBytes === undefined || (Number.isInteger(maxBodyBytes) && Number(maxBodyBytes) > 0)
}
