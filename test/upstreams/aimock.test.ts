/**
 * The providers against `@copilotkit/aimock`, which others wrote after the vendors: what a good answer gives.
 * Its own ways, where no vendor has them, are named beside what is expected of them here.
 */
import { LLMock } from '@copilotkit/aimock'
import type { ChatResult, Message, ModelConfig } from 'chatwire'
import { getChatModel, isChatError, OllamaLLM } from 'chatwire'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Cell } from './lane.ts'
import { CELLS, Lane, TEXT, UPSTREAMS, WEATHER } from './lane.ts'

// Strict: it refuses what a vendor would, and what no answer was given for.
const mock = new LLMock({ port: 0, strict: true })
beforeAll(() => mock.start())
afterAll(() => mock.stop())

const open = (cell: Cell, settings?: Partial<ModelConfig>) => new Lane(mock, cell, settings)

const USAGE = { promptTokens: 11, completionTokens: 7, totalTokens: 18 }
const WIRE_USAGE = { prompt_tokens: 11, completion_tokens: 7 }
const PARIS = { name: 'weather', arguments: { city: 'Paris' }, id: 'call_paris' }
const OSLO = { name: 'weather', arguments: { city: 'Oslo' }, id: 'call_oslo' }

/** The next turn, each call answered with its city's weather. */
function answered(lane: Lane, { message, toolCalls }: ChatResult): Message[] {
  const results = toolCalls.map(({ id, arguments: { city } }) => ({
    role: 'tool' as const,
    tool_call_id: id,
    content: `Rain in ${String(city)}`,
  }))
  return [{ role: 'user', content: lane.prompt }, message, ...results]
}

describe.each(CELLS)('$server, $mode', (cell) => {
  const { server, model } = cell

  test('a text, with its usage, its model and the id of its request', async () => {
    const lane = open(cell).on({ content: TEXT, usage: WIRE_USAGE })
    const reply = await lane.reply()
    expect(reply).toMatchObject({ text: TEXT, reasoning: '', toolCalls: [], finishReason: 'stop' })
    expect(reply).toMatchObject({ model, provider: server, requestId: expect.any(String) })
    // aimock: Ollama's counts are always zero, which cannot be.
    const estimate = { promptTokens: 12, completionTokens: 7, totalTokens: 19, estimated: true }
    expect(reply.usage).toEqual(server === 'ollama' ? estimate : USAGE)
    expect(reply.attempts).toHaveLength(1)
    expect(lane.sent).toHaveLength(1)
  })

  test('a text cut within its characters', async () => {
    const text = '👍🏽 naïve 東京 \u2028 "quoted" \\ \n\n data: [DONE]\n{"done":true}\n'
    const reply = await open(cell).on({ content: text }, { chunkSize: 1 }).reply()
    expect(reply.text).toBe(text)
  })

  test('a slow and uneven stream', async () => {
    const streamingProfile = { ttft: 20, tps: 500, jitter: 0.9 }
    expect((await open(cell).on({ content: TEXT }, { streamingProfile }).reply()).text).toBe(TEXT)
  })

  test('several turns are understood as they were meant', async () => {
    const lane = open(cell)
    const first = await lane.on({ content: TEXT }, { match: { turnIndex: 0 } }).reply()
    const messages: Message[] = [
      { role: 'system', content: 'Be short.' },
      { role: 'user', content: 'Who are you?' },
      first.message,
      { role: 'user', content: [{ type: 'text', text: lane.prompt }] },
    ]
    const second = await lane.on({ content: 'Well.' }, { match: { turnIndex: 1 } }).reply({
      messages,
      temperature: server === 'openai' ? undefined : 0.5,
      maxTokens: 100,
    })
    expect(second.text).toBe('Well.')
    const understood = lane.understood[1]!
    const texts = understood.messages.map(({ role, content }) => [role, flat(content)])
    expect(
      texts
        .map(([role]) => role)
        .join()
        .replace('developer', 'system'),
    ).toBe('system,user,assistant,user')
    expect(texts.map(([, text]) => text)).toEqual(['Be short.', 'Who are you?', TEXT, lane.prompt])
    expect(understood.max_tokens ?? understood.max_completion_tokens).toBe(100)
    if (server !== 'openai') expect(understood.temperature).toBe(0.5)
  })

  test('a tool: the call, its result, and the second turn', async () => {
    const lane = open(cell)
      .on({ toolCalls: [PARIS] }, { match: { hasToolResult: false, toolName: 'weather' } })
      .on({ content: TEXT }, { match: { hasToolResult: true, toolResultContains: 'in Paris' } })
    const first = await lane.reply({ tools: [WEATHER] })
    // aimock: Gemini ends with `FUNCTION_CALL` and Ollama with `stop`, where both vendors say stop.
    expect(first.finishReason).toBe('tool_calls')
    expect(first.toolCalls).toEqual([
      {
        name: 'weather',
        arguments: { city: 'Paris' },
        argumentsText: '{"city":"Paris"}',
        // aimock: Ollama's calls have no id, as those of older servers.
        id: server === 'ollama' ? expect.stringMatching(/^call_/) : 'call_paris',
      },
    ])
    const second = await lane.reply({ messages: answered(lane, first), tools: [WEATHER] })
    expect(second).toMatchObject({ text: TEXT, finishReason: 'stop', toolCalls: [] })
    const { messages, tools } = lane.understood[1]!
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool'])
    expect(messages[1]!.tool_calls![0]!.function).toEqual({
      name: 'weather',
      arguments: '{"city":"Paris"}',
    })
    expect(tools![0]!.function.name).toBe('weather')
    if (server !== 'ollama') expect(messages[2]!.tool_call_id).toBe('call_paris')
  })

  test('parallel calls of one tool, and their results each at its call', async () => {
    const lane = open(cell)
      .on({ toolCalls: [PARIS, OSLO] }, { match: { hasToolResult: false } })
      .on({ content: TEXT }, { match: { hasToolResult: true } })
    const first = await lane.reply({ tools: [WEATHER] })
    expect(first.toolCalls.map((call) => call.arguments.city)).toEqual(['Paris', 'Oslo'])
    expect(new Set(first.toolCalls.map(({ id }) => id)).size).toBe(2)
    const second = await lane.reply({ messages: answered(lane, first), tools: [WEATHER] })
    expect(second.text).toBe(TEXT)
    const results = lane.understood[1]!.messages.filter(({ role }) => role === 'tool')
    expect(results.map(({ content }) => / in (\w+)/.exec(flat(content))?.[1])).toEqual([
      'Paris',
      'Oslo',
    ])
    if (server !== 'ollama')
      expect(results.map((result) => result.tool_call_id)).toEqual(['call_paris', 'call_oslo'])
  })

  test('a call without an id gets one that the second turn can bear', async () => {
    const { id: _id, ...call } = PARIS
    const lane = open(cell)
      .on({ toolCalls: [call] }, { match: { hasToolResult: false } })
      .on({ content: TEXT }, { match: { hasToolResult: true } })
    const first = await lane.reply({ tools: [WEATHER] })
    expect(first.toolCalls[0]!.id).toMatch(/^[\w-]+$/)
    expect((await lane.reply({ messages: answered(lane, first) })).text).toBe(TEXT)
  })

  test('a loop of tools ends with the text', async () => {
    const lane = open(cell)
      .on({ toolCalls: [PARIS] }, { match: { turnIndex: 0 } })
      .on({ content: 'And Oslo?', toolCalls: [OSLO] }, { match: { turnIndex: 1 } })
      .on({ content: TEXT }, { match: { turnIndex: 2 } })
    const messages: Message[] = [{ role: 'user', content: lane.prompt }]
    let reply = await lane.reply({ messages, tools: [WEATHER] })
    for (let step = 0; reply.toolCalls.length > 0 && step < 5; step++) {
      messages.push(...answered(lane, reply).slice(1))
      reply = await lane.reply({ messages, tools: [WEATHER] })
    }
    expect(reply.text).toBe(TEXT)
    expect(lane.understood.at(-1)!.messages.map(({ role }) => role)).toEqual(
      ['user', ['assistant', 'tool'], ['assistant', 'tool']].flat(),
    )
  })

  test('text and calls in any order', async () => {
    const { arguments: city, ...call } = PARIS
    const blocks = [
      { type: 'toolCall' as const, ...call, arguments: city },
      { type: 'text' as const, text: 'First Paris, ' },
      { type: 'toolCall' as const, ...OSLO },
      { type: 'text' as const, text: 'then Oslo.' },
    ]
    const reply = await open(cell)
      .on({ blocks })
      .reply({ tools: [WEATHER] })
    expect(reply.text).toBe('First Paris, then Oslo.')
    expect(reply.toolCalls.map((one) => one.arguments.city)).toEqual(['Paris', 'Oslo'])
    expect(reply.finishReason).toBe('tool_calls')
  })

  test('thinking is apart from the text', async () => {
    const lane = open(cell).on({ content: TEXT, reasoning: 'They want a greeting.' })
    const reply = await lane.reply()
    expect(reply.text).toBe(TEXT)
    // aimock: Ollama thinks in `reasoning_content`, where the vendor says `thinking`. A foreign member is not read.
    expect(reply.reasoning).toBe(server === 'ollama' ? '' : 'They want a greeting.')
  })

  test('why a reply ended', async () => {
    const words: [string, string][] = [
      ['stop', 'stop'],
      ['length', 'length'],
      // aimock passes words on to Anthropic that are not OpenAI's.
      [server === 'anthropic' ? 'refusal' : 'content_filter', 'content_filter'],
    ]
    for (const [finishReason, expected] of words) {
      const reply = await open(cell).on({ content: TEXT, finishReason }).reply()
      // aimock: Ollama always ends with `stop`.
      expect(reply.finishReason).toBe(server === 'ollama' ? 'stop' : expected)
      expect(reply.text).toBe(TEXT)
    }
  })

  test('a call that was cut by its length is not to be run', async () => {
    const lane = open(cell).on({ toolCalls: [PARIS], finishReason: 'length' })
    const reply = await lane.reply({ tools: [WEATHER] })
    if (server === 'ollama') return expect(reply.finishReason).toBe('tool_calls')
    expect(reply.finishReason).toBe('length')
    expect(reply.toolCalls[0]?.invalid).toEqual(expect.any(String))
  })

  test('an answer in the form that was asked for', async () => {
    const content = { city: 'Paris', sights: ['Louvre', 'Orsay'] }
    // aimock hands the asked form on for OpenAI only.
    const match = server === 'openai' ? { responseFormat: 'json_schema' } : {}
    const reply = await open(cell)
      .on({ content }, { match })
      .reply({
        responseFormat: {
          type: 'json_schema',
          json_schema: { name: 'city', schema: { type: 'object', properties: {} } },
        },
      })
    expect(JSON.parse(reply.text)).toEqual(content)
  })

  test('an empty text is an answer', async () => {
    expect(await open(cell).on({ content: '' }).reply()).toMatchObject({
      text: '',
      finishReason: 'stop',
    })
  })

  test('a reader that leaves early gets what it read', async () => {
    if (cell.mode === 'whole') return
    const lane = open(cell).on({ content: TEXT.repeat(50) }, { latency: 5 })
    const stream = lane.llm.chat({ prompt: lane.prompt, stream: true })
    let read = ''
    for await (const text of stream) if ((read += text).length >= 10) break
    expect(read).toBe('Hello ther')
    expect(stream.partial.text).toBe(read)
  })
})

/** A content as one text. */
function flat(content: unknown): string {
  if (typeof content === 'string') return content
  return ((content ?? []) as { text?: string }[]).map(({ text }) => text ?? '').join('')
}

describe.each(CELLS.filter(({ server }) => server === 'anthropic'))('anthropic, $mode', (cell) => {
  // aimock refuses a tool turn that lost them (400), as the vendor does.
  test.each([
    ['its signed thinking', { reasoning: 'Which city?', reasoningSignature: 'c2lnbmVk' }],
    ['its redacted thinking', { redactedThinking: ['b3BhcXVl'] }],
    ['both', { reasoning: 'Hm.', reasoningSignature: 'cw==', redactedThinking: ['bw==', 'cA=='] }],
  ])('a tool turn gives the vendor back %s', async (_what, thinking) => {
    const lane = open(cell)
      .on({ toolCalls: [PARIS], ...thinking }, { match: { hasToolResult: false } })
      .on({ content: TEXT }, { match: { hasToolResult: true } })
    const asked = { tools: [WEATHER], reasoning: { budget: 1024 }, maxTokens: 2048 }
    const first = await lane.reply(asked)
    const messages = answered(lane, JSON.parse(JSON.stringify(first)))
    expect((await lane.reply({ messages, ...asked })).text).toBe(TEXT)
    const body = (await lane.sent[1]!.json()) as any
    expect(body.thinking.type).toBe('enabled')
    const [, { content }] = body.messages
    expect(content.map(({ type }: any) => type)).toEqual([
      ...('redactedThinking' in thinking
        ? thinking.redactedThinking!.map(() => 'redacted_thinking')
        : []),
      ...('reasoning' in thinking ? ['thinking'] : []),
      'tool_use',
    ])
    if ('reasoningSignature' in thinking)
      expect(content.at(-2).signature).toBe(thinking.reasoningSignature)
  })
})

/** Servers that speak OpenAI's format at other addresses, which aimock answers all the same. */
const OTHERS = [
  { server: 'zhipu', path: '/api/paas/v4', model: 'glm-4.7', apiKey: 'id1234.secret5678' },
  { server: 'openrouter', path: '/api/v1', model: 'openai/gpt-5-mini' },
  { server: 'groq', path: '/openai/v1', model: 'openai/gpt-oss-20b' },
  { server: 'deepseek', path: '', model: 'deepseek-reasoner' },
  { server: 'vllm-server', path: '/v1', model: 'Qwen/Qwen3-8B' },
  { server: 'modelscope', path: '/v1', model: 'Qwen/Qwen3-8B' },
  { server: 'azure_openai', path: '', model: 'gpt-5-mini' },
  { server: 'azure_openai', path: '', model: 'gpt-5-mini', apiVersion: '2024-10-21' },
].flatMap((other) =>
  (['streamed', 'whole'] as const).map((mode) => ({ ...other, mode, opening: 1 })),
)

describe.each(OTHERS)('$server $apiVersion, $mode', ({ apiKey, apiVersion, ...cell }) => {
  test('a text, thinking, a tool and its second turn', async () => {
    const settings = { ...(apiKey && { apiKey }), ...(apiVersion && { apiVersion }) }
    const lane = open(cell, settings)
      .on(
        { toolCalls: [PARIS], reasoning: 'Which city?', usage: WIRE_USAGE },
        // OpenRouter's keep-alive comments.
        { match: { hasToolResult: false }, openRouterProcessing: true },
      )
      .on({ content: TEXT, usage: WIRE_USAGE }, { match: { hasToolResult: true } })
    const first = await lane.reply({ tools: [WEATHER] })
    expect(first).toMatchObject({ reasoning: 'Which city?', finishReason: 'tool_calls' })
    const second = await lane.reply({ messages: answered(lane, first), tools: [WEATHER] })
    expect(second).toMatchObject({ text: TEXT, finishReason: 'stop' })
    // aimock reports usage of a stream on request only; Zhipu always does.
    const estimated = cell.server === 'zhipu' && cell.mode === 'streamed'
    expect(second.usage).toMatchObject(estimated ? { estimated } : USAGE)
    expect(lane.sent).toHaveLength(2)
  })
})

describe('ollama', () => {
  const settings = () => ({ model: 'qwen3:8b', baseURL: mock.url, maxRetries: 0 })

  test('lists the models of the server', async () => {
    mock.on({ model: 'qwen3:8b', userMessage: 'No one says this.' }, { content: '' })
    const models = await new OllamaLLM(settings()).listModels()
    expect(models).toContainEqual({ name: 'qwen3:8b', size: 0 })
  })

  test('a download from a server that knows none is an error', async () => {
    const told: unknown[] = []
    const download = new OllamaLLM(settings()).pull({ onProgress: (step) => told.push(step) })
    const error = await download.catch((thrown: unknown) => thrown)
    expect(isChatError(error) && error.status).toBe(404)
    expect(told).toEqual([])
  })

  test.each([true, false])('a raw prompt goes to `/api/generate` (stream: %s)', async (stream) => {
    mock.on({ userMessage: '<|im_start|>Raw' }, { content: TEXT }, { chunkSize: 5 })
    const asked = { prompt: '<|im_start|>Raw', stream }
    const answer = new OllamaLLM(settings()).chatWithRawPrompt(asked)
    const reply = 'result' in answer ? await answer.result() : await answer
    expect(reply).toMatchObject({ text: TEXT, finishReason: 'stop' })
  })
})

test.each(UPSTREAMS)('$server: its key is taken, and another is refused', async (upstream) => {
  const apiKey = 'key-of-the-test'
  const guarded = new LLMock({ port: 0, strict: true, auth: { apiKeys: [apiKey] } })
  await guarded.start()
  try {
    guarded.onMessage('Hello', { content: TEXT })
    const config = {
      model: upstream.model,
      modelServer: upstream.server,
      baseURL: `${guarded.url}${upstream.path}`,
    }
    expect((await getChatModel({ ...config, apiKey }).chat('Hello')).text).toBe(TEXT)
    const wrong = getChatModel({ ...config, apiKey: 'key-of-another' })
    const error = await wrong.chat('Hello').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'authentication', retryable: false, status: 401 })
    expect((error as any).partial.attempts).toHaveLength(1)
    expect(JSON.stringify(error)).not.toContain('key-of-another')
  } finally {
    await guarded.stop()
  }
})
