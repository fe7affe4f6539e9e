/**
 * Claude through Anthropic's Messages API, and compatible servers.
 * @see https://platform.claude.com/docs/en/api/messages
 * @module chatwire/providers/anthropic
 */
import type { Call } from '../call.ts'
import { BaseChatModel } from '../chat/base.ts'
import { shouldStream } from '../chat/should-stream.ts'
import type { StreamEvent } from '../event.ts'
import { lateStream } from '../http/late-stream.ts'
import type { ContentPart, Message } from '../message.ts'
import type { ChatOptions } from '../options.ts'
import { isOn } from '../wire/openai/dialect.ts'
import { supportsSchema, versionOf } from './anthropic/models.ts'
import type { SchemaDialect } from '../schema/vendor-support.ts'

const loadChat = () => import('./anthropic/chat.ts')

/**
 * A Claude model, or a model on a compatible server. Key: `ANTHROPIC_API_KEY`. `baseURL` may end in `/v1` or not.
 * `maxTokens`, which this API requires, defaults to 20,000 (4096 for Claude 3, 8192 for 3.5 and for other
 * vendors' models), plus any `reasoning.budget`. System messages precede the conversation, wherever in it they
 * were written.
 * @throws {ConfigError} `missing_api_key`, `browser_key`, `unsupported_option`, `invalid_config`
 * @throws {ServiceError} with Anthropic's own code as `vendorCode`
 * @see https://platform.claude.com/docs/en/api/messages
 * @example new AnthropicLLM({ model: 'claude-sonnet-4-6' })
 */
export class AnthropicLLM extends BaseChatModel {
  static override readonly serverName: string = 'anthropic'

  /** @see https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use */
  override toolResultParts(): readonly ContentPart['type'][] {
    return ['image_url', 'file']
  }

  override schemaDialects(): readonly SchemaDialect[] {
    return ['anthropic']
  }

  protected override _chatStream(
    messages: readonly Message[],
    call: Call,
  ): AsyncIterable<StreamEvent[]> {
    const { config, provider } = this
    const stream = shouldStream(call, config)
    return lateStream(loadChat, ({ chat }) =>
      chat({ config, provider }, messages, call, { stream }),
    )
  }

  protected override loadParts(): Promise<unknown> {
    return loadChat()
  }

  /** True before Claude 4.6, without thinking. Other vendors' models on compatible servers are unknown. */
  override supportPrefill({ reasoning }: ChatOptions = {}): boolean {
    const setting = reasoning ?? this.config.defaults?.reasoning ?? false
    return (versionOf(this.model) ?? Infinity) < 406 && !isOn(setting)
  }

  override supportResponseFormat(type: 'json_object' | 'json_schema'): boolean {
    return type === 'json_schema' && supportsSchema(this.model)
  }
}
