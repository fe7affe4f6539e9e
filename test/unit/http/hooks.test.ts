import type { AfterResponseState, BeforeRequestHook } from 'ky'
import ky from 'ky'
import { describe, expect, test } from 'vitest'
import { getChatModel } from '../../../src/builtins.ts'
import type { ServerConfig } from '../../../src/builtins.ts'
import { failover } from '../../../src/failover/failover.ts'
import type { RequestHooks } from '../../../src/options.ts'
import { simulate } from '../../../src/testing.ts'

const BUSY = () => new Response('', { status: 503, headers: { 'retry-after-ms': '1' } })

interface Sent {
  url: string
  headers: Headers
  body: string
}

/** A model that answers "Hello", and what it was sent. */
function create(
  hooks: RequestHooks,
  config: Partial<ServerConfig> = {},
  first: (() => Response)[] = [],
) {
  const { modelServer = 'openai', model = 'gpt-4o' } = config
  const answer = simulate(modelServer as 'openai', { text: 'Hello' })
  const sent: Sent[] = []
  const llm = getChatModel({
    apiKey: 'sk-of-a-test',
    ...config,
    model,
    modelServer,
    hooks,
    fetch: async (url, init) => {
      sent.push({ url, headers: new Headers(init.headers), body: String(init.body) })
      return first[sent.length - 1]?.() ?? (await answer(url, init))
    },
  })
  return { llm, sent }
}

const sign = async ({ request }: { request: Request }): Promise<void> => {
  const { length } = await request.clone().text()
  request.headers.set('x-signature', `of ${length} characters`)
}

describe.each([
  ['openai', 'gpt-4o'],
  ['openai_responses', 'gpt-4o'],
  ['dashscope', 'qwen-max'],
  ['zhipu', 'glm-4.7'],
  ['anthropic', 'claude-sonnet-4-6'],
  ['gemini', 'gemini-2.5-flash'],
  ['ollama', 'qwen3:8b'],
])('%s', (modelServer, model) => {
  test('signs each request, and sees each response', async () => {
    const statuses: number[] = []
    const afterResponse = [
      ({ response }: { response: Response }) => void statuses.push(response.status),
    ]
    const hooks = { beforeRequest: [sign], afterResponse }
    const { llm, sent } = create(hooks, { modelServer, model }, [BUSY])
    let text = ''
    for await (const piece of llm.chat({ prompt: 'Hi', stream: true })) text += piece
    expect(text).toBe('Hello')
    expect(statuses).toEqual([503, 200])
    expect(sent).toHaveLength(2)
    for (const { headers, body } of sent)
      expect(headers.get('x-signature')).toBe(`of ${body.length} characters`)
  })
})

test('a secret that a hook adds is not taken for the rejected key', async () => {
  const beforeRequest = [
    ({ request }: { request: Request }) => request.headers.set('x-gateway-token', 'of the hook'),
  ]
  const asked: (string | undefined)[] = []
  const apiKey = (refused?: string) => {
    asked.push(refused)
    return refused === 'sk-ended' ? 'sk-new' : 'sk-ended'
  }
  const { llm, sent } = create({ beforeRequest }, { apiKey }, [
    () => new Response('{}', { status: 401 }),
  ])
  expect((await llm.chat('Hi')).text).toBe('Hello')
  expect(asked).toEqual([undefined, 'sk-ended'])
  expect(sent.map(({ headers }) => headers.get('authorization'))).toEqual([
    'Bearer sk-ended',
    'Bearer sk-new',
  ])
})

test('takes hooks with the types of ky', async () => {
  const beforeRequest: BeforeRequestHook = ({ request, options }) =>
    request.headers.set('x-method', options.method)
  const afterResponse = ({ response }: AfterResponseState) => void response.status
  const { llm, sent } = create({ beforeRequest: [beforeRequest], afterResponse: [afterResponse] })
  await llm.chat('Hi')
  expect(sent[0]?.headers.get('x-method')).toBe('POST')
})

test('sends the request that a hook returns', async () => {
  const rewrite = async ({ request }: { request: Request }): Promise<Request> => {
    const body = { ...JSON.parse(await request.clone().text()), user: 'ada' }
    const { headers } = request
    return new Request(`${request.url}?trace=1`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
  }
  const { llm, sent } = create({ beforeRequest: [rewrite] })
  expect(String(await llm.chat('Hi'))).toBe('Hello')
  expect(sent[0]?.url).toMatch(/\?trace=1$/)
  expect(JSON.parse(sent[0]?.body ?? '')).toMatchObject({ user: 'ada' })
})

test('takes the response that a hook returns', async () => {
  const message = { role: 'assistant', content: 'From a cache' }
  const cached = { choices: [{ index: 0, message, finish_reason: 'stop' }] }
  const { llm, sent } = create({ beforeRequest: [() => Response.json(cached)] })
  expect(String(await llm.chat('Hi'))).toBe('From a cache')
  expect(sent).toEqual([])

  const { llm: other } = create({ afterResponse: [() => Response.json(cached)] })
  expect(String(await other.chat('Hi'))).toBe('From a cache')
})

describe('a hook that throws ends the call', () => {
  const broken = () => {
    throw new Error('No clock')
  }

  test('before anything is sent, without a retry', async () => {
    let calls = 0
    const count = () => void calls++
    const { llm, sent } = create({ beforeRequest: [count, broken] })
    await expect(llm.chat('Hi')).rejects.toMatchObject({
      code: 'invalid_config',
      message: 'config.hooks.beforeRequest failed: No clock',
      retryable: false,
    })
    expect([calls, sent]).toEqual([1, []])
  })

  test('after the response', async () => {
    const { llm, sent } = create({ afterResponse: [broken] })
    await expect(llm.chat('Hi')).rejects.toMatchObject({
      message: 'config.hooks.afterResponse failed: No clock',
    })
    expect(sent).toHaveLength(1)
  })

  test("as one that returns ky's marker does, since there is one budget of retries", async () => {
    const { llm } = create({ afterResponse: [(() => ky.retry()) as never] })
    await expect(llm.chat('Hi')).rejects.toMatchObject({
      message: 'config.hooks.afterResponse failed: it must return a Response or nothing',
    })
  })
})

test('a hook that never returns is cut by the timeout and by an abort', async () => {
  const never = () => new Promise<void>(() => {})
  const { llm } = create({ beforeRequest: [never] }, { timeout: 20, maxRetries: 0 })
  await expect(llm.chat('Hi')).rejects.toMatchObject({ code: 'timeout', which: 'response' })
  const controller = new AbortController()
  const leave = () => {
    controller.abort('left')
    return never()
  }
  const { llm: other } = create({ beforeRequest: [leave] })
  const { signal } = controller
  await expect(other.chat({ prompt: 'Hi', signal })).rejects.toBe('left')
})

test('a key that a hook adds is in no error', async () => {
  const beforeRequest = [
    ({ request }: { request: Request }) => request.headers.set('x-vault-token', 'hvs.of-a-test'),
  ]
  const echo = () =>
    Response.json({ error: { message: 'Bad token hvs.of-a-test' } }, { status: 400 })
  const { llm } = create({ beforeRequest }, {}, [echo])
  const error = await llm.chat('Hi').catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ message: 'Bad token ***' })
})

test('each model of a failover has its own', async () => {
  const names: string[] = []
  const named = (name: string) => ({ beforeRequest: [() => void names.push(name)] })
  const down = create(named('first'), { maxRetries: 0 }, [BUSY])
  const up = create(named('second'))
  const { text } = await failover([down.llm, up.llm]).chat('Hi')
  expect([text, names]).toEqual(['Hello', ['first', 'second']])
})

test.each([
  [{ beforeRequest: () => {} }],
  [{ beforeRetry: [() => {}] }],
  [{ afterResponse: ['log'] }],
  [[]],
])('rejects %j', (hooks) => {
  expect(() => create(hooks as never)).toThrow(
    'config.hooks must be { beforeRequest, afterResponse }, each a list of functions',
  )
})
