import { describe, expect, test } from 'vitest'
import { simulate, type Reply, type SimulatorOptions } from '../../../src/testing.ts'
import { chunks, post, user } from './read.ts'

const ask = { model: 'qwen3:8b', messages: [user] }
const call = { name: 'add', arguments: { a: 1, b: 2 } }
const send = (reply: Reply | string, more: object = {}, path = '/api/chat') =>
  post(simulate('ollama', reply), { ...ask, ...more }, { path, headers: { authorization: '' } })
const lines = async (response: Promise<Response>) =>
  (await (await response).text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
const said = async (response: Promise<Response>) =>
  (await lines(response)).map(({ message }) => message)

describe('a stream of Ollama', () => {
  test('is the default: lines of JSON, the last one with the counts', async () => {
    const response = await send({ reasoning: 'so', text: '4', usage: { promptTokens: 13 } })
    expect(response.headers.get('content-type')).toBe('application/x-ndjson')
    const head = '{"model":"qwen3:8b","created_at":"2026-08-21T05:02:14.123456789Z","message":'
    expect(await chunks(response)).toEqual([
      `${head}{"role":"assistant","content":"","thinking":"so"},"done":false}\n`,
      `${head}{"role":"assistant","content":"4"},"done":false}\n`,
      `${head}{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":3506852917,` +
        '"load_duration":42147000,"prompt_eval_count":13,"prompt_eval_duration":440681458,"eval_count":2,' +
        '"eval_duration":3021144917}\n',
    ])
  })

  test('has whole calls with arguments as objects, and no reason of their own', async () => {
    const read = await lines(send({ toolCalls: [call, { ...call, id: 'b' }] }))
    expect(read.map(({ message }) => message.tool_calls)).toEqual([
      [{ id: 'call_1_0', function: { index: 0, ...call } }],
      [{ id: 'b', function: { index: 1, ...call } }],
      undefined,
    ])
    expect(read.at(-1).done_reason).toBe('stop')
  })

  test('has no call that cannot be read', async () => {
    const read = await said(send({ toolCalls: [{ name: 'add', arguments: '{"a":' }] }))
    expect(read).toEqual([{ role: 'assistant', content: '' }])
  })

  test('says a failure in its midst in a line', async () => {
    const read = await lines(send({ text: 'x', error: { inStream: true, message: 'It broke' } }))
    expect(read.slice(1)).toEqual([{ error: 'It broke' }])
  })

  test('does not think when thinking is off, and leaves out counts of zero', async () => {
    expect(await said(send({ reasoning: 'so', text: '4' }, { think: false }))).toHaveLength(2)
    const [last] = (await lines(send({ text: 'x', usage: null }))).slice(-1)
    expect(last).not.toHaveProperty('eval_count')
  })

  test('of a raw prompt has no messages', async () => {
    const read = await lines(send('four', { prompt: 'x', raw: true }, '/api/generate'))
    expect(read.map(({ response, message }) => [response, message])).toEqual([
      ['four', undefined],
      ['', undefined],
    ])
  })
})

test('an answer of Ollama that is not streamed is one JSON', async () => {
  const reply = { reasoning: 'so', text: '4', toolCalls: [call], finishReason: 'length' }
  const response = await send(reply, { stream: false })
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(await response.json()).toMatchObject({
    message: { role: 'assistant', content: '4', thinking: 'so', tool_calls: [{ function: call }] },
    done: true,
    done_reason: 'length',
  })
})

test('a download of Ollama ends with its success, or with an error', async () => {
  const read = await lines(send('x', {}, '/api/pull'))
  expect(read[2]).toMatchObject({ total: 3_000_000, completed: 1_000_000 })
  expect(read.at(-1)).toEqual({ status: 'success' })
  const failed = await lines(
    send({ error: { inStream: true, message: 'no space' } }, {}, '/api/pull'),
  )
  expect(failed.at(-1)).toEqual({ error: 'no space' })
  expect(await (await send('x', { stream: false }, '/api/pull')).json()).toEqual({
    status: 'success',
  })
})

describe('Ollama refuses', () => {
  const caller = (given: unknown) => ({
    role: 'assistant',
    content: '',
    tool_calls: [{ function: { name: 'f', arguments: given } }],
  })
  test.each([
    ['a missing model', { model: '' }],
    ['an option of a wrong type', { options: { num_ctx: '8192' } }],
    ['a fraction for a whole number', { options: { top_k: 0.5 } }],
    ['a text for a number', { options: { temperature: 'hot' } }],
    ['stop sequences that are not a list', { options: { stop: 'a' } }],
    ['a word for thinking', { think: 'hard' }],
    ['another format', { format: 'yaml' }],
    ['a stream that is not a boolean', { stream: 'yes' }],
    ['a shift that is not a boolean', { shift: 1 }],
    ['too many log probabilities', { logprobs: true, top_logprobs: 21 }],
    ['a duration without a unit', { keep_alive: '5 minutes' }],
    ['a tool without a function', { tools: [{ type: 'web_search' }] }],
    ['an unknown role', { messages: [{ role: 'developer', content: 'x' }] }],
    ['parts', { messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] }],
    ['arguments as text', { messages: [user, caller('{}')] }],
    ['a picture by its URL', { messages: [{ ...user, images: ['https://a/b.png'] }] }],
    ['a data URL', { messages: [{ ...user, images: ['data:image/png;base64,AA=='] }] }],
  ])('%s', async (_name, more) => {
    const response = await send('x', more)
    expect(response.status).toBe(400)
    expect(typeof (await response.json()).error).toBe('string')
  })

  test('a template with a raw prompt', async () => {
    const raw = { prompt: 'x', raw: true, system: 'Be kind' }
    expect((await send('x', raw, '/api/generate')).status).toBe(400)
  })

  test('nothing that is null', async () => {
    const options = { temperature: null, stop: null }
    const nulls = { think: null, format: null, keep_alive: null, tools: null, options }
    const messages = [{ ...user, images: null, thinking: null, tool_calls: null }]
    expect((await send('x', { ...nulls, messages })).status).toBe(200)
    expect((await send('x', { format: '' })).status).toBe(200)
  })

  test('nothing about a whole tool exchange, pictures and unknown options', async () => {
    const messages = [
      { ...user, images: ['iVBORw0KGgo='] },
      caller({}),
      { role: 'tool', tool_name: 'f', content: '7' },
    ]
    const options = { min_p: 0.1, unheard_of: true }
    expect((await send('x', { messages, options, think: 'max', format: {} })).status).toBe(200)
  })

  test('other paths, methods, models and bodies', async () => {
    const simulator = simulate('ollama', 'x', { models: ['a'] })
    const statusOf = async (body: unknown, path: string, method = 'POST') =>
      (await post(simulator, body, { path, method })).status
    expect(await statusOf(ask, '/api/show')).toBe(404)
    expect(await statusOf(ask, '/api/chat', 'PUT')).toBe(405)
    expect(await statusOf(ask, '/api/chat')).toBe(404)
    expect(await statusOf('{', '/api/chat')).toBe(400)
    expect(await statusOf('[]', '/api/chat')).toBe(400)
  })

  test('a foreign origin without a word', async () => {
    const response = await send({ error: { status: 403 } })
    expect([response.status, await response.text()]).toEqual([403, ''])
    const preflight = new Request('http://localhost:11434/api/chat', { method: 'OPTIONS' })
    expect((await simulate('ollama', 'x').handler(preflight)).status).toBe(403)
  })

  test('another key, where there is one', async () => {
    const statusOf = async (path: string, options: SimulatorOptions, method = 'POST') => {
      const headers = { authorization: '', 'content-type': 'application/json' }
      const body = method === 'POST' ? { body: JSON.stringify(ask) } : {}
      const simulator = simulate('ollama', 'x', options)
      return (await simulator(`https://ollama.test${path}`, { method, headers, ...body })).status
    }
    expect(await statusOf('/api/chat', {})).toBe(200)
    expect(await statusOf('/api/chat', { key: 'k' })).toBe(401)
    expect(await statusOf('/api/tags', { key: 'k' }, 'GET')).toBe(200)
    expect(await statusOf('/api/version', {}, 'GET')).toBe(200)
  })
})
