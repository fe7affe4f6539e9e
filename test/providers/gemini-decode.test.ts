import { describe, expect, test } from 'vitest'
import type { AssistantMessage, Message } from '../../src/message.ts'
import type { ModelConfig } from '../../src/options.ts'
import { GeminiLLM } from '../../src/providers/gemini.ts'
import { simulate } from '../../src/testing.ts'
import { failure } from '../unit/helpers.ts'
import type { Answer } from './replay.ts'
import { jsonAnswer, readFixture, replayFetch, sseAnswer } from './replay.ts'

const ask: Message = { role: 'user', content: 'x' }
const FUNCTIONS = ['generate_topic', 'read_theme', 'read_screen', 'f', 'g'].map((name) => ({
  type: 'function' as const,
  function: { name },
}))

function create(answers: Answer | Answer[], config: Partial<ModelConfig> = {}) {
  const fetch = replayFetch(answers)
  const settings = { model: 'gemini-2.5-flash', apiKey: 'AIza', fetch, maxRetries: 0 }
  return { llm: new GeminiLLM({ ...settings, ...config }), fetch }
}

const chunk = (parts: unknown[] | undefined, finishReason?: string, more: object = {}) => ({
  candidates: [{ content: { role: 'model', ...(parts && { parts }) }, finishReason, ...more }],
})
const read = (frames: unknown[]) =>
  create(sseAnswer(frames)).llm.chat({ prompt: 'Hi', stream: true }).result()
const error = (frames: unknown[]) => failure(() => read(frames))

test('a proxy may spell the members in snake case', async () => {
  const part = (members: object, more: object = {}) => ({
    candidates: [{ content: { parts: [members] }, ...more }],
    usage_metadata: { prompt_token_count: 3, candidates_token_count: 4, total_token_count: 7 },
    model_version: 'gemini-x',
  })
  const call = { id: 'c1', name: 'f', args: { a_b: { c_d: 1 } } }
  const signed = { function_call: call, thought_signature: 'c2ln' }
  const chunks = [
    ...['one', 'two', 'three', 'four', 'five'].map((text) => part({ text })),
    part({ inline_data: { mime_type: 'image/png', data: 'AAAA' } }),
    part(signed, {
      finish_reason: 'STOP',
      grounding_metadata: { grounding_chunks: [{ web: { uri: 'https://a.example' } }] },
    }),
  ]
  const whole = { ...chunks.at(-1)!, candidates: [{ ...chunks.at(-1)!.candidates[0] }] }
  whole.candidates[0]!.content = {
    parts: chunks.map((one) => one.candidates[0]!.content.parts[0]!),
  }
  const { llm } = create(jsonAnswer(whole))
  for (const result of [await read(chunks), await llm.chat('Hi')]) {
    expect(result).toMatchObject({
      text: 'onetwothreefourfive',
      toolCalls: [{ id: 'c1', name: 'f', arguments: { a_b: { c_d: 1 } } }],
      finishReason: 'tool_calls',
      rawFinishReason: 'STOP',
      usage: { promptTokens: 3, completionTokens: 4, totalTokens: 7 },
      sources: [{ url: 'https://a.example' }],
      model: 'gemini-x',
    })
    expect(result.message.provider_data?.gemini).toContainEqual({
      functionCall: call,
      thoughtSignature: 'c2ln',
    })
  }
  const blocked = { prompt_feedback: { block_reason: 'SAFETY' } }
  expect(await error([blocked])).toMatchObject({ code: 'content_filter', vendorCode: 'SAFETY' })
})

test('a reason that a proxy repeats in snake case is not lost in a run', async () => {
  const chunks = ['one', 'two', 'three', 'four', 'five', 'six'].map((text) => ({
    candidates: [{ content: { parts: [{ text }] }, finish_reason: 'MAX_TOKENS' }],
  }))
  expect(await read(chunks)).toMatchObject({
    text: 'onetwothreefourfivesix',
    finishReason: 'length',
  })
})

describe('ends', () => {
  test.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content_filter'],
    ['RECITATION', 'content_filter'],
    ['BLOCKLIST', 'content_filter'],
    ['PROHIBITED_CONTENT', 'content_filter'],
    ['SPII', 'content_filter'],
    ['IMAGE_SAFETY', 'content_filter'],
    ['IMAGE_PROHIBITED_CONTENT', 'content_filter'],
    ['IMAGE_RECITATION', 'content_filter'],
    ['MODEL_ARMOR', 'content_filter'],
    ['JAILBREAK', 'content_filter'],
    ['LANGUAGE', 'other'],
    ['OTHER', 'other'],
    ['IMAGE_OTHER', 'other'],
    ['NO_IMAGE', 'other'],
    ['FINISH_REASON_UNSPECIFIED', 'other'],
    ['SOMETHING_NEW', 'other'],
  ])('%s is %s', async (raw, finishReason) => {
    const expected = { text: 'a', finishReason, rawFinishReason: raw }
    expect(await read([chunk([{ text: 'a' }]), chunk(undefined, raw)])).toMatchObject(expected)
    const whole = create(jsonAnswer(chunk([{ text: 'a' }], raw)))
    expect(await whole.llm.chat('Hi')).toMatchObject(expected)
  })

  test.each(['ERROR', 'ABORT', 'network_error'])('%s, of a proxy, is an error', async (reason) => {
    expect(await error([chunk([{ text: 'Half' }]), chunk(undefined, reason)])).toMatchObject({
      code: 'server_error',
      partial: { text: 'Half' },
    })
  })

  test.each([
    'MALFORMED_FUNCTION_CALL',
    'MALFORMED_RESPONSE',
    'UNEXPECTED_TOOL_CALL',
    'TOO_MANY_TOOL_CALLS',
  ])('%s is a failure of the model, which may go well another time', async (reason) => {
    const more = { finishMessage: 'Malformed: print(f(' }
    expect(await error([chunk([{ text: 'a' }]), chunk([], reason, more)])).toMatchObject({
      code: 'server_error',
      retryable: true,
      vendorCode: reason,
      message: expect.stringContaining('print(f(') as string,
      partial: { text: 'a' },
    })
  })

  test('a blocked prompt is not an answer', async () => {
    const blocked = { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata: {} }
    for (const fail of [() => read([blocked]), () => create(jsonAnswer(blocked)).llm.chat('Hi')]) {
      expect(await failure(fail)).toMatchObject({
        code: 'content_filter',
        retryable: false,
        vendorCode: 'PROHIBITED_CONTENT',
      })
    }
  })

  test('feedback without a reason to block is none', async () => {
    const answer = { ...chunk([{ text: 'a' }], 'STOP'), promptFeedback: { safetyRatings: [] } }
    expect((await read([{ promptFeedback: {} }, answer])).text).toBe('a')
  })

  test('no candidates at all may be better another time', async () => {
    const empty = jsonAnswer({ usageMetadata: { promptTokenCount: 3 }, modelVersion: 'g' })
    expect(await failure(() => create(empty).llm.chat('Hi'))).toMatchObject({
      code: 'unexpected_response',
      retryable: true,
    })
    expect(await error([{ candidates: [] }])).toMatchObject({ code: 'stream_truncated' })
  })

  test('a whole answer without a reason is whole', async () => {
    const { llm } = create(jsonAnswer(chunk([{ text: 'a' }])))
    expect(await llm.chat('Hi')).toMatchObject({ finishReason: 'other', rawFinishReason: null })
  })

  test('of several candidates the first one is read, and every finish may come twice', async () => {
    const second = { index: 1, content: { parts: [{ text: 'z' }] }, finishReason: 'SAFETY' }
    const first = { ...chunk([{ text: 'a' }], 'STOP').candidates[0], index: 0 }
    const result = await read([{ candidates: [second, first] }, chunk([{ text: 'b' }], 'STOP')])
    expect(result).toMatchObject({ text: 'ab', finishReason: 'stop' })
  })
})

describe('framing', () => {
  const frames = [chunk([{ text: 'a' }]), chunk([{ text: 'b' }], 'STOP')]
  const list = (count: number): Answer => ({ body: JSON.stringify(frames.slice(0, count)) })

  test('a stream as a JSON array is read, whole or not', async () => {
    const stream = (answer: Answer) =>
      create(answer).llm.chat({ prompt: 'Hi', stream: true }).result()
    expect((await stream(list(2))).text).toBe('ab')
    expect(await failure(() => stream(list(1)))).toMatchObject({ code: 'stream_truncated' })
    const whole = String(list(2).body)
    expect((await stream({ body: whole.slice(0, -1) })).text).toBe('ab')
    for (const [length, text] of [
      [-2, 'a'],
      [-40, 'a'],
      [20, ''],
    ] as const)
      expect(await failure(() => stream({ body: whole.slice(0, length) }))).toMatchObject({
        code: 'stream_truncated',
        partial: { text },
      })
  })

  test.each(['[\n', '{"error"', ',\n'])('a stray %j behind the end is nothing', async (stray) => {
    const { body } = sseAnswer(frames)
    const { llm } = create({ body: `${String(body)}${stray}` })
    expect((await llm.chat({ prompt: 'Hi', stream: true }).result()).text).toBe('ab')
  })

  test('an end mark that a gateway adds', async () => {
    const { body } = sseAnswer(frames)
    const { llm } = create({ body: `${String(body)}data: [DONE]\n\n` })
    expect((await llm.chat({ prompt: 'Hi', stream: true }).result()).text).toBe('ab')
  })
})

describe('usage and sources', () => {
  test('the last usage counts; tools count as prompt, thoughts as answer', async () => {
    const result = await read([
      { ...chunk([{ text: 'a' }]), usageMetadata: { trafficType: 'ON_DEMAND' } },
      { ...chunk([{ text: 'b' }]), usageMetadata: { promptTokenCount: 4 } },
      {
        ...chunk([], 'STOP'),
        responseId: 'r',
        modelVersion: 'gemini-2.5-flash-002',
        usageMetadata: {
          promptTokenCount: 10,
          candidatesTokenCount: 3,
          thoughtsTokenCount: 5,
          toolUsePromptTokenCount: 2,
          cachedContentTokenCount: 8,
          totalTokenCount: 20,
        },
      },
    ])
    expect(result).toMatchObject({ id: 'r', model: 'gemini-2.5-flash-002' })
    expect(result.usage).toEqual({
      promptTokens: 12,
      completionTokens: 8,
      totalTokens: 20,
      reasoningTokens: 5,
      cachedTokens: 8,
    })
  })

  test('sources of every kind, each once', async () => {
    const web = { web: { uri: 'https://a.test', title: 'a.test' } }
    const { sources } = await read([
      chunk([{ text: 'a' }], undefined, { groundingMetadata: { groundingChunks: [web] } }),
      chunk([], 'STOP', {
        groundingMetadata: {
          groundingChunks: [web, { retrievedContext: { title: 't', text: 'Paris is' } }, null],
        },
        citationMetadata: { citationSources: [{ startIndex: 1, uri: 'https://b.test' }] },
        urlContextMetadata: {
          urlMetadata: [
            { retrievedUrl: 'https://c.test' },
            {
              retrievedUrl: 'https://d.test',
              urlRetrievalStatus: 'URL_RETRIEVAL_STATUS_PAYWALL',
            },
            {
              retrievedUrl: 'https://e.test',
              urlRetrievalStatus: 'URL_RETRIEVAL_STATUS_SUCCESS',
            },
          ],
        },
      }),
    ])
    expect(sources).toEqual([
      { url: 'https://a.test', title: 'a.test' },
      { title: 't', snippet: 'Paris is' },
      { url: 'https://b.test' },
      { url: 'https://c.test' },
      { url: 'https://e.test' },
    ])
  })
})

describe('what goes back', () => {
  const next = async (message: AssistantMessage, model = 'gemini-3-flash-preview') => {
    const { llm, fetch } = create(jsonAnswer(chunk([{ text: 'ok' }], 'STOP')), { model })
    const answers = (message.tool_calls ?? []).map(({ id }): Message => ({
      role: 'tool',
      tool_call_id: id,
      content: `of ${id}`,
    }))
    await llm.chat({ messages: [ask, message, ...answers], tools: FUNCTIONS })
    return fetch.requests[0]!.body.contents
  }
  const replay = async (name: string, stream: boolean) => {
    const { llm } = create(readFixture(`gemini/${name}`))
    if (!stream) return llm.chat('Hi')
    return llm.chat({ prompt: 'Hi', stream: true }).result()
  }

  test('parallel calls with the signature of the first, as recorded', async () => {
    const fixture = readFixture('gemini/instructions_only_with_tool_calls-0')
    const { message } = await replay('instructions_only_with_tool_calls-0', false)
    const { parts } = JSON.parse(new TextDecoder().decode(fixture.body)).candidates[0].content
    const [, model, user] = await next(message)
    expect(model).toEqual({ role: 'model', parts })
    expect(user.parts.map((part: any) => part.functionResponse.name)).toEqual(
      Array(3).fill('generate_topic'),
    )
  })

  test('calls that came in pieces go back whole', async () => {
    const { message } = await replay('stream-no-args-tool-call-stream', true)
    const [, { parts }] = await next(message)
    expect(parts).toEqual([
      {
        functionCall: { name: 'read_theme', args: {} },
        thoughtSignature: expect.stringMatching(/^.{1060}$/) as string,
      },
      ...['A', 'B', 'C'].map((id) => ({ functionCall: { name: 'read_screen', args: { id } } })),
    ])
  })

  test('a signature on an empty text stays apart; thoughts without one are left out', async () => {
    const result = await read([
      chunk([{ text: 'hm', thought: true }]),
      chunk([{ text: 'a' }]),
      chunk([{ text: 'b' }]),
      chunk([{ text: '' }]),
      chunk([{ text: '', thoughtSignature: 'S' }], 'STOP'),
    ])
    expect(result.reasoning).toBe('hm')
    expect((await next(result.message))[1].parts).toEqual([
      { text: 'ab' },
      { text: '', thoughtSignature: 'S' },
    ])
  })

  test('plain text needs nothing kept', async () => {
    const { message } = await read([chunk([{ text: 'a' }]), chunk([{ text: 'b' }], 'STOP')])
    expect(message).toEqual({ role: 'assistant', content: 'ab' })
  })

  test('code that was run, pictures and tools of its own are kept with the message', async () => {
    const parts = [
      { executableCode: { language: 'PYTHON', code: 'print(1)' } },
      { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } },
      { text: 'One.' },
      { inlineData: { mimeType: 'image/png', data: 'AA==' } },
    ]
    const { text, message } = await read([chunk(parts), chunk([{ text: '' }], 'STOP')])
    expect(text).toBe('One.')
    expect(message).toMatchObject({ provider_data: { gemini: parts } })
    const { partial } = await error([chunk(parts)])
    expect(partial).toMatchObject({ text: 'One.', message: { provider_data: { gemini: parts } } })
    expect((await next(message))[1].parts).toEqual(parts)
  })

  test('ids of the vendor come back with call and answer', async () => {
    const functionCall = { id: 'v1', name: 'f', args: { n: 1 } }
    const { toolCalls, message } = await read([chunk([{ functionCall }], 'STOP')])
    expect(toolCalls).toMatchObject([{ id: 'v1', name: 'f', arguments: { n: 1 } }])
    const [, model, user] = await next(message, 'gemini-2.5-flash')
    expect(model.parts).toEqual([{ functionCall }])
    expect(user.parts[0].functionResponse).toMatchObject({ id: 'v1', name: 'f' })
  })

  test('what the caller changed counts more than what was kept', async () => {
    const { message } = await read([
      chunk([{ text: 'a' }, { functionCall: { name: 'f' }, thoughtSignature: 'S' }], 'STOP'),
    ])
    expect((await next(message))[1].parts[1].thoughtSignature).toBe('S')
    const edited = await next({ ...message, content: 'b' }, 'gemini-2.5-pro')
    const functionCall = { name: 'f', args: {} }
    expect(edited[1].parts).toEqual([{ text: 'b' }, { functionCall, thoughtSignature: 'S' }])
    const [one] = message.tool_calls!
    const renamed = { ...one!, function: { name: 'g', arguments: '{}' } }
    const parts = (await next({ ...message, tool_calls: [renamed] }, 'gemini-2.5-pro'))[1].parts
    expect(parts[1].functionCall.name).toBe('g')
  })

  test('calls of another vendor get the word that stands for a signature, from generation 3 on', async () => {
    const tool_calls = ['a', 'b'].map((id) => ({
      id,
      type: 'function' as const,
      function: { name: 'f', arguments: '{}' },
    }))
    const message: AssistantMessage = { role: 'assistant', content: 'Well', tool_calls }
    expect((await next(message))[1].parts).toEqual([
      { text: 'Well' },
      {
        functionCall: { name: 'f', args: {} },
        thoughtSignature: 'skip_thought_signature_validator',
      },
      { functionCall: { name: 'f', args: {} } },
    ])
    const [, old] = await next(message, 'gemini-2.5-flash')
    expect(old.parts[1]).not.toHaveProperty('thoughtSignature')
  })

  test('a simulated generation 3 takes the loop, and refuses one without signatures', async () => {
    const fetch = simulate('gemini', [{ toolCalls: [{ name: 'f', arguments: {} }] }, 'Done'])
    const llm = new GeminiLLM({ model: 'gemini-3-flash-preview', apiKey: 'k', fetch })
    const { message, toolCalls } = await llm.chat({ messages: [ask], tools: FUNCTIONS })
    const answer: Message = { role: 'tool', tool_call_id: toolCalls[0]!.id, content: '1' }
    const messages = [ask, message, answer]
    expect((await llm.chat({ messages, tools: FUNCTIONS })).text).toBe('Done')
    const body = structuredClone(fetch.requests[1]!.body)
    delete body.contents[1].parts[0].thoughtSignature
    const { url, headers } = fetch.requests[1]!
    const refused = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    expect((await refused.json()).error.message).toMatch(/missing a thought_signature/)
  })
})

describe('calls in pieces', () => {
  const call = (piece: object) => chunk([{ functionCall: piece }])
  const piece = (jsonPath: string, value: object) => ({
    partialArgs: [{ jsonPath, ...value }],
    willContinue: true,
  })
  const argumentsOf = async (...pieces: object[]) => {
    const begin = call({ name: 'f', willContinue: true })
    const { toolCalls } = await read([begin, ...pieces.map(call), chunk([{ text: '' }], 'STOP')])
    expect(toolCalls).toHaveLength(1)
    return toolCalls[0]!.arguments
  }

  test('every kind of value at every kind of place; the end mark may be missing', async () => {
    const given = await argumentsOf(
      piece('$.city', { stringValue: 'Bos', willContinue: true }),
      piece('$.city', { willContinue: true }),
      piece('$.city', { stringValue: 'ton' }),
      piece('$.days[0].n', { numberValue: 3 }),
      piece('$.days[1].dry', { boolValue: false }),
      piece("$['a b'].c", { nullValue: 'NULL_VALUE' }),
    )
    expect(given).toEqual({
      city: 'Boston',
      days: [{ n: 3 }, { dry: false }],
      'a b': { c: null },
    })
  })

  test('a path does not lead into prototypes', async () => {
    const given = await argumentsOf(piece('$.__proto__.polluted', { numberValue: 1 }))
    expect(JSON.stringify(given)).toBe('{"__proto__":{"polluted":1}}')
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  test.each(['$', '', '$.list[1000000000]'])('the path %j is a bad frame', async (path) => {
    const frames = [call({ name: 'f', willContinue: true }), call(piece(path, { numberValue: 1 }))]
    expect(await error(frames)).toMatchObject({ code: 'bad_frame' })
  })

  test('a tool call that was cut is reported as it arrived, not completed', async () => {
    const frames = [
      call({ name: 'f', willContinue: true }),
      call(piece('$.city', { stringValue: 'Bos', willContinue: true })),
    ]
    const { code, partial } = await error(frames)
    expect(code).toBe('stream_truncated')
    expect(partial.toolCalls).toMatchObject([{ name: 'f', argumentsText: '{"city":"Bos' }])
    expect(partial.toolCalls[0].invalid).toBeTruthy()
  })
})
