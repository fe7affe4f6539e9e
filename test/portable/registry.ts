/**
 * Names to models, and models of one's own.
 */
import type { Message } from 'chatwire'
import {
  BaseChatModel,
  getChatModel,
  LLM_REGISTRY,
  ModelRegistry,
  OpenAiLLM,
  registerLLM,
  textOf,
} from 'chatwire'
import type { Cases } from './connect.ts'
import { collect, drain, END, modelAt, text } from './frames.ts'

class Generator extends BaseChatModel {
  async *_chatStream(messages: readonly Message[]): AsyncGenerator<string> {
    yield 'You said: '
    yield textOf(messages.at(-1)?.content)
  }
}

class Streamed extends BaseChatModel {
  _chatStream(): ReadableStream<string> {
    const pieces = ['one ', 'two ', 'three']
    return new ReadableStream({
      pull(controller) {
        const piece = pieces.shift()
        if (piece === undefined) controller.close()
        else controller.enqueue(piece)
      },
    })
  }
}

export const registryCases: Cases = (test, assert, connect) => {
  test('registerLLM() makes a class known to getChatModel()', async () => {
    registerLLM('portable-generator', Generator, { replace: true })
    const llm = getChatModel({ model: 'any', modelServer: 'portable-generator' })
    assert.equal((await llm.chat('hello')).text, 'You said: hello')
    assert.deepEqual(await collect(llm.chat({ prompt: 'you', stream: true })), [
      'You said: ',
      'you',
    ])
    assert.ok(LLM_REGISTRY.has('portable-generator'))
  })

  test('registerLLM() works as a decorator', async () => {
    @registerLLM('portable-decorated', { replace: true })
    class Decorated extends Generator {}
    const llm = getChatModel('portable-decorated:any')
    assert.ok(llm instanceof Decorated)
    assert.equal((await llm.chat('x')).text, 'You said: x')
  })

  test('A registered name is not taken over without { replace: true }', () => {
    const registry = new ModelRegistry([['once', Generator]])
    assert.throws(
      () => registry.registerLLM('once', Streamed),
      (error) => assert.equal(error.code, 'duplicate_server'),
    )
  })

  test('An unknown server is an error that lists the names there are', () => {
    assert.throws(
      () => getChatModel({ model: 'x', modelServer: 'dashscop' }),
      (error) => {
        assert.equal(error.code, 'unknown_server')
        assert.match(error.message, /dashscope.*openai.*zhipu/s)
      },
    )
  })

  test('A server with a prefix of the model wins over the bare server', () => {
    const registry = new ModelRegistry([
      ['house', Generator],
      ['house_qwen', Streamed],
    ])
    assert.ok(registry.getChatModel('house:qwen2.5-72b-instruct') instanceof Streamed)
    assert.ok(registry.getChatModel('house:Qwen/Qwen3-8B') instanceof Streamed)
    assert.ok(registry.getChatModel('house:glm-4') instanceof Generator)
  })

  test('A built-in class works without the registry', async () => {
    const server = await connect.serve({ steps: [{ text: text('hi') + END }] })
    const llm = new OpenAiLLM({
      model: 'gpt-test',
      baseURL: server.url,
      apiKey: () => 'sk-test-key',
    })
    assert.deepEqual(await collect(llm.chat({ prompt: 'hello', stream: true })), ['hi'])
  })

  test('The spellings of modelscope-agent configs are accepted', async () => {
    const server = await connect.serve({ steps: [{ text: text('hi') + END }] })
    const llm = getChatModel({
      model: 'gpt-test',
      model_server: 'openai',
      api_base: server.url,
      api_key: 'sk-old',
      dangerouslyAllowBrowser: true,
    })
    assert.deepEqual(await collect(llm.chat({ prompt: 'hello', stream: true })), ['hi'])
    assert.equal((await server.seen())[0].headers.authorization, 'Bearer sk-old')
  })

  test('An unknown member of a config is named', () => {
    assert.throws(
      () => modelAt({ url: connect.upstream }, { temprature: 1 } as object),
      (error) => {
        assert.equal(error.code, 'invalid_config')
        assert.match(error.message, /temprature/)
      },
    )
  })

  test('A ReadableStream of a custom model is read like a generator', async () => {
    const registry = new ModelRegistry([['streamed', Streamed]])
    const llm = registry.getChatModel('streamed:any')
    assert.equal((await llm.chat('x')).text, 'one two three')
    assert.deepEqual(await collect(llm.chat({ prompt: 'x', stream: true })), [
      'one ',
      'two ',
      'three',
    ])
    assert.deepEqual(await drain(llm.chat({ prompt: 'x', stream: true }).toReadableStream()), [
      'one ',
      'two ',
      'three',
    ])
  })

  test('A ReadableStream of a custom model is cancelled when its reader leaves', async () => {
    let cancelled = false
    class Endless extends BaseChatModel {
      _chatStream(): ReadableStream<string> {
        return new ReadableStream({
          pull: (controller) => controller.enqueue('more '),
          cancel() {
            cancelled = true
          },
        })
      }
    }
    for await (const _piece of new Endless({ model: 'any' }).chat({ prompt: 'x', stream: true }))
      break
    await Promise.resolve()
    assert.ok(cancelled)
  })

  test('Empty messages are refused before anything is sent', async () => {
    const server = await connect.serve({ steps: [{ text: END }] })
    await assert.rejects(modelAt(server).chat({ messages: [] }), (error) => {
      assert.equal(error.code, 'invalid_messages')
      assert.match(error.message, /messages list must not be empty/)
    })
    assert.equal((await server.seen()).length, 0)
  })
}
