import { describe, expect, test, vi } from 'vitest'
import { StreamError } from '../../../src/errors.ts'
import { OpenAiLLM } from '../../../src/providers/openai.ts'
import { simulate } from '../../../src/testing.ts'
import { frames, post, user } from './read.ts'

const ask = { model: 'gpt-4o', messages: [user] }
const textOf = async (response: Response) => (await response.json()).choices[0].message.content

describe('simulate()', () => {
  test('takes a string, a list whose last reply repeats, and a function', async () => {
    const list = simulate('openai', ['one', { text: 'two' }])
    const said = []
    for (let i = 0; i < 3; i++) said.push(await textOf(await post(list, ask)))
    expect(said).toEqual(['one', 'two', 'two'])
    const echo = simulate('openai', async ({ body }) => `You said ${body.messages[0].content}`)
    expect(await textOf(await post(echo, ask))).toBe('You said Hi')
    list.use('three')
    expect(await textOf(await post(list, ask))).toBe('three')
  })

  test('records what was sent, with header names in lower case', async () => {
    const simulator = simulate('openai', 'Hi')
    await post(simulator, ask, { headers: { 'X-Own': '1' } })
    expect(simulator.requests).toMatchObject([
      { url: 'https://vendor.test/v1/chat/completions', method: 'POST', body: ask },
    ])
    expect(simulator.requests[0]!.headers).toMatchObject({
      'x-own': '1',
      authorization: 'Bearer sk-x',
    })
  })

  test('takes a Request as ky passes it, with and without an empty init', async () => {
    const simulator = simulate('openai', 'Hi')
    for (const init of [undefined, {}]) {
      const request = new Request('https://vendor.test/v1/chat/completions', {
        method: 'POST',
        headers: { authorization: 'Bearer k', 'content-type': 'application/json' },
        body: JSON.stringify(ask),
      })
      expect((await simulator(request, init)).status).toBe(200)
    }
  })

  test('refuses a bad request without using up a reply', async () => {
    const simulator = simulate('openai', ['first', 'second'])
    expect((await post(simulator, { model: 'gpt-4o' })).status).toBe(400)
    expect(await textOf(await post(simulator, ask))).toBe('first')
  })

  test('asks for the one key, for any key, or for none', async () => {
    const wrong = await post(simulate('openai', 'Hi', { key: 'sk-right' }), ask)
    expect(wrong.status).toBe(401)
    expect(await wrong.json()).toMatchObject({ error: { code: 'invalid_api_key' } })
    const bare = { headers: { authorization: '' } }
    expect((await post(simulate('openai', 'Hi'), ask, bare)).status).toBe(401)
    expect((await post(simulate('openai', 'Hi', { key: false }), ask, bare)).status).toBe(200)
  })

  test('refuses a model that is not on offer', async () => {
    const offered = { models: ['gpt-4o', 'qwen-max', 'glm-4.7'] }
    const other = { ...ask, model: 'other' }
    const answer = await post(simulate('openai', 'Hi', offered), other)
    expect([answer.status, (await answer.json()).error.code]).toEqual([404, 'model_not_found'])
    const zhipu = await post(simulate('zhipu', 'Hi', offered), other)
    expect([zhipu.status, (await zhipu.json()).error.code]).toEqual([400, '1211'])
  })

  test('rejects an invalid script at once', () => {
    expect(() => simulate('openai', { tool_calls: [] } as object)).toThrow(
      'Unknown property in reply: "tool_calls"',
    )
    expect(() => simulate('openai', { fault: { kind: 'cutt' } } as never)).toThrow(
      'Unknown fault "cutt"',
    )
    expect(() => simulate('openai', [])).toThrow(TypeError)
    expect(() => simulate('openai', [5] as never)).toThrow('or a reply such as { text }, not 5')
    expect(() => simulate('acme' as never)).toThrow(
      'No simulator for "acme": take one of dashscope, zhipu, openai, openai_responses,',
    )
  })

  test.each(['a test failed', new TypeError('body.mesages is undefined'), { text: 5 }])(
    'what a function of a script throws is not retried: %s',
    async (thrown) => {
      const asked = vi.fn(async () => {
        throw thrown
      })
      const fetch = simulate('openai', asked)
      const llm = new OpenAiLLM({ model: 'gpt-4o', apiKey: 'k', fetch })
      await expect(llm.chat('Hi')).rejects.toMatchObject({
        code: 'invalid_config',
        message: expect.stringContaining('The function passed to simulate() failed'),
        cause: thrown,
      })
      expect(asked).toHaveBeenCalledTimes(1)
    },
  )

  test('a function of a script may throw an error of this package', async () => {
    const asked = vi.fn(() => {
      throw new StreamError('connection_failed', 'Could not connect')
    })
    const llm = new OpenAiLLM({
      model: 'gpt-4o',
      apiKey: 'k',
      fetch: simulate('openai', asked),
      maxRetries: 0,
    })
    await expect(llm.chat('Hi')).rejects.toMatchObject({ code: 'connection_failed' })
  })

  test.each([[null], ['k'], [{ keys: 'k' }]])('refuses unknown options: %j', (options) => {
    expect(() => simulate('openai', 'Hi', options as never)).toThrow(TypeError)
  })

  test('says what a function of a script returned instead of a reply', async () => {
    for (const given of [undefined, ['One', 'Two']]) {
      const simulator = simulate('openai', (() => given) as never)
      await expect(post(simulator, ask)).rejects.toThrow(
        /such as \{ text \}, not (undefined|\["One","Two"\])$/,
      )
    }
  })

  test('answers a preflight only if pages are allowed', async () => {
    const preflight = () =>
      new Request('https://vendor.test/v1/chat/completions', {
        method: 'OPTIONS',
        headers: { 'access-control-request-headers': 'authorization,x-own' },
      })
    const closed = await simulate('dashscope').handler(preflight())
    expect(closed.status).toBe(401)
    expect(closed.headers.has('access-control-allow-origin')).toBe(false)
    const simulator = simulate('openai', 'Hi', { cors: true })
    const open = await simulator.handler(preflight())
    expect(open.status).toBe(204)
    expect(open.headers.get('access-control-allow-headers')).toBe('authorization,x-own')
    expect((await post(simulator, ask)).headers.get('access-control-allow-origin')).toBe('*')
    expect((await post(simulator, {})).headers.get('access-control-allow-origin')).toBe('*')
    expect(simulator.requests).toHaveLength(2)
  })

  test('says an error as the vendor does, with its headers', async () => {
    const error = { status: 429, headers: { 'retry-after': '2' } }
    for (const [vendor, path, body, code] of [
      ['openai', '/chat/completions', ask, { error: { code: 'rate_limit_exceeded' } }],
      ['zhipu', '/chat/completions', ask, { error: { code: '1302' } }],
      [
        'dashscope',
        '/services/aigc/text-generation/generation',
        { model: 'qwen-max', input: { prompt: 'Hi' } },
        { code: 'Throttling.RateQuota', request_id: expect.any(String) },
      ],
    ] as const) {
      for (const reply of [{ error }, { fault: { kind: 'status' as const, ...error } }]) {
        const answer = await post(simulate(vendor, reply), body, { path })
        expect(answer.status).toBe(429)
        expect(answer.headers.get('retry-after')).toBe('2')
        expect(await answer.json()).toMatchObject(code)
      }
    }
    const own = await post(simulate('openai', { error: { status: 403, body: 'no' } }), ask)
    expect(await own.text()).toBe('no')
  })

  test('cuts text into words, characters, or the given pieces, and never an emoji', async () => {
    const cut = async (reply: object) => {
      const response = await post(simulate('openai', reply), { ...ask, stream: true })
      const all = await frames(response)
      return all.map((frame) => frame.choices?.[0].delta.content).filter(Boolean)
    }
    expect(await cut({ text: 'Hello big  world \n' })).toEqual(['Hello', ' big', '  world', ' \n'])
    expect(await cut({ text: '你好 ok' })).toEqual(['你', '好', ' ok'])
    expect(await cut({ text: 'a👍🏽b', chunkSize: 1 })).toEqual(['a', '👍', '🏽', 'b'])
    expect(await cut({ pieces: ['Hel', 'lo'] })).toEqual(['Hel', 'lo'])
    expect(await cut({ text: '' })).toEqual([])
  })

  test('gives the same bytes for the same script', async () => {
    const read = async () => (await post(simulate('zhipu', 'Hi'), { ...ask, stream: true })).text()
    expect(await read()).toBe(await read())
  })

  test('marks a request whose reader left, and not one that was read to its last byte', async () => {
    const simulator = simulate('openai', { text: 'one two three' })
    const left = (await post(simulator, { ...ask, stream: true })).body!.getReader()
    await left.read()
    expect(simulator.requests[0]!.cancelled).toBe(false)
    await left.cancel()
    const stayed = (await post(simulator, { ...ask, stream: true })).body!.getReader()
    for (let last = ''; !last.includes('[DONE]');) {
      last = new TextDecoder().decode((await stayed.read()).value)
    }
    await stayed.cancel()
    expect(simulator.requests.map(({ cancelled }) => cancelled)).toEqual([true, false])
  })

  test('ends with the reason of an abort, before the headers and after them', async () => {
    const reason = new Error('enough')
    const late = simulate('openai', { text: 'Hi', fault: { kind: 'delayHeaders', ms: 60_000 } })
    const before = new AbortController()
    const waiting = post(late, ask, { signal: before.signal })
    setTimeout(() => before.abort(reason), 5)
    await expect(waiting).rejects.toBe(reason)
    expect(late.requests[0]!.cancelled).toBe(true)
    await expect(post(late, ask, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)

    const stalled = simulate('openai', { text: 'Hi', fault: { kind: 'stall' } })
    const after = new AbortController()
    const response = await post(stalled, { ...ask, stream: true }, { signal: after.signal })
    const reader = response.body!.getReader()
    await reader.read()
    const silent = reader.read()
    after.abort(reason)
    await expect(silent).rejects.toBe(reason)
    expect(stalled.requests[0]!.cancelled).toBe(true)
  })

  test('makes nothing that is not read', async () => {
    const simulator = simulate('openai', { text: 'a b c', delayMs: 10 })
    const response = await post(simulator, { ...ask, stream: true })
    await new Promise((resolve) => setTimeout(resolve, 30))
    const started = Date.now()
    await response.text()
    // Six frames, five pauses: none of them passed before the first read.
    expect(Date.now() - started).toBeGreaterThan(40)
  })
})
