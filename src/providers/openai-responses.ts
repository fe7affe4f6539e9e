/**
 * Servers with OpenAI's Responses API: OpenAI itself, Azure, xAI, OpenRouter, and local servers that support it.
 * @see https://platform.openai.com/docs/api-reference/responses
 * @module chatwire/providers/openai-responses
 */
import type { Call } from '../call.ts'
import type { BaseChatModel } from '../chat/base.ts'
import type { StreamEvent } from '../event.ts'
import { lateStream } from '../http/late-stream.ts'
import type { ContentPart, Message } from '../message.ts'
import type { ModelConfig } from '../options.ts'
import { forModel } from '../wire/openai/dialect.ts'
import type { ResponsesDialect } from '../wire/responses/encode.ts'
import { AzureOpenAiLLM } from './azure-openai.ts'
import { OPENAI_LIKE, openAiLike } from './openai-like.ts'
import type { OpenAiServer } from './openai.ts'
import { OpenAiServerLLM } from './openai.ts'
import type { Target } from './openai-responses/chat.ts'

export { OpenAiServerLLM }

const loadChat = () => import('./openai-responses/chat.ts')

/** A class that uses the Responses API. */
export interface ResponsesModelClass {
  new (config: ModelConfig): BaseChatModel
  /** The registered name of the class. */
  readonly serverName: string
  /** The data of this class's server. */
  readonly server: OpenAiServer
  /** Config members of its own. */
  readonly configMembers?: readonly string[]
}

/**
 * Derives a class that uses the Responses API instead of Chat Completions. URL, key and headers stay the same.
 * @param dialect returns what the server supports for a model; by default that of OpenAI
 */
function withResponses(
  Server: typeof OpenAiServerLLM,
  name: string,
  dialect?: (model: string) => ResponsesDialect,
): ResponsesModelClass {
  return class extends Server {
    static override readonly serverName: string = name

    protected override _chatStream(
      messages: readonly Message[],
      call: Call,
    ): AsyncIterable<StreamEvent[]> {
      const target: Target = {
        config: this.config,
        provider: this.provider,
        server: this.server,
        url: this.url('/responses'),
        keyHeaders: (key) => this.keyHeaders(key),
        dialect,
      }
      return lateStream(loadChat, ({ chat }) => chat(target, messages, call))
    }

    protected override loadParts(): Promise<unknown> {
      return loadChat()
    }

    /** @see https://platform.openai.com/docs/guides/function-calling#formatting-results */
    override toolResultParts(): readonly ContentPart['type'][] {
      return name.includes('openai') ? ['image_url', 'file'] : [] // other hosts document text only
    }

    override supportRawPrompt(): boolean {
      return false
    }
  }
}

/**
 * A model of OpenAI, or of a server at another `baseURL`, through the Responses API. Key: `OPENAI_API_KEY`. Sends
 * the entire conversation each time and stores nothing (`store: false`); encrypted reasoning is sent back through
 * `message.provider_data`. Built-in tools (`{ type: 'web_search' }`, …) are passed unchanged, and the pages they
 * find are `source` events. `extraBody: { previous_response_id }` continues a stored response.
 * @throws {ConfigError} `missing_api_key`, `browser_key`, `unsupported_option`, `invalid_config`
 * @throws {ServiceError} with the server's own code as `vendorCode`
 * @see https://platform.openai.com/docs/api-reference/responses
 * @example new OpenAiResponsesLLM({ model: 'gpt-5.1' })
 */
export const OpenAiResponsesLLM: ResponsesModelClass = /* @__PURE__ */ withResponses(
  OpenAiServerLLM,
  'openai_responses',
)

/** Returns the classes by registered name: the server's name plus `_responses`. */
export function responsesServers(): Record<string, ResponsesModelClass> {
  const servers: Record<string, ResponsesModelClass> = {
    openai_responses: OpenAiResponsesLLM,
    azure_openai_responses: withResponses(
      AzureOpenAiLLM as unknown as typeof OpenAiServerLLM,
      'azure_openai_responses',
    ),
  }
  for (const [name, row] of Object.entries(OPENAI_LIKE)) {
    const { responses } = row
    if (!responses) continue
    const server = openAiLike(row, name)
    servers[`${name}_responses`] = withResponses(server, `${name}_responses`, (model) => {
      const { reasoningStyle, efforts } = forModel(row, model)
      return { ...responses, efforts, ...(reasoningStyle === 'off' && { reasoning: false }) }
    })
  }
  return servers
}
