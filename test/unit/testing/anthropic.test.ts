import { describe, expect, test } from 'vitest'
import { simulate, type Reply, type SimulatorOptions } from '../../../src/testing.ts'
import { frames, post, user, type Sent } from './read.ts'

const ask = { model: 'claude-sonnet-4-6', max_tokens: 99, messages: [user] }
const OWN = { 'x-api-key': 'sk-x', 'anthropic-version': '2023-06-01' }
const TOOL = { name: 'add', input_schema: { type: 'object' } }

function send(reply: Reply | string, more: object = {}, sent: Sent & SimulatorOptions = {}) {
  const { key, models, ...rest } = sent
  const simulator = simulate('anthropic', reply, { key, models })
  const headers = { authorization: '', ...OWN, ...rest.headers }
  return post(simulator, { ...ask, ...more }, { path: '/messages', ...rest, headers })
}

const stream = (reply: Reply | string, more: object = {}) => send(reply, { stream: true, ...more })
const deltas = async (response: Promise<Response>) =>
  (await frames(await response)).flatMap((frame) => frame.delta ?? [])

describe('a stream of Anthropic', () => {
  test('has an event for each step, a ping among them', async () => {
    const usage = { promptTokens: 13, completionTokens: 2, cachedTokens: 3 }
    const response = await stream({ text: '4', usage })
    expect(response.headers.get('request-id')).toBe('req_01Simulated000000000000001')
    const counts =
      '"usage":{"input_tokens":10,"cache_creation_input_tokens":0,"cache_read_input_tokens":3,'
    expect(await response.text()).toBe(
      [
        `event: message_start\ndata: {"type":"message_start","message":{"model":"claude-sonnet-4-6",` +
          `"id":"msg_01Simulated000000000000001","type":"message","role":"assistant","content":[],` +
          `"stop_reason":null,"stop_sequence":null,${counts}"output_tokens":1}}}`,
        'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
        'event: ping\ndata: {"type": "ping"}',
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"4"}}',
        'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}',
        `event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},${counts}"output_tokens":2}}`,
        'event: message_stop\ndata: {"type":"message_stop"}',
        '',
      ].join('\n\n'),
    )
  })

  test('writes arguments in pieces, the first of them empty', async () => {
    const reply = { toolCalls: [{ id: 'a', name: 'add', arguments: { a: 1 } }], chunkSize: 4 }
    const pieces = (await deltas(stream(reply))).map(({ partial_json }) => partial_json)
    expect(pieces).toEqual(['', '{"a"', ':1}', undefined])
    const none = { toolCalls: [{ name: 'add', arguments: {} }] }
    expect((await deltas(stream(none))).map(({ partial_json }) => partial_json)).toEqual([
      '',
      undefined,
    ])
  })

  test('thinks where it is asked to, shows it where it is asked to, and signs it', async () => {
    const reply = { reasoning: 'so', text: '4' }
    const types = async (more: object) =>
      (await deltas(stream(reply, more))).map(({ type }) => type ?? 'end')
    const adaptive = { type: 'adaptive' }
    expect(await types({})).toEqual(['text_delta', 'end'])
    expect(await types({ thinking: adaptive })).toEqual([
      'thinking_delta',
      'signature_delta',
      'text_delta',
      'end',
    ])
    const model = 'claude-opus-4-8'
    expect(await types({ model, thinking: adaptive })).toEqual([
      'signature_delta',
      'text_delta',
      'end',
    ])
    expect(await types({ model, thinking: { ...adaptive, display: 'summarized' } })).toContain(
      'thinking_delta',
    )
    expect(await types({ model: 'claude-sonnet-5' })).toContain('signature_delta')
  })

  test('searches where it is given the tool', async () => {
    const reply = { text: 'x', sources: [{ url: 'https://a.test', title: 'A', snippet: 'so' }] }
    expect(await (await stream(reply)).text()).not.toContain('a.test')
    const tools = [{ type: 'web_search_20250305', name: 'web_search' }]
    const blocks = (await frames(await stream(reply, { tools }))).flatMap(
      ({ content_block: block }) => block?.type ?? [],
    )
    expect(blocks).toEqual(['server_tool_use', 'web_search_tool_result', 'text'])
    const { content } = await (await send(reply, { tools })).json()
    expect(content[2].citations).toMatchObject([{ url: 'https://a.test', cited_text: 'so' }])
  })

  test('breaks off with an error', async () => {
    const read = await frames(
      await stream({ text: 'half', error: { status: 529, inStream: true } }),
    )
    expect(read.at(-1)).toEqual({
      type: 'error',
      error: { type: 'overloaded_error', message: 'Overloaded' },
    })
  })
})

test('a whole answer holds the same blocks', async () => {
  const reply = {
    reasoning: 'so',
    text: '4',
    toolCalls: [{ id: 'a', name: 'add', arguments: '{"a":1}' }],
    usage: { promptTokens: 3, completionTokens: 5 },
    finishReason: 'length',
  }
  expect(await (await send(reply, { thinking: { type: 'adaptive' } })).json()).toMatchObject({
    type: 'message',
    content: [
      { type: 'thinking', thinking: 'so', signature: expect.stringMatching(/^Simulated/) },
      { type: 'text', text: '4' },
      { type: 'tool_use', id: 'a', name: 'add', input: { a: 1 } },
    ],
    stop_reason: 'max_tokens',
    usage: { input_tokens: 3, output_tokens: 5, output_tokens_details: { thinking_tokens: 1 } },
  })
})

const call = { type: 'tool_use', id: 'a', name: 'add', input: {} }
const result = { type: 'tool_result', tool_use_id: 'a', content: 'ok' }
const said = (...content: object[]) => ({ role: 'assistant', content })
const told = (...content: object[]) => ({ role: 'user', content })
const OLD = { model: 'claude-haiku-4-5', max_tokens: 2000 }

test('members of a beta need its header; a thread is refused as the tool runner expects', async () => {
  const fallbacks = { fallbacks: [{ model: 'claude-haiku-4-5' }] }
  expect((await send('ok', fallbacks)).status).toBe(400)
  const headers = { 'anthropic-beta': 'x-2026-01-01' }
  expect((await send('ok', fallbacks, { headers })).status).toBe(200)
  const response = await send('ok', { thread: { type: 'create' } }, { headers })
  expect(response.status).toBe(400)
  expect((await response.json()).error.details.error_code).toBe('thread_unsupported_request')
})

describe('a request is refused', () => {
  test.each([
    ['missing member', { max_tokens: undefined }, /max_tokens: Field required/],
    ['max_tokens', { max_tokens: 0 }, /max_tokens/],
    ['unknown member', { stop: ['x'] }, /stop: Extra inputs are not permitted/],
    ['temperature', { temperature: 1.1 }, /temperature/],
    ['sampling', { model: 'claude-opus-4-8', top_k: 5 }, /defaults/],
    ['blank stop', { stop_sequences: [' '] }, /non-whitespace/],
    ['metadata', { metadata: { id: 'x' } }, /metadata/],
    ['empty system', { system: '' }, /system/],
    ['budget', { ...OLD, thinking: { type: 'enabled', budget_tokens: 1000 } }, /1024/],
    [
      'budget over all',
      { ...OLD, thinking: { type: 'enabled', budget_tokens: 2000 } },
      /max_tokens/,
    ],
    ['adaptive', { ...OLD, thinking: { type: 'adaptive' } }, /not supported/],
    ['enabled', { model: 'claude-opus-4-7', thinking: { type: 'enabled' } }, /not supported/],
    [
      'effort',
      { output_config: { effort: 'xhigh' } },
      /Supported levels: high, low, max, medium\./,
    ],
    [
      'open schema',
      { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } },
      /additionalProperties/,
    ],
    ['tool name', { tools: [{ ...TOOL, name: 'a b' }] }, /tools\.0\.name/],
    ['schema of a tool', { tools: [{ name: 'a', input_schema: {} }] }, /input_schema/],
    ['choice without tools', { tool_choice: { type: 'auto' } }, /providing tools/],
    [
      'forced while thinking',
      { tools: [TOOL], tool_choice: { type: 'any' }, thinking: { type: 'adaptive' } },
      /forces tool use/,
    ],
    ['no messages', { messages: [] }, /at least one/],
    ['role', { messages: [{ role: 'system', content: 'x' }] }, /messages\.0\.role/],
    ['empty content', { messages: [told()] }, /non-empty content/],
    ['empty text', { messages: [told({ type: 'text', text: ' ' })] }, /non-empty/],
    ['assistant first', { messages: [said({ type: 'text', text: 'x' }), user] }, /first message/],
    [
      'picture',
      {
        messages: [
          told({
            type: 'image',
            source: { type: 'base64', media_type: 'image/bmp', data: 'QQ==' },
          }),
        ],
      },
      /media_type/,
    ],
    ['unknown block', { messages: [told({ type: 'audio' })] }, /audio/],
    ['fallback block', { messages: [user, said({ type: 'fallback' }), user] }, /fallback/],
    [
      'orphan',
      { messages: [user, said({ type: 'text', text: 'x' }), told(result)], tools: [TOOL] },
      /unexpected/,
    ],
    [
      'open call',
      { messages: [user, said(call), user], tools: [TOOL] },
      /without `tool_result`: a/,
    ],
    [
      'results after',
      { messages: [user, said(call), told({ type: 'text', text: 'x' }, result)], tools: [TOOL] },
      /come first/,
    ],
    ['calls without tools', { messages: [user, said(call), told(result)] }, /define tools/],
    ['prefill', { messages: [user, said({ type: 'text', text: 'x' })] }, /prefill/],
    [
      'prefill with a blank',
      { ...OLD, messages: [user, said({ type: 'text', text: 'x ' })] },
      /trailing/,
    ],
    [
      'unsigned thinking',
      { messages: [user, said({ type: 'thinking', thinking: 'x' }), user] },
      /signature/,
    ],
    [
      'changed thinking',
      {
        messages: [user, said({ type: 'thinking', thinking: 'x', signature: 'Simulated1' }), user],
      },
      /signature/,
    ],
  ] as const)('%s', async (_name, more, words) => {
    const response = await send('ok', more)
    expect(response.status).toBe(400)
    const { type, error, request_id } = await response.json()
    expect([type, error.type]).toEqual(['error', 'invalid_request_error'])
    expect(request_id).toMatch(/^req_/)
    expect(error.message).toMatch(words)
  })

  test('at another path, without a key, a version, a model', async () => {
    const failed = async (sent: Sent & SimulatorOptions) => {
      const response = await send('ok', {}, sent)
      return `${response.status} ${(await response.json()).error.message}`
    }
    expect(await failed({ path: '/chat/completions' })).toMatch(/^404/)
    expect(await failed({ headers: { 'x-api-key': '' } })).toMatch(/^401 x-api-key header/)
    expect(await failed({ key: 'sk-y' })).toBe('401 invalid x-api-key')
    expect(await failed({ headers: { 'anthropic-version': '' } })).toMatch(/^400 anthropic-version/)
    expect(await failed({ models: ['other'] })).toBe('404 model: claude-sonnet-4-6')
  })

  test('from a page that does not say that it knows what it does', async () => {
    const headers = { origin: 'https://page.test' }
    const response = await send('ok', {}, { headers })
    expect(response.status).toBe(401)
    expect((await response.json()).error.message).toMatch(/^CORS requests must set/)
    const known = { ...headers, 'anthropic-dangerous-direct-browser-access': 'true' }
    expect((await send('ok', {}, { headers: known })).status).toBe(200)
    const own = { ...headers, 'sec-fetch-site': 'same-origin' }
    expect((await send('ok', {}, { headers: own })).status).toBe(200)
  })
})

test('thinking is taken back as it was signed', async () => {
  const thinking = { type: 'adaptive' }
  const reply = { reasoning: 'so', toolCalls: [{ id: 'a', name: 'add', arguments: {} }] }
  const tools = [TOOL]
  const { content } = await (await send(reply, { thinking, tools })).json()
  const messages = [user, said(...content), told(result)]
  expect((await send('ok', { thinking, tools, messages })).status).toBe(200)
})

describe('API version 2026-10-21', () => {
  const newest = (more: object) =>
    send('4', more, { headers: { 'anthropic-version': '2026-10-21' } })
  const cited = { type: 'text', text: 'x', citations: [{ type: 'char_location' }] }
  const withContent = (content: object[], role = 'user') => ({
    messages: [{ role, content }, user],
  })

  test('is the one of the SDKs, which send the key as a token', async () => {
    const headers = { authorization: 'Bearer sk-x', 'anthropic-version': '2026-10-21' }
    const response = await post(simulate('anthropic', '4'), ask, { path: '/messages', headers })
    expect(response.status).toBe(200)
  })

  test.each([
    [{ temperature: 1 }, 'temperature: Extra inputs are not permitted'],
    [{ top_p: 0.9 }, 'top_p: Extra inputs are not permitted'],
    [{ top_k: 5 }, 'top_k: Extra inputs are not permitted'],
    [withContent([cited]), 'messages.0.content.0.citations'],
    [withContent([{ type: 'search_result', content: [cited] }]), 'messages.0.content.0.citations'],
    [withContent([{ type: 'document' }], 'assistant'), 'messages.0.content.0: document blocks'],
  ])('refuses %j', async (more, words) => {
    const response = await newest(more)
    expect([response.status, (await response.json()).error.type]).toEqual([
      400,
      'invalid_request_error',
    ])
    expect((await (await newest(more)).json()).error.message).toContain(words)
  })
})
