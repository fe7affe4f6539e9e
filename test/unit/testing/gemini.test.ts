import { describe, expect, test } from 'vitest'
import { simulate, type Reply, type Script, type SimulatorOptions } from '../../../src/testing.ts'
import { chunks } from './read.ts'

const user = { role: 'user', parts: [{ text: 'Hi' }] }
const BASE = 'https://vendor.test/v1beta/models/'
const STREAM = 'gemini-2.5-flash:streamGenerateContent?alt=sse'
const WHOLE = 'gemini-2.5-flash:generateContent'

interface Sent {
  path?: string
  headers?: Record<string, string>
  options?: SimulatorOptions
  method?: string
}

function post(script: Script, body: unknown, sent: Sent = {}): Promise<Response> {
  const { path = WHOLE, headers = { 'x-goog-api-key': 'k' }, options, method = 'POST' } = sent
  return simulate(
    'gemini',
    script,
    options,
  )(`${BASE}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(method === 'POST' && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
}

const send = async (reply: Reply | string, more: object = {}, path = WHOLE) =>
  (await post(reply, { contents: [user], ...more }, { path })).json()
const stream = async (reply: Reply | string, more: object = {}) => {
  const frames = await chunks(await post(reply, { contents: [user], ...more }, { path: STREAM }))
  return frames.map((frame) => {
    expect(frame).toMatch(/^data: \{.*\}\r\n\r\n$/)
    return JSON.parse(frame.slice(6))
  })
}
const partsOf = (answers: any[]) => answers.flatMap((one) => one.candidates[0].content.parts)

test('members may be in snake case, except those of callers', async () => {
  const system_instruction = { parts: [{ text: 'Be short.' }] }
  const generation_config = {
    max_output_tokens: 5,
    thinking_config: { include_thoughts: true },
    response_mime_type: 'application/json',
    response_schema: {
      type: 'object',
      properties: { a_b: { type: 'array', items: {}, min_items: 1 } },
    },
  }
  const answer = await send(
    { reasoning: 'so', text: '4' },
    { system_instruction, generation_config },
  )
  expect(answer.candidates[0].content.parts).toEqual([{ text: 'so', thought: true }, { text: '4' }])
  const call = { function_call: { name: 'f', args: { a_b: 1 } } }
  const result = { function_response: { name: 'f', response: { c_d: 1 } } }
  const contents = [user, { role: 'model', parts: [call] }, { role: 'user', parts: [result] }]
  expect(await send('Hi', { contents })).toHaveProperty('candidates')
  expect(await send('Hi', { generation_config: { max_tokens: 5 } })).toMatchObject({
    error: { message: expect.stringContaining('Unknown name "maxTokens"') },
  })
})

describe('a stream of Gemini', () => {
  test('ends lines with CRLF, repeats its head, and finishes with an empty text', async () => {
    const response = await post(
      { text: '4', usage: { promptTokens: 13, cachedTokens: 4 } },
      { contents: [user] },
      { path: STREAM },
    )
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const head = '"modelVersion":"gemini-2.5-flash","responseId":"simulated-1"}\r\n\r\n'
    expect(await chunks(response)).toEqual([
      `data: {"candidates":[{"content":{"parts":[{"text":"4"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":13,"totalTokenCount":13},${head}`,
      `data: {"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":13,"candidatesTokenCount":1,"totalTokenCount":14,"cachedContentTokenCount":4},${head}`,
    ])
  })

  test('shows thoughts on request', async () => {
    const reply = { reasoning: 'so', text: '4' }
    expect(partsOf(await stream(reply))).toEqual([{ text: '4' }, { text: '' }])
    const generationConfig = { thinkingConfig: { includeThoughts: true } }
    const answers = await stream(reply, { generationConfig })
    expect(partsOf(answers)[0]).toEqual({ text: 'so', thought: true })
    expect(answers[2].usageMetadata).toMatchObject({
      candidatesTokenCount: 1,
      thoughtsTokenCount: 1,
    })
  })

  test('calls whole functions: an id only where there is one, a signature on the first', async () => {
    const toolCalls = [
      { name: 'f', arguments: { a: 1 } },
      { id: 'b', name: 'g', arguments: '' },
    ]
    const answers = await stream({ toolCalls })
    expect(partsOf(answers)).toEqual([
      {
        functionCall: { name: 'f', args: { a: 1 } },
        thoughtSignature: expect.stringMatching(/^[\w+/]+=*$/) as string,
      },
      { functionCall: { id: 'b', name: 'g', args: {} } },
      { text: '' },
    ])
    expect(answers.at(-1).candidates[0].finishReason).toBe('STOP')
  })

  test('has a reason for a call that the model wrote wrong', async () => {
    const answers = await stream({ toolCalls: [{ name: 'f', arguments: '{"a":' }] })
    expect(answers).toHaveLength(1)
    expect(answers[0].candidates[0]).toMatchObject({
      finishReason: 'MALFORMED_FUNCTION_CALL',
      finishMessage: 'Malformed function call: {"a":',
    })
  })

  test('writes its error bare between the frames', async () => {
    const error = { status: 503, inStream: true }
    const body = { contents: [user] }
    const response = await post({ text: '4', error }, body, { path: STREAM })
    const [, bare] = await chunks(response)
    expect(bare).toMatch(/^\{\n {2}"error": \{\n/)
    expect(JSON.parse(bare!).error).toMatchObject({ code: 503, status: 'UNAVAILABLE' })
  })

  test('is an array without alt=sse', async () => {
    const answers = await send('one two', {}, 'gemini-2.5-flash:streamGenerateContent')
    expect(partsOf(answers)).toEqual([{ text: 'one' }, { text: ' two' }, { text: '' }])
  })
})

describe('a whole answer of Gemini', () => {
  test('joins texts, and keeps thoughts and calls apart', async () => {
    const generationConfig = { thinkingConfig: { includeThoughts: true } }
    const reply = {
      reasoning: 'so it is',
      text: 'one two',
      toolCalls: [{ name: 'f', arguments: {} }],
    }
    const { candidates } = await send(reply, { generationConfig })
    expect(candidates[0].content.parts).toEqual([
      { text: 'so it is', thought: true },
      { text: 'one two' },
      expect.objectContaining({ functionCall: { name: 'f', args: {} } }),
    ])
  })

  test.each([
    ['length', 'MAX_TOKENS'],
    ['content_filter', 'SAFETY'],
    ['RECITATION', 'RECITATION'],
  ])('%s is %s', async (finishReason, word) => {
    const { candidates } = await send({ text: 'a', finishReason })
    expect(candidates[0].finishReason).toBe(word)
  })

  test('shows its pages to a request with a search', async () => {
    const reply = { text: 'a', sources: [{ url: 'https://a.test', title: 'A' }] }
    expect((await send(reply)).candidates[0]).not.toHaveProperty('groundingMetadata')
    const { candidates } = await send(reply, { tools: [{ googleSearch: {} }] })
    expect(candidates[0].groundingMetadata).toEqual({
      groundingChunks: [{ web: { uri: 'https://a.test', title: 'A' } }],
    })
  })

  test('may have no usage; tokens are counted elsewhere', async () => {
    expect(await send({ text: 'a', usage: null })).not.toHaveProperty('usageMetadata')
    const counted = await send('a', {}, 'gemini-2.5-flash:countTokens')
    expect(counted.totalTokens).toBeGreaterThan(1)
  })
})

const third = 'gemini-3-flash-preview:generateContent'
const f = { name: 'f', parametersJsonSchema: { type: 'object' } }
const tools = [{ functionDeclarations: [f] }]
const model = (...parts: object[]) => ({ role: 'model', parts })
const call = (more: object = {}) => ({ functionCall: { name: 'f', args: {} }, ...more })
const answered = (name = 'f') => ({
  role: 'user',
  parts: [{ functionResponse: { name, response: { result: 1 } } }],
})
const inline = (data: string) => ({
  role: 'user',
  parts: [{ inlineData: { mimeType: 'image/png', data } }],
})

describe('Gemini refuses', () => {
  test.each<[string, object, RegExp, string?]>([
    ['no contents', { contents: [] }, /contents is not specified/],
    ['a role of its own', { contents: [{ ...user, role: 'system' }] }, /valid role/],
    ['no parts', { contents: [{ role: 'user', parts: [] }] }, /at least one parts/],
    ['two kinds in a part', { contents: [model({ text: '', functionCall: f })] }, /oneof field/],
    ['a part of no kind', { contents: [model({ type: 'text', text: 'x' })] }, /oneof field/],
    ['data that is not base64', { contents: [inline('data:image/png;base64,AA')] }, /oneof field/],
    ['two turns of one side', { contents: [user, user] }, /alternate/],
    ['a call without an answer', { contents: [user, model(call()), user] }, /number of function/],
    ['a call at the end', { contents: [user, model(call())] }, /number of function/],
    [
      'an answer of another name',
      { contents: [user, model(call()), answered('g')] },
      /number of function/,
    ],
    [
      'a result without a call',
      { contents: [user, model({ text: 'x' }), answered()] },
      /immediately after/,
    ],
    [
      'a call without its signature',
      { contents: [user, model(call()), answered()] },
      /missing a thought_signature/,
      third,
    ],
    ['a member it does not know', { stream: true }, /Unknown name "stream": Cannot find/],
    ['a system that says nothing', { systemInstruction: { parts: [] } }, /system_instruction/],
    ['an option it does not know', { generationConfig: { stop: [] } }, /'generation_config'/],
    ['heat', { generationConfig: { temperature: 2.5 } }, /temperature/],
    ['too many stop sequences', { generationConfig: { stopSequences: [...'abcdef'] } }, /stop_seq/],
    ['a schema without JSON', { generationConfig: { responseJsonSchema: {} } }, /only supported/],
    [
      'JSON with tools',
      { tools, generationConfig: { responseMimeType: 'application/json' } },
      /mime type: 'application\/json' is unsupported/,
    ],
    ['a tool in the OpenAI format', { tools: [{ type: 'function', function: f }] }, /"type"/],
    ['a function without a good name', { tools: [declare({ name: '1' })] }, /Invalid function/],
    ['a function twice', { tools: [declare(f), declare(f)] }, /Duplicate/],
    [
      'JSON Schema in the wrong place',
      { tools: [declare({ name: 'f', parameters: { additionalProperties: false } })] },
      /"additionalProperties" at 'tools\[0\].function_declarations\[0\].parameters'/,
    ],
    [
      'functions with search',
      { tools: [...tools, { googleSearch: {} }] },
      /Tool use with function calling/,
    ],
    [
      'functions with search, unasked',
      { tools: [...tools, { googleSearch: {} }] },
      /include_server_side/,
      third,
    ],
    ['a choice of nothing', { toolConfig: choose({ mode: 'ANY' }) }, /without function_decl/],
    ['a mode of its own', { tools, toolConfig: choose({ mode: 'auto' }) }, /mode": "auto"|"auto"/],
    [
      'a choice of a stranger',
      { tools, toolConfig: choose({ mode: 'ANY', allowedFunctionNames: ['g'] }) },
      /subset/,
    ],
    ['a budget with a level', think({ thinkingBudget: 1, thinkingLevel: 'LOW' }), /only one of/],
    ['a level', think({ thinkingLevel: 'LOW' }), /not supported/],
    [
      'no thinking',
      think({ thinkingBudget: 0 }),
      /only works in thinking/,
      'gemini-2.5-pro:generateContent',
    ],
    ['thinking', think({}), /not enabled/, 'gemini-2.0-flash:generateContent'],
  ])('%s', async (_what, more, message, path = WHOLE) => {
    const response = await post('x', { contents: [user], ...more }, { path })
    expect(response.status).toBe(400)
    const { error } = await response.json()
    expect(error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' })
    expect(error.message).toMatch(message)
  })

  test('keys, models, paths and words that are none', async () => {
    const body = { contents: [user] }
    const word = async (sent: Sent, given: unknown = body) => {
      const response = await post('x', given, sent)
      const { error } = await response.json()
      return `${response.status} ${error.status} ${error.details?.[0].reason ?? ''}`.trim()
    }
    expect(await word({ headers: {} })).toBe('403 PERMISSION_DENIED')
    expect(await word({ headers: { authorization: 'Bearer k' } })).toBe('403 PERMISSION_DENIED')
    const options = { key: 'other' }
    expect(await word({ options })).toBe('400 INVALID_ARGUMENT API_KEY_INVALID')
    expect(await word({ options: { models: ['m'] } })).toBe('404 NOT_FOUND')
    expect(await word({ path: 'gemini-2.5-flash:chat' })).toBe('404 NOT_FOUND')
    expect(await word({ method: 'GET' })).toBe('404 NOT_FOUND')
    expect(await word({}, '{')).toBe('400 INVALID_ARGUMENT')
    const free = await post('x', body, { headers: {}, options: { key: false } })
    expect(free.status).toBe(200)
  })
})

test('Gemini takes a whole exchange, signed or with the word that stands for it', async () => {
  const signed = call({ thoughtSignature: 'skip_thought_signature_validator' })
  const contents = [user, model({ text: 'Well' }, signed, call()), answered()]
  contents[2]!.parts.push(...answered().parts)
  const response = await post('x', { contents, tools }, { path: third })
  expect(response.status).toBe(200)
  const earlier = [user, model(call()), answered(), model({ text: 'a' }), user]
  expect((await post('x', { contents: earlier }, { path: third })).status).toBe(200)
})

function declare(...functionDeclarations: object[]): object {
  return { functionDeclarations }
}

function choose(functionCallingConfig: object): object {
  return { functionCallingConfig }
}

function think(thinkingConfig: object): object {
  return { generationConfig: { thinkingConfig } }
}
