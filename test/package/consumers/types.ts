// Every entry as a strict TypeScript project uses it. Checked, not run.
import type { ChatResult, Message, StreamEvent, ToolDefinition } from 'chatwire'
import { BaseChatModel, ChatStream, getChatModel, isChatError, registerLLM } from 'chatwire'
import type { Call, ModelConfig } from 'chatwire/core'
import { BaseChatModel as CoreModel, ModelRegistry, TimeoutError } from 'chatwire/core'
import { AzureOpenAiLLM } from 'chatwire/providers/azure-openai'
import { DashScopeLLM } from 'chatwire/providers/dashscope'
import { QwenChatAtDS } from 'chatwire/providers/dashscope-qwen'
import { OpenAiLLM } from 'chatwire/providers/openai'
import { openAiLike, VllmServerLLM } from 'chatwire/providers/openai-like'
import { ZhipuLLM } from 'chatwire/providers/zhipu'
import type { Script } from 'chatwire/testing'
import { simulate } from 'chatwire/testing'

export type * as conversation from 'chatwire/conversation'
export type * as gateway from 'chatwire/gateway'
export type * as mcp from 'chatwire/mcp'
export type * as server from 'chatwire/server'

const script: Script = [{ error: { status: 429 } }, { reasoning: 'Hm.', text: 'Hello' }]
const fetch = simulate('zhipu', script)
const config: ModelConfig = { model: 'glm-4.7', modelServer: 'zhipu', apiKey: 'a.b', fetch }

// The entries share their types: a model of one is a model of all.
const models: BaseChatModel[] = [
  getChatModel(config),
  getChatModel({ model: 'qwen-max', model_server: 'dashscope', api_key: 'sk-test' }),
  new ZhipuLLM(config),
  new DashScopeLLM(config),
  new QwenChatAtDS(config),
  new OpenAiLLM(config),
  new AzureOpenAiLLM({ ...config, apiVersion: '2024-10-21' }),
  new VllmServerLLM(config),
]
const first: CoreModel | undefined = models.find((model) => model instanceof CoreModel)

class Parrot extends BaseChatModel {
  protected override async *_chatStream(messages: readonly Message[], call: Call) {
    yield `${call.model} heard ${messages.length} messages`
  }
}
registerLLM('parrot', Parrot)
new ModelRegistry([['parrot', Parrot]]).registerLLM(
  'row',
  openAiLike({ baseURL: 'http://127.0.0.1/v1', keyVariables: [] }),
)

const tools: ToolDefinition[] = [
  { type: 'function', function: { name: 'weather', parameters: { type: 'object' } } },
]

export async function chat(llm: CoreModel = first ?? new Parrot(config)): Promise<number> {
  const result: ChatResult = await llm.chat('Hello')
  const sent = llm.chat({ messages: [result.message], tools, stream: true })
  const stream: ChatStream = ChatStream.from(sent.toResponse())
  try {
    for await (const text of stream) text.trim()
  } catch (error) {
    if (error instanceof TimeoutError) return error.limit
    if (isChatError(error)) return error.partial?.text.length ?? 0
  }
  return (await stream.result()).usage.totalTokens
}

export function nameOf(event: StreamEvent): string {
  switch (event.type) {
    case 'text-delta':
    case 'reasoning-delta':
      return event.text
    case 'tool-call':
      return event.toolCall.name
    case 'finish':
      return event.finishReason
    default:
      return event.type
  }
}

// Were the types not found, everything would be `any` and these would pass.
// @ts-expect-error: a model has a name
void getChatModel({ model: 5, modelServer: 'zhipu' })
// @ts-expect-error: a stream is no result
export const wrong: ChatResult = first?.chat({ prompt: 'Hello', stream: true })
