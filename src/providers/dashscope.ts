/**
 * Alibaba Cloud Model Studio ("Bailian") through its native API.
 * @module chatwire/providers/dashscope
 */
import type { Call } from '../call.ts'
import { BaseChatModel } from '../chat/base.ts'
import { ConfigError } from '../errors.ts'
import { readEnv } from '../env.ts'
import type { StreamEvent } from '../event.ts'
import { lateStream } from '../http/late-stream.ts'
import { mergeDeep } from '../merge-deep.ts'
import type { Message } from '../message.ts'
import type { ChatOptions, ModelConfig } from '../options.ts'
import type { Learned } from './dashscope/chat.ts'
import { BEIJING, resolveBase } from './dashscope/endpoint.ts'
import { supportsFormat, supportsPrefill } from './dashscope/models.ts'
import { isThinking } from './dashscope/thinking.ts'

/** The config of `DashScopeLLM`: that of every model, plus `workspace`. */
export interface DashScopeConfig extends ModelConfig {
  /** The id of a workspace (`llm-…`), for keys that belong to none. On the shared hosts only. */
  workspace?: string | undefined
}

const loadChat = () => import('./dashscope/chat.ts')

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
  readonly #learned: Learned = { path: undefined, streamOnly: false }

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
    return supportsFormat(this.model, type) && !this.#isThinking(options)
  }

  /** True for known models without thinking, in which the vendor does not continue a reply. */
  override supportPrefill(options: ChatOptions = {}): boolean {
    return supportsPrefill(this.model) && !this.#isThinking(options)
  }

  #isThinking(options: ChatOptions): boolean {
    const { model, provider, config } = this
    const { defaults } = config
    const reasoning = options.reasoning ?? defaults?.reasoning
    const own = mergeDeep(config.extraBody ?? {}, defaults?.extraBody)
    const extraBody = mergeDeep(own, options.extraBody)
    return isThinking({ model, provider, reasoning, extraBody })
  }

  /** Sends the request. Each correction is made once and does not count as a retry. */
  protected override _chatStream(
    messages: readonly Message[],
    call: Call,
  ): AsyncIterable<StreamEvent[]> {
    return lateStream(loadChat, ({ chat }) => {
      const { config, provider } = this
      const [base, workspace, learned] = [this.#base, this.#workspace, this.#learned]
      return chat({ config, provider, base, workspace, learned }, messages, call)
    })
  }

  protected override loadParts(): Promise<unknown> {
    return loadChat()
  }
}
