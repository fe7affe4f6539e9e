import { afterEach, describe, expect, test, vi } from 'vitest'
import { getChatModel } from '../../../src/builtins.ts'
import type { ModelConfig } from '../../../src/options.ts'

const KEY = /^[\da-f]{32}$/

afterEach(() => vi.unstubAllGlobals())

/** Chats, and returns the keys of all requests. */
async function keysOf(config: Partial<ModelConfig>, answers: (() => Response)[] = [], chats = 1) {
  const keys: (string | null)[] = []
  const llm = getChatModel({
    model: 'gpt-4o',
    modelServer: 'openai',
    apiKey: 'sk-of-a-test',
    ...config,
    fetch: async (_url, init) => {
      keys.push(new Headers(init.headers).get('idempotency-key'))
      return answers[keys.length - 1]?.() ?? Response.json({}, { status: 400 })
    },
  })
  for (let chat = 0; chat < chats; chat++) await llm.chat('Hi').catch(() => {})
  return keys
}

const BUSY = () => new Response('', { status: 503, headers: { 'retry-after-ms': '1' } })

test('all requests of a call have the same key, and another call has another', async () => {
  const [first, second, third, next] = await keysOf({}, [BUSY, BUSY], 2)
  expect(first).toMatch(KEY)
  expect([second, third]).toEqual([first, first])
  expect(next).toMatch(KEY)
  expect(next).not.toBe(first)
})

test('a corrected request has a key of its own', async () => {
  const refusal = { error: { message: 'Use max_completion_tokens instead' } }
  const correct = () => Response.json(refusal, { status: 400 })
  const config = { baseURL: 'http://127.0.0.1:8000/v1', defaults: { maxTokens: 5 } }
  const [first, second] = await keysOf(config, [correct])
  expect(second).toMatch(KEY)
  expect(second).not.toBe(first)
})

describe('the key is sent', () => {
  const GATEWAY = { baseURL: 'https://gw.example/v1' }
  const DASHSCOPE = { modelServer: 'dashscope', model: 'qwen-max' }
  const page = () => {
    vi.stubGlobal('location', { origin: 'https://app.example', href: 'https://app.example/chat' })
  }

  test.each<[string, Partial<ModelConfig>, boolean]>([
    ['to OpenAI', {}, true],
    ['to OpenAI by its Responses API', { api: 'responses' }, true],
    ['to a server known by its address only', GATEWAY, true],
    ['to a server that does not honor it', DASHSCOPE, false],
    ['to any server on request', { ...DASHSCOPE, idempotencyKey: true }, true],
    ['to no server on request', { idempotencyKey: false }, false],
  ])('%s', async (_what, config, isSent) => {
    expect(await keysOf(config)).toEqual([isSent ? expect.stringMatching(KEY) : null])
  })

  test.each<[string, Partial<ModelConfig>, boolean]>([
    ['to another origin, whose CORS rules may refuse it', GATEWAY, false],
    ['to another origin on request', { ...GATEWAY, idempotencyKey: true }, true],
    [
      "to a relay of the page's origin",
      { ...DASHSCOPE, baseURL: 'https://app.example/relay/dashscope' },
      true,
    ],
  ])('in a page %s', async (_what, config, isSent) => {
    page()
    expect(await keysOf(config)).toEqual([isSent ? expect.stringMatching(KEY) : null])
  })

  test("unless the caller's own header is", async () => {
    expect(await keysOf({ headers: { 'Idempotency-Key': 'mine' } })).toEqual(['mine'])
  })
})
