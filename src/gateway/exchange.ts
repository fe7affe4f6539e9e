/**
 * One request to the gateway, from its first header to the end of its answer.
 */
import type { BaseChatModel } from '../chat/base.ts'
import type { ErrorCode } from '../error-code.ts'
import { ConfigError, isChatError, TimeoutError } from '../errors.ts'
import type { ChatResult } from '../event.ts'
import type { ChatStream } from '../stream/chat-stream.ts'
import { openAnswer } from './event-stream.ts'
import type { Authorize, ServeContext } from '../edge/authorize.ts'
import { findCaller } from '../edge/authorize.ts'
import { cacheKey, serialize, toEventStream, parse } from './cache.ts'
import type { Origins } from '../edge/cors.ts'
import { checkOrigin, corsHeaders } from '../edge/cors.ts'
import type { AnswerHead } from './formats/chat-completions/encode.ts'
import { ChunkEncoder, encodeResult } from './formats/chat-completions/encode.ts'
import type { GatewayEnd, GatewayHooks, GatewayRequest } from './hooks.ts'
import type { Limits } from './limits.ts'
import { readJSON } from './limits.ts'
import { encodeModels, unknownModel } from './list-models.ts'
import type { ResolvedModels } from './model-table.ts'
import { checkAdmission, createRequestId, encodeErrorBody } from '../edge/http-error.ts'
import { errorResponse, HttpError, toErrorBody } from '../edge/http-error.ts'
import type { ErrorBody } from '../edge/http-error.ts'
import { decodeRequest } from './formats/chat-completions/decode.ts'

/** The options of a gateway, checked. */
export interface Settings<Env, Caller> extends GatewayHooks<Env, Caller> {
  menu: ResolvedModels<Env>
  authorize: Authorize<Env, Caller>
  origins: Origins
  limits: Limits
  pingInterval: number | false
}

/** What a runtime hands to a `fetch` handler. */
export interface Served<Env> {
  request: Request
  env: Env
  context: ServeContext | undefined
}

type End = Pick<GatewayEnd<never, never>, 'outcome' | 'status' | 'result' | 'error'>

export class Exchange<Env, Caller> {
  #settings: Settings<Env, Caller>
  #served: Served<Env>
  #id = createRequestId()
  #began = Date.now()
  #controller = new AbortController()
  #timer: ReturnType<typeof setTimeout> | undefined
  #caller: Caller | undefined
  #asked: GatewayRequest<Env, Caller> | undefined
  #includeUsage = false
  #key: string | undefined
  #cached = false
  #release: (() => unknown) | undefined
  #ended = false

  constructor(settings: Settings<Env, Caller>, served: Served<Env>) {
    this.#settings = settings
    this.#served = served
  }

  async answer(): Promise<Response> {
    try {
      this.#start()
      const { request } = this.#served
      checkOrigin(request, this.#settings.origins)
      const { pathname } = new URL(request.url)
      if (/\/chat\/completions\/?$/.test(pathname)) return await this.#chat()
      const models = /\/models(?:\/(.+?))?\/?$/.exec(pathname)
      if (models) return await this.#models(models[1])
      throw new HttpError({ status: 404, code: 'not_found', message: 'There is no such endpoint' })
    } catch (error) {
      return await this.#refuse(error)
    }
  }

  /** The client's signal and the clock: either ends all that is under way. */
  #start(): void {
    const { signal } = this.#served.request
    const { totalTimeout } = this.#settings.limits
    if (signal?.aborted) this.#onLeave()
    signal?.addEventListener('abort', this.#onLeave)
    const timeUp = () => this.#controller.abort(new TimeoutError('total', totalTimeout))
    this.#timer = setTimeout(timeUp, totalTimeout)
  }

  #onLeave = (): void => this.#controller.abort(this.#served.request.signal.reason)

  async #enter(method: string): Promise<void> {
    const { request, env, context } = this.#served
    if (request.method !== method) {
      throw new HttpError({ status: 405, message: `The method must be ${method}` })
    }
    const caller = await findCaller(this.#settings.authorize, request, env, context)
    if (!caller) {
      throw new HttpError({
        status: 401,
        code: 'invalid_api_key',
        message: 'Nobody is let in with this key, or without one',
      })
    }
    if (typeof caller !== 'boolean') this.#caller = caller
  }

  async #models(name: string | undefined): Promise<Response> {
    await this.#enter('GET')
    const body = encodeModels([...this.#settings.menu(this.#served.env).keys()], name)
    await this.#end({ outcome: 'answered', status: 200 })
    return this.#respond(body)
  }

  async #chat(): Promise<Response> {
    await this.#enter('POST')
    const { limits, menu } = this.#settings
    const { request, env, context } = this.#served
    const { signal } = this.#controller
    const decoded = decodeRequest(await readJSON(request, limits, signal), limits)
    const { includeUsage, ...rest } = decoded
    const model = menu(env).get(decoded.model)
    if (!model) throw unknownModel(decoded.model)
    const asked = { ...rest, requestId: this.#id, caller: this.#caller, request, env, context }
    this.#asked = asked
    this.#includeUsage = includeUsage
    if (asked.chat.tools && !model.supportFunctionCalling()) {
      throw new ConfigError('unsupported_option', 'There are no `tools`')
    }
    await this.#admit(asked)
    const kept = await this.#recall(asked)
    return asked.stream ? await this.#stream(model, kept) : await this.#whole(model, kept)
  }

  async #admit(asked: GatewayRequest<Env, Caller>): Promise<void> {
    const admission = await this.#settings.admit?.(asked)
    if (typeof admission === 'function') this.#release = admission
    else checkAdmission(admission)
  }

  async #recall(asked: GatewayRequest<Env, Caller>): Promise<ChatResult | undefined> {
    const { cache } = this.#settings
    if (!cache) return undefined
    this.#key = await cacheKey(asked)
    const text = await cache.get(this.#key, asked)
    if (text === null || text === undefined) return undefined
    this.#cached = true
    return parse(text)
  }

  async #whole(model: BaseChatModel, kept: ChatResult | undefined): Promise<Response> {
    const { signal } = this.#controller
    const result = kept ?? (await model.chat({ ...this.#chatRequest(), stream: false, signal }))
    await this.#end({ outcome: 'answered', status: 200, result })
    return this.#respond(encodeResult(this.#head(), result))
  }

  async #stream(model: BaseChatModel, kept: ChatResult | undefined): Promise<Response> {
    const { signal } = this.#controller
    const stream = kept ? undefined : this.#ask(model)
    const partial = () => (stream ? { result: stream.partial } : {})
    const body = await openAnswer({
      events: stream?.events() ?? toEventStream(kept as ChatResult),
      encoder: new ChunkEncoder(this.#head(), this.#includeUsage),
      pingInterval: this.#settings.pingInterval,
      signal,
      onEnd: async () => {
        const result = kept ?? (stream as ChatStream).partial
        await this.#end({ outcome: 'answered', status: 200, result })
      },
      onError: async (error) => {
        stream?.cancel(error) // it may be the encoder's: then the model still talks
        const refusal = await this.#fail(error, { status: 200, ...partial() })
        return `data: ${encodeErrorBody(refusal, this.#id)}\n\n`
      },
      onLeave: async (reason) => {
        stream?.cancel(reason)
        await this.#end({ outcome: 'left', status: 200, ...partial() })
      },
    })
    // Reverse proxies hold a stream back without it.
    const headers = {
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
    }
    return new Response(body, { headers: { ...this.#headers(), ...headers } })
  }

  #ask(model: BaseChatModel): ChatStream {
    const { signal } = this.#controller
    return model.chat({ ...this.#chatRequest(), stream: true, signal })
  }

  #chatRequest(): GatewayRequest<Env, Caller>['chat'] {
    return (this.#asked as GatewayRequest<Env, Caller>).chat
  }

  #head(): AnswerHead {
    const { model } = this.#asked as GatewayRequest<Env, Caller>
    return { id: `chatcmpl-${this.#id.slice(4)}`, created: Math.floor(Date.now() / 1000), model }
  }

  async #refuse(error: unknown): Promise<Response> {
    let refusal = toErrorBody(error)
    try {
      refusal = await this.#fail(error, { status: refusal.status })
    } catch (thrown) {
      refusal = toErrorBody(thrown) // by a hook
    }
    return errorResponse(refusal, this.#id, this.#headers())
  }

  async #fail(error: unknown, end: Pick<End, 'status' | 'result'>): Promise<ErrorBody> {
    const refusal = toErrorBody(error)
    const { signal } = this.#served.request
    const hasLeft = signal?.aborted && !isChatError(error)
    const refused = error instanceof HttpError || (isChatError(error) && OWN.has(error.code))
    const outcome = hasLeft ? 'left' : refused ? 'refused' : 'failed'
    const partial = isChatError(error) && error.partial ? { result: error.partial } : {}
    await this.#end({ ...partial, ...end, outcome, error })
    return refusal
  }

  /** Once, however it ends. */
  async #end(end: End): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#timer)
    this.#served.request.signal?.removeEventListener('abort', this.#onLeave)
    const { context } = this.#served
    const told = this.#tell(end)
    // A promise that is waited for elsewhere must not be lost here when it fails.
    if (typeof context?.waitUntil === 'function') context.waitUntil(told)
    else await told
  }

  async #tell(end: End): Promise<void> {
    const { onEnd, cache } = this.#settings
    const asked = this.#asked
    await this.#release?.()
    const fresh = this.#cached || end.outcome !== 'answered' ? undefined : end.result
    if (cache && this.#key && asked && fresh) await cache.set(this.#key, serialize(fresh), asked)
    await onEnd?.({
      ...asked,
      ...this.#served,
      ...(this.#caller !== undefined && { caller: this.#caller }),
      ...(this.#cached && { cached: true }),
      ...end,
      requestId: this.#id,
      durationMs: Date.now() - this.#began,
    })
  }

  #respond(body: string): Response {
    return new Response(body, {
      headers: { ...this.#headers(), 'content-type': 'application/json; charset=utf-8' },
    })
  }

  #headers(): Record<string, string> {
    return {
      ...corsHeaders(this.#served.request, this.#settings.origins),
      'x-request-id': this.#id,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    }
  }
}

/** Codes of what is wrong with a request before a model is asked. */
const OWN: ReadonlySet<ErrorCode> = /* @__PURE__ */ new Set<ErrorCode>([
  'invalid_messages',
  'unsupported_option',
])
