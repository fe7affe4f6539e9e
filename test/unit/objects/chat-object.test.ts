import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { failover } from '../../../src/failover/failover.ts'
import { chatObject } from '../../../src/objects/chat-object.ts'
import { ServiceError } from '../../../src/errors.ts'
import type { StreamEvent } from '../../../src/event.ts'
import type { Message } from '../../../src/message.ts'
import type { ModelConfig } from '../../../src/options.ts'
import type { Script } from '../../../src/testing/script.ts'
import type { SimulatedVendor } from '../../../src/testing/simulator.ts'
import {
  all,
  countedSignal,
  cutText,
  failure,
  finish,
  model,
  text,
  tick,
  usage,
} from '../helpers.ts'
import { at } from '../failover/helpers.ts'

const WHOLE = { city: 'Oslo', people: 709_037, tags: ['fjord', 'nord'] }
const ANSWER = JSON.stringify(WHOLE)
const valibotCity = v.strictObject({
  city: v.string(),
  people: v.number(),
  tags: v.array(v.string()),
})
const SCHEMAS = {
  valibot: valibotCity,
  zod: z.strictObject({ city: z.string(), people: z.number(), tags: z.array(z.string()) }),
  arktype: type({ '+': 'reject', city: 'string', people: 'number', tags: 'string[]' }),
  'JSON Schema': {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      city: { type: 'string' },
      people: { type: 'number' },
      tags: { type: 'array', items: { type: 'string' } },
    },
    required: ['city', 'people', 'tags'],
    additionalProperties: false,
  },
}
const JSON_SCHEMA = {
  type: 'object',
  properties: {
    city: { type: 'string' },
    people: { type: 'number' },
    tags: { type: 'array', items: { type: 'string' } },
  },
  required: ['city', 'people', 'tags'],
  additionalProperties: false,
}

/** A model that answers so, each time with the next answer: a text in pieces, or events. */
function answering(
  answers: readonly (string | readonly (string | StreamEvent)[])[],
  config: Partial<ModelConfig> & { formats?: readonly string[] } = {},
) {
  const asked: { messages: readonly Message[]; call: any }[] = []
  const { formats = [], ...others } = config
  const llm = model(
    {
      async *_chatStream(messages, call) {
        const answer = answers[Math.min(asked.length, answers.length - 1)] as string
        asked.push({ messages, call })
        yield* typeof answer === 'string' ? cutText(answer) : answer
      },
      supportResponseFormat: (format: string) => formats.includes(format),
    },
    others,
  )
  return { llm, asked }
}

const prompt = 'Tell me of a city'

describe.each(Object.entries(SCHEMAS))('with a schema of %s, chatObject()', (_vendor, schema) => {
  test('gives the validated object with the rest of the result', async () => {
    const { llm } = answering([ANSWER])
    const result = await chatObject(llm, { prompt, schema })
    expect(result.object).toEqual(WHOLE)
    expect(result).toMatchObject({ text: ANSWER, finishReason: 'stop', provider: 'acme' })
    expect(String(result)).toBe(ANSWER)
  })

  test('sends the same JSON Schema', async () => {
    const { llm, asked } = answering([ANSWER], { formats: ['json_schema'] })
    await chatObject(llm, { prompt, schema, name: 'city' })
    const { responseFormat } = asked[0]!.call
    expect(responseFormat).toMatchObject({ type: 'json_schema', json_schema: { name: 'city' } })
    const { required, ...sent } = responseFormat.json_schema.schema
    const { required: names, ...expected } = JSON_SCHEMA
    expect(sent).toEqual(expected)
    expect(required.toSorted()).toEqual(names)
    expect(responseFormat.json_schema.strict).toBe(true)
  })

  test('shows partials that only grow', async () => {
    const { llm } = answering([ANSWER])
    const stream = chatObject(llm, { prompt, schema, stream: true })
    const texts: string[] = []
    for await (const partial of stream) texts.push(JSON.stringify(partial))
    expect(texts.slice(0, 4)).toEqual([
      '{"city":""}',
      '{"city":"O"}',
      '{"city":"Os"}',
      '{"city":"Osl"}',
    ])
    expect(texts).toContain('{"city":"Oslo","people":709037,"tags":["fjord"]}')
    expect(texts.at(-1)).toBe(ANSWER)
    expect(new Set(texts).size).toBe(texts.length)
    expect((await stream.result()).object).toEqual(WHOLE)
  })

  test('lets the model repair what is not valid', async () => {
    const { llm, asked } = answering(['{"city":7,"people":1,"tags":[]}', ANSWER])
    const { object } = await chatObject(llm, { prompt, schema })
    expect(object).toEqual(WHOLE)
    const told = asked[1]?.messages.at(-1)?.content
    expect(told).toMatch(/^Your answer is not valid:\n- city: .*string/i)
  })
})

describe('chatObject() brings the model to write JSON', () => {
  async function bodies(vendor: SimulatedVendor, options: object, config: object = {}) {
    const { llm, server } = at(vendor, ANSWER, config)
    const { object } = await chatObject(llm, { prompt, schema: valibotCity, ...options })
    expect(object).toEqual(WHOLE)
    const stream = chatObject(llm, { prompt, schema: valibotCity, ...options, stream: true })
    const partials = await all(stream)
    expect(partials.at(-1)).toEqual(WHOLE)
    return server.requests.map(({ body }) => body)
  }
  const told = expect.stringMatching(/JSON Schema:\n\{"type":"object"/)
  const format = {
    type: 'json_schema',
    json_schema: { name: 'answer', schema: JSON_SCHEMA, strict: true },
  }

  test('of OpenAI by its JSON-schema mode', async () => {
    for (const body of await bodies('openai', {})) {
      expect(body.response_format).toEqual(format)
      expect(body.messages).toEqual([{ role: 'user', content: prompt }])
    }
  })

  test('of older models of OpenAI by JSON mode, or by the messages', async () => {
    for (const body of await bodies('openai', {}, { model: 'gpt-4-turbo' })) {
      expect(body.response_format).toEqual({ type: 'json_object' })
      expect(body.messages[0]).toEqual({ role: 'system', content: told })
    }
    for (const body of await bodies('openai', {}, { model: 'gpt-4' })) {
      expect(body).not.toHaveProperty('response_format')
      expect(body.messages[0]).toEqual({ role: 'system', content: told })
    }
  })

  test('of DashScope by JSON mode, with the word that it demands', async () => {
    for (const { parameters, input } of await bodies('dashscope', {})) {
      expect(parameters.response_format).toEqual({ type: 'json_object' })
      expect(input.messages[0]).toEqual({ role: 'system', content: told })
    }
  })

  test.each([
    [{ reasoning: true }, { model: 'qwen-plus' }],
    [{}, { model: 'qwen-plus', defaults: { reasoning: true } }],
    [{}, { model: 'qwen-plus', extraBody: { enable_thinking: true } }],
    [{}, { model: 'qwq-plus' }],
    [{}, { model: 'qwen3-8b' }],
    [{}, { model: 'deepseek-v3' }],
  ])(
    'of DashScope by the messages while it thinks, or where it is not known: %j %j',
    async (options, config) => {
      for (const { parameters, input } of await bodies('dashscope', options, config)) {
        expect(parameters).not.toHaveProperty('response_format')
        expect(input.messages[0]).toEqual({ role: 'system', content: told })
      }
    },
  )

  test('of DashScope by JSON mode where thinking is switched off', async () => {
    const config = { model: 'qwen3-8b' }
    for (const { parameters } of await bodies('dashscope', { reasoning: false }, config))
      expect(parameters.response_format).toEqual({ type: 'json_object' })
  })

  test('of Zhipu by JSON mode, also while it thinks, and by the messages of models that see', async () => {
    for (const body of await bodies('zhipu', { reasoning: true })) {
      expect(body.response_format).toEqual({ type: 'json_object' })
      expect(body.messages[0]).toEqual({ role: 'system', content: told })
    }
    for (const body of await bodies('zhipu', {}, { model: 'glm-4.5v' }))
      expect(body).not.toHaveProperty('response_format')
  })

  test('by the mode that is asked for', async () => {
    for (const body of await bodies('openai', { mode: 'json' }))
      expect(body.response_format).toEqual({ type: 'json_object' })
    for (const body of await bodies('openai', { mode: 'prompt' }))
      expect(body).not.toHaveProperty('response_format')
    const { llm, server } = at('zhipu', ANSWER)
    const error = await failure(() =>
      chatObject(llm, { prompt, schema: valibotCity, mode: 'schema' }),
    )
    expect(error).toMatchObject({ name: 'ConfigError', code: 'unsupported_option' })
    expect(server.requests).toHaveLength(0)
  })

  test('of several models by what they all offer', async () => {
    const [one, other] = [at('openai', { error: { status: 500 } }), at('zhipu', ANSWER)]
    const llm = failover([one.llm, other.llm])
    const { object, provider } = await chatObject(llm, { prompt, schema: valibotCity })
    expect(object).toEqual(WHOLE)
    expect(provider).toBe('zhipu')
    for (const { server } of [one, other])
      expect(server.requests[0]?.body.response_format).toEqual({ type: 'json_object' })
    expect(failover([one.llm]).supportResponseFormat('json_schema')).toBe(true)
    expect(llm.supportResponseFormat('json_schema')).toBe(false)
  })

  test('after the existing instructions, and never changes the messages', async () => {
    const { llm, asked } = answering([ANSWER])
    const part = { type: 'text', text: 'Be short' } as const
    for (const content of ['Be short', [part]]) {
      const messages: Message[] = [
        { role: 'developer', content },
        { role: 'user', content: prompt },
      ]
      const before = structuredClone(messages)
      await chatObject(llm, { messages, schema: valibotCity })
      expect(messages).toEqual(before)
      const sent = asked.at(-1)?.messages ?? []
      expect(sent).toHaveLength(2)
      expect(sent[0]?.role).toBe('developer')
      if (typeof content === 'string') expect(sent[0]?.content).toMatch(/^Be short\n\nAnswer with/)
      else expect(sent[0]?.content).toEqual([part, { type: 'text', text: told }])
    }
  })

  test('passes the other options on', async () => {
    const { llm, asked } = answering([ANSWER])
    await chatObject(llm, { prompt, schema: valibotCity, temperature: 0, maxTokens: 99, user: 'u' })
    expect(asked[0]!.call).toMatchObject({
      temperature: 0,
      maxTokens: 99,
      user: 'u',
      stream: false,
    })
  })

  test('asks for strictness only where the schema is so already', async () => {
    const { llm, asked } = answering(['{"a":"x"}'], { formats: ['json_schema'] })
    const schema = v.object({ a: v.string(), b: v.optional(v.number()) })
    await chatObject(llm, { prompt, schema })
    expect(asked[0]!.call.responseFormat.json_schema).toEqual({
      name: 'answer',
      schema: {
        type: 'object',
        properties: { a: { type: 'string' }, b: { type: 'number' } },
        required: ['a'],
      },
    })
  })
})

describe('chatObject() takes what models make of it', () => {
  test.each([
    ['a code fence', `\`\`\`json\n${ANSWER}\n\`\`\``],
    ['prose', `Here you are: ${ANSWER} I hope it helps.`],
    ['a byte order mark', `\ufeff${ANSWER}`],
    ['thinking', `<think>{"city": "Rome"}?</think>\n${ANSWER}`],
    ['a false start', `You want {city}: ${ANSWER}`],
  ])('%s, cut anywhere', async (_what, answer) => {
    for (const pieces of [[answer], cutText(answer)]) {
      const { llm } = answering([pieces])
      expect((await chatObject(llm, { prompt, schema: valibotCity })).object).toEqual(WHOLE)
      const stream = chatObject(llm, { prompt, schema: valibotCity, stream: true })
      const partials = await all(stream)
      expect(new Set(partials).size).toBe(1)
      expect(partials.at(-1)).toEqual(WHOLE)
      expect((await stream.result()).object).toEqual(WHOLE)
    }
  })

  test('a real stream, cut at every byte', async () => {
    const object = { city: 'Tromsø 🌌', people: 77_000, tags: ['北'] }
    for (const vendor of ['openai', 'dashscope', 'zhipu'] as const) {
      for (const bytes of [1, 2, 3, 7, 64]) {
        const reply = {
          text: JSON.stringify(object),
          chunkSize: 1,
          fault: { kind: 'split', bytes },
        }
        const { llm } = at(vendor, reply as Script)
        const stream = chatObject(llm, { prompt, schema: valibotCity, stream: true })
        const texts: string[] = []
        for await (const partial of stream) texts.push(JSON.stringify(partial))
        expect(texts.at(-1)).toBe(JSON.stringify(object))
        expect(texts.every((one) => !/\p{Surrogate}/u.test(one))).toBe(true)
        expect((await stream.result()).object).toEqual(object)
      }
    }
  })

  test('defaults and transforms of the schema, in the result only', async () => {
    const { llm } = answering(['{"on":"2026-01-02"}'])
    const schema = v.object({
      on: v.pipe(
        v.string(),
        v.transform((text) => new Date(text).getFullYear()),
      ),
      more: v.optional(v.string(), 'none'),
    })
    const stream = chatObject(llm, { prompt, schema, stream: true, mode: 'prompt' })
    expect((await all(stream)).at(-1)).toEqual({ on: '2026-01-02' })
    expect((await stream.result()).object).toEqual({ on: 2026, more: 'none' })
  })

  test.each([
    ['a list', v.array(v.number()), [1, 2], [[], [1], [1, 2]]],
    ['a text', v.string(), 'ab', ['', 'a', 'ab']],
    ['a number', v.number(), 12, [12]],
    ['null', v.null(), null, [null]],
    [
      'a choice of objects',
      v.union([v.object({ a: v.number() }), v.object({ b: v.number() })]),
      { b: 1 },
      [{}, { b: 1 }],
    ],
  ])('%s, wrapped in an object and out of it', async (_what, schema, value, partials) => {
    for (const wrapped of [true, false]) {
      if (!wrapped && typeof value !== 'object') continue
      if (!wrapped && value === null) continue
      const { llm, asked } = answering([JSON.stringify(wrapped ? { value } : value)], {
        formats: ['json_schema'],
      })
      expect((await chatObject(llm, { prompt, schema })).object).toEqual(value)
      const { json_schema } = asked[0]!.call.responseFormat
      expect(json_schema.schema).toMatchObject({ required: ['value'], additionalProperties: false })
      const stream = chatObject(llm, { prompt, schema, stream: true })
      const shown: unknown[] = []
      for await (const partial of stream) shown.push(structuredClone(partial))
      if (wrapped) expect(shown).toEqual(partials)
      expect((await stream.result()).object).toEqual(value)
    }
  })

  test('a schema that refers to itself, wrapped', async () => {
    const schema = {
      type: 'array',
      items: { anyOf: [{ type: 'string' }, { $ref: '#' }, { $ref: '#/$defs/n' }] },
      $defs: { n: { type: 'number' } },
    }
    const { llm, asked } = answering(['{"value":["a",["b",[1]]]}'], { formats: ['json_schema'] })
    expect((await chatObject(llm, { prompt, schema })).object).toEqual(['a', ['b', [1]]])
    const { properties } = asked[0]!.call.responseFormat.json_schema.schema
    expect(properties.value.items.anyOf).toEqual([
      { type: 'string' },
      { $ref: '#/$defs/root' },
      { $ref: '#/$defs/n' },
    ])
  })

  test('members that would reach into prototypes as what they are', async () => {
    const { llm } = answering(['{"__proto__":{"polluted":true},"constructor":1}'])
    const schema = { type: 'object' }
    const stream = chatObject(llm, { prompt, schema, stream: true })
    for await (const partial of stream)
      expect(Object.getPrototypeOf(partial)).toBe(Object.prototype)
    const { object } = await stream.result()
    expect(Object.keys(object)).toEqual(['__proto__', 'constructor'])
    expect(({} as any).polluted).toBeUndefined()
  })
})

describe('chatObject() has an invalid answer repaired', () => {
  const BAD = '{"city":"Oslo","people":"many","tags":["fjord",1]}'

  test('once, with what is wrong; the cost is of both', async () => {
    const first = [text(BAD), { type: 'usage', usage } as StreamEvent, finish()]
    const second = [text(ANSWER), { type: 'usage', usage } as StreamEvent, finish()]
    for (const stream of [false, true]) {
      const { llm, asked } = answering([first, second], { formats: ['json_object'] })
      const request = { prompt, schema: valibotCity, name: 'city' }
      const result = stream
        ? await chatObject(llm, { ...request, stream }).result()
        : await chatObject(llm, request)
      expect(result.object).toEqual(WHOLE)
      expect(result.text).toBe(ANSWER)
      expect(String(result)).toBe(ANSWER)
      expect(result.usage).toEqual({ promptTokens: 6, completionTokens: 8, totalTokens: 14 })
      expect(result.attempts).toHaveLength(2)
      expect(result.attempts.map((attempt) => attempt.usage?.totalTokens)).toEqual([7, 7])
      const [system, ...rest] = asked[1]?.messages ?? []
      expect(system).toEqual(asked[0]?.messages[0])
      expect(rest).toMatchObject([
        { role: 'user', content: prompt },
        { role: 'assistant', content: BAD },
        { role: 'user', content: expect.stringContaining('- people: ') },
      ])
      expect(rest[2]?.content).toContain('- tags[1]: ')
      expect(rest[2]?.content).not.toContain('JSON Schema')
      expect(asked[1]?.call.responseFormat).toEqual({ type: 'json_object' })
    }
  })

  test('of a server that ignored the schema: the repair turn describes it', async () => {
    const { llm, asked } = answering(['It is Oslo.', ANSWER], { formats: ['json_schema'] })
    expect((await chatObject(llm, { prompt, schema: valibotCity })).object).toEqual(WHOLE)
    expect(asked[1]?.messages.at(-1)?.content).toContain(JSON.stringify(JSON_SCHEMA))
    expect(asked[1]?.messages.at(-1)?.content).toContain('- The answer contains no JSON object')
  })

  test.each<[string, (string | StreamEvent)[]]>([
    ['behind thinking without a start tag', [`I think of {"city": 1}.\n</think>${ANSWER}`]],
    ['with the end of a thought in a text', ['{"city":"</think>","people":1,"tags":[]}']],
    ['as thinking', [{ type: 'reasoning-delta', text: ANSWER }, finish('stop')]],
    ['encoded twice', [JSON.stringify(ANSWER)]],
  ])('is not needed for an answer %s', async (_name, answer) => {
    for (const stream of [true, false]) {
      const { llm, asked } = answering([answer])
      const options = { prompt: 'Where?', schema: valibotCity }
      const { object } = stream
        ? await chatObject(llm, { ...options, stream }).result()
        : await chatObject(llm, options)
      expect(['Oslo', '</think>']).toContain(object.city)
      expect(asked).toHaveLength(1)
    }
  })

  test('reads an answer with the end of a thought in it as a whole, not an object behind that', async () => {
    const answer = { note: '</think>', inner: { note: 'wrong' } }
    const schema = v.looseObject({ note: v.optional(v.string()) })
    for (const stream of [true, false]) {
      const { llm } = answering([JSON.stringify(answer)])
      const options = { prompt: 'Where?', schema }
      const { object } = stream
        ? await chatObject(llm, { ...options, stream }).result()
        : await chatObject(llm, options)
      expect(object).toEqual(answer)
    }
  })

  test('of an empty answer by asking the same again: an empty turn would be refused', async () => {
    const { llm, asked } = answering(['', ANSWER])
    expect((await chatObject(llm, { prompt, schema: valibotCity })).object).toEqual(WHOLE)
    expect(asked[1]?.messages).toEqual(asked[0]?.messages)
  })

  test('as often as configured, then reports what is wrong', async () => {
    for (const [repairs, turns] of [
      [0, 1],
      [undefined, 2],
      [3, 4],
    ] as const) {
      for (const stream of [false, true]) {
        const { llm, asked } = answering([BAD])
        const request = { prompt, schema: valibotCity, repairs }
        const error = await failure(() =>
          stream ? chatObject(llm, { ...request, stream }).result() : chatObject(llm, request),
        )
        expect(asked).toHaveLength(turns)
        expect(error).toMatchObject({
          name: 'OutputError',
          code: 'invalid_output',
          retryable: false,
          provider: 'acme',
          text: BAD,
          issues: [{ path: ['people'] }, { path: ['tags', 1] }],
        })
        expect(error.message).toMatch(/^The answer does not match the schema: people: /)
        expect(error.partial).toMatchObject({ text: BAD, finishReason: 'stop' })
        expect(error.partial.attempts).toHaveLength(turns)
      }
    }
  })

  test('and shows nothing of it in the loop, where something was shown: partials only grow', async () => {
    const { llm } = answering([BAD, ANSWER])
    const stream = chatObject(llm, { prompt, schema: valibotCity, stream: true })
    const partials = await all(stream)
    expect(new Set(partials).size).toBe(1)
    expect(JSON.stringify(partials.at(-1))).toBe(BAD)
    expect((await stream.result()).object).toEqual(WHOLE)
  })

  test('and shows it as it comes where nothing was shown', async () => {
    const { llm } = answering(['I had rather not.', ANSWER])
    const partials = await all(chatObject(llm, { prompt, schema: valibotCity, stream: true }))
    expect(partials.length).toBeGreaterThan(10)
    expect(partials.at(-1)).toEqual(WHOLE)
  })

  test('and says so in the events', async () => {
    const { llm } = answering([[BAD], [ANSWER]])
    const stream = chatObject(llm, { prompt, schema: valibotCity, stream: true })
    const events = await all(stream.events())
    expect(events.map(({ type }) => type)).toEqual([
      'text-delta',
      'failover',
      'text-delta',
      'usage',
      'finish',
    ])
    expect(events[1]).toMatchObject({
      action: 'restart',
      provider: 'acme',
      error: { code: 'invalid_output', partialText: BAD },
      attempts: [{ provider: 'acme' }],
    })
    const { usage: sum, attempts } = await stream.result()
    expect(events[3]).toEqual({ type: 'usage', usage: sum })
    expect(events[4]).toMatchObject({ finishReason: 'stop', response: { attempts } })
  })

  test('and reports both answers if the second fails', async () => {
    for (const stream of [false, true]) {
      let turn = 0
      const llm = model(async function* () {
        if (turn++ === 0) {
          yield BAD
          return
        }
        yield '{"city":"Be'
        throw new ServiceError('bad_request', 'No')
      })
      const request = { prompt, schema: valibotCity }
      const error = await failure(() =>
        stream ? all(chatObject(llm, { ...request, stream })) : chatObject(llm, request),
      )
      expect(error).toMatchObject({ code: 'bad_request', partial: { text: '{"city":"Be' } })
      expect(error.partial.attempts).toHaveLength(2)
    }
  })
})

describe('chatObject() never takes a part for the whole', () => {
  const request = { prompt, schema: v.record(v.string(), v.unknown()) }

  test.each([
    ['length', 'OutputError', 'invalid_output', /cut at its length limit/],
    ['error', 'OutputError', 'invalid_output', /failed in the middle/],
    ['content_filter', 'ServiceError', 'content_filter', /was filtered/],
  ])('where it ends by %s, though it be valid', async (reason, name, code, words) => {
    for (const stream of [false, true]) {
      const { llm, asked } = answering([['{"a":1}', finish(reason)]])
      const read = () =>
        stream ? all(chatObject(llm, { ...request, stream })) : chatObject(llm, request)
      const error = await failure(read)
      expect(error).toMatchObject({ name, code, provider: 'acme', partial: { text: '{"a":1}' } })
      expect(error.message).toMatch(words)
      expect(error.partial.finishReason).toBe(reason)
      expect(asked).toHaveLength(1)
    }
  })

  test('where the connection is lost', async () => {
    for (const stream of [false, true]) {
      const { llm } = at('openai', { text: ANSWER, fault: { kind: 'cut', after: 1 } })
      const error = await failure(() =>
        stream ? chatObject(llm, { ...request, stream }).result() : chatObject(llm, request),
      )
      expect(['stream_truncated', 'unexpected_response', 'bad_frame']).toContain(error.code)
    }
  })

  test('where the model calls a tool instead: its call is handed over, not repaired', async () => {
    const call = { type: 'tool-call-delta', index: 0, name: 'f', argumentsDelta: '{}' } as const
    const { llm, asked } = answering([[call, finish('tool_calls')]])
    const error = await failure(() => chatObject(llm, request))
    expect(error).toMatchObject({ code: 'invalid_output', partial: { toolCalls: [{ name: 'f' }] } })
    expect(error.message).toContain('runTools')
    expect(asked).toHaveLength(1)
  })
})

describe('an ObjectStream', () => {
  const request = { prompt, schema: valibotCity, stream: true } as const

  test('is cold, read once, and not thenable', async () => {
    const { llm, asked } = answering([ANSWER])
    const stream = chatObject(llm, request)
    await tick()
    expect(asked).toHaveLength(0)
    expect(stream.partial).toMatchObject({ text: '', attempts: [] })
    expect('then' in stream).toBe(false)
    const partials = stream[Symbol.asyncIterator]()
    await partials.next()
    expect(() => stream.events()).toThrow('already been read')
    expect(() => stream[Symbol.asyncIterator]()).toThrow('already been read')
    const { object } = await stream.result()
    expect(object).toEqual(WHOLE)
    expect((await stream.result()).object).toBe(object)
    expect(asked).toHaveLength(1)
  })

  test('keeps its partials for a reader that is slower than result()', async () => {
    const { llm } = answering([ANSWER])
    const stream = chatObject(llm, request)
    const partials = stream[Symbol.asyncIterator]()
    await partials.next()
    await stream.result()
    const texts: string[] = []
    for await (const partial of { [Symbol.asyncIterator]: () => partials })
      texts.push(JSON.stringify(partial))
    expect(texts[0]).toBe('{"city":"O"}')
    expect(texts.at(-1)).toBe(ANSWER)
  })

  test('left early closes the connection, with the listener at the signal', async () => {
    const { controller, listeners } = countedSignal()
    const { llm, server } = at('openai', { text: ANSWER, chunkSize: 1, delayMs: 1 })
    const stream = chatObject(llm, { ...request, signal: controller.signal })
    for await (const partial of stream) if (partial.city === 'Os') break
    await tick(5)
    expect(server.requests[0]?.cancelled).toBe(true)
    expect(listeners()).toBe(0)
    expect(stream.partial.text).toMatch(/^\{"city":"Os/)
    expect(await failure(() => stream.result())).toMatchObject({ name: 'AbortError' })
  })

  test('cancelled rejects the pending read with the reason, and keeps what had come', async () => {
    const { llm, server } = at('openai', {
      text: ANSWER,
      chunkSize: 1,
      fault: { kind: 'stall', after: 12 },
    })
    const stream = chatObject(llm, request)
    const reason = new Error('enough')
    const read = all(stream)
    await tick(20)
    stream.cancel(reason)
    expect(await failure(() => read)).toBe(reason)
    expect(await failure(() => stream.result())).toBe(reason)
    expect(stream.partial.text).toMatch(/^\{"city"/)
    await tick()
    expect(server.requests[0]?.cancelled).toBe(true)
  })

  test('cancelled before it is read sends nothing', async () => {
    const { llm, asked } = answering([ANSWER])
    const stream = chatObject(llm, request)
    stream.cancel()
    expect(await failure(() => stream.result())).toMatchObject({ name: 'AbortError' })
    expect(asked).toHaveLength(0)
  })

  test('cancelled while the answer is judged neither ends well nor asks again', async () => {
    let judge = (_issues: readonly { message: string }[]) => {}
    const schema = {
      '~standard': {
        version: 1,
        vendor: 'mine',
        validate: () =>
          new Promise<{ issues: readonly { message: string }[] }>((resolve) => {
            judge = (issues) => resolve({ issues })
          }),
        jsonSchema: { input: () => ({ type: 'object' }), output: () => ({ type: 'object' }) },
      },
    } as const
    const { llm, asked } = answering(['{"city":"x"}'])
    const stream = chatObject(llm, { prompt, schema, stream: true })
    const read = all(stream)
    await tick(5)
    const reason = new Error('enough')
    stream.cancel(reason)
    judge([{ message: 'wrong' }])
    expect(await failure(() => read)).toBe(reason)
    expect(asked).toHaveLength(1)
  })

  test('ends with the caller’s own reason, in a loop and whole', async () => {
    for (const stream of [false, true]) {
      const controller = new AbortController()
      const reason = { mine: true }
      const { llm } = at('zhipu', { text: ANSWER, fault: { kind: 'stall', after: 3 } })
      const { signal } = controller
      const read = (
        stream
          ? all(chatObject(llm, { ...request, signal }))
          : chatObject(llm, { ...request, stream: false, signal })
      ) as Promise<unknown>
      setTimeout(() => controller.abort(reason), 10)
      expect(await failure(() => read)).toBe(reason)
    }
  })

  test('shows another object where a failover restarts', async () => {
    const cut = { text: ANSWER, chunkSize: 4, fault: { kind: 'reset', after: 6 } } as const
    const [one, other] = [at('openai', cut), at('zhipu', '{"city":"Rome","people":1,"tags":[]}')]
    const llm = failover([one.llm, other.llm], { onCut: 'restart' })
    const stream = chatObject(llm, request)
    const partials = await all(stream)
    expect(new Set(partials).size).toBe(2)
    expect(partials.at(-1)).toMatchObject({ city: 'Rome' })
    expect((await stream.result()).object).toMatchObject({ city: 'Rome' })
  })
})

describe('chatObject() refuses before anything is sent', () => {
  const good = { prompt, schema: valibotCity }
  test.each([
    ['a name with blanks', { ...good, name: 'my city' }, 'unsupported_option', /^name must be/],
    ['an unknown mode', { ...good, mode: 'xml' }, 'unsupported_option', /^mode must be/],
    ['less than no repairs', { ...good, repairs: -1 }, 'unsupported_option', /^repairs must be/],
    [
      'a form of its own',
      { ...good, responseFormat: { type: 'text' } },
      'unsupported_option',
      /responseFormat/,
    ],
    ['an unknown option', { ...good, tempreature: 1 }, 'unsupported_option', /^tempreature/],
    ['no messages', { schema: valibotCity }, 'invalid_messages', /messages/],
    ['empty messages', { messages: [], schema: valibotCity }, 'invalid_messages', /be empty/],
    ['no schema', { prompt }, 'invalid_config', /schema/],
    ['nothing at all', undefined, 'invalid_messages', /an object with `schema`/],
    ['only a text', prompt, 'invalid_messages', /an object with `schema`/],
  ])('%s', async (_what, request: any, code, words) => {
    for (const stream of [false, true]) {
      const { llm, asked } = answering([ANSWER])
      const error = await failure(() =>
        stream && typeof request === 'object'
          ? chatObject(llm, { ...request, stream }).result()
          : chatObject(llm, request),
      )
      expect(error).toMatchObject({ name: 'ConfigError', code })
      expect(error.message).toMatch(words)
      expect(asked).toHaveLength(0)
    }
  })

  test('what is no model', async () => {
    const error = await failure(() => chatObject('openai:gpt-5' as never, good))
    expect(error).toMatchObject({ name: 'ConfigError', code: 'invalid_config' })
    expect(error.message).toBe('chatObject() takes a model: getChatModel(…) returns one')
  })

  test('but not what is undefined: it is absent', async () => {
    const { llm } = answering([ANSWER])
    const absent = {
      name: undefined,
      mode: undefined,
      repairs: undefined,
      responseFormat: undefined,
    } as object
    expect((await chatObject(llm, { ...good, ...absent })).object).toEqual(WHOLE)
  })
})
