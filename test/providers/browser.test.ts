import { afterEach, describe, expect, test } from 'vitest'
import { failover } from '../../src/failover/failover.ts'
import type { Message } from '../../src/message.ts'
import type { ChatRequest } from '../../src/options.ts'
import type { BrowserConfig } from '../../src/providers/browser.ts'
import { BrowserLLM } from '../../src/providers/browser.ts'
import { countedSignal, failure, saying, tick } from '../unit/helpers.ts'
import type { FakeLog, FakeOptions } from './fake-prompt-api.ts'
import { installFake } from './fake-prompt-api.ts'

const TEXT = 'Hello \u{1F600}'
const HELLO: Message = { role: 'user', content: 'Hi there' }
const TOOL = { type: 'function' as const, function: { name: 'f' } }
const SCHEMA = { type: 'object', properties: { a: { type: 'number' } } }
const AS_SCHEMA = { type: 'json_schema' as const, json_schema: { name: 'answer', schema: SCHEMA } }

afterEach(() => {
  for (const name of ['LanguageModel', 'ai', 'fakeLog']) Reflect.deleteProperty(globalThis, name)
})

function create(
  options: FakeOptions = {},
  config: Partial<BrowserConfig> = {},
): { llm: BrowserLLM; log: FakeLog } {
  const log = installFake(options)
  return { llm: new BrowserLLM({ model: 'built-in', maxRetries: 0, ...config }), log }
}

/** Every session is over: nothing of the page's memory is held. */
function expectEnded({ sessions }: FakeLog, count = 1): void {
  expect(sessions.map(({ destroyed }) => destroyed)).toEqual(
    Array.from({ length: count }, () => true),
  )
  for (const { signal } of sessions) expect(signal?.aborted).toBe(true)
}

describe('a call', () => {
  test('is a session of its own: the start in `initialPrompts`, the question asked, then destroyed', async () => {
    const { llm, log } = create()
    const result = await llm.chat({
      messages: [
        { role: 'system', content: 'Be kind' },
        { role: 'developer', content: [{ type: 'text', text: 'Be short' }] },
        { role: 'user', content: 'one', name: 'ignored' },
        { role: 'assistant', content: 'two', reasoning_content: 'ignored' },
        HELLO,
      ],
    })
    expect(result).toMatchObject({ text: TEXT, finishReason: 'stop', rawFinishReason: null })
    expect(result).toMatchObject({ model: 'built-in', provider: 'browser', toolCalls: [] })
    expect(log.created[0]).toEqual({
      initialPrompts: [
        { role: 'system', content: 'Be kind\n\nBe short' },
        { role: 'user', content: 'one' },
        { role: 'assistant', content: 'two' },
      ],
      signal: expect.any(AbortSignal) as AbortSignal,
      monitor: expect.any(Function) as () => void,
    })
    expect(log.asked).toEqual([
      { input: 'Hi there', options: { signal: expect.any(AbortSignal) as AbortSignal } },
    ])
    expectEnded(log)
  })

  test('streams', async () => {
    const { llm, log } = create()
    const stream = llm.chat({ prompt: 'Hi', stream: true })
    const pieces = []
    for await (const piece of stream) pieces.push(piece)
    expect(pieces).toEqual(['Hel', 'lo ', '\u{1F600}'])
    expect((await stream.result()).text).toBe(TEXT)
    expectEnded(log)
  })

  test.each<[FakeOptions, object]>([
    [{ names: 'new' }, { promptTokens: 6, completionTokens: 2, totalTokens: 8 }],
    [{ names: 'old' }, { promptTokens: 6, completionTokens: 2, totalTokens: 8 }],
    [{ names: 'none' }, { estimated: true }],
  ])('%j: tells its usage', async (options, usage) => {
    const { llm } = create(options)
    const messages: Message[] = [{ role: 'system', content: 'You are very kind' }, HELLO]
    const result = await llm.chat({ messages })
    expect(result.usage).toMatchObject(usage)
    expect(result.usage.estimated).toBe(options.names === 'none' ? true : undefined)
  })

  test('finds the API by its older name', async () => {
    const { llm } = create({ place: 'ai', availability: 'readily', names: 'old' })
    expect(await llm.availability()).toBe('available')
    expect((await llm.chat('Hi')).text).toBe(TEXT)
  })

  test.each([
    [['Hello', ' there', ', you'], false],
    [['Hello', ' there', ', you'], true],
    [['Hello', ' there'], true],
    [['Hello'], true],
    [['1', '10', '0'], false],
    [['ha', 'ha', 'ha', 'ha'], false],
    [['a', 'ab'], false],
    [['', 'Hel', 'lo'], true],
    [[], false],
  ])('the pieces %j (each of them the whole: %s) are one text', async (pieces, cumulative) => {
    const { llm } = create({ pieces, cumulative, names: cumulative ? 'none' : 'new' })
    const stream = llm.chat({ prompt: 'Hi', stream: true })
    let text = ''
    for await (const piece of stream) text += piece
    expect(text).toBe(pieces.join(''))
  })

  test('ends at a stop sequence split over chunks, and so does the model', async () => {
    const { llm, log } = create({ pieces: ['one EN', 'D two', ' three'], stallsAfter: 2 })
    const result = await llm.chat({ prompt: 'Hi', stop: 'END' })
    expect([result.text, result.finishReason]).toEqual(['one ', 'stop'])
    await tick()
    expectEnded(log)
  })

  test('keeps to a schema', async () => {
    const { llm, log } = create()
    expect(llm.supportResponseFormat()).toBe(true)
    await llm.chat({ prompt: 'Hi', responseFormat: AS_SCHEMA })
    await llm.chat({ prompt: 'Hi', responseFormat: { type: 'json_object' } })
    await llm.chat({ prompt: 'Hi', responseFormat: { type: 'text' } })
    expect(log.asked.map(({ options }) => options.responseConstraint)).toEqual([
      SCHEMA,
      { type: 'object' },
      undefined,
    ])
  })

  test('takes members of the API in `extraBody`', async () => {
    const expectedOutputs = [{ type: 'text', languages: ['de'] }]
    const { llm, log } = create({}, { extraBody: { expectedOutputs } })
    await llm.chat({ prompt: 'Hi', extraBody: { samplingMode: 'predictable' } })
    expect(log.created[0]).toMatchObject({ expectedOutputs, samplingMode: 'predictable' })
  })

  test('goes on with the start of an answer', async () => {
    const { llm, log } = create()
    const start: Message = { role: 'assistant', content: '{"a":' }
    await llm.chat({ messages: [HELLO, start] })
    expect(log.created[0]!.initialPrompts).toEqual([{ role: 'user', content: 'Hi there' }])
    expect(log.asked[0]!.input).toEqual([{ ...start, prefix: true }])
  })

  test('shows pictures and plays sounds', async () => {
    const { llm, log } = create()
    const content = [
      { type: 'text' as const, text: 'What?' },
      { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,iVBORw==' } },
      { type: 'input_audio' as const, input_audio: { data: 'AAEC', format: 'wav' } },
    ]
    await llm.chat({ messages: [{ role: 'user', content }] })
    expect(log.created[0]!.expectedInputs).toEqual(
      ['text', 'image', 'audio'].map((type) => ({ type })),
    )
    const [{ content: parts }] = log.asked[0]!.input
    expect(parts.map(({ type, value }: any) => [type, value.type ?? value])).toEqual([
      ['text', 'What?'],
      ['image', 'image/png'],
      ['audio', 'audio/wav'],
    ])
    expect(new Uint8Array(await parts[2].value.arrayBuffer())).toEqual(new Uint8Array([0, 1, 2]))
  })
})

describe('sampling', () => {
  test.each([
    [{ temperature: 0 }, { temperature: 0, topK: 3 }],
    [{ topK: 8 }, { temperature: 1, topK: 8 }],
    [
      { temperature: 0.5, topK: 8 },
      { temperature: 0.5, topK: 8 },
    ],
  ])('%j is completed to a pair where the browser takes it', async (request, expected) => {
    const { llm, log } = create({ params: { defaultTemperature: 1, defaultTopK: 3 } })
    await llm.chat({ prompt: 'Hi', ...request })
    expect(log.created[0]).toMatchObject(expected)
  })

  test('is refused in a page, which would pass over it', async () => {
    const { llm, log } = create()
    await expect(llm.chat({ prompt: 'Hi', temperature: 0 })).rejects.toMatchObject({
      code: 'unsupported_option',
      message: expect.stringContaining('samplingMode') as string,
    })
    expect(log.sessions).toEqual([])
  })
})

describe('unsupported input is rejected before the model is called', () => {
  const part = (one: object): Partial<ChatRequest> => ({
    messages: [{ role: 'user', content: [one as never] }],
  })
  const call = { id: 'a', type: 'function' as const, function: { name: 'f', arguments: '' } }
  test.each<[string, Partial<ChatRequest>]>([
    ['unsupported_option', { topP: 0.5 }],
    ['unsupported_option', { maxTokens: 5 }],
    ['unsupported_option', { seed: 1 }],
    ['unsupported_option', { presencePenalty: 1 }],
    ['unsupported_option', { user: 'somebody' }],
    ['unsupported_option', { search: true }],
    ['unsupported_option', { reasoning: true }],
    ['unsupported_option', { reasoning: { effort: 'low' } }],
    ['unsupported_option', { tools: [TOOL] }],
    ['unsupported_option', part({ type: 'image_url', image_url: { url: 'https://a/b.png' } })],
    ['unsupported_option', part({ type: 'video_url', video_url: { url: 'https://a/b.mp4' } })],
    ['unsupported_option', part({ type: 'file', file: { file_id: 'x' } })],
    ['unsupported_option', { messages: [HELLO, { role: 'system', content: 'x' }, HELLO] }],
    [
      'unsupported_option',
      {
        messages: [
          HELLO,
          { role: 'assistant', tool_calls: [call] },
          { role: 'tool', tool_call_id: 'a', content: 'x' },
        ],
      },
    ],
    ['invalid_messages', { messages: [{ role: 'system', content: 'x' }] }],
    ['invalid_messages', part({ type: 'input_audio', input_audio: { data: '%', format: 'wav' } })],
  ])('%s: %j', async (code, request) => {
    const { llm, log } = create()
    const asked = request.messages ? {} : { prompt: 'Hi' }
    const error = await failure(() => llm.chat({ ...asked, ...request, stream: false }))
    expect(error).toMatchObject({ name: 'ConfigError', code })
    expect(log.sessions).toEqual([])
  })

  test('what changes nothing is taken', async () => {
    const { llm } = create()
    const request = { search: false, reasoning: false, tools: [TOOL], toolChoice: 'none' } as const
    expect((await llm.chat({ prompt: 'Hi', ...request })).text).toBe(TEXT)
    expect([llm.supportFunctionCalling(), llm.supportRawPrompt()]).toEqual([false, false])
    expect(() => create({}, { onDownloadProgress: 'bar' as never })).toThrow(
      expect.objectContaining({ code: 'invalid_config' }),
    )
  })
})

describe('where there is no model', () => {
  test.each([
    ['unavailable', 'unavailable'],
    ['rejects', 'unavailable'],
    ['no', 'unavailable'],
    ['downloadable', 'downloadable'],
    ['after-download', 'downloadable'],
    ['downloading', 'downloading'],
    ['available', 'available'],
  ])('availability() of a browser that says %s: %s', async (availability, expected) => {
    expect(await create({ availability }).llm.availability()).toBe(expected)
  })

  test.each(['unavailable', 'rejects', 'no'])('%s is a clear error', async (availability) => {
    const { llm, log } = create({ availability })
    const error = await failure(() => llm.chat('Hi'))
    expect(error).toMatchObject({
      name: 'ConfigError',
      code: 'invalid_config',
      provider: 'browser',
    })
    expect(error.message).toMatch(/No built-in model.*reports it as unavailable/)
    expect(log.sessions).toEqual([])
  })

  test('and no API: here, a server', async () => {
    const llm = new BrowserLLM({ model: 'built-in' })
    expect(await llm.availability()).toBe('unavailable')
    const error = await failure(() => llm.chat('Hi'))
    expect(error).toMatchObject({ code: 'invalid_config', retryable: false })
    expect(error.message).toMatch(/in pages only, not in workers/)
  })

  test('another model takes over', async () => {
    const { llm } = create({ availability: 'unavailable' })
    const result = await failover([llm, saying(['from elsewhere'])]).chat('Hi')
    expect(result.text).toBe('from elsewhere')
    expect(result.attempts[0]!.error?.code).toBe('invalid_config')
  })
})

describe('a download', () => {
  test.each([
    [[{ loaded: 0 }, { loaded: 0.5 }, { loaded: 1 }]],
    [
      [
        { loaded: 0, total: 300 },
        { loaded: 150, total: 300 },
        { loaded: 300, total: 300 },
      ],
    ],
  ])('of %j reports its progress', async (progress) => {
    const told: number[] = []
    const onDownloadProgress = (part: number) => told.push(part)
    const { llm } = create({ availability: 'downloadable', progress }, { onDownloadProgress })
    expect((await llm.chat('Hi')).text).toBe(TEXT)
    expect(told).toEqual([0, 0.5, 1])
  })

  test('may take longer than an answer', async () => {
    const { llm, log } = create({ availability: 'downloading', createStalls: true }, { timeout: 1 })
    let isOver = false
    const result = failure(() => llm.chat('Hi')).finally(() => (isOver = true))
    await tick(20)
    expect(isOver).toBe(false) // the download goes on past `timeout`
    log.finishCreate()
    expect(await result).toMatchObject({ code: 'timeout', which: 'response' })
    expectEnded(log)
  })

  test('without a click', async () => {
    const { llm } = create({ availability: 'downloadable', createError: 'NotAllowedError' })
    const error = await failure(() => llm.chat('Hi'))
    expect(error).toMatchObject({ code: 'permission', vendorCode: 'NotAllowedError' })
    expect(error.message).toMatch(/requires a click/)
  })

  test('whose listener throws ends the call', async () => {
    const onDownloadProgress = () => {
      throw new Error('The bar is gone')
    }
    const progress = [{ loaded: 0 }]
    const { llm, log } = create({ progress }, { onDownloadProgress })
    expect((await failure(() => llm.chat('Hi'))).message).toBe('The bar is gone')
    await tick()
    expectEnded(log)
  })
})

describe('what the browser throws', () => {
  test.each([
    ['NotReadableError', 'content_filter', false],
    ['QuotaExceededError', 'context_length', false],
    ['NotSupportedError', 'bad_request', false],
    ['TypeError', 'bad_request', false],
    ['SyntaxError', 'server_error', true],
    ['InvalidStateError', 'server_error', true],
    ['UnknownError', 'server_error', true],
    ['AbortError', 'connection_lost', true],
    ['NetworkError', 'connection_failed', true],
    ['ConstraintError', 'server_error', false],
  ])('%s in mid-text is %s (retryable: %s)', async (name, code, retryable) => {
    const { llm, log } = create({ breaks: { after: 2, name } })
    const stream = llm.chat({ prompt: 'Hi', stream: true })
    let text = ''
    const error = await failure(async () => {
      for await (const piece of stream) text += piece
    })
    expect(error).toMatchObject({ code, retryable, provider: 'browser' })
    expect([text, error.partial.text, error.partial.finishReason]).toEqual([
      'Hello ',
      'Hello ',
      'error',
    ])
    expectEnded(log)
  })

  test('a prompt that does not fit reports the excess', async () => {
    for (const messages of [
      [{ role: 'user' as const, content: 'a b c d' }],
      [{ role: 'system' as const, content: 'a b c d' }, HELLO],
    ]) {
      const { llm } = create({ window: 3 })
      const error = await failure(() => llm.chat({ messages }))
      expect(error).toMatchObject({ code: 'context_length', retryable: false })
      expect(error.message).toMatch(/4 tokens, the limit is 3/)
    }
  })

  test('is tried again where that may help', async () => {
    const { llm, log } = create({ breaks: { after: 0, name: 'UnknownError' } }, { maxRetries: 1 })
    const error = await failure(() => llm.chat('Hi'))
    expect(error.partial.attempts).toHaveLength(2)
    expectEnded(log, 2)
  })
})

describe('leaving', () => {
  test.each(['stream', 'whole'])(
    'an abort ends the session, with the very reason (%s)',
    async (mode) => {
      const { llm, log } = create({ stallsAfter: 1 })
      const { controller, listeners } = countedSignal()
      const reason = new Error('Enough')
      const request = { prompt: 'Hi', signal: controller.signal }
      const error = failure(() =>
        mode === 'stream' ? llm.chat({ ...request, stream: true }).result() : llm.chat(request),
      )
      await tick(20)
      controller.abort(reason)
      expect(await error).toBe(reason)
      await tick()
      expectEnded(log)
      expect(listeners()).toBe(0)
    },
  )

  test('an abort while the session is made destroys it once it is there', async () => {
    const { llm, log } = create({ createStalls: true })
    const controller = new AbortController()
    const error = failure(() => llm.chat({ prompt: 'Hi', signal: controller.signal }))
    await tick(5)
    controller.abort(new Error('Enough'))
    expect((await error).message).toBe('Enough')
    log.finishCreate()
    await tick()
    expectEnded(log)
  })

  test('a reader that stops ends the session', async () => {
    const { llm, log } = create({ stallsAfter: 2 })
    for await (const _piece of llm.chat({ prompt: 'Hi', stream: true })) break
    await tick()
    expectEnded(log)
  })

  test.each([
    [0, 'response', { timeout: 20 }],
    [1, 'idle', { idleTimeout: 20 }],
    [1, 'total', { totalTimeout: 30 }],
  ] as const)(
    'silence after %i chunks ends at the timeout %s',
    async (stallsAfter, which, clocks) => {
      const { llm, log } = create({ stallsAfter }, clocks)
      expect(await failure(() => llm.chat('Hi'))).toMatchObject({ code: 'timeout', which })
      await tick()
      expectEnded(log)
    },
  )
})
