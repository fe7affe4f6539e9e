/**
 * Structured output and forced tool calls through the gateway, before servers that do not support them.
 */
import type { ChatResult } from 'chatwire'
import { createGateway } from 'chatwire/gateway'
import type { Script, SimulatedVendor } from 'chatwire/testing'
import { simulate } from 'chatwire/testing'
import { describe, expect, test, vi } from 'vitest'
import { JSONText } from '../../../src/gateway/with-option-fallbacks/json-text.ts'

const MODELS: Record<string, string> = {
  openai: 'gpt-4o',
  dashscope: 'qwen-plus',
  zhipu: 'glm-4.7',
  anthropic: 'claude-sonnet-4-5',
  gemini: 'gemini-2.5-flash',
  ollama: 'qwen3:8b',
}
const VENDORS = Object.keys(MODELS) as SimulatedVendor[]
const parameters = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}
const tool = (name: string) => ({ type: 'function', function: { name, parameters } })
const tools = [tool('weather'), tool('news')]
const named = { type: 'function', function: { name: 'weather' } }
const schema = {
  type: 'json_schema',
  json_schema: { name: 'place', strict: true, schema: parameters },
}
const CITY = '{"city":"Oslo"}'

interface Answer {
  status: number
  content: string
  calls: { name: string; arguments: string }[]
  finish: string
  error?: { message: string }
  usage?: Record<string, number>
}

function start(vendor: SimulatedVendor, script: Script, config: Record<string, string> = {}) {
  const simulator = simulate(vendor, script)
  const model = MODELS[vendor] as string
  const apiKey = 'id.secret'
  const costs: (number | undefined)[] = []
  const gateway = createGateway({
    models: { m: { modelServer: vendor, model, apiKey, fetch: simulator, ...config } },
    authorize: 'public',
    prices: { m: { input: 1_000_000, output: 1_000_000 } },
    onEnd: ({ cost }) => void costs.push(cost),
  })
  const ask = async (body: object): Promise<Answer> => {
    const response = await gateway(
      new Request('http://h/v1/chat/completions', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          model: 'm',
          messages: [{ role: 'user', content: 'Where is it? Answer in JSON.' }],
          ...body,
        }),
      }),
    )
    const text = await response.text()
    return text.startsWith('data:') ? readStream(text) : readWhole(response.status, text)
  }
  return { simulator, ask, costs }
}

function readWhole(status: number, text: string): Answer {
  const { choices: [choice] = [], error, usage } = JSON.parse(text)
  const calls = choice?.message.tool_calls ?? []
  return {
    status,
    error,
    usage,
    content: choice?.message.content ?? '',
    calls: calls.map((call: { function: object }) => call.function),
    finish: choice?.finish_reason,
  }
}

function readStream(text: string): Answer {
  const answer: Answer = { status: 200, content: '', calls: [], finish: '' }
  for (const line of text.split('\n')) {
    if (!line.startsWith('data: {')) continue
    const { choices: [choice] = [], error } = JSON.parse(line.slice(6))
    if (error) answer.error = error
    answer.content += choice?.delta.content ?? ''
    answer.finish = choice?.finish_reason ?? answer.finish
    for (const { index, function: part } of choice?.delta.tool_calls ?? []) {
      const call = (answer.calls[index] ??= { name: '', arguments: '' })
      call.name ||= part.name ?? ''
      call.arguments += part.arguments ?? ''
    }
  }
  return answer
}

const sent = (simulator: { requests: { body: unknown }[] }, index = -1) =>
  JSON.stringify(simulator.requests.at(index)?.body)

describe.each(VENDORS)('before %s', (vendor) => {
  describe.each([false, true])('streamed: %s', (stream) => {
    test.each([
      ['json_schema', schema],
      ['json_object', { type: 'json_object' }],
    ])('%s gives an object', async (_type, format) => {
      const { ask, simulator } = start(vendor, CITY)
      const answer = await ask({ stream, response_format: format })
      expect(answer).toMatchObject({ status: 200, content: CITY, finish: 'stop' })
      expect(sent(simulator)).toMatch(/json/i)
      if (format === schema) expect(sent(simulator)).toContain('additionalProperties')
    })

    test.each(['required', named])('the tool choice %j gives a tool call', async (choice) => {
      const { ask } = start(vendor, {
        toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }],
      })
      for (const given of [tools, tools.slice(0, 1)]) {
        const answer = await ask({ stream, tools: given, tool_choice: choice })
        expect(answer).toMatchObject({ status: 200, finish: 'tool_calls' })
        expect(answer.calls).toEqual([{ name: 'weather', arguments: CITY }])
      }
    })

    test('a schema and tools together: the tools are called, then an object follows', async () => {
      const { ask } = start(vendor, [
        { toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }] },
        CITY,
      ])
      const body = { stream, tools, response_format: schema }
      expect((await ask(body)).calls).toEqual([{ name: 'weather', arguments: CITY }])
      expect(await ask(body)).toMatchObject({ status: 200, content: CITY })
    })

    test('parallel_tool_calls: false gives one tool call', async () => {
      const one = [{ name: 'weather', arguments: { city: 'Oslo' } }]
      const isTold = ['openai', 'anthropic', 'dashscope'].includes(vendor)
      const { ask } = start(vendor, {
        toolCalls: isTold ? one : [...one, { name: 'news', arguments: { city: 'Rome' } }],
      })
      if (vendor === 'zhipu') return // its documentation says that it never makes two
      const answer = await ask({ stream, tools, parallel_tool_calls: false })
      expect(answer.calls).toEqual([{ name: 'weather', arguments: CITY }])
    })
  })
})

describe.each([false, true])('where a model must be asked in words, streamed: %s', (stream) => {
  const forced = { stream, tools, tool_choice: 'required' }

  test.each([
    ['a fence', '```json\n{"city":"Oslo"}\n```'],
    ['prose', 'Sure, {name}! Here it is:\n\n{"city":"Oslo"}\n\nAnything else?'],
    ['single quotes', " {'city':'Oslo'}"],
  ])('the object comes without %s', async (_what, text) => {
    const { ask } = start('anthropic', text)
    const { content } = await ask({ stream, response_format: { type: 'json_object' } })
    expect(JSON.parse(content)).toEqual({ city: 'Oslo' })
  })

  test('a reply without an object stays as it is', async () => {
    const { ask } = start('anthropic', 'I cannot tell.')
    const { content } = await ask({ stream, response_format: { type: 'json_object' } })
    expect(content).toBe('I cannot tell.')
  })

  test('a model that calls no tool is asked once more', async () => {
    const { ask, simulator } = start('zhipu', [
      'Let me think.',
      { toolCalls: [{ name: 'news', arguments: { city: 'Oslo' } }] },
    ])
    const answer = await ask(forced)
    expect(answer).toMatchObject({ status: 200, finish: 'tool_calls', content: '' })
    expect(answer.calls).toEqual([{ name: 'news', arguments: CITY }])
    expect(simulator.requests).toHaveLength(2)
    expect(sent(simulator)).toContain('You called no tool')
    expect(sent(simulator, 0)).toContain('weather, news')
  })

  test('a model that never calls one is an error, not a text', async () => {
    const { ask, simulator } = start('ollama', 'No.')
    const answer = await ask(forced)
    expect([answer.content, answer.error?.message]).toEqual(['', 'The model failed to reply'])
    expect(simulator.requests).toHaveLength(2)
  })

  test.each([
    ['the arguments', '```\n{"city":"Oslo"}\n```', named],
    ['a name and arguments', '{"name":"weather","arguments":{"city":"Oslo"}}', 'required'],
  ])('%s as text become the tool call', async (_what, text, choice) => {
    const { ask, simulator } = start('zhipu', text)
    const answer = await ask({ ...forced, tool_choice: choice })
    expect(answer).toMatchObject({ finish: 'tool_calls', content: '' })
    expect(answer.calls).toEqual([{ name: 'weather', arguments: CITY }])
    expect(simulator.requests).toHaveLength(1)
  })

  test.each([
    ['no call', { ...forced, stream: false }],
    ['no call, streamed', { ...forced, stream: true }],
    ['no object', { response_format: schema }],
  ])('two replies with %s are paid for', async (_what, body) => {
    const usage = { promptTokens: 10, completionTokens: 5, totalTokens: 15 }
    const { ask, simulator, costs } = start('zhipu', { text: 'No.', usage })
    expect((await ask(body)).error?.message).toBe('The model failed to reply')
    expect(simulator.requests).toHaveLength(2)
    await expect.poll(() => costs).toEqual([30])
  })

  test('a cut reply says so', async () => {
    const { ask, simulator } = start('zhipu', { text: 'Let me', finishReason: 'length' })
    expect(await ask(forced)).toMatchObject({ content: 'Let me', finish: 'length', calls: [] })
    expect(simulator.requests).toHaveLength(1)
  })

  test('a tool that is not offered is refused', async () => {
    const { ask } = start('zhipu', 'x')
    const choice = { type: 'function', function: { name: 'none' } }
    expect(await ask({ ...forced, tool_choice: choice })).toMatchObject({ status: 400 })
  })
})

test('thinking Claude is asked in words, since it refuses a forced call', async () => {
  const { ask, simulator } = start('anthropic', {
    reasoning: 'Hm',
    toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }],
  })
  const answer = await ask({ tools, tool_choice: named, reasoning_effort: 'low' })
  expect(answer.calls).toEqual([{ name: 'weather', arguments: CITY }])
  expect(sent(simulator)).toContain('"thinking"')
  expect(sent(simulator)).not.toContain('tool_choice')
})

test('a list asks its first model, whatever it supports', async () => {
  const [zhipu, openai] = [simulate('zhipu', CITY), simulate('openai', '{"city":"Rome"}')]
  const gateway = createGateway({
    models: {
      list: [
        { modelServer: 'zhipu', model: 'glm-4.7', apiKey: 'id.secret', fetch: zhipu },
        { modelServer: 'openai', model: 'gpt-4o', apiKey: 'k', fetch: openai },
      ],
    },
    authorize: 'public',
  })
  const response = await gateway(
    new Request('http://h/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'list',
        messages: [{ role: 'user', content: 'x' }],
        response_format: schema,
      }),
    }),
  )
  expect((await response.json()).choices[0].message.content).toBe(CITY)
  expect(openai.requests).toHaveLength(0)
})

test('the usage of both requests counts', async () => {
  const usage: ChatResult['usage'] = { promptTokens: 10, completionTokens: 2, totalTokens: 12 }
  const { ask } = start('zhipu', [
    { text: 'Hm', usage },
    { toolCalls: [{ name: 'news', arguments: {} }], usage },
  ])
  const answer = await ask({ tools, tool_choice: 'required' })
  expect(answer.usage).toMatchObject({ prompt_tokens: 20, total_tokens: 24 })
})

describe('a strict schema that the server does not enforce', () => {
  const wrong = '{"city":5}'

  test.each(['zhipu', 'dashscope'] as const)(
    'is checked, and asked for once more: %s',
    async (vendor) => {
      const { ask, simulator } = start(vendor, [wrong, CITY])
      const answer = await ask({ response_format: schema })
      expect(answer).toMatchObject({ status: 200, content: CITY })
      expect(simulator.requests).toHaveLength(2)
      expect(sent(simulator)).toContain('Your answer does not match the JSON Schema')
      expect(sent(simulator)).toContain('"json_object"')
      expect(sent(simulator)).not.toContain('"json_schema"')
      const usage = (await start(vendor, CITY).ask({ response_format: schema })).usage
      expect(answer.usage?.completion_tokens).toBeGreaterThan(usage?.completion_tokens ?? 0)
    },
  )

  test.each([
    ['anthropic', 'claude-sonnet-4-5'],
    ['dashscope', 'qwen3.8-max'],
    ['openai', 'gpt-4o'],
  ] as const)('is left to a server that enforces it: %s', async (vendor, model) => {
    const { ask, simulator } = start(vendor, wrong, { model })
    expect(await ask({ response_format: schema })).toMatchObject({ status: 200, content: wrong })
    expect(simulator.requests).toHaveLength(1)
  })

  test.each([
    ['openai', 'gpt-3.5-turbo'],
    ['groq', 'llama-3.3-70b-versatile'],
    ['siliconflow', 'Qwen/Qwen3-8B'],
  ])('is not sent to a model that is known for JSON mode only: %s', async (modelServer, model) => {
    const { ask, simulator } = start('openai', [wrong, CITY], { modelServer, model })
    expect(await ask({ response_format: schema })).toMatchObject({ status: 200, content: CITY })
    expect(sent(simulator)).not.toContain('"json_schema"')
  })

  test('fails if it is wrong twice, without a word of the wrong object', async () => {
    const { ask, simulator } = start('zhipu', wrong)
    const answer = await ask({ response_format: schema })
    expect(answer.status).toBe(502)
    expect(JSON.stringify(answer)).not.toContain('city')
    expect(simulator.requests).toHaveLength(2)
  })

  test('fails at the end of a stream, after what was shown', async () => {
    const { ask, simulator } = start('zhipu', wrong)
    const answer = await ask({ stream: true, response_format: schema })
    expect(answer).toMatchObject({ content: wrong, finish: '' })
    expect(answer.error).toBeDefined()
    expect(simulator.requests).toHaveLength(1)
    expect(await start('zhipu', CITY).ask({ stream: true, response_format: schema })).toMatchObject(
      { content: CITY, finish: 'stop' },
    )
  })

  test('is a hint without `strict`, and no matter of a tool call or a cut reply', async () => {
    const loose = { ...schema, json_schema: { ...schema.json_schema, strict: false } }
    expect(await start('zhipu', wrong).ask({ response_format: loose })).toMatchObject({
      status: 200,
      content: wrong,
    })
    const calls = start('zhipu', { toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }] })
    expect(await calls.ask({ response_format: schema, tools })).toMatchObject({
      status: 200,
      finish: 'tool_calls',
    })
    const cut = start('zhipu', { text: '{"city":"Os', finishReason: 'length' })
    expect(await cut.ask({ response_format: schema })).toMatchObject({
      status: 200,
      finish: 'length',
    })
  })

  test('that cannot be checked is left to the model', async () => {
    const odd = { ...schema.json_schema, schema: { type: 'object', nonsense: true } }
    const { ask } = start('zhipu', wrong)
    expect(await ask({ response_format: { type: 'json_schema', json_schema: odd } })).toMatchObject(
      {
        status: 200,
        content: wrong,
      },
    )
  })
})

describe('sampling', () => {
  test.each([
    ['anthropic', 'claude-opus-4-7', { temperature: 0.5, top_p: 1 }],
    ['anthropic', 'claude-opus-4-7', { temperature: 0, top_p: 0.9, top_k: 40 }],
    ['anthropic', 'claude-sonnet-4-5', { temperature: 0.1, top_p: 0.9 }],
    ['anthropic', 'claude-sonnet-4-5', { temperature: 0.1, reasoning_effort: 'low' }],
    ['openai', 'gpt-5', { temperature: 0, reasoning_effort: 'medium' }],
    ['openai', 'gpt-4o', { top_k: 40 }],
    ['zhipu', 'glm-4.7', { top_k: -1, max_tokens: -1, reasoning_effort: '' }],
  ] as const)('a setting that %s lacks is dropped: %s %j', async (vendor, model, body) => {
    const { ask } = start(vendor, 'Hi', { model })
    for (const stream of [false, true, true])
      expect(await ask({ stream, ...body })).toMatchObject({ status: 200, content: 'Hi' })
  })

  test('a setting that cannot go beside another keeps the temperature', async () => {
    const { ask, simulator } = start('anthropic', 'Hi')
    await ask({ temperature: 0.1, top_p: 0.9 })
    expect(simulator.requests[0]?.body).toMatchObject({ temperature: 0.1 })
    expect(simulator.requests[0]?.body).not.toHaveProperty('top_p')
  })

  test('a setting out of range is an error', async () => {
    expect((await start('anthropic', 'Hi').ask({ temperature: 1.5 })).status).toBe(400)
    expect((await start('dashscope', 'Hi').ask({ top_p: 0 })).status).toBe(400)
  })

  test('a model is not skipped for it', async () => {
    const claude = simulate('anthropic', 'I am Claude')
    const apiKey = 'sk-1'
    const gateway = createGateway({
      models: {
        m: [
          { modelServer: 'anthropic', model: 'claude-opus-4-7', apiKey, fetch: claude },
          { modelServer: 'openai', model: 'gpt-4o', apiKey, fetch: simulate('openai', 'No') },
        ],
      },
      authorize: 'public',
    })
    const response = await gateway(
      new Request('http://h/v1/chat/completions', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"model":"m","messages":[{"role":"user","content":"Hi"}],"temperature":0.5}',
      }),
    )
    expect(await response.text()).toContain('I am Claude')
  })
})

test.each(VENDORS)('%s is asked for JSON that no message mentions', async (vendor) => {
  const { ask } = start(vendor, CITY)
  const messages = [{ role: 'user', content: 'Where is it?' }]
  const answer = await ask({ messages, response_format: { type: 'json_object' } })
  expect(answer).toMatchObject({ status: 200, content: CITY })
})

describe('hints', () => {
  const GPT5 = { modelServer: 'openai', model: 'gpt-5.1', apiKey: 'sk-1' }
  async function askGPT5(config: object, body: object, path = 'chat/completions') {
    const isResponses = 'api' in config
    const simulator = simulate(isResponses ? 'openai_responses' : 'openai', 'Hi')
    const gateway = createGateway({
      models: { m: { ...GPT5, ...config, fetch: simulator } },
      authorize: 'public',
    })
    const response = await gateway(
      new Request(`http://h/v1/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'm', ...body }),
      }),
    )
    expect(response.status).toBe(200)
    return simulator.requests[0]?.body
  }
  const chat = { messages: [{ role: 'user', content: 'Hi' }] }

  test('`verbosity` reaches the models that take it', async () => {
    expect(await askGPT5({}, { ...chat, verbosity: 'low' })).toMatchObject({ verbosity: 'low' })
    expect(await askGPT5({ api: 'responses' }, { ...chat, verbosity: 'high' })).toMatchObject({
      text: { verbosity: 'high' },
    })
    const responses = { input: 'Hi', text: { verbosity: 'low' }, store: false }
    expect(await askGPT5({}, responses, 'responses')).toMatchObject({ verbosity: 'low' })
    for (const model of ['gpt-4o', 'gpt-5-chat-latest', 'gpt-5-codex'])
      expect(await askGPT5({ model }, { ...chat, verbosity: 'low' })).not.toHaveProperty(
        'verbosity',
      )
    // A word that is not known is none.
    expect(await askGPT5({}, { ...chat, verbosity: 'endless' })).not.toHaveProperty('verbosity')
  })

  const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh']
  test.each(VENDORS)('before %s none is refused', async (vendor) => {
    for (const hints of [
      ...EFFORTS.map((effort) => ({ reasoning_effort: effort })),
      { seed: 7 },
      { seed: 7, reasoning_effort: 'low', verbosity: 'low' },
    ]) {
      const answer = await start(vendor, 'Hi').ask(hints)
      expect([hints, answer.status]).toEqual([hints, 200])
    }
  })

  test('a list does not skip a model for a hint', async () => {
    const claude = simulate('anthropic', 'I am Claude')
    const gpt = simulate('openai', 'I am GPT')
    const gateway = createGateway({
      models: {
        m: [
          { modelServer: 'anthropic', model: 'claude-sonnet-4-5', apiKey: 'k', fetch: claude },
          { modelServer: 'openai', model: 'gpt-4o', apiKey: 'k', fetch: gpt },
        ],
      },
      authorize: 'public',
    })
    for (const hints of [{ seed: 7 }, { reasoning_effort: 'minimal' }, { verbosity: 'low' }]) {
      const response = await gateway(
        new Request('http://h/v1/chat/completions', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'm', ...chat, ...hints }),
        }),
      )
      const { choices } = await response.json()
      expect(choices[0].message.content).toBe('I am Claude')
    }
    expect(gpt.requests).toHaveLength(0)
  })
})

describe('the JSON of a reply in small pieces', () => {
  const read = (pieces: Iterable<string>) => {
    const json = new JSONText()
    let out = ''
    for (const piece of pieces) out += json.push(piece)
    return out + json.end()
  }

  test.each([
    ['{"a": 1}', '{"a": 1}'],
    [' \n\ufeff ```json \n\n {"a": 1}\n``` \n', '{"a": 1}'],
    ['```\n{"a": 1}\n```', '{"a": 1}'],
    ['`` {"a": 1}', '{"a":1}'],
    ['```json\n  [1]', '```json\n  [1]'],
    ['Here: {"a": 1}', '{"a":1}'],
    ['  ', '  '],
    ['```', '```'],
  ])('is found wherever %j is cut', (text, expected) => {
    for (let at = 0; at <= text.length; at++)
      expect(read([text.slice(0, at), text.slice(at)])).toBe(expected)
    expect(read(text)).toBe(expected)
  })

  test('is found in linear time after many blanks', () => {
    const exec = vi.spyOn(RegExp.prototype, 'exec')
    for (const start of ['', '```json\n']) {
      expect(read([start, ...' '.repeat(2000), '{"a":1}'])).toBe('{"a":1}')
    }
    const characters = exec.mock.calls.reduce((sum, [text]) => sum + text.length, 0)
    exec.mockRestore()
    expect(characters).toBeLessThan(200_000) // a tenth of what it takes to read all blanks again with each
  })
})
