import { describe, expect, test } from 'vitest'
import { simulate, type Reply } from '../../../src/testing.ts'
import { chunks, frames, post, user } from './read.ts'

const call = { name: 'add', arguments: { a: 1, b: 2 } }
const ask = { model: 'glm-4.7', messages: [user] }
const send = (reply: Reply | string, more: object = {}) =>
  post(simulate('zhipu', reply), { ...ask, stream: true, ...more })
const choices = async (response: Promise<Response>) =>
  (await frames(await response)).slice(0, -1).map((frame) => frame.choices[0])

describe('a stream of Zhipu', () => {
  test('has no finish reason until the end, a role in every chunk, and usage in the last', async () => {
    const response = await send({ reasoning: 'so', text: '4', usage: { promptTokens: 13 } })
    const head =
      '"created":1787259738,"object":"chat.completion.chunk","model":"glm-4.7","choices":[{"index":0,'
    const read = await chunks(response)
    expect(read.map((frame) => frame.replace(/"id":"\d+",/, ''))).toEqual([
      `data: {${head}"delta":{"role":"assistant","reasoning_content":"so"}}]}\n\n`,
      `data: {${head}"delta":{"role":"assistant","content":"4"}}]}\n\n`,
      `data: {${head}"finish_reason":"stop","delta":{"role":"assistant","content":""}}],"usage":` +
        '{"prompt_tokens":13,"completion_tokens":2,"total_tokens":15,"prompt_tokens_details":' +
        '{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":1}}}\n\n',
      'data: [DONE]\n\n',
    ])
  })

  test('has whole calls of index -1 and two finishes without tool_stream', async () => {
    const both = [call, { ...call, id: 'b' }]
    expect(await choices(send({ toolCalls: both }))).toEqual([
      {
        index: 0,
        finish_reason: 'tool_calls',
        delta: {
          tool_calls: ['call_1_0', 'b'].map((id) => ({
            id,
            index: -1,
            type: 'function',
            function: { name: 'add', arguments: '{"a":1,"b":2}' },
          })),
        },
      },
      { index: 0, finish_reason: 'tool_calls', delta: { role: 'assistant', content: '' } },
    ])
  })

  test('streams the arguments with tool_stream', async () => {
    const read = await choices(send({ toolCalls: [call], chunkSize: 7 }, { tool_stream: true }))
    expect(read.map(({ delta }) => delta.tool_calls?.[0])).toEqual([
      { id: 'call_1_0', index: 0, function: { name: 'add', arguments: '{"a":1,' } },
      { index: 0, function: { arguments: '"b":2}' } },
      undefined,
    ])
  })

  test('shows its pages once, to a request with a web search', async () => {
    const reply = { text: 'a b', sources: [{ url: 'https://a.test', title: 'A' }] }
    const tools = [{ type: 'web_search', web_search: { enable: true } }]
    const read = await frames(await send(reply, { tools }))
    expect(read[0].web_search).toMatchObject([{ link: 'https://a.test', refer: 'ref_1' }])
    expect(read[1].web_search).toBeUndefined()
    expect(await (await send(reply)).text()).not.toContain('web_search')
  })

  test('says a failure in its midst with a finish reason, having no error frame', async () => {
    const fail = async (code?: string) => {
      const read = await choices(send({ text: 'x', error: { inStream: true, code } }))
      return read.at(-1).finish_reason
    }
    expect([await fail(), await fail('1301')]).toEqual(['network_error', 'sensitive'])
  })

  test('does not think when thinking is off', async () => {
    const reply = { reasoning: 'so', text: '4' }
    const read = await (await send(reply, { thinking: { type: 'disabled' } })).text()
    expect(read).not.toContain('reasoning_content')
  })
})

test('an answer of Zhipu that is not streamed is one JSON', async () => {
  const reply = { reasoning: 'so', text: '4', toolCalls: [call] }
  const answer = await (await send(reply, { stream: false, request_id: 'my-request' })).json()
  expect(answer).toMatchObject({ object: 'chat.completion', request_id: 'my-request' })
  expect(answer.choices[0]).toMatchObject({
    finish_reason: 'tool_calls',
    message: { role: 'assistant', content: '4', reasoning_content: 'so' },
  })
  expect(answer.usage.completion_tokens_details).toEqual({ reasoning_tokens: 1 })
})

describe('Zhipu refuses', () => {
  const tool = { role: 'tool', tool_call_id: 'a', content: 'x' }
  const called = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }
  const caller = { role: 'assistant', content: '', tool_calls: [called] }
  test.each([
    ['a missing model', { model: undefined }, '1213'],
    ['temperature 1.5', { temperature: 1.5 }, '1210'],
    ['top_p 0', { top_p: 0 }, '1210'],
    ['two stop sequences', { stop: ['a', 'b'] }, '1210'],
    ['stop sequences that are not a list', { stop: 'a' }, '1210'],
    ['a short request id', { request_id: '12345' }, '1210'],
    ['a forced tool', { tool_choice: 'required' }, '1214'],
    [
      'a tool with a bad name',
      { tools: [{ type: 'function', function: { name: 'a b' } }] },
      '1214',
    ],
    ['no messages', { messages: [] }, '1214'],
    ['only system messages', { messages: [{ role: 'system', content: 'x' }] }, '1214'],
    ['an unknown role', { messages: [{ role: 'developer', content: 'x' }, user] }, '1214'],
    ['a result without a call', { messages: [user, tool] }, '1214'],
    [
      'a result of another call',
      { messages: [user, caller, { ...tool, tool_call_id: 'b' }] },
      '1214',
    ],
  ])('%s', async (_name, more, code) => {
    const response = await send('x', more)
    expect(response.status).toBe(400)
    expect((await response.json()).error.code).toBe(code)
  })

  test('nothing about a whole tool exchange', async () => {
    expect((await send('x', { messages: [user, caller, tool], stop: ['a'] })).status).toBe(200)
  })

  test('other paths, methods and bodies', async () => {
    const simulator = simulate('zhipu', 'x')
    expect((await post(simulator, ask, { path: '/completions' })).status).toBe(404)
    expect((await post(simulator, ask, { method: 'PUT' })).status).toBe(405)
    expect((await post(simulator, '[]')).status).toBe(400)
  })

  const KEY = 'my-id.my-secret'
  const encode = (text: string) =>
    btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
  async function sign(payload: object, header: object = { alg: 'HS256', sign_type: 'SIGN' }) {
    const text = `${encode(JSON.stringify(header))}.${encode(JSON.stringify(payload))}`
    const secret = new TextEncoder().encode('my-secret')
    const algorithm = { name: 'HMAC', hash: 'SHA-256' }
    const key = await crypto.subtle.importKey('raw', secret, algorithm, false, ['sign'])
    const signed = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(text))
    return `${text}.${encode(String.fromCharCode(...new Uint8Array(signed)))}`
  }
  const claims = (now: number) => ({ api_key: 'my-id', exp: now + 180_000, timestamp: now })

  test.each([
    ['nothing', async () => '', '1001'],
    ['another key', async () => 'my-id.other', '1002'],
    ['a token in seconds', () => sign(claims(Math.floor(Date.now() / 1000))), '1003'],
    ['an expired token', () => sign(claims(Date.now() - 200_000)), '1003'],
    ['a token without sign_type', () => sign(claims(Date.now()), { alg: 'HS256' }), '1002'],
    ['a foreign token', () => sign({ ...claims(Date.now()), api_key: 'other' }), '1002'],
    [
      'a broken signature',
      async () => `${(await sign(claims(Date.now()))).slice(0, -4)}AAAA`,
      '1002',
    ],
  ])('%s as a key', async (_name, token, code) => {
    const headers = { authorization: `Bearer ${await token()}` }
    const response = await post(simulate('zhipu', 'x', { key: KEY }), ask, { headers })
    expect([response.status, (await response.json()).error.code]).toEqual([401, code])
  })

  test('neither the raw key nor a good token', async () => {
    for (const token of [KEY, await sign(claims(Date.now()))]) {
      const headers = { authorization: `Bearer ${token}` }
      for (const options of [{ key: KEY }, {}]) {
        const response = await post(simulate('zhipu', 'x', options), ask, { headers })
        expect(response.status).toBe(200)
      }
    }
  })
})
