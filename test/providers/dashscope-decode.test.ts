import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChatResult, StreamEvent } from '../../src/event.ts'
import { DashScopeLLM } from '../../src/providers/dashscope.ts'
import type { Answer } from './replay.ts'
import { jsonAnswer, replayFetch, sseAnswer } from './replay.ts'

type Members = Record<string, unknown>

function create(
  answer: Answer,
  extraBody: Members = {},
  mode?: 'whole' | 'bytes',
  model = 'qwen-plus',
) {
  const fetch = replayFetch(answer, { mode })
  return new DashScopeLLM({
    model,
    apiKey: 'sk-test',
    fetch,
    maxRetries: 0,
    extraBody,
  })
}

function read(answer: Answer, extraBody?: Members): Promise<ChatResult> {
  return create(answer, extraBody).chat({ prompt: 'Hi', stream: true }).result()
}

/** A frame of the text path. `rest` are further members of it. */
function frame(message: Members | null, finish: unknown = 'null', rest: Members = {}): Members {
  const choices = [{ ...(message && { message }), finish_reason: finish }]
  return { output: { choices }, request_id: 'r', ...rest }
}

function texts(...pieces: (string | null)[]): Members[] {
  const last = pieces.length - 1
  return pieces.map((content, at) => frame({ content }, at === last ? 'stop' : 'null'))
}

function call(index: number | undefined, id: string, name: string | undefined, given: unknown) {
  return {
    ...(index !== undefined && { index }),
    id,
    type: 'function',
    function: { ...(name !== undefined && { name }), arguments: given },
  }
}

describe('content', () => {
  test.each<[string, Members[]]>([
    ['strings', texts('a', 'b', '')],
    ['parts', texts(...([[{ text: 'a' }], [{ text: 'b' }], []] as never[]))],
    [
      'parts of other kinds',
      texts(...([[{ image: 'x' }, { text: 'ab' }, { ocr: {} }]] as never[])),
    ],
    ['null and absent', [frame({ content: 'ab' }), frame({ content: null }), frame({}, 'stop')]],
    ['no message', [frame({ content: 'ab' }), frame(null, 'stop')]],
    ['text format', [{ output: { text: 'ab', finish_reason: 'stop' } }]],
    ['no choices in a frame', [{ output: {} }, { output: { choices: [] } }, ...texts('ab')]],
  ])('%s', async (_name, frames) => {
    expect(await read(sseAnswer(frames))).toMatchObject({ text: 'ab', finishReason: 'stop' })
  })

  test('a mark of the end, CRLF, comments, a BOM and single bytes change nothing', async () => {
    const lines = texts('a', 'b').map(
      (data) => `id:1\r\nevent:result\r\n:HTTP_STATUS/200\r\ndata:${JSON.stringify(data)}\r\n\r\n`,
    )
    const body = `\uFEFF: ping\r\n\r\n${lines.join('')}data:[DONE]\r\n\r\n`
    const result = await create({ body }, {}, 'bytes').chat({ prompt: 'Hi', stream: true }).result()
    expect(result.text).toBe('ab')
  })

  test('only the first of several choices is the reply', async () => {
    const choice = (index: number, content: string, finish: string) => ({
      output: { choices: [{ index, message: { content }, finish_reason: finish }] },
    })
    const frames = [
      choice(1, 'x', 'null'),
      choice(0, 'a', 'null'),
      choice(1, 'y', 'stop'),
      choice(0, 'b', 'stop'),
    ]
    expect((await read(sseAnswer(frames))).text).toBe('ab')
  })

  test('JSON to a request for a stream, and a stream to one for JSON', async () => {
    expect((await read(jsonAnswer(texts('ab')[0]))).text).toBe('ab')
    expect((await create(sseAnswer(texts('a', 'b'))).chat('Hi')).text).toBe('ab')
  })

  test('a JSON answer is whole, whatever its finish reason', async () => {
    const result = await create(jsonAnswer(frame({ content: 'ab' }))).chat('Hi')
    expect(result).toMatchObject({ text: 'ab', finishReason: 'other', rawFinishReason: null })
  })

  test.each<[unknown, string]>([
    ['stop', 'stop'],
    ['length', 'length'],
    ['tool_calls', 'stop'],
    ['content_filter', 'content_filter'],
    ['strange', 'other'],
  ])('finish reason %s', async (said, reason) => {
    const result = await read(sseAnswer([frame({ content: 'a' }, said)]))
    expect(result).toMatchObject({ finishReason: reason, rawFinishReason: said })
  })

  test.each([['null'], [null], [''], [undefined]])('%s is no finish', async (said) => {
    await expect(read(sseAnswer([frame({ content: 'a' }, said)]))).rejects.toMatchObject({
      code: 'stream_truncated',
      retryable: true,
      partial: { text: 'a' },
    })
  })

  test.each(['Throttling', 429])('an error in a choice is no reply: %s', async (code) => {
    const error = { code, message: 'Slow down' }
    const choices = [{ message: {}, error, finish_reason: 'stop' }]
    await expect(
      read(sseAnswer([frame({ content: 'ab' }), { output: { choices } }])),
    ).rejects.toMatchObject({
      code: 'rate_limit',
      partial: { text: 'ab' },
    })
  })

  test('what is no answer', async () => {
    const empty = read({ body: '' })
    await expect(empty).rejects.toMatchObject({ code: 'unexpected_response', retryable: true })
    const openai = { choices: [{ delta: { content: 'a' }, finish_reason: 'stop' }] }
    const foreign = read(sseAnswer([openai]))
    await expect(foreign).rejects.toMatchObject({ code: 'unexpected_response', retryable: false })
    const page = read({ body: '<html>Sign in</html>' })
    await expect(page).rejects.toMatchObject({ code: 'unexpected_response' })
  })
})

describe('pieces and wholes', () => {
  test.each<[string, string[], string]>([
    ['two pieces that look alike', ['ha', 'haha', ''], 'hahaha'],
    ['three pieces that look alike', ['ha', 'haha', 'haha', '!'], 'hahahahaha!'],
    ['wholes', ['1', '1+', '1+1', '1+1 is', '1+1 is 2', '1+1 is 2'], '1+1 is 2'],
    ['few wholes', ['1', '1+', '1+1'], '1+1'],
    ['two wholes', ['Hello', 'Hello world'], 'Hello world'],
    ['two wholes, the last the same', ['Hello', 'Hello'], 'Hello'],
    ['the same token again', ['ha', 'ha', 'ha', ''], 'hahaha'],
    ['wholes that stand still', ['1', '1+', '1+', '1+1', '1+1', '1+1=', '1+1='], '1+1='],
    ['one token for ever', Array.from({ length: 50 }, () => 'word '), 'word '.repeat(50)],
    ['growing runs', ['x', 'xx', 'xxx', 'xxxx', 'xxxxx', ' '], 'x'.repeat(15) + ' '],
  ])('%s', async (_name, pieces, text) => {
    expect((await read(sseAnswer(texts(...pieces)))).text).toBe(text)
  })

  test('wholes that were asked for need less proof', async () => {
    const extraBody = { incremental_output: false }
    expect((await read(sseAnswer(texts('h', 'ha')), extraBody)).text).toBe('ha')
    expect((await read(sseAnswer(texts('h', 'a')), extraBody)).text).toBe('ha')
  })

  // https://github.com/QwenLM/Qwen-Agent/issues/570
  test.each([
    [['你', '你好'], '你好'],
    [['你', '你好', '你好'], '你好'],
    [['你', '好', ''], '你好'],
  ])('a translator that writes no pieces: %j', async (pieces, text) => {
    const llm = create(sseAnswer(texts(...pieces)), {}, 'whole', 'qwen-mt-plus')
    expect((await llm.chat({ prompt: 'Hi', stream: true }).result()).text).toBe(text)
  })

  test('wholes of thinking and of tool calls', async () => {
    const first = { id: 'c1', type: 'function', index: 0 }
    const asked = (given: string) => [{ ...first, function: { name: 'w', arguments: given } }]
    const frames = [
      frame({ content: '', reasoning_content: 'Let' }),
      frame({ content: '', reasoning_content: 'Let me' }),
      frame({ content: '', reasoning_content: 'Let me think' }),
      frame({ content: 'So', reasoning_content: 'Let me think!' }),
      frame({ content: 'So be', reasoning_content: 'Let me think!', tool_calls: asked('{"a"') }),
      frame({ content: 'So be', reasoning_content: '', tool_calls: asked('{"a":1') }),
      frame({ content: 'So be', tool_calls: asked('{"a":1}') }, 'tool_calls'),
    ]
    const result = await read(sseAnswer(frames))
    expect(result).toMatchObject({ text: 'So be', reasoning: 'Let me think!' })
    expect(result.toolCalls).toMatchObject([{ id: 'c1', name: 'w', argumentsText: '{"a":1}' }])
  })

  test('complete arguments that come once more are no part of them', async () => {
    const asked = (text: string) => [
      { index: 0, id: 'c1', function: { name: 'w', arguments: text } },
    ]
    const frames = [
      frame({ content: '', tool_calls: asked('{"a":1}') }),
      frame({ content: '', tool_calls: asked('{"a":1}') }),
      frame({ content: '' }, 'tool_calls'),
    ]
    const { toolCalls } = await read(sseAnswer(frames))
    expect(toolCalls).toMatchObject([{ name: 'w', argumentsText: '{"a":1}' }])
  })

  const pieces = fc.array(fc.string({ minLength: 1, maxLength: 9 }), { minLength: 5 })

  test('any text comes through as wholes', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (list) => {
        // Its first character is found nowhere else: a text such as "aaaaa" could be either.
        const whole = ['§', ...list]
        const wholes = whole.map((_piece, at) => whole.slice(0, at + 1).join(''))
        expect((await read(sseAnswer(texts(...wholes)))).text).toBe(whole.join(''))
      }),
      { numRuns: 50 },
    )
  })

  test('any text comes through as pieces, unless three in a row grow out of each other', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (list) => {
        fc.pre(list.some((piece, at) => at > 0 && at < 4 && !piece.startsWith(list[at - 1])))
        expect((await read(sseAnswer(texts(...list)))).text).toBe(list.join(''))
      }),
      { numRuns: 50 },
    )
  })

  test('a run of one letter, cut anywhere', async () => {
    const runs = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(runs, async (lengths) => {
        const list = [...lengths.map((length) => 'x'.repeat(length)), '']
        expect((await read(sseAnswer(texts(...list)))).text).toBe(list.join(''))
      }),
      { numRuns: 50 },
    )
  })

  test('the first piece is not held back', async () => {
    const events: StreamEvent[][] = []
    const llm = create(sseAnswer(texts('a', 'ab', 'c')), {}, 'bytes')
    for await (const event of llm.chat({ prompt: 'Hi', stream: true }).events())
      events.push([event])
    const shown = events
      .flat()
      .flatMap((event) => (event.type === 'text-delta' ? [event.text] : []))
    expect(shown).toEqual(['a', 'abc'])
    const same = create(sseAnswer(texts('a', 'a', 'a')), {}, 'bytes')
    const seen: string[] = []
    for await (const piece of same.chat({ prompt: 'Hi', stream: true })) seen.push(piece)
    expect(seen).toEqual(['a', 'a', 'a'])
  })

  test('what was held back is in the partial of a cut', async () => {
    const frames = texts('1', '1+', '1+1', '').slice(0, 3)
    await expect(read(sseAnswer(frames))).rejects.toMatchObject({ partial: { text: '1+1' } })
  })
})

describe('tool calls', () => {
  async function toolCalls(...lists: Members[][]) {
    const last = lists.length - 1
    const frames = lists.map((list, at) =>
      frame({ content: '', tool_calls: list }, at === last ? 'tool_calls' : 'null'),
    )
    const { toolCalls: calls, finishReason } = await read(sseAnswer(frames))
    expect(finishReason).toBe('tool_calls')
    return calls.map(({ id, name, argumentsText }) => [id, name, argumentsText])
  }

  const BOTH = [
    ['a', 'w', '{"c":"HZ"}'],
    ['b', 'w', '{"c":"SH"}'],
  ]

  test('parallel, with empty ids and nameless tails', async () => {
    const calls = await toolCalls(
      [call(0, 'a', 'w', '{"c":')],
      [call(0, '', undefined, '"HZ"}')],
      [call(1, 'b', 'w', '{"c":')],
      [call(1, '', undefined, '"SH"}')],
    )
    expect(calls).toEqual(BOTH)
  })

  test('two entries a frame: an empty tail and the next start', async () => {
    const calls = await toolCalls(
      [call(0, 'a', 'w', '{"c":"HZ"}')],
      [call(0, '', undefined, ''), call(1, 'b', 'w', '{"c":')],
      [call(1, '', undefined, '"SH"}')],
    )
    expect(calls).toEqual(BOTH)
  })

  test('no index, or the same for all', async () => {
    for (const index of [undefined, 0]) {
      const calls = await toolCalls(
        [call(index, 'a', 'w', '{"c":')],
        [call(index, '', undefined, '"HZ"}')],
        [call(index, 'b', 'w', '{"c":')],
        [call(index, '', '', '"SH"}')],
      )
      expect(calls).toEqual(BOTH)
    }
  })

  test('a fresh id on a nameless tail is the same call', async () => {
    const calls = await toolCalls([call(0, 'a', 'w', '{"c":')], [call(0, 'z', undefined, '"HZ"}')])
    expect(calls).toEqual([BOTH[0]])
  })

  test('arguments that are an object, or missing', async () => {
    expect(await toolCalls([call(0, 'a', 'w', { c: 1 })])).toEqual([['a', 'w', '{"c":1}']])
    expect(await toolCalls([call(0, 'a', 'w', undefined)])).toEqual([['a', 'w', '']])
  })

  test.each<[string, Members[][], string[][]]>([
    [
      '`{}`, and then the arguments',
      [
        [call(0, 'a', 'w', '{}')],
        [call(0, '', undefined, '{"c":')],
        [call(0, '', undefined, '1}')],
      ],
      [['a', 'w', '{"c":1}']],
    ],
    ['`{}` alone', [[call(0, 'a', 'w', '{}')], []], [['a', 'w', '{}']]],
    [
      '`{}` in every frame',
      [[call(0, 'a', 'w', '{}')], [call(0, 'a', 'w', '{}')]],
      [['a', 'w', '{}']],
    ],
    [
      'the same once more with other blanks',
      [[call(0, 'a', 'w', '{"c":')], [call(0, 'a', 'w', ' 1}')], [call(0, 'a', 'w', '{"c":1}')]],
      [['a', 'w', '{"c": 1}']],
    ],
    [
      'another head at one index, without an id',
      [[call(0, 'a', 'w', '{"c":1}')], [call(0, '', 'x', '{"c":2}')]],
      [['a', 'w', '{"c":1}'], [expect.stringMatching(/./), 'x', '{"c":2}'] as string[]],
    ],
    [
      'two calls with one id',
      [[call(0, 'a', 'w', '{"c":1}'), call(1, 'a', 'w', '{"c":2}')]],
      [['a', 'w', '{"c":1}'], [expect.not.stringMatching(/^a$/), 'w', '{"c":2}'] as string[]],
    ],
    [
      'one call at two indexes',
      [[call(0, 'a', 'w', '{"c":')], [call(1, 'a', undefined, '1')], [call(1, '', undefined, '}')]],
      [['a', 'w', '{"c":1}']],
    ],
    [
      'indexes as strings',
      [
        [call('0' as never, 'a', 'w', '{"c":1'), call('1' as never, 'b', 'w', '{"c":2')],
        [call('1' as never, '', undefined, '}')],
        [call('0' as never, '', undefined, '}')],
      ],
      [
        ['a', 'w', '{"c":1}'],
        ['b', 'w', '{"c":2}'],
      ],
    ],
  ])('%s', async (_name, lists, expected) => {
    expect(await toolCalls(...lists)).toEqual(expected)
  })

  test('the id comes once, with the first piece of its index', async () => {
    const frames = [
      frame({ content: '', tool_calls: [call(0, 'a', 'w', '{')] }),
      frame({ content: '', tool_calls: [call(0, 'a', 'w', '}')] }, 'tool_calls'),
    ]
    const deltas: StreamEvent[] = []
    const stream = create(sseAnswer(frames)).chat({ prompt: 'Hi', stream: true })
    for await (const event of stream.events())
      if (event.type === 'tool-call-delta') deltas.push(event)
    expect(deltas).toEqual([
      { type: 'tool-call-delta', index: 0, id: 'a', name: 'w', argumentsDelta: '' },
      { type: 'tool-call-delta', index: 0, argumentsDelta: '{' },
      { type: 'tool-call-delta', index: 0, argumentsDelta: '}' },
    ])
  })
})

describe('members of other types', () => {
  test.each<[string, Members]>([
    ['an entry of the calls', frame({ tool_calls: [null] })],
    ['the sources', { output: { search_info: { search_results: 5 } } }],
  ])('make a bad frame of %s', async (_what, broken) => {
    const error = await read(sseAnswer([...texts('a', 'b').slice(0, 1), broken])).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({ code: 'bad_frame', retryable: true, partial: { text: 'a' } })
  })

  test('are skipped where they are only reported', async () => {
    const output = { model_name: {}, search_info: { search_results: [{ title: 5, url: {} }] } }
    const usage = { input_tokens: [1], output_tokens: 'x', total_tokens: {} }
    const tool = { index: 0, id: 7, function: { name: {}, arguments: 5 } }
    const frames = [{ output, usage }, frame({ content: 'a', tool_calls: [tool] }, 'stop')]
    const result = await read(sseAnswer(frames))
    expect(result).toMatchObject({ text: 'a', model: 'qwen-plus', usage: { estimated: true } })
    expect(result.toolCalls).toEqual([])
    expect(result.sources).toBeUndefined()
  })
})

describe('usage and sources', () => {
  test.each<[string, unknown, unknown]>([
    [
      'all there is',
      {
        input_tokens: 9,
        output_tokens: 5,
        total_tokens: 14,
        output_tokens_details: { reasoning_tokens: 3 },
        prompt_tokens_details: { cached_tokens: 4 },
      },
      {
        promptTokens: 9,
        completionTokens: 5,
        totalTokens: 14,
        reasoningTokens: 3,
        cachedTokens: 4,
      },
    ],
    [
      'no total, flat cache, empty details',
      { input_tokens: 9, output_tokens: 5, cached_tokens: 2, prompt_tokens_details: {} },
      { promptTokens: 9, completionTokens: 5, totalTokens: 14, cachedTokens: 2 },
    ],
    [
      'counts as strings',
      { input_tokens: '9', output_tokens: '5' },
      { promptTokens: 9, completionTokens: 5, totalTokens: 14 },
    ],
  ])('%s', async (_name, usage, expected) => {
    const frames = [frame({ content: 'a' }), frame({ content: '' }, 'stop', { usage })]
    expect((await read(sseAnswer(frames))).usage).toEqual(expected)
  })

  test('empty or missing usage is estimated', async () => {
    for (const usage of [{}, null, undefined]) {
      const frames = [frame({ content: 'a' }, 'stop', { usage })]
      expect((await read(sseAnswer(frames))).usage.estimated).toBe(true)
    }
  })

  test('sources come once, and later empty lists remove nothing', async () => {
    const results = [{ index: 1, url: 'https://a', title: 'A', site_name: 'S', icon: '' }]
    const info = (list: unknown[]) => ({ search_info: { search_results: list } })
    const frames = [info(results), info([]), info(results)].map((search, at) => ({
      output: {
        choices: [{ message: { content: 'x' }, finish_reason: at === 2 ? 'stop' : 'null' }],
        ...search,
      },
      usage: {},
    }))
    const { sources } = await read(sseAnswer(frames))
    expect(sources).toEqual([{ label: '1', url: 'https://a', title: 'A', siteName: 'S' }])
  })

  test('the ids of the answer', async () => {
    const last = frame({ content: 'a' }, 'stop')
    Object.assign(last.output as Members, { model_name: 'qwen-plus-2025' })
    const result = await read(sseAnswer([last]))
    expect(result).toMatchObject({ id: 'r', requestId: 'r', model: 'qwen-plus-2025' })
  })
})
