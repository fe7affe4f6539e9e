import { describe, expect, test } from 'vitest'
import { simulate, type Reply } from '../../../src/testing.ts'
import { chunks, frames, MULTIMODAL, post, TEXT, user } from './read.ts'

const SSE = { 'x-dashscope-sse': 'enable' }
const call = { name: 'weather', arguments: { city: 'HZ' } }
const INCREMENTAL = { result_format: 'message', incremental_output: true }

function send(
  reply: Reply | string,
  parameters: object = INCREMENTAL,
  { model = 'qwen-max', headers = SSE as object, messages = [user] as object[] } = {},
): Promise<Response> {
  const path = /vl|3\.6|qvq/.test(model) ? MULTIMODAL : TEXT
  const body = { model, input: { messages }, parameters }
  return post(simulate('dashscope', reply), body, { path, headers: { ...headers } })
}

const messages = async (response: Promise<Response>) =>
  (await frames(await response)).map((frame) => frame.output.choices[0].message)

describe('a stream of DashScope', () => {
  test('is framed byte by byte as the vendor does it', async () => {
    const response = await send({ text: 'Hi there', usage: { promptTokens: 8 } })
    expect(response.headers.get('content-type')).toBe('text/event-stream;charset=UTF-8')
    const id = response.headers.get('x-request-id')
    const frame = (number: number, content: string, finish: string, output: number) =>
      `id:${number}\nevent:result\n:HTTP_STATUS/200\ndata:{"output":{"choices":[{"message":` +
      `{"content":"${content}","role":"assistant"},"finish_reason":"${finish}"}]},"usage":` +
      `{"total_tokens":${8 + output},"output_tokens":${output},"input_tokens":8,` +
      `"prompt_tokens_details":{"cached_tokens":0}},"request_id":"${id}"}\n\n`
    expect(await chunks(response)).toEqual([
      frame(1, 'Hi', 'null', 1),
      frame(2, ' there', 'null', 2),
      frame(3, '', 'stop', 2),
    ])
  })

  test('thinks first, the other field staying empty', async () => {
    const reply = { reasoning: 'so', text: 'four' }
    const thinking = { ...INCREMENTAL, enable_thinking: true }
    expect(await messages(send(reply, thinking, { model: 'qwen-plus' }))).toEqual([
      { content: '', reasoning_content: 'so', role: 'assistant' },
      { content: 'four', reasoning_content: '', role: 'assistant' },
      { content: '', reasoning_content: '', role: 'assistant' },
    ])
    const off = await messages(send(reply, { ...INCREMENTAL, enable_thinking: false }))
    expect(off.map(({ content }) => content)).toEqual(['four', ''])
  })

  test('continues a call with an empty id and no name, and finishes in its last piece', async () => {
    const all = await frames(await send({ toolCalls: [call, { ...call, id: 'b' }], chunkSize: 8 }))
    const pieces = all.map(({ output: { choices } }) => choices[0])
    expect(pieces.map(({ finish_reason }) => finish_reason)).toEqual([
      'null',
      'null',
      'null',
      'tool_calls',
    ])
    expect(pieces.map(({ message }) => message.tool_calls[0])).toEqual([
      {
        index: 0,
        id: 'call_1_0',
        type: 'function',
        function: { name: 'weather', arguments: '{"city":' },
      },
      { index: 0, id: '', type: 'function', function: { arguments: '"HZ"}' } },
      {
        index: 1,
        id: 'b',
        type: 'function',
        function: { name: 'weather', arguments: '{"city":' },
      },
      { index: 1, id: '', type: 'function', function: { arguments: '"HZ"}' } },
    ])
    expect(pieces[0].message.content).toBe('')
  })

  test('repeats everything where increments were not asked for', async () => {
    const reply = { text: 'a b', toolCalls: [call], chunkSize: 2 }
    const all = await messages(send({ ...reply, text: 'a b' }, { result_format: 'message' }))
    expect(all.slice(0, 3).map(({ content }) => content)).toEqual(['a ', 'a b', 'a b'])
    expect(all.at(-1).tool_calls).toEqual([
      {
        index: 0,
        id: 'call_1_0',
        type: 'function',
        function: { name: 'weather', arguments: '{"city":"HZ"}' },
      },
    ])
    const forced = await messages(send({ text: 'a b', cumulative: true }))
    expect(forced.map(({ content }) => content)).toEqual(['a', 'a b', 'a b'])
  })

  test('has text instead of choices where no message format was asked for', async () => {
    const all = await frames(await send('a b', { incremental_output: true }))
    expect(all.map(({ output }) => output)).toEqual([
      { finish_reason: 'null', text: 'a' },
      { finish_reason: 'null', text: ' b' },
      { finish_reason: 'stop', text: '' },
    ])
  })

  test('has lists for content on the multimodal path', async () => {
    const asked = [{ role: 'user', content: [{ text: 'Hi' }] }]
    const options = { model: 'qwen-vl-max', messages: asked }
    expect(await messages(send({ reasoning: 'so', text: 'x' }, INCREMENTAL, options))).toEqual([
      { content: [], reasoning_content: 'so', role: 'assistant' },
      { content: [{ text: 'x' }], role: 'assistant' },
      { content: [], role: 'assistant' },
    ])
  })

  test('shows the pages that it found in its first frame, if it was asked to', async () => {
    const reply = { text: 'x', sources: [{ url: 'https://a.test', title: 'A', siteName: 'a' }] }
    const search = { enable_search: true, search_options: { enable_source: true } }
    const all = await frames(await send(reply, { ...INCREMENTAL, ...search }))
    expect(all[0]).toMatchObject({ usage: {}, output: { choices: [{ finish_reason: 'null' }] } })
    expect(all[0].output.search_info.search_results).toEqual([
      { icon: '', site_name: 'a', index: 1, title: 'A', url: 'https://a.test' },
    ])
    expect(all[1].output.search_info.search_results).toEqual([])
    const unasked = await (await send(reply)).text()
    expect(unasked).not.toContain('search_info')
  })

  test('can fail in its midst', async () => {
    const error = { status: 400, code: 'DataInspectionFailed', message: 'No.', inStream: true }
    const read = await chunks(await send({ text: 'Hi', error }))
    expect(read).toHaveLength(2)
    expect(read[1]).toMatch(
      /^id:2\nevent:error\n:HTTP_STATUS\/400\ndata:\{"code":"DataInspectionFailed","message":"No.","request_id":"[-\d]+"\}\n\n$/,
    )
    expect((await send({ error }, INCREMENTAL, { headers: {} })).status).toBe(400)
  })

  test('leaves usage empty where the script says that there is none', async () => {
    const all = await frames(await send({ text: 'x', usage: null }))
    expect(all.map(({ usage }) => usage)).toEqual([{}, {}])
  })
})

describe('an answer of DashScope that is not streamed', () => {
  test('comes when the header is missing, whatever the body says', async () => {
    const simulator = simulate('dashscope', { text: 'two', toolCalls: [call] })
    const body = {
      model: 'qwen-max',
      stream: true,
      input: { messages: [user] },
      parameters: { result_format: 'message' },
    }
    const answer = await (await post(simulator, body, { path: TEXT })).json()
    expect(answer.output.choices).toEqual([
      {
        message: {
          content: 'two',
          tool_calls: [
            {
              index: 0,
              id: 'call_1_0',
              type: 'function',
              function: { name: 'weather', arguments: '{"city":"HZ"}' },
            },
          ],
          role: 'assistant',
        },
        finish_reason: 'tool_calls',
      },
    ])
    expect(answer.usage.total_tokens).toBe(answer.usage.input_tokens + answer.usage.output_tokens)
    const prompt = { model: 'qwen-max', input: { prompt: 'Hi' } }
    const plain = await (await post(simulate('dashscope', 'two'), prompt, { path: TEXT })).json()
    expect(plain.output).toEqual({ finish_reason: 'stop', text: 'two' })
  })
})

describe('DashScope refuses', () => {
  const refused = async (response: Promise<Response>) => {
    const { status } = await response
    return `${status} ${await (await response).text()}`
  }
  const parts = [{ role: 'user', content: [{ text: 'Hi' }] }]
  const typed = [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }]
  const stray = [user, { role: 'tool', tool_call_id: 'a', content: 'x' }]
  const oss = [{ role: 'user', content: [{ image: 'oss://x' }] }]
  const json = { headers: {} }
  const plus = { model: 'qwen-plus' }
  const thinking = { enable_thinking: true }
  test.each([
    ['no messages', {}, { messages: [] }, 'Role must be user or assistant'],
    ['a list for a text model', {}, { messages: parts }, 'input content must be a string.'],
    ['a string for a vision model', {}, { model: 'qwen-vl-max' }, 'of a certain modal'],
    ['typed parts', {}, { model: 'qwen-vl-max', messages: typed }, 'of a certain modal'],
    ['a stray tool result', {}, { messages: stray }, 'preceeding message'],
    [
      'an answer as the last turn',
      {},
      { messages: [user, { role: 'assistant', content: 'x' }] },
      'last',
    ],
    ['an oss URL without its header', {}, { model: 'qwen-vl-max', messages: oss }, 'URL'],
    ['temperature 2', { temperature: 2 }, {}, 'Temperature'],
    ['top_p 0', { top_p: 0 }, {}, 'top_p'],
    ['mixed stop sequences', { stop: ['a', 1] }, {}, 'stop'],
    ['a tool named search', { tools: [{ function: { name: 'search' } }] }, {}, 'search'],
    ['JSON mode without the word', { response_format: { type: 'json_object' } }, {}, "'json'"],
    ['thinking without a stream', thinking, { ...plus, ...json }, 'non-streaming calls'],
    ['open Qwen3 without a stream', {}, { model: 'qwen3-8b', ...json }, 'non-streaming calls'],
    ['QwQ without a stream', {}, { model: 'qwq-32b', ...json }, 'only support stream mode'],
    [
      'QwQ told not to think',
      { enable_thinking: false },
      { model: 'qwq-32b' },
      'restricted to True',
    ],
    ['thinking that repeats', { ...thinking, incremental_output: false }, plus, 'set to False'],
    ['thinking as text', { ...thinking, result_format: 'text' }, plus, 'result_format'],
    ['a forced tool while thinking', { ...thinking, tool_choice: 'required' }, plus, 'tool_choice'],
  ])('%s', async (_name, parameters, options, words) => {
    const said = await refused(send('x', parameters, options))
    expect(said).toMatch(/^400 \{"code":"InvalidParameter","message":"/)
    expect(said).toContain(words)
  })

  test('what goes to the wrong path, in a word with a wide mark', async () => {
    const body = { model: 'qwen-vl-max', input: { messages: parts } }
    const wrong = post(simulate('dashscope', 'x'), body, { path: TEXT })
    expect(await refused(wrong)).toContain('"message":"url error, please check url！"')
    for (const [model, path] of [
      ['qwen3.7-max', TEXT],
      ['qwen3.7-plus', MULTIMODAL],
      ['qwen3.5-27b', MULTIMODAL],
      ['kimi-k2.6', MULTIMODAL],
      ['qwen3-max', TEXT],
    ] as const) {
      const content = path === TEXT ? 'Hi' : [{ text: 'Hi' }]
      const good = { model, input: { messages: [{ role: 'user', content }] } }
      expect((await post(simulate('dashscope', 'x'), good, { path })).status).toBe(200)
    }
  })

  test('other paths, methods, bodies and asynchronous calls', async () => {
    const simulator = simulate('dashscope', 'x')
    const body = { model: 'qwen-max', input: { messages: [user] } }
    expect((await post(simulator, body, { path: '/chat/completions' })).status).toBe(404)
    expect((await post(simulator, body, { path: TEXT, method: 'PUT' })).status).toBe(405)
    expect((await post(simulator, '{', { path: TEXT })).status).toBe(400)
    const top = { model: 'qwen-max', messages: [user] }
    expect(await refused(post(simulator, top, { path: TEXT }))).toContain('must exist and cannot')
    expect(await refused(post(simulator, { input: {} }, { path: TEXT }))).toContain('EmptyModel')
    const later = { path: TEXT, headers: { 'x-dashscope-async': 'enable' } }
    expect((await post(simulator, body, later)).status).toBe(403)
    const bare = { path: TEXT, headers: { authorization: '' } }
    expect(await refused(post(simulator, body, bare))).toMatch(/^401 \{"code":"InvalidApiKey"/)
  })
})

test('DashScope mints tokens that open what the key opens', async () => {
  const simulator = simulate('dashscope', 'x', { key: 'sk-x' })
  const minted = await post(simulator, '', { path: '/tokens?expire_in_seconds=60' })
  const { token, expires_at: expiresAt } = await minted.json()
  expect(Math.abs(expiresAt - Date.now() / 1000 - 60)).toBeLessThan(5)
  const body = { model: 'qwen-max', input: { prompt: 'Hi' } }
  const sent = { path: TEXT, headers: { authorization: `Bearer ${token}` } }
  expect((await post(simulator, body, sent)).status).toBe(200)
  expect((await post(simulator, '', { path: '/tokens?expire_in_seconds=1801' })).status).toBe(400)
})
