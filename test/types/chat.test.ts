import { BaseChatModel, failover, getChatModel, registerLLM } from 'chatwire'
import type {
  ChatResult,
  ChatStream,
  ErrorCode,
  FailoverEvent,
  Message,
  StreamEvent,
} from 'chatwire'
import { expectTypeOf, test } from 'vitest'

// The type checker of `npm run check` judges this file; running it shows that it loads.
test('the types say what a caller gets', () => {
  const llm = {} as BaseChatModel
  const ask = () => {
    expectTypeOf(llm.chat('Hello')).toEqualTypeOf<Promise<ChatResult>>()
    expectTypeOf(llm.chat({ prompt: 'Hello' })).toEqualTypeOf<Promise<ChatResult>>()
    expectTypeOf(llm.chat({ prompt: 'Hello', stream: true })).toEqualTypeOf<ChatStream>()
    expectTypeOf(llm.chat({ prompt: 'Hello', stream: Math.random() > 2 })).toEqualTypeOf<
      ChatStream | Promise<ChatResult>
    >()
  }
  expectTypeOf(ask).returns.toBeVoid()
  expectTypeOf<ChatResult['message']>().toExtend<Message>()
  expectTypeOf<StreamEvent['type']>().toExtend<string>()
  expectTypeOf<'timeout'>().toExtend<ErrorCode>()
})

test('an ancestor’s config and a server’s own members are taken', () => {
  const make = () => [
    getChatModel({ model: 'qwen-max', model_server: 'dashscope', api_key: 'k' }),
    getChatModel('zhipu:glm-4.7', { apiKey: () => 'k' }),
    getChatModel({ model: 'gpt', modelServer: 'azure_openai', apiVersion: '2024-10-21' }),
  ]
  expectTypeOf(make).returns.toEqualTypeOf<BaseChatModel[]>()
})

test('a list of configs, short names or models is one model', () => {
  const make = () => [
    getChatModel(['zhipu:glm-4.7', { model: 'qwen-max', modelServer: 'dashscope' }]),
    getChatModel([{ model: 'gpt', modelServer: 'azure_openai', apiVersion: '2024-10-21' }], {
      onCut: 'restart',
    }),
    failover([{} as BaseChatModel], { onCut: 'continue', maxFailures: 3, coolDown: 30_000 }),
    // @ts-expect-error: there are three ways
    failover([{} as BaseChatModel], { onCut: 'go' }),
    // @ts-expect-error: a list takes the options of a failover
    getChatModel(['zhipu:glm-4.7'], { apiKey: 'k' }),
  ]
  expectTypeOf(make).returns.toEqualTypeOf<BaseChatModel[]>()
  expectTypeOf<FailoverEvent>().toExtend<StreamEvent>()
})

test('a class is registered by a decorator or a call', () => {
  class Parrot extends BaseChatModel {
    override async *_chatStream(messages: readonly Message[]) {
      yield String(messages.at(-1)?.content)
    }
  }
  expectTypeOf(registerLLM('parrot-of-types', Parrot)).toEqualTypeOf<typeof Parrot>()
  expectTypeOf(registerLLM('parrot-of-types', { replace: true })(Parrot)).toEqualTypeOf<
    typeof Parrot
  >()
})

test('a member of a wrong type is refused by the compiler', () => {
  const wrong = () => [
    // @ts-expect-error: milliseconds are a number
    getChatModel({ model: 'a', modelServer: 'dashscope', timeout: 'x' }),
    // @ts-expect-error: a key is a string or a function
    getChatModel({ model: 'a', modelServer: 'dashscope', apiKey: 5 }),
  ]
  expectTypeOf(wrong).toBeFunction()
})
