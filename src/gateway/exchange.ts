/**
 * Handles what all requests share: origin, method, authorization, time limit, error response, end. Endpoints do
 * the rest.
 */
import type { Authorize, ServeContext } from '../edge/authorize.ts'
import { findCaller, withBothKeys } from '../edge/authorize.ts'
import { callHook } from '../edge/call-hook.ts'
import type { CorsOptions } from '../edge/cors.ts'
import { checkOrigin, corsHeaders } from '../edge/cors.ts'
import type { Deadline } from '../edge/deadline.ts'
import { startDeadline } from '../edge/deadline.ts'
import type { ErrorBody } from '../edge/http-error.ts'
import { createRequestId, errorResponse, HttpError, LEFT, toErrorBody } from '../edge/http-error.ts'
import type { ResentRequests } from '../edge/resent-requests.ts'
import type { ErrorCode } from '../error-code.ts'
import { isChatError } from '../errors.ts'
import { billedUsage, costOf } from './cost.ts'
import { errorFormatOf, GOOGLE_METHOD } from './error-format.ts'
import type { WireFormat } from './format.ts'
import type { GatewayEnd, GatewayHooks, GatewayRequest, HookName } from './hooks.ts'
import type { Limits } from './limits.ts'
import type { ResolvedModels } from './model-table.ts'
import type { ProviderDataSealer } from './provider-data.ts'

/** The validated options of a gateway. */
export interface Settings<Env, Caller> extends GatewayHooks<Env, Caller>, CorsOptions {
  models: ResolvedModels<Env>
  authorize: Authorize<Env, Caller>
  limits: Limits
  pingInterval: number | false
  exposeModel: boolean
  sealer: ProviderDataSealer<Env>
  resends: ResentRequests
}

/** Context that a runtime passes to a `fetch` handler. */
export interface Served<Env> {
  request: Request
  env: Env
  context: ServeContext | undefined
}

/** One entry in the table of endpoints. */
export interface Endpoint {
  /** `GET` responds to `HEAD` too. */
  method: 'GET' | 'POST'
  path: RegExp
  /** Skips `authorize`. */
  isPublic?: true
  /** Encodes its errors. @default the format that the client's request tells */
  format?: WireFormat
  // oxlint-disable-next-line typescript/no-explicit-any -- an endpoint serves every environment and caller
  answer: (exchange: Exchange<any, any>, match: RegExpExecArray) => Promise<Response>
}

/** The end of a request. */
export type End = Pick<GatewayEnd<never, never>, 'outcome' | 'status'> &
  Partial<Pick<GatewayEnd<never, never>, 'result' | 'error' | 'cached' | 'resent'>>

export class Exchange<Env, Caller> {
  readonly settings: Settings<Env, Caller>
  readonly request: Request
  readonly env: Env
  readonly context: ServeContext | undefined
  readonly requestId: string = createRequestId()
  readonly deadline: Deadline
  caller: Caller | undefined
  /** Set once the request is decoded and its model found. */
  gatewayRequest: GatewayRequest<Env, Caller> | undefined
  readonly #cleanups: [HookName, (end: GatewayEnd<Env, Caller>) => unknown][] = []
  #began = Date.now()
  #ended: GatewayEnd<Env, Caller> | undefined

  constructor(settings: Settings<Env, Caller>, { request, env, context }: Served<Env>) {
    this.settings = settings
    this.request = request
    this.env = env
    this.context = context
    this.deadline = startDeadline(request, settings.limits.totalTimeout)
  }

  async answer(endpoints: readonly Endpoint[]): Promise<Response> {
    const response = await this.#answer(findEndpoint(endpoints, this.request))
    return this.request.method === 'HEAD' ? new Response(null, response) : response
  }

  async #answer(found: FoundEndpoint | undefined): Promise<Response> {
    try {
      checkOrigin(this.request, this.settings)
      if (!found) throw new HttpError(NO_ENDPOINT)
      const { endpoint, match } = found
      checkMethod(endpoint, this.request)
      if (!endpoint.isPublic) await this.#authorize()
      return await endpoint.answer(this, match)
    } catch (error) {
      const body = this.fail(error)
      return errorResponse(
        body,
        this.requestId,
        this.#headers(),
        found?.endpoint.format?.encodeError ?? errorFormatOf(this.request),
      )
    }
  }

  async #authorize(): Promise<void> {
    const { authorize } = this.settings
    this.caller = await this.deadline.race(
      findCaller(authorize, withBothKeys(this.request), this.env, this.context),
    )
  }

  /** Answers a request that arrives twice only once. */
  answerOnce(body: unknown, answer: () => Promise<Response>): Promise<Response> {
    const { request, caller, deadline } = this
    const resent = {
      request,
      caller,
      body,
      deadline,
      headers: this.#headers(),
      isComplete: () => this.#ended?.outcome === 'answered',
      onRepeated: (outcome: End['outcome'], status: number) =>
        this.end({ outcome, status, resent: true }),
    }
    return this.settings.resends.answer(resent, answer)
  }

  /** Ends the request with a failure, and returns the error for the caller. */
  fail(error: unknown, end: Partial<End> = {}): ErrorBody {
    const hasLeft = this.deadline.hasLeft && !isChatError(error)
    const body = hasLeft ? LEFT : toErrorBody(error)
    const refused =
      error instanceof HttpError || (isChatError(error) && REQUEST_CODES.has(error.code))
    const outcome = hasLeft ? 'left' : refused ? 'refused' : 'failed'
    const partial = isChatError(error) && error.partial ? { result: error.partial } : {}
    this.end({ status: body.status, ...partial, ...end, outcome, error })
    return body
  }

  /**
   * Ends the request, however it went. Nothing waits for the hooks, so a slow or failing log costs the caller
   * nothing.
   */
  end(end: End): void {
    if (this.#ended) return
    this.deadline.clear()
    const { onEnd, prices } = this.settings
    const usage = prices && billedUsage(end)
    const cost = end.cached ? 0 : usage && costOf(prices, this.gatewayRequest?.model, usage)
    const told: GatewayEnd<Env, Caller> = {
      ...this.gatewayRequest,
      ...this.#served(),
      ...(this.caller !== undefined && { caller: this.caller }),
      ...end,
      ...(cost !== undefined && { cost }),
      durationMs: Date.now() - this.#began,
    }
    this.#ended = told
    const work = this.#cleanups.map(([hook, run]) => this.#runLate(hook, () => run(told)))
    if (onEnd) work.push(this.#runLate('onEnd', () => onEnd(told)))
    if (work.length > 0 && typeof this.context?.waitUntil === 'function')
      this.context.waitUntil(Promise.all(work))
  }

  /** Runs a function at the end; at once if the request has ended. */
  addCleanup(hook: HookName, run: (end: GatewayEnd<Env, Caller>) => unknown): void {
    const end = this.#ended
    if (end) void this.#runLate(hook, () => run(end))
    else this.#cleanups.push([hook, run])
  }

  /**
   * Returns true if the caller may use a model.
   * @throws {TypeError} if the hook returns something else, such as a promise, which would admit every caller
   */
  allowsModel(model: string): boolean {
    const { caller, request, env, settings } = this
    if (!settings.allowModel) return true
    const allows: unknown = settings.allowModel({ caller, model, request, env })
    if (typeof allows === 'boolean') return allows
    Promise.resolve(allows).catch(() => {}) // it may be a promise that rejects
    throw new TypeError('allowModel() must return true or false, and not a promise')
  }

  /** Runs a hook after the end; never rejects, and ends within the total limit. */
  async #runLate(hook: HookName, run: () => unknown): Promise<void> {
    const { totalTimeout } = this.settings.limits
    await callHook(run, totalTimeout).catch((error: unknown) => this.report(hook, error))
  }

  /** Passes the failure of a hook to `onError`. */
  report(hook: HookName, error: unknown): void {
    const { onError } = this.settings
    if (!onError) return
    const { totalTimeout } = this.settings.limits
    const told = callHook(() => onError({ ...this.#served(), hook, error }), totalTimeout)
    const settled = told.catch(() => {}) // nothing is left to report to
    if (typeof this.context?.waitUntil === 'function') this.context.waitUntil(settled)
  }

  #served(): Served<Env> & { requestId: string } {
    const { requestId, request, env, context } = this
    return { requestId, request, env, context }
  }

  /** Returns a response with the headers of every response. */
  respond(
    body: BodyInit,
    headers: Record<string, string> = {},
    contentType = 'application/json; charset=utf-8',
  ): Response {
    return new Response(body, {
      headers: { ...this.#headers(), ...headers, 'content-type': contentType },
    })
  }

  #headers(): Record<string, string> {
    return {
      ...corsHeaders(this.request, this.settings),
      'x-request-id': this.requestId,
      // Anthropic's clients read this one.
      'request-id': this.requestId,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    }
  }
}

interface FoundEndpoint {
  endpoint: Endpoint
  match: RegExpExecArray
}

const NO_ENDPOINT: ErrorBody = {
  status: 404,
  code: 'not_found',
  message:
    'No such endpoint: POST to /chat/completions, /responses, /messages or /messages/count_tokens, or GET /models',
}

const NO_WEBSOCKET: ErrorBody = {
  status: 426,
  code: 'method_not_allowed',
  message: 'No WebSockets: use POST',
}

function findEndpoint(
  endpoints: readonly Endpoint[],
  { url, method }: Request,
): FoundEndpoint | undefined {
  const { pathname } = new URL(url)
  if (method === 'POST' && GOOGLE_METHOD.test(pathname)) return undefined
  for (const endpoint of endpoints) {
    const match = endpoint.path.exec(pathname)
    if (match) return { endpoint, match }
  }
  return undefined
}

/** @throws {HttpError} 405; 426 for a WebSocket, after which alone Codex takes HTTP at once */
function checkMethod(endpoint: Endpoint, { method, headers }: Request): void {
  if (endpoint.method === method || (endpoint.method === 'GET' && method === 'HEAD')) return
  if (headers.get('upgrade')?.toLowerCase() === 'websocket') throw new HttpError(NO_WEBSOCKET)
  throw new HttpError({
    status: 405,
    code: 'method_not_allowed',
    message: `Method not allowed: use ${endpoint.method}`,
    headers: { allow: endpoint.method === 'GET' ? 'GET, HEAD, OPTIONS' : 'POST, OPTIONS' },
  })
}

/** Codes of invalid requests, found before a model is called. */
const REQUEST_CODES: ReadonlySet<ErrorCode> = /* @__PURE__ */ new Set<ErrorCode>([
  'invalid_messages',
  'unsupported_option',
])
