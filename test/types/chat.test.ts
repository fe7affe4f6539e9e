import {
  BaseChatModel,
  failover,
  getChatModel,
  isChatError,
  registerLLM,
  TimeoutError,
} from 'chatwire'
import type {
  ChatResult,
  ChatStream,
  ErrorCode,
  FailoverEvent,
  Message,
  ModelConfig,
  StreamEvent,
} from 'chatwire'
import { expect, expectTypeOf, test } from 'vitest'

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

test('a modelscope-agent config and a server’s own members are accepted', () => {
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

interface RegionConfig extends ModelConfig {
  region?: string
}

test('a member of a wrong type, or an unknown one, is refused by the compiler', () => {
  const own = () => getChatModel<RegionConfig>({ model: 'a', modelServer: 'mine', region: 'eu' })
  expectTypeOf(own).returns.toEqualTypeOf<BaseChatModel>()
  const wrong = () => [
    // @ts-expect-error: did you mean `apiKey`?
    getChatModel({ model: 'a', modelServer: 'dashscope', apikey: 'k' }),
    // @ts-expect-error: did you mean `baseURL`?
    getChatModel({ model: 'a', modelServer: 'dashscope', baseUrl: 'https://a.example' }),
    // @ts-expect-error: an option belongs into `defaults`
    getChatModel({ model: 'a', modelServer: 'dashscope', temperature: 1 }),
    // @ts-expect-error: an unknown member of the settings
    getChatModel('dashscope:a', { apikey: 'k' }),
    // @ts-expect-error: an unknown member of a model in a list
    getChatModel([{ model: 'a', modelServer: 'dashscope', apikey: 'k' }]),
    // @ts-expect-error: an unknown member of a legacy config
    getChatModel({ model: 'a', model_server: 'dashscope', api_kee: 'k' }),

    // @ts-expect-error: milliseconds are a number
    getChatModel({ model: 'a', modelServer: 'dashscope', timeout: 'x' }),
    // @ts-expect-error: a key is a string or a function
    getChatModel({ model: 'a', modelServer: 'dashscope', apiKey: 5 }),
  ]
  expectTypeOf(wrong).toBeFunction()
})

test('isChatError() narrows to a union discriminated by its code', () => {
  const read = (error: unknown) => {
    if (!isChatError(error)) return undefined
    switch (error.code) {
      case 'timeout':
        expectTypeOf(error.which).toEqualTypeOf<'response' | 'idle' | 'total'>()
        return error.limit
      case 'rate_limit':
        return error.retryAfter
      case 'invalid_output':
        return error.issues
      case 'too_many_steps':
        return error.steps
      case 'bad_frame':
        return error.frame
      default:
        return error.code satisfies ErrorCode
    }
  }
  expect(read(new TimeoutError('idle', 5))).toBe(5)
})
