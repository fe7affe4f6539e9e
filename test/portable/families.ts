/**
 * The families of wire formats, each against its simulator: the same answers whatever the vendor says.
 */
import type { ModelConfig } from 'chatwire'
import { getChatModel } from 'chatwire'
import type { Cases, Lane } from './connect.ts'
import { collect, drain } from './frames.ts'

interface Family {
  server: string
  /** The path prefix of the vendor's API. */
  path: string
  model: string
  thinker: string
  key: string
  /** The header that carries the key. @default 'authorization', after `Bearer` */
  keyHeader?: string
}

const FAMILIES: readonly Family[] = [
  {
    server: 'openai',
    path: '/v1',
    model: 'gpt-4o-mini',
    thinker: 'Qwen/Qwen3-8B',
    key: 'sk-test-key',
  },
  {
    server: 'openai_responses',
    path: '/v1',
    model: 'gpt-4.1-mini',
    thinker: 'gpt-5.1',
    key: 'sk-test-key',
  },
  {
    server: 'zhipu',
    path: '/api/paas/v4',
    model: 'glm-4.7',
    thinker: 'glm-4.7',
    key: 'id1234.secret5678',
  },
  {
    server: 'dashscope',
    path: '/api/v1',
    model: 'qwen-plus',
    thinker: 'qwen-plus',
    key: 'sk-test-key',
  },
  {
    server: 'gemini',
    path: '/v1beta',
    model: 'gemini-3-flash-preview',
    thinker: 'gemini-2.5-flash',
    key: 'AIza-test-key',
    keyHeader: 'x-goog-api-key',
  },
  {
    server: 'ollama',
    path: '',
    model: 'llama3.1',
    thinker: 'gpt-oss:20b',
    key: 'sk-test-key',
  },
  {
    server: 'anthropic',
    path: '/v1',
    model: 'claude-sonnet-4-6',
    thinker: 'claude-opus-4-8',
    key: 'sk-ant-test-key',
    keyHeader: 'x-api-key',
  },
]

const WEATHER = {
  type: 'function' as const,
  function: {
    name: 'weather',
    description: 'The weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}

const TEXT = 'Grüße, 世界! How are you today? 😀'

export const familyCases: Cases = (test, assert, connect) => {
  for (const family of FAMILIES) {
    const { server } = family
    const at = (lane: Lane, settings: Partial<ModelConfig> = {}) =>
      getChatModel({
        model: family.model,
        modelServer: server,
        baseURL: lane.url + family.path,
        apiKey: family.key,
        maxRetries: 0,
        dangerouslyAllowBrowser: true,
        ...settings,
      })
    const simulate = (script: unknown) => connect.serve({ simulate: server, script })

    test(`${server}: chat() gives the whole answer with its usage`, async () => {
      const lane = await simulate({ text: TEXT, usage: { promptTokens: 11, completionTokens: 5 } })
      const result = await at(lane).chat('hello')
      assert.equal(result.text, TEXT)
      assert.equal(result.finishReason, 'stop')
      assert.equal(result.provider, server)
      assert.equal(result.usage.promptTokens, 11)
      assert.equal(result.usage.totalTokens, 16)
      const [request] = await lane.seen()
      const { key, keyHeader } = family
      const sent = request.headers[keyHeader ?? 'authorization']
      assert.equal(sent, keyHeader ? key : `Bearer ${key}`)
      assert.ok(!request.url.includes(family.key))
    })

    test(`${server}: a stream as async iterator`, async () => {
      const lane = await simulate({ text: TEXT })
      const stream = at(lane).chat({ prompt: 'hello', stream: true })
      const pieces = await collect(stream)
      assert.equal(pieces.join(''), TEXT)
      assert.ok(pieces.length > 1, `${pieces.length} pieces`)
      const result = await stream.result()
      assert.equal(result.finishReason, 'stop')
      assert.ok(result.usage.totalTokens > 0)
      assert.equal(result.usage.estimated, undefined)
    })

    test(`${server}: a stream as ReadableStream`, async () => {
      const lane = await simulate({ text: TEXT })
      const stream = at(lane).chat({ prompt: 'hello', stream: true })
      assert.equal((await drain(stream.toReadableStream())).join(''), TEXT)
    })

    test(`${server}: a stream cut into single bytes`, async () => {
      const lane = await simulate({ text: TEXT, fault: { kind: 'split', bytes: 1 } })
      assert.equal((await collect(at(lane).chat({ prompt: 'hello', stream: true }))).join(''), TEXT)
    })

    test(`${server}: thinking comes out as reasoning`, async () => {
      const lane = await simulate({ reasoning: 'First I think. ', text: 'Then I speak.' })
      const llm = at(lane, { model: family.thinker })
      const events = await collect(
        llm.chat({ prompt: 'hello', stream: true, reasoning: true }).events(),
      )
      const reasoning = events.flatMap((event) =>
        event.type === 'reasoning-delta' ? [event.text] : [],
      )
      const text = events.flatMap((event) => (event.type === 'text-delta' ? [event.text] : []))
      assert.equal(reasoning.join('').trim(), 'First I think.')
      assert.equal(text.join('').trim(), 'Then I speak.')
      assert.equal(events.at(-1)?.type, 'finish')
    })

    test(`${server}: tool calls come whole and parsed, streamed and not`, async () => {
      const toolCalls = [
        { id: 'call_a', name: 'weather', arguments: { city: 'Zürich' } },
        { id: 'call_b', name: 'weather', arguments: { city: '北京' } },
      ]
      const lane = await simulate({ toolCalls })
      const request = { prompt: 'weather?', tools: [WEATHER] }
      const streamed = await at(lane)
        .chat({ ...request, stream: true })
        .result()
      for (const result of [streamed, await at(lane).chat(request)]) {
        assert.equal(result.finishReason, 'tool_calls')
        assert.deepEqual(
          result.toolCalls.map(({ id, name, arguments: parsed, invalid }) => ({
            id,
            name,
            arguments: parsed,
            invalid,
          })),
          toolCalls,
        )
        assert.equal(result.message.tool_calls?.length, 2)
      }
    })

    test(`${server}: a tool's answer goes back in the next turn`, async () => {
      const lane = await simulate([
        { toolCalls: [{ id: 'call_a', name: 'weather', arguments: { city: 'Rome' } }] },
        'Sunny.',
      ])
      const llm = at(lane)
      const question = { role: 'user' as const, content: 'weather?' }
      const { message, toolCalls } = await llm.chat({ messages: [question], tools: [WEATHER] })
      const answer = { role: 'tool' as const, tool_call_id: toolCalls[0].id, content: '21 °C' }
      const result = await llm.chat({ messages: [question, message, answer], tools: [WEATHER] })
      assert.equal(result.text, 'Sunny.')
    })

    test(`${server}: a refused key is authentication, and is not shown`, async () => {
      const lane = await simulate({ error: { status: 401, message: `Wrong key ${family.key}` } })
      await assert.rejects(at(lane, { maxRetries: 2 }).chat('hello'), (error) => {
        assert.equal(error.name, 'ServiceError')
        assert.equal(error.code, 'authentication')
        assert.equal(error.provider, server)
        assert.ok(!JSON.stringify(error).includes(family.key), error.message)
        assert.ok(!String(error.stack).includes(family.key))
      })
      assert.equal((await lane.seen()).length, 1)
    })

    test(`${server}: an error in the stream is thrown with what had arrived`, async () => {
      const lane = await simulate({
        text: 'half of',
        error: { status: 500, inStream: true, message: 'It broke' },
      })
      await assert.rejects(collect(at(lane).chat({ prompt: 'hello', stream: true })), (error) => {
        assert.equal(error.name, 'ServiceError')
        assert.equal(error.partial.text, 'half of')
      })
    })

    test(`${server}: a stream without its end is an error`, async () => {
      const lane = await simulate({ text: 'one two three four', fault: { kind: 'cut', after: 2 } })
      await assert.rejects(collect(at(lane).chat({ prompt: 'hello', stream: true })), (error) => {
        assert.equal(error.code, 'stream_truncated')
        assert.ok(error.partial)
      })
    })

    test(`${server}: leaving early reaches the server`, async () => {
      // Some vendors say a thing or two before their first word.
      const text = 'one two three four five six seven'
      const lane = await simulate({ text, fault: { kind: 'stall', after: 5 } })
      for await (const _piece of at(lane).chat({ prompt: 'hello', stream: true })) break
      await lane.left()
    })

    test(`${server}: 429 and then an answer`, async () => {
      const busy = { error: { status: 429, headers: { 'retry-after-ms': '30' } } }
      const lane = await simulate([busy, { text: 'now' }])
      const result = await at(lane, { maxRetries: 1 }).chat('hello')
      assert.equal(result.text, 'now')
      assert.equal(result.attempts.length, 2)
      assert.equal(result.attempts[0].error?.code, 'rate_limit')
    })
  }
}
