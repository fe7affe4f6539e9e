import { describe, expect, test } from 'vitest'
import { getChatModel, LLM_REGISTRY } from '../../../src/builtins.ts'
import type { BaseChatModel } from '../../../src/chat/base.ts'
import { createRelay } from '../../../src/gateway.ts'
import { ROUTES } from '../../../src/builtins/routes.ts'
import { baseOf } from '../../../src/relay/routes.ts'
import { OPENAI_LIKE } from '../../../src/providers/openai-like.ts'
import type { RelayTarget } from '../../../src/relay/match-route.ts'

const KEY = 'sk-of-the-relay'
const PAGE = 'https://app.example'
/** Headers that carry the key or belong to the page. */
const OWN = ['authorization', 'api-key', 'x-api-key', 'x-goog-api-key']

interface Sent {
  method: string
  url: string
  headers: Record<string, string>
  key: string | undefined
}

/** A `fetch` that notes what is sent, and answers nothing of use. */
function recorder() {
  const sent: Sent[] = []
  const fetch = async (input: string | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    const headers = Object.fromEntries(request.headers)
    const key = OWN.map((name) => headers[name]).find((value) => value)
    for (const name of OWN) delete headers[name]
    // Of the caller, never of the relay: callers of one account must not share replies.
    delete headers['idempotency-key']
    sent.push({ method: request.method, url: request.url, headers, key })
    return Response.json({})
  }
  return { sent, fetch }
}

/** Every call that a model makes, with an answer that ends it. */
async function callAll(llm: BaseChatModel): Promise<void> {
  const answers = [llm.chat('Hi'), llm.chat({ prompt: 'Hi', stream: true }).result()]
  if (llm.supportRawPrompt()) answers.push(llm.chatWithRawPrompt({ prompt: 'Hi' }))
  await Promise.allSettled(answers)
}

interface Row {
  model: string
  target?: RelayTarget
  /** Where the model is where its server has no address of its own. */
  baseURL?: string
  apiVersion?: string
}

const AZURE = 'https://name.openai.azure.com'
const ROWS: [server: string, row: Row][] = [
  ['dashscope', { model: 'qwen-max' }],
  ['dashscope', { model: 'qwen-vl-max' }],
  ['zhipu', { model: 'glm-4.7' }],
  ['openai', { model: 'gpt-5-mini' }],
  ['anthropic', { model: 'claude-sonnet-4-5' }],
  ['gemini', { model: 'gemini-2.5-flash' }],
  ['ollama', { model: 'qwen3:0.6b' }],
  ['azure_openai', { model: 'my-gpt.5', baseURL: AZURE }],
  ['azure_openai', { model: 'my-gpt.5', baseURL: AZURE, apiVersion: '2024-10-21' }],
  ['azure_openai', { model: 'my-gpt.5', baseURL: AZURE, apiVersion: 'preview' }],
  ...Object.keys(OPENAI_LIKE).map((server): [string, Row] => [server, { model: 'any' }]),
]

test.each(ROWS)(
  '%s of %o is asked through the relay as it is asked directly',
  async (server, row) => {
    const { baseURL, ...config } = row
    const direct = recorder()
    const own = { ...config, modelServer: server, maxRetries: 0 }
    const llm = getChatModel({ ...own, baseURL, apiKey: KEY, fetch: direct.fetch })
    await callAll(llm)

    const relayed = recorder()
    const relay = createRelay({
      servers: { [server]: { apiKey: KEY, baseURL } },
      authorize: 'public',
      fetch: relayed.fetch,
    })
    const refused: number[] = []
    const fetch = async (url: string, init: RequestInit) => {
      const answer = await relay(new Request(url, init))
      if (!answer.ok) refused.push(answer.status)
      return answer
    }
    await callAll(getChatModel({ ...own, baseURL: `${PAGE}/relay/${server}`, fetch }))
    expect(refused).toEqual([])
    expect(direct.sent.length).toBe(llm.supportRawPrompt() ? 3 : 2)
    const inOrder = ({ sent }: typeof direct) => sent.toSorted((a, b) => a.url.localeCompare(b.url))
    expect(inOrder(relayed)).toEqual(inOrder(direct))
  },
)

test('there is a row for every built-in server that is asked over HTTP', () => {
  // No HTTP; further names of the same servers.
  const others = ['browser', 'engine', 'dashscope_qwen', 'openai_fn_call', 'vllm']
  // `xai_responses` is another API of the same server.
  const names = LLM_REGISTRY.names().filter(
    (name) => !others.includes(name) && !name.endsWith('_responses'),
  )
  expect(Object.keys(ROUTES).sort()).toEqual(names)
})

describe('the calls of the native APIs, as their wire pages have them', () => {
  test.each([
    ['anthropic', 'POST /v1/messages', 'https://api.anthropic.com/v1/messages'],
    [
      'gemini',
      'POST /v1beta/models/gemini-2.5-flash:generateContent',
      'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent',
    ],
    [
      'gemini',
      'POST /v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
      'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
    ],
    [
      'gemini',
      'POST /v1/models/gemini-2.5-flash:generateContent',
      'https://generativelanguage.googleapis.com/v1/models/gemini-2.5-flash:generateContent',
    ],
    ['ollama', 'POST /api/chat', 'http://localhost:11434/api/chat'],
    ['ollama', 'POST /api/generate', 'http://localhost:11434/api/generate'],
    ['ollama', 'GET /api/tags', 'http://localhost:11434/api/tags'],
  ])('%s: %s', async (server, call, url) => {
    const { sent, fetch } = recorder()
    const relay = createRelay({
      servers: { [server]: { apiKey: KEY } },
      authorize: 'public',
      fetch,
    })
    const [method = '', path = ''] = call.split(' ')
    const headers = {
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'files-api-2025-04-14',
    }
    const body = method === 'POST' ? '{}' : undefined
    const init = { method, headers, body }
    expect((await relay(new Request(`${PAGE}/relay/${server}${path}`, init))).status).toBe(200)
    const { 'content-type': contentType, ...vendor } = headers
    expect(sent).toEqual([
      {
        method,
        url,
        key: server === 'ollama' ? `Bearer ${KEY}` : KEY,
        headers: expect.objectContaining({ 'content-type': contentType }),
      },
    ])
    if (server === 'anthropic') expect(sent[0].headers).toMatchObject(vendor)
    else expect(Object.keys(sent[0].headers)).not.toContain('anthropic-version')
  })

  test.each([
    ['anthropic', 'sk-ant-oat01-login', 'Bearer sk-ant-oat01-login'],
    ['azure_openai', 'eyJhbGciOi', 'Bearer eyJhbGciOi'],
    ['azure_openai', 'a-key', 'a-key'],
  ])('a key of %s goes where such keys go: %s', async (server, apiKey, key) => {
    const { sent, fetch } = recorder()
    const relay = createRelay({
      servers: { [server]: { apiKey, baseURL: server === 'anthropic' ? undefined : AZURE } },
      authorize: 'public',
      fetch,
    })
    const path = server === 'anthropic' ? '/v1/messages' : '/openai/v1/chat/completions'
    const headers = { 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: '{}' }
    await relay(new Request(`${PAGE}/relay/${server}${path}`, init))
    expect(sent[0].key).toBe(key)
  })
})

test.each([
  ['dashscope', 'https://dashscope-intl.aliyuncs.com', '/api/v1'],
  ['dashscope', 'https://dashscope-intl.aliyuncs.com/api/v1/', '/api/v1'],
  ['dashscope', 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1', '/api/v1'],
  ['dashscope', 'https://dashscope-intl.aliyuncs.com/proxy', '/proxy/api/v1'],
  ['zhipu', 'https://api.z.ai', '/api/paas/v4'],
  ['zhipu', 'https://api.z.ai/api/coding/paas/v4', '/api/coding/paas/v4'],
  ['openai', 'http://localhost:8000', '/v1'],
  ['openai', 'http://localhost:8000/own/', '/own'],
  ['anthropic', 'https://proxy.example/claude', '/claude/v1'],
  ['anthropic', 'https://proxy.example/claude/v1', '/claude/v1'],
  ['gemini', 'https://generativelanguage.googleapis.com/v1', '/v1'],
  ['ollama', 'http://gpu.example:11434', ''],
  ['azure_openai', 'https://name.openai.azure.com/openai/v1/', ''],
])('the base of %s at %s ends in %s', (server, given, path) => {
  expect(baseOf(ROUTES[server], given)).toBe(new URL(given).origin + path)
})

test.each([
  [undefined, 'https://generativelanguage.googleapis.com/v1'],
  ['https://proxy.example/google', 'https://proxy.example/google/v1'],
  ['https://proxy.example/v1beta', 'https://proxy.example/v1beta'],
])("the base of Google's client, which asks for /v1, at %s", (given, base) => {
  expect(baseOf(ROUTES.gemini, given, '/v1')).toBe(base)
})
