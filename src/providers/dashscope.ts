/**
 * Alibaba Cloud Model Studio ("Bailian") through its native API.
 * @module chatwire/providers/dashscope
 */
import type { Call } from '../call.ts'
import { BaseChatModel } from '../chat/base.ts'
import { shouldStream } from '../chat/should-stream.ts'
import { ConfigError, ServiceError } from '../errors.ts'
import { readEnv, resolveKey } from '../env.ts'
import type { StreamEvent } from '../event.ts'
import { post } from '../http/client.ts'
import type { BodyStream } from '../http/body-stream.ts'
import { readSSE } from '../http/sse.ts'
import { mergeDeep } from '../merge-deep.ts'
import type { Message } from '../message.ts'
import { pullFrom } from '../async/pull.ts'
import type { ChatOptions, ModelConfig } from '../options.ts'
import { BEIJING, isVendorHost, resolveBase } from './dashscope/endpoint.ts'
import { ReplyDecoder } from './dashscope/decode.ts'
import type { EncodedRequest, Plan } from './dashscope/encode.ts'
import { encodeParameters, encodeRequest, isThinking, needsStream } from './dashscope/encode.ts'
import { decodeError } from './dashscope/errors.ts'
import { hasMedia } from './dashscope/messages.ts'
import type { GenerationPath } from './dashscope/models.ts'
import { pathOf, supportsFormat } from './dashscope/models.ts'

/** The config of `DashScopeLLM`: that of every model, plus `workspace`. */
export interface DashScopeConfig extends ModelConfig {
  /** The id of a workspace (`llm-…`), for keys that belong to none. On the shared hosts only. */
  workspace?: string | undefined
}

/**
 * Chat models on DashScope: all Qwen models, and the hosted models of other vendors.
 *
 * The key is `DASHSCOPE_API_KEY`, the URL `DASHSCOPE_HTTP_BASE_URL`, as in the official SDK. `baseURL` selects
 * the region, in any form: `https://dashscope-intl.aliyuncs.com`, with `/api/v1`, with `/compatible-mode/v1`, or
 * that of a relay. DashScope does not allow requests from browsers: use a relay.
 *
 * `reasoning` maps to `enable_thinking`, `thinking_budget` or `reasoning_effort`; `search` maps to
 * `enable_search` with `search_options`. Properties of `extraBody` go into `parameters`, except for `model`,
 * `input` and `parameters`, which are merged into the body. Not supported: `user`, `toolChoice: "required"`, a
 * tool named "search", and a forced tool call or a `responseFormat` while thinking.
 *
 * The generation path of a model is derived from its name, and corrected once by the server's response. A
 * buffered reply is streamed internally if the model requires it. Both are remembered per instance, not per
 * module: the response of one server must not affect calls to another, and relearning costs one short request.
 * @throws {ConfigError} `unsupported_option`, `missing_api_key`, `browser_key`, `invalid_config`
 * @throws {ServiceError} with DashScope's own code as `vendorCode`
 * @example
 * const llm = new DashScopeLLM({ model: 'qwen-plus' })
 * console.log(String(await llm.chat('Tell me a joke')))
 * @see https://help.aliyun.com/zh/model-studio/dashscope-api-reference
 * @see https://www.alibabacloud.com/help/en/model-studio/dashscope-api-reference
 */
export class DashScopeLLM extends BaseChatModel {
  static override readonly serverName: string = 'dashscope'
  static override readonly configMembers: readonly string[] = ['workspace']
  readonly #base: string
  readonly #workspace: string | undefined
  /** The path of this model, once the server has contradicted the table. */
  #path: GenerationPath | undefined
  /** True once the server has reported that this model only streams. */
  #streamOnly = false

  /** @throws {ConfigError} `invalid_config` */
  constructor(config: DashScopeConfig) {
    super(config)
    const { baseURL, env, workspace } = this.config as DashScopeConfig
    this.#base = resolveBase(baseURL ?? readEnv(['DASHSCOPE_HTTP_BASE_URL'], env) ?? BEIJING)
    if (workspace !== undefined && typeof workspace !== 'string') {
      throw new ConfigError('invalid_config', 'config.workspace must be a string')
    }
    this.#workspace = workspace
  }

  /** Returns the context budget: `maxLength`, else `DASHSCOPE_MAX_LENGTH` as in modelscope-agent. */
  override getMaxLength(): number {
    const length = Number(readEnv(['DASHSCOPE_MAX_LENGTH'], this.config.env))
    return this.config.maxLength ?? (length > 0 ? length : super.getMaxLength())
  }

  /** True for known models without thinking, which excludes `responseFormat`. */
  override supportResponseFormat(
    type: 'json_object' | 'json_schema',
    options: ChatOptions = {},
  ): boolean {
    const { model, provider, config } = this
    const { defaults } = config
    const reasoning = options.reasoning ?? defaults?.reasoning
    const own = mergeDeep(config.extraBody ?? {}, defaults?.extraBody)
    const extraBody = mergeDeep(own, options.extraBody)
    return supportsFormat(model, type) && !isThinking({ model, provider, reasoning, extraBody })
  }

  /** Sends the request. Each correction is made once and does not count as a retry. */
  protected override _chatStream(
    messages: readonly Message[],
    call: Call,
  ): AsyncIterable<StreamEvent[]> {
    const parameters = encodeParameters(messages, call)
    const media = hasMedia(messages)
    const plan: Plan = {
      path: this.#choosePath(call, media),
      stream:
        this.#streamOnly ||
        needsStream(call.model, parameters) ||
        shouldStream(call, this.config, { thinks: false }),
    }
    const asked: RequestHistory = { call, media, tried: [] }
    return new CorrectingStream(
      () => {
        const request = encodeRequest(messages, call, parameters, plan)
        const decoder = new ReplyDecoder(call, request.isCumulative)
        return readSSE(this.#send(request, plan, call), call).decode(decoder)
      },
      (error) => {
        if (!this.#correct(plan, error, asked)) throw this.#explain(error, asked)
      },
    )
  }

  /** Returns the learned path, else the table's, else the one that supports the messages. */
  #choosePath(call: Call, media: boolean): GenerationPath {
    if (this.#path && !(media && this.#path === 'text-generation')) return this.#path
    return pathOf(call.model) ?? (media ? 'multimodal-generation' : 'text-generation')
  }

  /** Corrects the plan if the server requires another kind of request. */
  #correct(plan: Plan, error: unknown, { call, media, tried }: RequestHistory): boolean {
    if (!(error instanceof ServiceError)) return false
    if (!plan.stream && WANTS_STREAM.test(error.message)) {
      plan.stream = this.#streamOnly = true
      return true
    }
    if (!isWrongPath(error, call.model)) return false
    if (tried.push(error) > 1) {
      this.#path = undefined // neither path knows the model
      return false
    }
    const path = plan.path === 'text-generation' ? 'multimodal-generation' : 'text-generation'
    // The text path does not support images, and the other one no raw prompt.
    if (path === 'text-generation' ? media : call.rawPrompt !== undefined) return false
    plan.path = this.#path = path
    return true
  }

  /** Explains "url error", which also stands for an unknown model if both paths report it. */
  #explain(error: unknown, { call, tried }: RequestHistory): unknown {
    const { model, provider } = call
    if (tried.length < 2 || !(error instanceof ServiceError)) return error
    const { message, status, vendorCode, requestId } =
      tried.find(({ code }) => code === 'model_not_found') ?? error
    const hint = `unknown model "${model}" on both generation paths: check its name and the region of \`baseURL\``
    const details = { provider, status, vendorCode, requestId, cause: error }
    return new ServiceError('model_not_found', `${message} (${hint})`, details)
  }

  async #send({ body, oss }: EncodedRequest, plan: Plan, call: Call): Promise<Response> {
    const url = `${this.#base}/services/aigc/${plan.path}/generation`
    return post(url, { body, headers: await this.#headers(call, plan, oss), decodeError }, call)
  }

  async #headers(call: Call, plan: Plan, oss: boolean): Promise<Record<string, string>> {
    const key = await resolveKey({
      config: this.config,
      provider: this.provider,
      variables: ['DASHSCOPE_API_KEY'],
      url: this.#base,
      required: isVendorHost(this.#base),
      temporaryPrefix: 'st-',
    })
    if (key !== undefined) call.secrets.push(key)
    return {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      // The header requests a stream: a `stream` property in the body has no effect.
      ...(plan.stream && { accept: 'text/event-stream', 'x-dashscope-sse': 'enable' }),
      ...(!plan.stream && { accept: 'application/json' }),
      ...(oss && { 'x-dashscope-ossresourceresolve': 'enable' }),
      ...(this.#workspace !== undefined && { 'x-dashscope-workspace': this.#workspace }),
    }
  }
}

/** Repeats a request with corrections as long as no part of its reply was emitted. */
class CorrectingStream implements AsyncIterableIterator<StreamEvent[]> {
  #open: () => BodyStream<StreamEvent>
  #correct: (error: unknown) => void
  #stream: BodyStream<StreamEvent>
  #begun = false

  /** @param correct changes the request, or throws the error for the reader */
  constructor(open: () => BodyStream<StreamEvent>, correct: (error: unknown) => void) {
    this.#open = open
    this.#correct = correct
    this.#stream = open()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<StreamEvent[]>> {
    return this.#begun ? this.#stream.next() : this.#first()
  }

  pull<R>(give: (events: StreamEvent[] | undefined) => R, fail: (error: unknown) => R): Promise<R> {
    // Not wrapped: each layer would cost a few microtasks per chunk.
    return this.#begun ? this.#stream.pull(give, fail) : pullFrom(this)(give, fail)
  }

  return(): Promise<IteratorResult<StreamEvent[]>> {
    return this.#stream.return()
  }

  async #first(): Promise<IteratorResult<StreamEvent[]>> {
    for (;;) {
      try {
        const first = await this.#stream.next()
        this.#begun = true
        return first
      } catch (error) {
        this.#correct(error)
        this.#stream = this.#open()
      }
    }
  }
}

/** A request and its history. */
interface RequestHistory {
  call: Call
  media: boolean
  /** The "wrong path" errors of this call. */
  tried: ServiceError[]
}

// "parameter.enable_thinking must be set to false for non-streaming calls"; "This model only
// support stream mode, please enable the stream parameter to access the model."
const WANTS_STREAM = /only supports? stream|for non-streaming calls|enable the stream parameter/i

/**
 * "url error, please check url！", as HTTP 400 or in a frame. A name that is not in the table is also tried at the
 * other path if the server reports an unknown model, as the official SDK does.
 */
function isWrongPath(error: ServiceError, model: string): boolean {
  if (/url error/i.test(error.message)) return true
  return error.code === 'model_not_found' && pathOf(model) === undefined
}
