import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { ServiceError } from '../../src/errors.ts'
import { failover } from '../../src/failover/failover.ts'
import type { Message } from '../../src/message.ts'
import type { ChatRequest, ModelConfig } from '../../src/options.ts'
import { OPENAI_LIKE, openAiLike } from '../../src/providers/openai-like.ts'
import { OpenAiLLM } from '../../src/providers/openai.ts'
import { failure } from '../unit/helpers.ts'
import type { Answer } from './replay.ts'
import { jsonAnswer, replayFetch, sseAnswer } from './replay.ts'

const OK = jsonAnswer({ choices: [{ message: { content: 'ok' }, finish_reason: 'stop' }] })
const STREAMED = sseAnswer([{ choices: [{ delta: { content: 'ok' }, finish_reason: 'stop' }] }])

function create(config: Partial<ModelConfig> = {}, answers: Answer | Answer[] = OK) {
  const fetch = replayFetch(answers)
  const settings = { model: 'gpt-4o', apiKey: 'sk-key', env: {}, fetch, maxRetries: 0, ...config }
  const row = OPENAI_LIKE[config.modelServer ?? '']
  const Model = row ? openAiLike(row, config.modelServer!) : OpenAiLLM
  return { llm: new Model(settings), fetch }
}

async function bodyOf(request: ChatRequest, config: Partial<ModelConfig> = {}) {
  const { llm, fetch } = create(config)
  await llm.chat({ ...(request.messages ? {} : { prompt: 'Hi' }), ...request, stream: false })
  return fetch.requests[0]!.body
}

test('speech and pictures of a reply that breaks off are kept', async () => {
  const media = {
    audio: { data: 'QUJD', transcript: 'Hi' },
    images: [{ image_url: 'https://x/y' }],
  }
  const kept = {
    audio: media.audio,
    images: [{ type: 'image_url', image_url: { url: 'https://x/y' } }],
  }
  const frame = (finish_reason: string | null) => ({ choices: [{ delta: media, finish_reason }] })
  const ask = (end: string | null) => {
    const encoder = new TextEncoder()
    const frames = [
      encoder.encode(String(sseAnswer([frame(end)]).body).replace(/data: \[DONE\]\s*$/, '')),
    ]
    const body = new ReadableStream({
      pull: (to) => (frames.length > 0 ? to.enqueue(frames.pop()) : to.error(new Error('reset'))),
    })
    return create({ fetch: async () => new Response(body) }).llm.chat({
      prompt: 'Hi',
      stream: true,
    })
  }
  expect((await ask('stop').result()).message).toMatchObject(kept)
  expect(await failure(() => ask(null).result())).toMatchObject({
    code: 'connection_lost',
    partial: { text: 'Hi', message: kept },
  })
})

describe('a function of the caller that fails', () => {
  const vault = new Error('vault down')
  const busy = new ServiceError('overloaded', 'Vault busy', { retryable: true })
  const REFUSES = /config\.fetch must return a Response/
  test.each<[what: string, config: object, expected: object, requests: number]>([
    [
      'apiKey that throws',
      {
        apiKey: () => {
          throw vault
        },
      },
      {
        code: 'missing_api_key',
        message: 'config.apiKey failed: vault down',
        cause: vault,
      },
      1,
    ],
    [
      'apiKey that rejects',
      { apiKey: () => Promise.reject(vault) },
      { code: 'missing_api_key', cause: vault },
      1,
    ],
    [
      'apiKey that rejects with a text',
      { apiKey: () => Promise.reject('no') },
      { code: 'missing_api_key', message: expect.stringMatching(/failed: no$/), cause: 'no' },
      1,
    ],
    [
      'apiKey that asks for another try',
      { apiKey: () => Promise.reject(busy) },
      { code: 'overloaded', retryable: true },
      2,
    ],
    [
      'fetch that returns nothing',
      { fetch: () => {} },
      { code: 'invalid_config', message: expect.stringMatching(REFUSES) },
      1,
    ],
    [
      'fetch that resolves with half a response',
      { fetch: async () => ({ ok: true, json: async () => ({}) }) },
      { code: 'invalid_config', message: expect.stringMatching(REFUSES) },
      1,
    ],
    [
      'fetch that throws an error of ours',
      { fetch: () => Promise.reject(busy) },
      { code: 'overloaded' },
      2,
    ],
    [
      'fetch that throws another',
      { fetch: () => Promise.reject(vault) },
      { code: 'connection_failed', cause: vault },
      2,
    ],
  ])('%s', async (_what, config, expected, requests) => {
    vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 1000 })
    onTestFinished(() => void vi.useRealTimers())
    for (const stream of [false, true]) {
      const { llm } = create({ maxRetries: 1, ...config })
      const error = await failure(() =>
        stream ? llm.chat({ prompt: 'Hi', stream }).result() : llm.chat('Hi'),
      )
      expect(error).toMatchObject(expected)
      expect(error.partial.attempts).toHaveLength(requests)
    }
  })

  test('apiKey does not keep another model from answering', async () => {
    const { llm } = create({ apiKey: () => Promise.reject(vault) })
    expect(String(await failover([llm, create().llm]).chat('Hi'))).toBe('ok')
  })
})

describe('the address, in every form that people paste', () => {
  test.each([
    ['https://api.openai.com', 'https://api.openai.com/v1/chat/completions'],
    ['https://api.openai.com/v1', 'https://api.openai.com/v1/chat/completions'],
    ['https://api.openai.com/v1/', 'https://api.openai.com/v1/chat/completions'],
    ['https://api.openai.com/v1/chat/completions', 'https://api.openai.com/v1/chat/completions'],
    ['https://api.openai.com/v1/chat/completions/', 'https://api.openai.com/v1/chat/completions'],
    ['http://localhost:8000', 'http://localhost:8000/v1/chat/completions'],
    ['http://localhost:8000//', 'http://localhost:8000/v1/chat/completions'],
    ['http://localhost:8000/v1/completions', 'http://localhost:8000/v1/chat/completions'],
    ['http://h/api/paas/v4', 'http://h/api/paas/v4/chat/completions'],
    ['http://h/v1beta/openai/', 'http://h/v1beta/openai/chat/completions'],
    ['https://h/v1?tenant=a&b=c', 'https://h/v1/chat/completions?tenant=a&b=c'],
    ['https://h/v1/chat/completions?x=1#top', 'https://h/v1/chat/completions?x=1'],
    ['https://h?x=1', 'https://h/v1/chat/completions?x=1'],
    ['https://h/v1#top', 'https://h/v1/chat/completions'],
  ])('%s', async (baseURL, url) => {
    const { llm, fetch } = create({ baseURL })
    await llm.chat('Hi')
    expect(fetch.requests[0]!.url).toBe(url)
  })

  test.each(['OPENAI_BASE_URL', 'OPENAI_API_BASE'])('from %s', async (name) => {
    const { llm, fetch } = create({ env: { [name]: 'http://h:1/v1' } })
    await llm.chat('Hi')
    expect(fetch.requests[0]!.url).toBe('http://h:1/v1/chat/completions')
  })
})

test('the key stands in its header, and neither in the URL nor in the body', async () => {
  const { llm, fetch } = create({ apiKey: async () => 'sk-fresh' })
  await llm.chat('Hi')
  const { url, headers, body } = fetch.requests[0]!
  expect(headers.get('authorization')).toBe('Bearer sk-fresh')
  expect([...headers.keys()].sort()).toEqual([
    'accept',
    'authorization',
    'content-type',
    'idempotency-key',
  ])
  expect(url + JSON.stringify(body)).not.toContain('sk-fresh')
})

describe('models of OpenAI that think', () => {
  test.each(['o3', 'o4-mini', 'gpt-5', 'gpt-5-mini', 'gpt-5.2', 'gpt-5.2-codex'])(
    '%s gets no stop sequences, and they are applied locally',
    async (model) => {
      const answer = jsonAnswer({
        choices: [{ message: { content: 'one END two' }, finish_reason: 'stop' }],
      })
      const { llm, fetch } = create({ model }, answer)
      const result = await llm.chat({ prompt: 'Hi', stop: ['END'] })
      expect(fetch.requests[0]!.body.stop).toBeUndefined()
      expect(result.text).toBe('one ')
    },
  )

  test.each([
    ['gpt-5.2', true, 'medium'],
    ['gpt-5.2', false, 'none'],
    ['gpt-5.2', { effort: 'none' }, 'none'],
    ['gpt-5', true, 'medium'],
    ['o3', { effort: 'high' }, 'high'],
    ['o3', false, undefined],
    ['gpt-5', false, undefined],
    ['gpt-5-mini', { effort: 'none' }, undefined],
    ['gpt-4o', true, undefined],
    ['gpt-4o', { effort: 'low' }, undefined],
    ['o3', { budget: 5 }, undefined],
  ])('%s, reasoning %j: %s', async (model, reasoning, effort) => {
    if (effort) expect((await bodyOf({ reasoning }, { model })).reasoning_effort).toBe(effort)
    else
      await expect(bodyOf({ reasoning }, { model })).rejects.toMatchObject({
        code: 'unsupported_option',
      })
  })

  test('more than four stop sequences are applied locally', async () => {
    expect((await bodyOf({ stop: ['1', '2', '3', '4', '5'] })).stop).toEqual(['1', '2', '3', '4'])
  })
})

describe('lessons: once, at no cost, and remembered', () => {
  const refuse = (message: string, param?: string, status = 400) =>
    jsonAnswer(
      { error: { message, type: 'invalid_request_error', param, code: 'unsupported_parameter' } },
      status,
    )
  const NEWER = refuse(
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
  )
  const OLDER = refuse('Unrecognized request argument supplied: max_completion_tokens')
  const NO_OPTIONS = refuse('Unknown parameter: stream_options')
  const EXTRA = jsonAnswer(
    {
      detail: [
        {
          type: 'extra_forbidden',
          loc: ['body', 'stream_options'],
          msg: 'Extra inputs are not permitted',
        },
      ],
    },
    422,
  )
  const ONLY_STREAM = refuse(
    'This model only supports streaming responses. Please set stream=true.',
  )
  const THINKING = refuse('parameter.enable_thinking must be set to false for non-streaming calls')
  const local = { baseURL: 'http://h/v1' }

  test.each<[string, Answer, Partial<ModelConfig>, ChatRequest, (body: any) => boolean]>([
    [
      'max_tokens',
      NEWER,
      local,
      { maxTokens: 5 },
      (body) => body.max_completion_tokens === 5 && !('max_tokens' in body),
    ],
    [
      'max_completion_tokens',
      OLDER,
      {},
      { maxTokens: 5 },
      (body) => body.max_tokens === 5 && !('max_completion_tokens' in body),
    ],
    [
      'stream_options',
      NO_OPTIONS,
      local,
      { stream: true },
      (body) => body.stream && !('stream_options' in body),
    ],
    [
      'stream_options, by a place',
      EXTRA,
      local,
      { stream: true },
      (body) => body.stream && !('stream_options' in body),
    ],
    ['streams only', ONLY_STREAM, local, {}, (body) => body.stream === true],
    [
      'streams only while thinking',
      THINKING,
      { modelServer: 'modelscope' },
      {},
      (body) => body.stream === true,
    ],
  ])('%s', async (_name, refusal, config, request, taught) => {
    const answer = { ...STREAMED }
    const { llm, fetch } = create(config, [refusal, answer, answer])
    for (let round = 0; round < 2; round++) {
      const asked = { prompt: 'Hi', ...request }
      const result = asked.stream
        ? await llm.chat({ ...asked, stream: true }).result()
        : await llm.chat({ ...asked, stream: false })
      expect(result.text).toBe('ok')
      expect(result.attempts).toHaveLength(1)
    }
    expect(fetch.requests.map(({ body }) => taught(body))).toEqual([false, true, true])
  })

  test('two lessons in one call', async () => {
    const { llm, fetch } = create(local, [NEWER, NO_OPTIONS, STREAMED])
    await llm.chat({ prompt: 'Hi', maxTokens: 5, stream: true }).result()
    expect(fetch.requests.at(-1)!.body).toEqual({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      max_completion_tokens: 5,
    })
  })

  test('a server that refuses both ways is asked three times at the most', async () => {
    const { llm, fetch } = create(local, [NEWER, OLDER, NEWER, OLDER])
    await expect(llm.chat({ prompt: 'Hi', maxTokens: 5 })).rejects.toMatchObject({
      code: 'bad_request',
    })
    expect(fetch.requests.length).toBeLessThanOrEqual(3)
  })

  test('what the caller put into extraBody is not argued about for ever', async () => {
    const { llm, fetch } = create(local, NEWER)
    await expect(llm.chat({ prompt: 'Hi', extraBody: { max_tokens: 5 } })).rejects.toMatchObject({
      code: 'bad_request',
    })
    expect(fetch.requests.length).toBeLessThanOrEqual(2)
  })

  test('two calls at once both learn', async () => {
    const fetch = async (_url: string, init: RequestInit) => {
      const body = JSON.parse(init.body as string) as object
      const { body: text, status = 200 } = 'max_tokens' in body ? NEWER : OK
      return new Response(text as string, { status })
    }
    const llm = new OpenAiLLM({
      model: 'm',
      apiKey: 'k',
      baseURL: 'http://h/v1',
      fetch,
      maxRetries: 0,
    })
    const ask = () => llm.chat({ prompt: 'Hi', maxTokens: 5 })
    const results = await Promise.all([ask(), ask(), ask()])
    expect(results.map(({ text }) => text)).toEqual(['ok', 'ok', 'ok'])
  })

  test('another refusal teaches nothing', async () => {
    const { llm, fetch } = create(local, refuse("Invalid value for 'temperature'"))
    await expect(llm.chat({ prompt: 'Hi', maxTokens: 5 })).rejects.toMatchObject({
      code: 'bad_request',
    })
    expect(fetch.requests).toHaveLength(1)
  })
})

describe('messages', () => {
  const USER: Message = { role: 'user', content: 'Hi' }
  const messagesOf = async (messages: Message[], config: Partial<ModelConfig> = {}) =>
    (await bodyOf({ messages }, config)).messages

  test('developer is a role at OpenAI, and system elsewhere', async () => {
    const messages: Message[] = [{ role: 'developer', content: 'x' }, USER]
    expect((await messagesOf(messages))[0].role).toBe('developer')
    for (const modelServer of ['deepseek', 'vllm-server', 'mistral'])
      expect((await messagesOf(messages, { modelServer }))[0].role).toBe('system')
    expect((await messagesOf(messages, { baseURL: 'http://h/v1' }))[0].role).toBe('system')
  })

  test('text alone is a string; parts of other kinds and with members of a vendor stay', async () => {
    const cached = { type: 'text', text: 'b', cache_control: { type: 'ephemeral' } } as const
    const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } } as const
    const [a, b, c, d] = await messagesOf([
      {
        role: 'system',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      { role: 'user', content: [cached] },
      { role: 'user', content: [{ type: 'text', text: 'see' }, picture] },
      { role: 'user', content: [] },
    ])
    expect([a.content, b.content, c.content, d.content]).toEqual([
      'ab',
      [cached],
      [{ type: 'text', text: 'see' }, picture],
      '',
    ])
  })

  const CALL = { id: 'call_1', type: 'function' as const, function: { name: 'f', arguments: '{}' } }
  const EXCHANGE: Message[] = [
    USER,
    { role: 'assistant', content: 'old', reasoning_content: 'old thought' },
    USER,
    { role: 'assistant', content: null, tool_calls: [CALL], reasoning_content: 'thought' },
    { role: 'tool', tool_call_id: 'call_1', content: [{ type: 'text', text: '7' }] },
  ]

  test('a tool exchange: content never null, thinking left out', async () => {
    expect((await messagesOf(EXCHANGE)).slice(3)).toEqual([
      { role: 'assistant', content: '', tool_calls: [CALL] },
      { role: 'tool', tool_call_id: 'call_1', content: '7' },
    ])
    expect(EXCHANGE[3]).toHaveProperty('content', null)
  })

  test.each(['deepseek', 'moonshot'])(
    '%s gets its thinking back in the running exchange only',
    async (modelServer) => {
      const sent = await messagesOf(EXCHANGE, { modelServer })
      expect(sent.map((message: any) => message.reasoning_content)).toEqual([
        undefined,
        undefined,
        undefined,
        'thought',
        undefined,
      ])
    },
  )

  test('speech and pictures of a reply go back as its words, a reference as it is', async () => {
    const audio = { id: 'audio_1', data: 'QUJD', transcript: 'a', expires_at: 9 }
    const images = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }]
    const sent = async (members: object) =>
      (await messagesOf([USER, { role: 'assistant', ...members } as Message, USER]))[1]
    expect(await sent({ content: 'a', audio, images })).toEqual({ role: 'assistant', content: 'a' })
    const reference = { role: 'assistant', content: '', audio: { id: 'audio_1' } }
    expect(await sent({ content: '', audio })).toEqual(reference)
    expect(await sent({ audio: { id: 'audio_1' } })).toEqual(reference)
  })

  test('reasoning_details go back to OpenRouter only', async () => {
    const message = {
      role: 'assistant',
      content: 'a',
      reasoning_details: [{ type: 'reasoning.text', text: 't' }],
    } as Message
    expect((await messagesOf([USER, message], { modelServer: 'openrouter' }))[1]).toEqual(message)
    expect((await messagesOf([USER, message]))[1]).toEqual({ role: 'assistant', content: 'a' })
  })

  test.each([
    ['openai', 'call_1', /^call_1$/],
    ['openai', 'x'.repeat(41), /^[a-z0-9]{40}$/],
    ['openai', '', /^[a-z0-9]{40}$/],
    ['mistral', 'abcDEF123', /^abcDEF123$/],
    ['mistral', 'call_1', /^[a-z0-9]{9}$/],
    ['deepseek', 'x'.repeat(99), /^x{99}$/],
  ])('%s gets the id %s as it takes them', async (modelServer, id, expected) => {
    const other = { ...CALL, id: `${id}2` }
    const [, asked, answer] = await messagesOf(
      [
        USER,
        { role: 'assistant', tool_calls: [{ ...CALL, id }, other] },
        { role: 'tool', tool_call_id: id, content: '7' },
        { role: 'tool', tool_call_id: other.id, content: '8' },
      ],
      { modelServer },
    )
    expect(asked.tool_calls[0].id).toMatch(expected)
    expect(answer.tool_call_id).toBe(asked.tool_calls[0].id)
    expect(asked.tool_calls[1].id).not.toBe(asked.tool_calls[0].id)
  })

  test('a film is refused by OpenAI before anything is sent', async () => {
    const messages: Message[] = [
      { role: 'user', content: [{ type: 'video_url', video_url: { url: 'https://a/b.mp4' } }] },
    ]
    await expect(messagesOf(messages)).rejects.toMatchObject({ code: 'unsupported_option' })
    expect((await messagesOf(messages, { modelServer: 'vllm-server' }))[0].content).toHaveLength(1)
  })

  test('what the answer gave back can be sent again', async () => {
    const tool_calls = [{ id: 'call_9', type: 'function', function: { name: 'f', arguments: '' } }]
    const { llm, fetch } = create({}, [
      jsonAnswer({
        choices: [{ message: { content: null, tool_calls }, finish_reason: 'tool_calls' }],
      }),
      OK,
    ])
    const { message } = await llm.chat('Hi')
    await llm.chat({
      messages: [USER, message, { role: 'tool', tool_call_id: 'call_9', content: '7' }],
    })
    expect(fetch.requests[1]!.body.messages[1].tool_calls).toEqual([
      { ...tool_calls[0], function: { name: 'f', arguments: '{}' } },
    ])
  })
})

describe('tools', () => {
  const TOOLS = [{ type: 'function' as const, function: { name: 'f' } }]

  test('without tools the choice means nothing and is not sent', async () => {
    for (const tools of [undefined, []]) {
      const body = await bodyOf({ tools, toolChoice: 'none', parallelToolCalls: true })
      expect(Object.keys(body).sort()).toEqual(['messages', 'model'])
    }
  })

  test('a tool that must be called must be there', async () => {
    for (const toolChoice of ['required', { type: 'function', function: { name: 'f' } }] as const) {
      await expect(bodyOf({ toolChoice })).rejects.toMatchObject({ code: 'unsupported_option' })
      expect((await bodyOf({ toolChoice, extraBody: { tools: TOOLS } })).tool_choice).toEqual(
        toolChoice,
      )
    }
  })
})

describe('raw prompts', () => {
  test('at /completions, streamed and not, with enough tokens', async () => {
    const raw = jsonAnswer({
      object: 'text_completion',
      choices: [{ text: ' is', finish_reason: 'stop' }],
    })
    const { llm, fetch } = create({ baseURL: 'http://h/v1/chat/completions' }, raw)
    expect((await llm.chatWithRawPrompt({ prompt: 'This', stop: 'X', topK: 2 })).text).toBe(' is')
    expect(fetch.requests[0]).toMatchObject({ url: 'http://h/v1/completions' })
    expect(fetch.requests[0]!.body).toEqual({
      model: 'gpt-4o',
      prompt: 'This',
      max_tokens: 1024,
      stop: ['X'],
      top_k: 2,
    })
    const frames = sseAnswer([
      { choices: [{ text: ' i' }] },
      { choices: [{ text: 's', finish_reason: 'length' }] },
    ])
    const streamed = create({ baseURL: 'http://h/v1' }, frames)
    const result = await streamed.llm.chatWithRawPrompt({ prompt: 'This', stream: true }).result()
    expect(result).toMatchObject({ text: ' is', finishReason: 'length' })
    expect(streamed.fetch.requests[0]!.body).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    })
  })

  test('know the older name of the limit only', async () => {
    const { llm, fetch } = create(
      { model: 'gpt-3.5-turbo-instruct' },
      jsonAnswer({ choices: [{ text: 'a', finish_reason: 'stop' }] }),
    )
    await llm.chatWithRawPrompt({ prompt: 'x', maxTokens: 7 })
    expect(fetch.requests[0]).toMatchObject({
      url: 'https://api.openai.com/v1/completions',
      body: { max_tokens: 7 },
    })
  })

  test.each<ChatRequest>([
    { tools: [{ type: 'function', function: { name: 'f' } }] },
    { toolChoice: 'auto' },
    { parallelToolCalls: true },
    { responseFormat: { type: 'text' } },
    { reasoning: true },
  ])('know nothing of chats: %j', async (options) => {
    const { llm, fetch } = create({ baseURL: 'http://h/v1' })
    await expect(llm.chatWithRawPrompt({ prompt: 'x', ...options } as any)).rejects.toMatchObject({
      code: 'unsupported_option',
    })
    expect(fetch.requests).toHaveLength(0)
  })
})

test('an unknown server is talked to as vLLM is, with its own members in extraBody', async () => {
  const body = await bodyOf(
    {
      maxTokens: 5,
      topK: 3,
      repetitionPenalty: 1.1,
      reasoning: false,
      extraBody: { min_p: 0.1, stop_token_ids: [1] },
    },
    { baseURL: 'http://h/v1', apiKey: undefined },
  )
  expect(body).toMatchObject({
    max_tokens: 5,
    top_k: 3,
    repetition_penalty: 1.1,
    chat_template_kwargs: { enable_thinking: false },
    min_p: 0.1,
    stop_token_ids: [1],
  })
})

test('JSON where a stream was asked for, and a stream where JSON was', async () => {
  expect((await create({}, OK).llm.chat({ prompt: 'Hi', stream: true }).result()).text).toBe('ok')
  expect((await create({}, STREAMED).llm.chat('Hi')).text).toBe('ok')
})

test('a stream cut at any byte is an error until its finish reason has come, and never a short reply', async () => {
  const frames = sseAnswer([
    { id: 'c1', choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] },
    { id: 'c1', choices: [{ index: 0, delta: { content: 'Grüße 🚀' } }] },
    { id: 'c1', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  ])
  const usage = 'data:{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n'
  const body = new TextEncoder().encode(`${frames.body as string}${usage}data: [DONE]\n\n`)
  // The blank line after the last frame may be missing.
  const whole = new TextEncoder().encode(frames.body as string).length - 2
  for (let truncateAt = 0; truncateAt <= body.length; truncateAt++) {
    const fetch = replayFetch({ body }, { truncateAt })
    const { llm } = create({ fetch })
    const ask = llm.chat({ prompt: 'Hi', stream: true }).result()
    if (truncateAt >= whole) expect((await ask).text).toBe('Grüße 🚀')
    else {
      const error: any = await ask.then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error?.code, String(truncateAt)).toMatch(/^(stream_truncated|unexpected_response)$/)
      // Its first bytes do not tell yet that it is a stream.
      if (truncateAt > 4) expect(error.retryable).toBe(true)
      expect('Grüße 🚀').toContain(error.partial.text)
    }
  }
})

test('a failure after the first event is not retried, one before it is', async () => {
  const failing = { error: { message: 'boom', type: 'server_error' } }
  const early = create({ maxRetries: 1 }, [
    sseAnswer([{ id: 'old', choices: [] }, failing]),
    sseAnswer([{ id: 'new', choices: [{ delta: { content: 'ok' }, finish_reason: 'stop' }] }]),
  ])
  const result = await early.llm.chat({ prompt: 'Hi', stream: true }).result()
  expect(result).toMatchObject({ text: 'ok', id: 'new' })
  expect(result.attempts).toHaveLength(2)
  const late = create(
    { maxRetries: 1 },
    sseAnswer([{ choices: [{ delta: { content: 'half' } }] }, failing]),
  )
  await expect(late.llm.chat({ prompt: 'Hi', stream: true }).result()).rejects.toMatchObject({
    code: 'server_error',
    partial: { text: 'half' },
  })
  expect(late.fetch.requests).toHaveLength(1)
})
