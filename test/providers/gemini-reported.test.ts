/** Requests and replies that public bug reports of 2025 and 2026 describe for Gemini and Gemma, and the right result of each. */
import { describe, expect, test } from 'vitest'
import { chatObject } from '../../src/objects/chat-object.ts'
import { GeminiLLM } from '../../src/providers/gemini.ts'
import { failure } from '../unit/helpers.ts'
import { jsonAnswer, replayFetch, sseAnswer } from './replay.ts'

const answer = (parts: object[], finishReason?: string) => ({
  candidates: [{ content: { role: 'model', parts }, finishReason }],
})
const create = (model: string, ...answers: object[]) => {
  const fetch = replayFetch(answers.map((one) => jsonAnswer(one)))
  return { llm: new GeminiLLM({ model, apiKey: 'k', env: {}, fetch, maxRetries: 0 }), fetch }
}
const OK = answer([{ text: '{"a":1}' }], 'STOP')
const tool = (name: string) => ({ type: 'function' as const, function: { name } })

/** Reorders as Postgres' JSONB does: members sorted by length, then by bytes. */
const stored = (value: any): any => {
  if (Array.isArray(value)) return value.map(stored)
  if (typeof value !== 'object' || value === null) return value
  const names = Object.keys(value).sort(
    (one, other) => one.length - other.length || (one < other ? -1 : 1),
  )
  return Object.fromEntries(names.map((name) => [name, stored(value[name])]))
}

describe('signatures of thoughts', () => {
  const calls = [
    { functionCall: { name: 'f', args: { zeta: { y: 1, a: 2 }, b: [1] } }, thoughtSignature: 'S' },
    { functionCall: { name: 'g', args: {} } },
  ]
  const history = async (edit: (message: any) => object) => {
    const { llm, fetch } = create('gemini-3-flash-preview', answer(calls, 'STOP'), OK)
    const tools = [tool('f'), tool('g')]
    const { message, toolCalls } = await llm.chat({ prompt: 'q', tools })
    const results = toolCalls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'ok' }))
    const messages = [{ role: 'user', content: 'q' }, edit(message), ...results]
    await llm.chat({ messages: messages as never, tools })
    return fetch.requests[1]!.body.contents[1].parts
  }

  test('survive a store that reorders members', async () => {
    expect(await history(stored)).toEqual(calls)
    const reordered = await history((message) => ({
      ...message,
      tool_calls: message.tool_calls.map((call: any) => ({
        ...call,
        function: {
          ...call.function,
          arguments: JSON.stringify(stored(JSON.parse(call.function.arguments)), null, 1),
        },
      })),
    }))
    expect(reordered).toEqual(calls)
  })

  test('stay on calls whose arguments or text the caller changed, while the change counts', async () => {
    const [first, second] = await history((message) => ({
      ...message,
      tool_calls: message.tool_calls.map((call: any, index: number) =>
        index === 0 ? { ...call, function: { name: 'f', arguments: '{"zeta":"***"}' } } : call,
      ),
    }))
    expect(first).toEqual({
      functionCall: { name: 'f', args: { zeta: '***' } },
      thoughtSignature: 'S',
    })
    expect(second).toEqual(calls[1])
    expect(await history((message) => ({ ...message, content: 'So:' }))).toEqual([
      { text: 'So:' },
      ...calls,
    ])
  })

  test('go with thoughts that the caller removed', async () => {
    const parts = [{ text: 'secret', thought: true, thoughtSignature: 'T' }, { text: 'Hi' }]
    const { llm, fetch } = create('gemini-3-flash-preview', answer(parts, 'STOP'), OK, OK)
    const { message } = await llm.chat('q')
    const { reasoning_content: _removed, ...rest } = message
    const ask = (said: object) => [
      { role: 'user', content: 'q' },
      said,
      { role: 'user', content: 'r' },
    ]
    await llm.chat({ messages: ask(message) as never })
    expect(fetch.requests[1]!.body.contents[1].parts).toEqual(parts)
    await llm.chat({ messages: ask(rest) as never })
    expect(fetch.requests[2]!.body.contents[1].parts).toEqual([{ text: 'Hi' }])
  })
})

describe.each(['gemma-3-27b-it', 'gemma-3n-e4b-it', 'gemma-4-31b-it'])('%s', (model) => {
  test('finds its instructions at the start of the first turn', async () => {
    const { llm, fetch } = create(model, OK, OK)
    const system = { role: 'system' as const, content: 'Be short.' }
    await llm.chat({ messages: [system, { role: 'user', content: 'Hi' }] })
    expect(fetch.requests[0]!.body).toEqual({
      contents: [{ role: 'user', parts: [{ text: 'Be short.' }, { text: 'Hi' }] }],
    })
    const reply = { role: 'assistant' as const, content: 'Hello' }
    await llm.chat({ messages: [system, reply, { role: 'user', content: 'Hi' }] })
    expect(fetch.requests[1]!.body.contents.map(({ role }: any) => role)).toEqual([
      'user',
      'model',
      'user',
    ])
  })

  test('has no JSON mode: objects go by the prompt', async () => {
    const { llm, fetch } = create(model, OK)
    expect(llm.supportResponseFormat('json_schema')).toBe(false)
    expect(
      await failure(() => llm.chat({ prompt: 'Hi', responseFormat: { type: 'json_object' } })),
    ).toMatchObject({
      code: 'unsupported_option',
    })
    const schema = { type: 'object', properties: { a: { type: 'number' } } }
    expect((await chatObject(llm, { prompt: 'Hi', schema })).object).toEqual({ a: 1 })
    expect(fetch.requests[0]!.body).not.toHaveProperty('generationConfig')
    expect(fetch.requests[0]!.body).not.toHaveProperty('systemInstruction')
    expect(JSON.stringify(fetch.requests[0]!.body.contents[0].parts[0])).toContain('JSON Schema')
  })
})

describe('what Gemma can do', () => {
  test('calls functions from generation 4 on', async () => {
    const tools = [tool('f')]
    const { llm } = create('gemma-3-27b-it')
    expect(llm.supportFunctionCalling()).toBe(false)
    for (const request of [{ tools }, { search: true as const }])
      expect(await failure(() => llm.chat({ prompt: 'Hi', ...request }))).toMatchObject({
        code: 'unsupported_option',
      })
    const { llm: newer, fetch } = create('gemma-4-31b-it', OK)
    expect(newer.supportFunctionCalling()).toBe(true)
    await newer.chat({ prompt: 'Hi', tools })
    expect(fetch.requests[0]!.body.tools).toEqual([{ functionDeclarations: [{ name: 'f' }] }])
  })

  test.each([
    [true, { includeThoughts: true, thinkingLevel: 'HIGH' }],
    [{ effort: 'high' }, { includeThoughts: true, thinkingLevel: 'HIGH' }],
    [false, { thinkingLevel: 'MINIMAL' }],
    [{ effort: 'none' }, { thinkingLevel: 'MINIMAL' }],
    [{ effort: 'minimal' }, { thinkingLevel: 'MINIMAL' }],
  ])('thinks from generation 4 on, by a switch: %j', async (reasoning, thinkingConfig) => {
    const { llm, fetch } = create('gemma-4-26b-a4b-it', OK)
    await llm.chat({ prompt: 'Hi', reasoning })
    expect(fetch.requests[0]!.body.generationConfig).toEqual({ thinkingConfig })
  })

  test.each([
    ['gemma-4-31b-it', { budget: 100 }],
    ['gemma-4-31b-it', { effort: 'low' }],
    ['gemma-3-27b-it', true],
  ] as const)('%s does not take %j', async (model, reasoning) => {
    const { llm } = create(model)
    expect(await failure(() => llm.chat({ prompt: 'Hi', reasoning }))).toMatchObject({
      code: 'unsupported_option',
    })
  })
})

test('media at http: is refused before it is sent, since Gemini fetches https: only', async () => {
  const { llm, fetch } = create('gemini-2.5-flash')
  const content = [{ type: 'image_url' as const, image_url: { url: 'http://x/y.png' } }]
  expect(await failure(() => llm.chat({ messages: [{ role: 'user', content }] }))).toMatchObject({
    code: 'unsupported_option',
  })
  expect(fetch.requests).toEqual([])
})

test('a history without a signature is a bad request, and is not sent again', async () => {
  const finishMessage = 'Request has at least one thought signature missing.'
  const reply = { candidates: [{ finishReason: 'MISSING_THOUGHT_SIGNATURE', finishMessage }] }
  for (const stream of [true, false]) {
    const fetch = replayFetch([stream ? sseAnswer([reply]) : jsonAnswer(reply)])
    const llm = new GeminiLLM({ model: 'gemini-3-pro', apiKey: 'k', env: {}, fetch })
    const asked = () =>
      stream ? llm.chat({ prompt: 'Hi', stream: true }).result() : llm.chat('Hi')
    expect(await failure(asked)).toMatchObject({
      code: 'bad_request',
      retryable: false,
      vendorCode: 'MISSING_THOUGHT_SIGNATURE',
      message: expect.stringContaining('signature missing'),
    })
    expect(fetch.requests).toHaveLength(1)
  }
})
