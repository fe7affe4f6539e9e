/**
 * Serves chats in one wire format: decode, resolve the model, admit, look up the cache, call, encode.
 */
import type { BaseChatModel } from '../chat/base.ts'
import { checkAdmission } from '../edge/http-error.ts'
import { traceHeaders } from '../edge/traceparent.ts'
import { ConfigError, isChatError } from '../errors.ts'
import type { ChatResult } from '../event.ts'
import type { Message } from '../message.ts'
import { isFunctionTool } from '../message.ts'
import type { ChatOptions, ChatRequest } from '../options.ts'
import { DEFAULTS } from '../options.ts'
import type { ChatStream } from '../stream/chat-stream.ts'
import { emptyResult, toEstimate } from '../stream/to-result.ts'
import { estimateMessages, estimateTokens } from '../tokens/estimate.ts'
import { trim } from '../tokens/trim.ts'
import { CacheLookup } from './cache.ts'
import { openReply, toEventStream } from './event-stream.ts'
import type { Endpoint, Exchange } from './exchange.ts'
import type { DecodedRequest, ReplyHead, Seal, StreamEncoder, WireFormat } from './format.ts'
import { checkResults, gatherResults } from './formats/tool-result.ts'
import { readJSON } from './limits.ts'
import { unknownModel } from './list-models.ts'
import { withoutOwnCalls } from './own-tool-calls.ts'
import { unwrapFallbacks } from './with-option-fallbacks.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- an endpoint serves every environment and caller
type AnyExchange = Exchange<any, any>

/** Creates an entry of the table of endpoints for a format. */
export function chatEndpoint(path: RegExp, format: WireFormat): Endpoint {
  const answer = (exchange: AnyExchange) => answerChat(exchange, format)
  return { method: 'POST', path, format, answer }
}

async function answerChat(exchange: AnyExchange, format: WireFormat): Promise<Response> {
  const { settings, request, deadline } = exchange
  const body = await readJSON(request, settings.limits, deadline.signal)
  return exchange.answerOnce(body, () => answerBody(exchange, format, body))
}

async function answerBody(
  exchange: AnyExchange,
  format: WireFormat,
  body: unknown,
): Promise<Response> {
  const { settings, request, env, requestId, caller, context } = exchange
  const { limits, sealer } = settings
  const { encoding, fallback, truncates, ...decoded } = format.decode(body, limits)
  const { messages: given = [] } = decoded.chat
  checkResults(given)
  const gathered = { ...dropTwins(decoded.chat), messages: gatherResults(given as Message[]) }
  const model = findModel(exchange, decoded.model)
  const opened = await sealer.openMessages(gathered, env)
  const chat = truncates ? truncate(opened, model) : opened
  const gatewayRequest = { ...decoded, chat, requestId, caller, request, env, context }
  exchange.gatewayRequest = gatewayRequest
  if (chat.tools && !model.supportFunctionCalling()) {
    throw new ConfigError('unsupported_option', '`tools` are not supported by this model')
  }
  await admit(exchange, chat)
  const lookup = new CacheLookup(exchange, model)
  const cached = await lookup.find()
  const parts = { model, lookup, cached, encoding, fallback }
  const reply = new ChatReply(exchange, format, parts)
  return gatewayRequest.stream ? await reply.stream() : await reply.buffered()
}

/** Drops tools that the client sent twice, as agents do: some vendors refuse them. */
function dropTwins(chat: ChatRequest): ChatRequest {
  const { tools = [] } = chat
  const names = new Set(tools.map((tool) => isFunctionTool(tool) && tool.function.name))
  if (names.size === tools.length) return chat
  const distinct = new Map(tools.map((tool) => [JSON.stringify(tool), tool]))
  return { ...chat, tools: [...distinct.values()] }
}

/**
 * Drops the oldest turns that exceed the model's context budget, less the tools and the room for the reply.
 * @throws {ConfigError} `invalid_messages` if the last turn alone exceeds it
 */
function truncate(chat: ChatRequest, model: BaseChatModel): ChatRequest {
  const { messages = [], maxTokens: reply = 0 } = chat
  const maxLength = model.getMaxLength()
  // The default is far below what today's models accept: only a budget of the operator's own counts.
  if (maxLength === DEFAULTS.maxLength) return chat
  const count = (text: string): number => model.countTokens(text)
  const budget = maxLength - reply - toolTokens(chat, count)
  return {
    ...chat,
    messages: trim(messages, { maxTokens: Math.max(0, budget), countTokens: count }),
  }
}

function toolTokens({ tools }: ChatRequest, count: (text: string) => number): number {
  return tools ? count(JSON.stringify(tools)) : 0
}

/** @throws {HttpError} 404 */
export function findModel(exchange: AnyExchange, name: string): BaseChatModel {
  const { settings, env } = exchange
  const model = settings.models(env).get(name)
  if (!model || !exchange.allowsModel(name)) throw unknownModel(name)
  return model
}

async function admit(exchange: AnyExchange, chat: ChatRequest): Promise<void> {
  const { gatewayRequest, deadline, settings } = exchange
  if (!settings.admit || !gatewayRequest) return
  const { messages = [] } = chat
  const promptTokens = estimateMessages(messages as never) + toolTokens(chat, estimateTokens)
  const admitting = Promise.resolve(settings.admit({ ...gatewayRequest, promptTokens }))
  // An admission that comes too late is released all the same.
  exchange.addCleanup('admit', async (end) => {
    const admission = await admitting.catch(() => {}) // reported by the request
    if (typeof admission === 'function') await admission(end)
  })
  const admission = await deadline.race(admitting)
  if (typeof admission !== 'function') checkAdmission(admission)
}

interface ReplyParts {
  model: BaseChatModel
  lookup: CacheLookup
  cached: ChatResult | undefined
  encoding: DecodedRequest['encoding']
  fallback: DecodedRequest['fallback']
}

/** A reply of a model or the cache on its way to the caller. */
class ChatReply {
  #exchange: AnyExchange
  #format: WireFormat
  #parts: ReplyParts

  constructor(exchange: AnyExchange, format: WireFormat, parts: ReplyParts) {
    this.#exchange = exchange
    this.#format = format
    this.#parts = parts
  }

  async buffered(): Promise<Response> {
    const { settings, env } = this.#exchange
    const { cached, lookup } = this.#parts
    const result = cached ?? (await this.#ask())
    this.#end(result)
    const sealed = await settings.sealer.sealResult(withoutOwnCalls(result), env)
    const body = await this.#format.encodeResult(this.#head(result.model), sealed, this.#seal)
    return this.#exchange.respond(body, { ...lookup.headers(), ...this.#modelHeader(result.model) })
  }

  async #ask(): Promise<ChatResult> {
    const { deadline } = this.#exchange
    const { model } = this.#parts
    const { signal } = deadline
    const request = this.#request()
    try {
      return await this.#spend((options) =>
        model.chat({ ...request, ...options, stream: false as const, signal }),
      )
    } catch (error) {
      // The model has been asked: a caller that leaves pays its prompt, as it does for a stream.
      if (deadline.hasLeft && !isChatError(error)) {
        const usage = toEstimate(model.countTokens(request.messages as Message[]), 0)
        this.#exchange.fail(error, { result: Object.assign(emptyResult(model), { usage }) })
      }
      throw error
    }
  }

  async stream(): Promise<Response> {
    const { deadline, settings, env, requestId } = this.#exchange
    const { cached, model, lookup } = this.#parts
    const { signal } = deadline
    let stream: ChatStream | undefined
    let encoder: StreamEncoder | undefined
    const partial = () => (stream ? { result: stream.partial } : {})
    const answering = () => cached?.model ?? stream?.partial.model
    const body = await this.#spend((options) => {
      if (!cached)
        stream = model.chat({ ...this.#request(), ...options, stream: true as const, signal })
      return openReply({
        events: stream?.events() ?? toEventStream(cached as ChatResult),
        createEncoder: () =>
          (encoder = this.#format.createEncoder(this.#head(answering()), this.#seal)),
        seal: (fields) => settings.sealer.seal(fields, env),
        ping: this.#format.ping,
        pingInterval: settings.pingInterval,
        signal,
        onEnd: () => this.#end(cached ?? (stream as ChatStream).partial),
        onError: (error) => {
          stream?.cancel(error) // if the encoder failed, the model is still writing
          const masked = this.#exchange.fail(error, { status: 200, ...partial() })
          return (
            encoder?.encodeFailure?.(masked, requestId) ??
            this.#format.encodeErrorFrame(masked, requestId)
          )
        },
        onLeave: (reason) => {
          stream?.cancel(reason)
          this.#exchange.end({ outcome: 'left', status: 200, ...partial() })
        },
      })
    })
    // While the first ping is all that was written, another model may still take over.
    const answered = encoder && answering()
    const headers = { ...lookup.headers(), ...this.#modelHeader(answered) }
    // Without these, reverse proxies buffer a stream, and what compresses responses holds it back to its end.
    const all = {
      ...headers,
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    }
    return this.#exchange.respond(body, all, 'text/event-stream; charset=utf-8')
  }

  #seal: Seal = (fields) => this.#exchange.settings.sealer.sealText(fields, this.#exchange.env)

  /** Marks failures as already retried, so that clients do not multiply the gateway's retries. */
  async #spend<T>(ask: (options: Partial<ChatOptions>) => Promise<T>): Promise<T> {
    try {
      return await this.#firstSupported(ask)
    } catch (error) {
      if (isChatError(error)) error.retryable &&= !hasRetries(this.#parts.model)
      throw error
    }
  }

  /** Asks with the format's fallback if the request is refused: only some servers name the option. */
  async #firstSupported<T>(ask: (options: Partial<ChatOptions>) => Promise<T>): Promise<T> {
    const { fallback } = this.#parts
    try {
      return await ask({})
    } catch (error) {
      if (!fallback || !isChatError(error)) throw error
      if (error.code !== 'bad_request' && error.code !== 'unsupported_option') throw error
      return ask(fallback)
    }
  }

  #end(result: ChatResult): void {
    const { lookup, cached } = this.#parts
    if (!cached) lookup.keep(result)
    const own = cached && { cached: true }
    this.#exchange.end({ outcome: 'answered', status: 200, result, ...own })
  }

  #request(): ChatRequest {
    const { gatewayRequest, request } = this.#exchange
    const { chat } = gatewayRequest as NonNullable<typeof gatewayRequest>
    const trace = traceHeaders(request)
    return trace ? { ...chat, headers: trace } : chat
  }

  #head(answered: string | undefined): ReplyHead {
    const { requestId, gatewayRequest, settings } = this.#exchange
    const { encoding } = this.#parts
    const name = gatewayRequest?.model ?? ''
    const model = (settings.exposeModel && answered) || name
    return { requestId, created: Math.floor(Date.now() / 1000), model, encoding }
  }

  #modelHeader(answered: string | undefined): Record<string, string> {
    const { exposeModel } = this.#exchange.settings
    return exposeModel && answered ? { 'x-chatwire-model': encodeURI(answered) } : {}
  }
}

/** True if the model retries. A list of models falls back instead. */
function hasRetries(model: BaseChatModel): boolean {
  const inner = unwrapFallbacks(model) as unknown as { config: { maxRetries?: number } }
  const { maxRetries } = inner.config
  return maxRetries !== 0 || model.provider === 'failover'
}
