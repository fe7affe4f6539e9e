import { describe, expect, test } from 'vitest'
import { simulate, type Reply } from '../../../src/testing.ts'
import { chunks, frames, post, user } from './read.ts'

const call = { name: 'weather', arguments: { city: 'HZ' } }
const ask = { model: 'gpt-4o', messages: [user] }
const send = (reply: Reply | string, more: object = {}) =>
  post(simulate('openai', reply), { ...ask, stream: true, ...more })
const choices = async (response: Promise<Response>) =>
  (await frames(await response)).slice(0, -1).map((frame) => frame.choices[0])

describe('a stream of OpenAI', () => {
  test('begins with the role, ends with the reason, usage if asked for, and [DONE]', async () => {
    const usage = { promptTokens: 16, completionTokens: 300, cachedTokens: 4 }
    const more = { stream_options: { include_usage: true } }
    const read = await chunks(await send({ text: 'Hi', usage }, more))
    const head =
      '"id":"chatcmpl-simulated1","object":"chat.completion.chunk","created":1744220953,' +
      '"model":"gpt-4o","system_fingerprint":"fp_simulated"'
    const chunk = (delta: string, finish = 'null') =>
      `data: {${head},"choices":[{"index":0,"delta":${delta},"logprobs":null,` +
      `"finish_reason":${finish}}],"usage":null}\n\n`
    expect(read).toEqual([
      chunk('{"role":"assistant","content":""}'),
      chunk('{"content":"Hi"}'),
      chunk('{}', '"stop"'),
      `data: {${head},"choices":[],"usage":{"prompt_tokens":16,"completion_tokens":300,` +
        '"total_tokens":316,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},' +
        '"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}}}\n\n',
      'data: [DONE]\n\n',
    ])
    expect(await (await send('Hi')).text()).not.toContain('usage')
  })

  test('thinks in reasoning_content, the content being null meanwhile', async () => {
    const deltas = (await choices(send({ reasoning: 'so', text: '4' }))).map(({ delta }) => delta)
    expect(deltas).toEqual([
      { role: 'assistant', content: '' },
      { content: null, reasoning_content: 'so' },
      { content: '4' },
      {},
    ])
  })

  test('announces a call without arguments and then streams them', async () => {
    const read = await choices(send({ toolCalls: [call, call], chunkSize: 20 }))
    const named = { name: 'weather', arguments: '' }
    expect(read.slice(1, 5).map(({ delta }) => delta.tool_calls[0])).toEqual([
      { index: 0, id: 'call_1_0', type: 'function', function: named },
      { index: 0, function: { arguments: '{"city":"HZ"}' } },
      { index: 1, id: 'call_1_1', type: 'function', function: named },
      { index: 1, function: { arguments: '{"city":"HZ"}' } },
    ])
    expect(read.at(-1)).toMatchObject({ delta: {}, finish_reason: 'tool_calls' })
    expect(read[0].delta).toEqual({ role: 'assistant', content: null })
    const empty = await choices(send({ toolCalls: [{ name: 'now', arguments: '' }] }))
    expect(empty.filter(({ delta }) => delta.tool_calls)).toHaveLength(1)
  })

  test('can fail in its midst', async () => {
    const read = await frames(await send({ text: 'x', error: { inStream: true } }))
    expect(read.slice(-2)).toEqual([
      {
        error: {
          message: 'The server had an error while processing your request.',
          type: 'server_error',
          param: null,
          code: null,
        },
      },
      '[DONE]',
    ])
  })

  test('of the older endpoint has text in its choices', async () => {
    const body = { model: 'm', prompt: '<s>', stream: true }
    const read = await frames(await post(simulate('openai', 'a b'), body, { path: '/completions' }))
    expect(read[0].object).toBe('text_completion')
    expect(read.slice(0, -1).map(({ choices: [choice] }) => choice.text)).toEqual(['a', ' b', ''])
  })
})

describe('an answer of OpenAI that is not streamed', () => {
  test('has null content next to calls', async () => {
    const answer = await (await send({ toolCalls: [call] }, { stream: false })).json()
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: null,
        tool_calls: [{ id: 'call_1_0', type: 'function', function: { name: 'weather' } }],
      },
    })
    expect(answer.usage.total_tokens).toBeGreaterThan(0)
  })

  test('has text at the older endpoint, and lists models', async () => {
    const simulator = simulate('openai', 'Hi', { models: ['m'] })
    const raw = await post(simulator, { model: 'm', prompt: '' }, { path: '/completions' })
    expect((await raw.json()).choices[0]).toMatchObject({ text: 'Hi', finish_reason: 'stop' })
    const headers = { authorization: 'Bearer k' }
    const list = await simulator('https://vendor.test/v1/models', { headers })
    expect((await list.json()).data).toMatchObject([{ id: 'm', object: 'model' }])
  })

  test('cites pages where the web was searched', async () => {
    const reply = { text: 'Hi', sources: [{ url: 'https://a.test', title: 'A' }] }
    const answer = await (await send(reply, { stream: false, web_search_options: {} })).json()
    expect(answer.choices[0].message.annotations).toEqual([
      {
        type: 'url_citation',
        url_citation: { start_index: 0, end_index: 2, title: 'A', url: 'https://a.test' },
      },
    ])
  })
})

describe('OpenAI refuses', () => {
  const tool = { role: 'tool', tool_call_id: 'a', content: 'x' }
  const called = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }
  const caller = { role: 'assistant', content: null, tool_calls: [called] }
  test.each([
    ['a missing model', { model: undefined }, null, 'model'],
    ['missing messages', { messages: undefined }, 'missing_required_parameter', 'messages'],
    ['no messages', { messages: [] }, 'empty_array', 'messages'],
    ['an unknown role', { messages: [{ role: 'bot', content: 'x' }] }, 'invalid_value', 'bot'],
    ['a message without content', { messages: [{ role: 'user' }] }, null, 'content'],
    ['stream options without a stream', { stream: false, stream_options: {} }, null, 'stream_opt'],
    ['temperature 3', { temperature: 3 }, 'decimal_above_max_value', 'temperature'],
    ['top_p below 0', { top_p: -1 }, 'decimal_below_min_value', 'top_p'],
    ['five stop sequences', { stop: ['a', 'b', 'c', 'd', 'e'] }, 'array_above_max_length', 'stop'],
    [
      'max_tokens where models think',
      { model: 'o3', max_tokens: 1 },
      'unsupported_parameter',
      'max',
    ],
    ['a result without a call', { messages: [user, tool] }, null, "role 'tool'"],
    ['a call without a result', { messages: [user, caller, user] }, null, 'must be followed'],
  ])('%s', async (_name, more, code, words) => {
    const response = await send('x', more)
    expect(response.status).toBe(400)
    const { error } = await response.json()
    expect(error).toMatchObject({ type: 'invalid_request_error', code })
    expect(error.message).toContain(words)
  })

  test('nothing about a whole tool exchange', async () => {
    expect((await send('x', { messages: [user, caller, tool] })).status).toBe(200)
  })

  test('other paths, methods and bodies', async () => {
    const simulator = simulate('openai', 'x')
    const lost = await post(simulator, ask, { path: '/chat' })
    expect([lost.status, (await lost.json()).error.message]).toEqual([
      404,
      'Invalid URL (POST /v1/chat)',
    ])
    expect((await post(simulator, ask, { method: 'PUT' })).status).toBe(405)
    expect((await post(simulator, '{')).status).toBe(400)
    const untyped = { headers: { 'content-type': 'text/plain' } }
    expect((await post(simulator, ask, untyped)).status).toBe(400)
  })

  test('Azure without its version, and takes its key', async () => {
    const simulator = simulate('openai', 'x', { key: 'azure-key' })
    const path = '/openai/deployments/mine/chat/completions'
    const headers = { authorization: '', 'api-key': 'azure-key' }
    expect((await post(simulator, { messages: [user] }, { path, headers })).status).toBe(404)
    const dated = { path: `${path}?api-version=2024-10-21`, headers }
    expect((await post(simulator, { messages: [user] }, dated)).status).toBe(200)
  })
})
