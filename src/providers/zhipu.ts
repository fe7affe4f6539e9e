/**
 * Zhipu's GLM models, on BigModel (China) and Z.ai (international).
 * @see https://docs.bigmodel.cn/api-reference
 * @see https://docs.z.ai/api-reference/llm/chat-completion
 * @module chatwire/providers/zhipu
 */
import type { Call } from '../call.ts'
import { BaseChatModel } from '../chat/base.ts'
import { shouldStream } from '../chat/should-stream.ts'
import { ConfigError } from '../errors.ts'
import type { StreamEvent } from '../event.ts'
import { lateStream } from '../http/late-stream.ts'
import type { Message } from '../message.ts'
import type { ModelConfig } from '../options.ts'
import type { TokenSigner } from '../wire/zhipu-token.ts'

/** Config properties of Zhipu. */
export interface ZhipuConfig extends ModelConfig {
  /**
   * Form in which the key is sent: as is, or as a short-lived token signed with it.
   * @default 'key'
   */
  auth?: 'key' | 'jwt' | undefined
}

const loadChat = () => import('./zhipu/chat.ts')

/**
 * A GLM model. Key: `ZHIPU_API_KEY`. `baseURL` may also be the host of Z.ai or the endpoint of the coding plan.
 * @throws {ConfigError} `missing_api_key`, `browser_key`, `unsupported_option`, `invalid_config`
 * @throws {ServiceError} with Zhipu's own code as `vendorCode`
 * @see https://docs.bigmodel.cn/api-reference
 * @see https://docs.z.ai/api-reference/llm/chat-completion
 * @example new ZhipuLLM({ model: 'glm-4.7' })
 */
export class ZhipuLLM extends BaseChatModel {
  static override readonly serverName: string = 'zhipu'
  static override readonly configMembers: readonly string[] = ['auth']
  #signer: TokenSigner | undefined

  /** @throws {ConfigError} `invalid_config` */
  constructor(config: ZhipuConfig) {
    super(config)
    if (config.auth !== undefined && config.auth !== 'key' && config.auth !== 'jwt') {
      throw new ConfigError('invalid_config', 'config.auth must be "key" or "jwt"')
    }
  }

  /** True for JSON mode of models without vision. */
  override supportResponseFormat(type: 'json_object' | 'json_schema'): boolean {
    return type === 'json_object' && !/glm-[\d.]+v|ocr/i.test(this.model)
  }

  protected override _chatStream(
    messages: readonly Message[],
    call: Call,
  ): AsyncIterable<StreamEvent[]> {
    const stream = shouldStream(call, this.config)
    return lateStream(loadChat, ({ chat, TokenSigner }) => {
      const { config, provider } = this
      const signer = (this.#signer ??= new TokenSigner())
      return chat({ config, provider, signer }, messages, call, { stream })
    })
  }

  protected override loadParts(): Promise<unknown> {
    return loadChat()
  }
}
