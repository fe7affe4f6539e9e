/**
 * Google's Gemini models through their native API.
 * @module chatwire/providers/gemini
 */
import type { Call } from '../call.ts'
import { BaseChatModel } from '../chat/base.ts'
import { shouldStream } from '../chat/should-stream.ts'
import type { StreamEvent } from '../event.ts'
import { lateStream } from '../http/late-stream.ts'
import type { ContentPart, Message } from '../message.ts'
import type { ChatOptions } from '../options.ts'
import { STREAM, WHOLE } from './gemini/endpoint.ts'
import { isGemma, isThirdGeneration, takesResultMedia, takesTools } from './gemini/models.ts'
import type { SchemaDialect } from '../schema/vendor-support.ts'

const loadChat = () => import('./gemini/chat.ts')

/**
 * A Gemini model. Key: `GEMINI_API_KEY` or `GOOGLE_API_KEY`, sent in a header. `baseURL` may omit the version
 * (`/v1beta`), and may be that of a proxy or relay, which forwards the vendor's own paths.
 *
 * `reasoning` maps to `thinkingConfig`: a budget up to generation 2.5, a level since 3, with thoughts included.
 * `search` maps to the `googleSearch` tool. Other built-in tools are passed by type: `{ type: 'codeExecution' }`.
 * Properties of `extraBody` can be written in camelCase or snake_case.
 * Not supported: `user`, `repetitionPenalty`, `parallelToolCalls: false`; before generation 3 also functions
 * together with a JSON `responseFormat` or search, and JSON together with search. Gemma supports no JSON
 * `responseFormat`, and tools only since generation 4; its instructions precede the first turn.
 *
 * Content without a place in OpenAI's format (thought signatures, executed code, images) is kept in
 * `provider_data` of the assistant message and sent back unchanged: generation 3 rejects calls without their
 * signatures.
 * @throws {ConfigError} `unsupported_option`, `invalid_messages`, `missing_api_key`, `browser_key`
 * @throws {ServiceError} with Google's status as `vendorCode`; `content_filter` for a blocked prompt
 * @example new GeminiLLM({ model: 'gemini-2.5-flash' })
 * @see https://ai.google.dev/api/generate-content
 */
export class GeminiLLM extends BaseChatModel {
  static override readonly serverName: string = 'gemini'

  override schemaDialects(): readonly SchemaDialect[] {
    return ['gemini']
  }

  /** @see https://ai.google.dev/gemini-api/docs/function-calling#multimodal */
  override toolResultParts(): readonly ContentPart['type'][] {
    return takesResultMedia(this.model) ? ['image_url', 'file'] : []
  }

  /** False for a Gemma before generation 4. */
  override supportFunctionCalling(): boolean {
    return takesTools(this.model)
  }

  /** Both forms, alone; along with tools or search from generation 3 on. No form for Gemma. */
  override supportResponseFormat(
    _type: 'json_object' | 'json_schema',
    options?: ChatOptions,
  ): boolean {
    if (isGemma(this.model)) return false
    const { tools, search } = { ...this.config.defaults, ...options }
    return isThirdGeneration(this.model) || (!tools?.length && !search)
  }

  protected override _chatStream(
    messages: readonly Message[],
    call: Call,
  ): AsyncIterable<StreamEvent[]> {
    const method = shouldStream(call, this.config) ? STREAM : WHOLE
    const { config, provider } = this
    return lateStream(loadChat, ({ chat }) => chat({ config, provider }, messages, call, method))
  }

  protected override loadParts(): Promise<unknown> {
    return loadChat()
  }
}
