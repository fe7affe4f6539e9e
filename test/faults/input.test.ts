/** Fuzzes the input of callers and servers: configs and messages of any shape, hostile JSON. */
import * as fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { getChatModel } from '../../src/builtins.ts'
import { ConfigError, isChatError } from '../../src/errors.ts'
import { simulate } from '../../src/testing.ts'
import { ask, fetchOf, RECORDINGS } from './recordings.ts'

const RUNS = { numRuns: 1000 }
const any = fc.anything({ maxDepth: 2, withNullPrototype: true, withBigInt: true, withDate: true })

/** A member that is as it should be, or anything. */
const maybe = (...good: unknown[]) =>
  fc.oneof({ weight: 14, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: any })

const optionMembers = {
  temperature: maybe(0, 0.7),
  topP: maybe(0.5),
  maxTokens: maybe(10),
  stop: maybe('END', ['a', 'b'], []),
  tools: maybe([], [{ type: 'function', function: { name: 'f', parameters: {} } }]),
  toolChoice: maybe('auto', 'none'),
  responseFormat: maybe({ type: 'text' }, { type: 'json_object' }),
  reasoning: maybe(false, { effort: 'low' }),
  search: maybe(false),
  user: maybe('somebody'),
  seed: maybe(1),
  headers: maybe({ 'x-a': 'b' }),
  extraBody: maybe({}, { top_k: 3 }),
}
const part = fc.oneof(
  fc.record({ type: maybe('text'), text: maybe('Hi', '') }),
  fc.record({ type: maybe('image_url'), image_url: maybe({ url: 'data:image/png;base64,AA==' }) }),
  any,
)
const content = fc.oneof(
  { weight: 6, arbitrary: fc.string() },
  { weight: 3, arbitrary: fc.array(part, { maxLength: 3 }) },
  { weight: 1, arbitrary: any },
)
const message = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record(
      {
        role: maybe('user', 'user', 'user', 'assistant', 'system', 'tool'),
        content,
        tool_call_id: maybe('call_1'),
        tool_calls: maybe([
          { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } },
        ]),
      },
      { requiredKeys: ['role', 'content', 'tool_call_id'] },
    ),
  },
  { weight: 1, arbitrary: any },
)
const request = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record(
      { ...optionMembers, messages: fc.array(message, { maxLength: 4 }) },
      { requiredKeys: ['messages'] },
    ),
  },
  { weight: 1, arbitrary: any },
)

test('a request of any shape works or is a ConfigError', async () => {
  const servers = fc.constantFrom(
    ['openai', 'acme'] as const,
    ['zhipu', 'glm-4.7'] as const,
    ['dashscope', 'qwen-plus'] as const,
    ['dashscope', 'qwen-vl-max'] as const,
    ['anthropic', 'claude-sonnet-4-6'] as const,
    ['mistral', 'mistral-large'] as const,
    ['gemini', 'gemini-2.5-flash'] as const,
    ['ollama', 'llama3.1'] as const,
  )
  let worked = 0
  const property = fc.asyncProperty(servers, request, async ([modelServer, model], input) => {
    const vendor = modelServer === 'mistral' ? 'openai' : modelServer
    const { name, body } = RECORDINGS.find(
      (one) => one.name.startsWith(`${vendor}/`) && !one.expected.error && one.expected.text,
    )!
    expect(name).toBeTruthy()
    const llm = getChatModel({
      model,
      modelServer,
      apiKey: 'sk-test',
      fetch: fetchOf([body]),
      maxRetries: 0,
    })
    try {
      const result = await llm.chat(input as string)
      expect(result.text).toBeTypeOf('string')
      worked++
    } catch (error) {
      expect(error, String((error as Error).stack)).toBeInstanceOf(ConfigError)
    }
  })
  // More than elsewhere: most of what is made up is refused.
  await fc.assert(property, { numRuns: 1500 })
  // Else it would test nothing but the gate.
  expect(worked).toBeGreaterThan(15)
})

const url = maybe('http://localhost:8000/v1', 'https://acme.example', '')
const config = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      {
        model: maybe('acme', 'qwen-plus'),
        modelServer: maybe(
          'openai',
          'dashscope',
          'zhipu',
          'gemini',
          'azure_openai',
          'nobody',
          'http://x/v1',
        ),
        apiKey: fc.oneof(
          maybe('sk-test'),
          any.map((value) => () => value),
          any.map((value) => async () => value),
        ),
        baseURL: url,
        headers: maybe({ 'x-a': 'b' }),
        env: maybe({}, { DASHSCOPE_API_KEY: 'sk' }),
        timeout: maybe(1000, false),
        idleTimeout: maybe(1000, false),
        totalTimeout: maybe(1000, false),
        maxRetries: maybe(0),
        maxFrameLength: maybe(100_000),
        maxLength: maybe(100),
        callbacks: maybe({}, []),
        defaults: maybe({}, { temperature: 1 }),
        extraBody: maybe({}),
        workspace: maybe('llm-1'),
        auth: maybe('key', 'jwt'),
        apiVersion: maybe('2024-10-21'),
      },
      { requiredKeys: ['model', 'modelServer', 'apiKey'] },
    ),
  },
  { weight: 1, arbitrary: any },
)

test('a config of any shape works or is a ConfigError', async () => {
  const property = fc.asyncProperty(config, async (given) => {
    try {
      const settings = typeof given === 'object' && given !== null ? given : undefined
      const server = (settings as { modelServer?: unknown } | undefined)?.modelServer
      const own = ['dashscope', 'zhipu', 'gemini'] as const
      const vendor = own.find((one) => one === server) ?? 'openai'
      const fetch = simulate(vendor)
      const llm = getChatModel((settings ? { ...settings, fetch } : given) as never)
      expect((await llm.chat('Hi')).text).toBe('Hello from the simulator')
    } catch (error) {
      // A server of another format under this name, or a key that it does not take, is its own affair.
      const isRefusal = isChatError(error) && error.status !== undefined && error.status < 500
      if (!isRefusal) expect(error, String((error as Error).stack)).toBeInstanceOf(ConfigError)
    }
  })
  await fc.assert(property, RUNS)
})

const before = Object.getOwnPropertyNames(Object.prototype).join()
afterEach(() => {
  expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before)
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
})

/** JSON that means harm, at any place of a real answer. */
const hostile = fc.constantFrom(
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '[{"__proto__":{"polluted":1},"type":"reasoning.text","text":"a"},{"type":"reasoning.text","__proto__":{"polluted":1}}]',
  '"__proto__"',
  '"constructor"',
  '"toString"',
  '1e400',
  '-1e400',
  '9007199254740993',
  '1e9',
  '-1',
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  `"${'\\ud800'.repeat(10)}"`,
  '"\\u0000\\u2028"',
)

test('nothing of a hostile body gets into prototypes or the stack', async () => {
  const property = fc.asyncProperty(
    fc.constantFrom(...RECORDINGS),
    fc.nat(),
    hostile,
    fc.boolean(),
    async ({ body, create }, place, evil, stream) => {
      // In place of one value of the answer.
      const text = new TextDecoder().decode(body)
      const values = [...text.matchAll(/(?<=[{,]"[a-z_]+":\s?)("[^"\\]*"|\d+|null|\[\]|\{\})/g)]
      const value = values[place % Math.max(1, values.length)]
      const at = value?.index ?? 0
      const changed = `${text.slice(0, at)}${evil}${text.slice(at + (value?.[0].length ?? 0))}`
      const fetch = fetchOf([new TextEncoder().encode(changed)])
      const { result, thrown, partial } = await ask(create({ fetch }), stream)
      if (thrown) {
        expect(thrown.error).toSatisfy(isChatError)
        // Depth that the runtime refuses is a bad frame, not a crash and no failure of the server's.
        if (thrown.error.cause instanceof Error) expect(thrown.error.code).not.toBe('server_error')
        expect(thrown.error.message).not.toMatch(/call stack|is not a function/)
      }
      for (const reply of [result, partial]) {
        if (!reply) continue
        for (const made of [
          reply,
          reply.message,
          reply.usage,
          ...reply.toolCalls,
          ...(reply.sources ?? []),
        ])
          expect((made as { polluted?: unknown }).polluted).toBeUndefined()
        for (const call of reply.toolCalls)
          expect((call.arguments as { polluted?: unknown }).polluted).toBeUndefined()
      }
    },
  )
  await fc.assert(property, RUNS)
})
