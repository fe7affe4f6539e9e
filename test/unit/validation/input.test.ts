import { describe, expect, test } from 'vitest'
import type { BaseChatModel } from '../../../src/chat/base.ts'
import { stopWordsOf } from '../../../src/chat/stop-sequences.ts'
import { post } from '../../../src/http/late-post.ts'
import { parseFrame } from '../../../src/http/frame.ts'
import { readNDJSON } from '../../../src/http/ndjson.ts'
import { readSSE } from '../../../src/http/sse.ts'
import { modelPrefixes } from '../../../src/registry.ts'
import { estimateTokens } from '../../../src/tokens/estimate.ts'
import { checkRequest } from '../../../src/validation/input.ts'
import { failure, model, saying } from '../helpers.ts'

const user = { role: 'user', content: 'Hi' }
const parts = (part: unknown) => [
  user,
  { role: 'user', content: [{ type: 'text', text: 'a' }, part] },
]
const calls = (call: unknown) => [user, { role: 'assistant', tool_calls: [call] }]

describe('a bad message is named by its path', () => {
  test.each([
    [[], /^messages list must not be empty$/],
    ['Hi', /^messages must be a list of messages/],
    [null, /^messages must be a list of messages/],
    [{ role: 'user' }, /^messages must be a list/],
    [[null], /^messages\[0\] must be an object with role and content/],
    [['Hi'], /^messages\[0\] must be an object/],
    [[user, undefined], /^messages\[1\] (must be an object|is missing)/],
    [[{ content: 'Hi' }], /^messages\[0\]\.role (must be system|is missing)/],
    [
      [{ role: 'bot', content: 'Hi' }],
      /^messages\[0\]\.role must be system, developer, user, assistant or tool/,
    ],
    [[{ role: 'function', name: 'f', content: 'Hi' }], /^messages\[0\]\.role must be/],
    [
      [user, { role: 'user' }],
      /^messages\[1\]\.content (is missing|must be a string or a list of parts)/,
    ],
    [[{ role: 'user', content: 5 }], /^messages\[0\]\.content must be a string or a list of parts/],
    [[{ role: 'user', content: null }], /^messages\[0\]\.content must be/],
    [[{ role: 'system', content: {} }], /^messages\[0\]\.content must be/],
    [parts('b'), /^messages\[1\]\.content\[1\] must be an object/],
    [parts({ type: 'image' }), /^messages\[1\]\.content\[1\]\.type must be text, image_url/],
    [parts({ text: 'a' }), /^messages\[1\]\.content\[1\]\.type/],
    [parts({ type: 'text' }), /^messages\[1\]\.content\[1\]\.text is missing/],
    [parts({ type: 'image_url' }), /^messages\[1\]\.content\[1\]\.image_url is missing/],
    [
      parts({ type: 'image_url', image_url: 'https://a.example' }),
      /^messages\[1\]\.content\[1\]\.image_url must be an object with a url/,
    ],
    [
      parts({ type: 'image_url', image_url: {} }),
      /^messages\[1\]\.content\[1\]\.image_url\.url is missing/,
    ],
    [
      parts({ type: 'input_audio', input_audio: { data: 'AA' } }),
      /^messages\[1\]\.content\[1\]\.input_audio\.format is missing/,
    ],
    [parts({ type: 'file', file: 'f' }), /^messages\[1\]\.content\[1\]\.file must be an object/],
    [parts({ type: 'file', file: new Blob(['%PDF-1.4']) }), /\.file\.file_data is missing$/],
    [parts({ type: 'file', file: { filename: 'a.pdf' } }), /\.file\.file_data is missing$/],
    [calls({ id: 'a' }), /^messages\[1\]\.tool_calls\[0\]\.(type|function) is missing/],
    [
      calls({ id: 'a', type: 'function', function: { name: 'f', arguments: {} } }),
      /^messages\[1\]\.tool_calls\[0\]\.function\.arguments must be a string/,
    ],
    [
      calls({ type: 'function', function: { name: 'f', arguments: '' } }),
      /^messages\[1\]\.tool_calls\[0\]\.id is missing/,
    ],
    [
      [user, { role: 'assistant', tool_calls: {} }],
      /^messages\[1\]\.tool_calls must be a list of tool calls/,
    ],
    [[user, { role: 'tool', content: 'x' }], /^messages\[1\]\.tool_call_id is missing/],
    [
      [user, { role: 'tool', content: 'x', tool_call_id: 'a' }],
      /^messages\[1\]\.tool_call_id "a" matches no tool call/,
    ],
  ])('%j: %s', async (messages, problem) => {
    const error = await failure(() => checkRequest({ messages: messages as any }))
    expect(error).toMatchObject({ name: 'ConfigError', retryable: false })
    expect(error.message).toMatch(problem)
    expect(error.code).toBe('invalid_messages')
  })
})

describe('a bad request is rejected with the option', () => {
  test.each([
    [undefined, 'invalid_messages', /chat\(\) requires/],
    [null, 'invalid_messages', /chat\(\) requires/],
    [5, 'invalid_messages', /chat\(\) requires/],
    [[user], 'invalid_messages', /chat\(\) requires/],
    ['', 'invalid_messages', /prompt must not be empty/],
    [{}, 'invalid_messages', /neither is set/],
    [{ prompt: 'a', messages: [user] }, 'invalid_messages', /both are set/],
    [{ prompt: 5 }, undefined, /prompt must be a string/],
    [
      { prompt: 'a', temprature: 1 },
      'unsupported_option',
      /^temprature is not a known option \(did you mean "temperature"\?\)/,
    ],
    [{ prompt: 'a', abortSignal: 1 }, 'unsupported_option', /did you mean "signal"/],
    [
      { prompt: 'a', tools: [{ name: 'f', execute: () => 1 }] },
      'unsupported_option',
      /^tools\[0\] must be a tool in the OpenAI format: for tool\(\) call runTools\(\)/,
    ],
    [{ prompt: 'a', stopSequences: 'x' }, 'unsupported_option', /did you mean "stop"/],
    [{ prompt: 'a', systemPrompt: 'x' }, 'unsupported_option', /did you mean "messages"/],
    [{ prompt: 'a', schema: {} }, 'unsupported_option', /did you mean "responseFormat"/],
    [{ prompt: 'a', logprobs: 1 }, 'unsupported_option', /did you mean "extraBody"/],
    [
      { prompt: 'a', max_retries: 1 },
      'unsupported_option',
      /pass maxRetries to the model's config/,
    ],
    [{ prompt: 'a', onToken: 1 }, 'unsupported_option', /pass callbacks to the model's config/],
    [
      { prompt: 'a', maxRetries: 1 },
      'unsupported_option',
      /: pass maxRetries to the model's config/,
    ],
    [{ prompt: 'a', temperature: 'hot' }, 'unsupported_option', /^temperature must be a number/],
    [{ prompt: 'a', temperature: NaN }, 'unsupported_option', /^temperature must be a number/],
    [{ prompt: 'a', topP: Infinity }, 'unsupported_option', /^topP must be a number/],
    [{ prompt: 'a', maxTokens: 0 }, 'unsupported_option', /^maxTokens must be a positive integer/],
    [
      { prompt: 'a', maxTokens: 1.5 },
      'unsupported_option',
      /^maxTokens must be a positive integer/,
    ],
    [{ prompt: 'a', topK: -1 }, 'unsupported_option', /^topK must be a non-negative integer/],
    [{ prompt: 'a', stop: [1] }, 'unsupported_option', /^stop.* must be a string/],
    [{ prompt: 'a', stream: 'yes' }, 'unsupported_option', /^stream must be true or false/],
    [{ prompt: 'a', tools: {} }, 'unsupported_option', /^tools must be a list of tools/],
    [
      { prompt: 'a', tools: [{ type: 'function', function: {} }] },
      'unsupported_option',
      /^tools\[0\]/,
    ],
    [{ prompt: 'a', tools: [{ name: 'f' }] }, 'unsupported_option', /^tools\[0\]/],
    [{ prompt: 'a', toolChoice: 'any' }, 'unsupported_option', /^toolChoice must be "auto"/],
    [{ prompt: 'a', responseFormat: { type: 'json' } }, 'unsupported_option', /^responseFormat/],
    [
      { prompt: 'a', responseFormat: { type: 'json_schema' } },
      'unsupported_option',
      /^responseFormat/,
    ],
    [{ prompt: 'a', reasoning: 'high' }, 'unsupported_option', /^reasoning must be true, false or/],
    [{ prompt: 'a', reasoning: { depth: 1 } }, 'unsupported_option', /^reasoning/],
    [
      { prompt: 'a', headers: { a: 1 } },
      'unsupported_option',
      /^headers must be a plain object of strings/,
    ],
    [{ prompt: 'a', headers: { a: 'b\nc' } }, 'unsupported_option', /^headers/],
    [{ prompt: 'a', signal: {} }, 'unsupported_option', /^signal must be an AbortSignal/],
  ])('%j: %s %s', async (input, code, problem) => {
    const error = await failure(() => checkRequest(input as any))
    expect(error).toMatchObject({ name: 'ConfigError', ...(code && { code }) })
    expect(error.message).toMatch(problem)
    // The same through the model, as a rejection and not as a throw.
    const promise = (saying(['x']) as BaseChatModel).chat(input as any)
    if (typeof promise === 'object' && 'then' in promise)
      expect(await failure(() => promise)).toMatchObject({ message: error.message })
  })
})

describe('a good request', () => {
  test.each([
    [
      'members of a vendor',
      [
        { role: 'user', content: 'Hi', cache_control: { type: 'x' } },
        { role: 'assistant', content: 'a', partial: true },
      ],
    ],
    [
      'an assistant without content',
      [
        user,
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '' } }],
        },
        { role: 'tool', tool_call_id: 'a', content: 'x' },
      ],
    ],
    [
      'every part',
      [
        {
          role: 'user',
          content: [
            { type: 'text', text: '' },
            { type: 'image_url', image_url: { url: 'data:,' } },
            { type: 'input_audio', input_audio: { data: '', format: 'wav' } },
            { type: 'video_url', video_url: { url: 'https://a' } },
            { type: 'file', file: { file_id: 'f' } },
          ],
        },
      ],
    ],
    ['undefined members', [{ role: 'user', content: 'Hi', name: undefined }]],
  ])('may hold %s', (_what, messages) => {
    expect(
      checkRequest({ messages: messages as any, temperature: undefined, stop: undefined }).messages,
    ).toBe(messages)
  })

  test('takes 0, false and the empty text as answers', () => {
    expect(
      checkRequest({
        prompt: 'a',
        temperature: 0,
        topK: 0,
        reasoning: false,
        search: false,
        stop: '',
        user: '',
      }).options,
    ).toEqual({ temperature: 0, topK: 0, reasoning: false, search: false, stop: '', user: '' })
  })

  test("takes a vendor's own tool", () => {
    const tools = [
      { type: 'web_search', web_search: { enable: true } },
      { type: 'function' as const, function: { name: 'f' } },
    ]
    expect(checkRequest({ prompt: 'a', tools }).options.tools).toBe(tools)
  })
})

test('messages and options are never changed, whatever the class does not do', async () => {
  const freeze = (value: any): any => {
    if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
      Object.freeze(value)
      Object.values(value).forEach(freeze)
    }
    return value
  }
  const request = freeze({
    messages: [
      { role: 'system', content: 'S' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Hi' },
          { type: 'image_url', image_url: { url: 'data:,' } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'a', content: 'x' },
    ],
    tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
    stop: ['a'],
    extraBody: { a: { b: 1 } },
    headers: { 'x-a': 'b' },
  })
  const before = JSON.stringify(request)
  let seen: unknown
  const llm = model(
    async function* (messages) {
      seen = messages
      yield 'Hi'
    },
    freeze({ defaults: { stop: ['b'], extraBody: { c: 1 } }, extraBody: { d: 1 } }),
  )
  await llm.chat(request)
  expect(seen).toBe(request.messages)
  expect(JSON.stringify(request)).toBe(before)
})

const wrong = (block: (...all: never[]) => unknown, ...all: unknown[]) => [block.name, block, all]

test.each([
  wrong(post, 'https://a.example'),
  wrong(post, 'https://a.example', {}),
  wrong(post, 'https://a.example', null, {}),
  wrong(readSSE),
  wrong(readSSE, 'data: 1'),
  wrong(readSSE, new Response('data: 1')),
  wrong(readNDJSON),
  wrong(readNDJSON, new Response('{}')),
  wrong(parseFrame),
  wrong(parseFrame, null),
  wrong(stopWordsOf),
  wrong(stopWordsOf, 5),
  wrong(modelPrefixes),
  wrong(modelPrefixes, { model: 'a' }),
  wrong(estimateTokens),
  wrong(estimateTokens, [{ role: 'user', content: 'Hi' }]),
])('%s() names an argument of another type', async (_name, block: any, all: any) => {
  expect(await failure(async () => block(...all))).toMatchObject({
    name: 'ConfigError',
    code: 'invalid_config',
    message: expect.stringMatching(/^(text|model|frame|response|request|call) must be /),
  })
})
