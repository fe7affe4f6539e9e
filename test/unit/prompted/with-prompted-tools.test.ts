import { describe, expect, test } from 'vitest'
import type { BaseChatModel } from '../../../src/chat/base.ts'
import { failover } from '../../../src/failover/failover.ts'
import type { PromptedToolsOptions } from '../../../src/prompted/with-prompted-tools.ts'
import { withPromptedTools } from '../../../src/prompted/with-prompted-tools.ts'
import { ServiceError, StreamError } from '../../../src/errors.ts'
import type { ChatResult } from '../../../src/event.ts'
import type { Message, MessageInput } from '../../../src/message.ts'
import type { ChatRequest } from '../../../src/options.ts'
import type { Reply } from '../../../src/testing/script.ts'
import { ChatStream } from '../../../src/stream/chat-stream.ts'
import { all, cutText, failure, finish, model, saying, text, usage } from '../helpers.ts'
import { at } from '../failover/helpers.ts'

type Format = PromptedToolsOptions['format']

const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'The weather of a city.',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
}
const time = { type: 'function' as const, function: { name: 'get_time' } }
const tools = [weather, time]

/** The same two calls in each format. */
const CALLS: Record<Format, string> = {
  react:
    'Action: get_weather\nAction Input: {"city": "Oslo"}\nAction: get_time\nAction Input: {}\nObservation: 1',
  hermes:
    '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n</tool_call>\n<tool_call>\n{"name": "get_time", "arguments": {}}\n</tool_call>',
  qwen: '✿FUNCTION✿: get_weather\n✿ARGS✿: {"city": "Oslo"}\n✿FUNCTION✿: get_time\n✿ARGS✿: {}\n✿RESULT✿: 1',
  native:
    '[TOOL_CALLS][{"name": "get_weather", "arguments": {"city": "Oslo"}}, {"name": "get_time", "arguments": {}}]',
}
const FORMATS = Object.keys(CALLS) as Format[]

/** A model that notes what it is asked, and says this, turn by turn. */
function asking(...turns: (readonly unknown[])[]) {
  const asked: any[] = []
  const llm = model(async function* (messages, call) {
    asked.push({ messages, tools: call.tools, toolChoice: call.toolChoice, stop: call.stop })
    yield* turns[Math.min(asked.length, turns.length) - 1] as unknown[]
  })
  return { llm, asked }
}

/** Chats until there are no more calls, as any tool loop does. */
async function loop(llm: BaseChatModel, request: ChatRequest): Promise<ChatResult> {
  const messages: MessageInput[] = [...(request.messages ?? [])]
  for (;;) {
    const reply = llm.chat({ ...request, messages, tools })
    const result = await (reply instanceof ChatStream ? reply.result() : reply)
    if (result.finishReason !== 'tool_calls') return result
    messages.push(result.message)
    for (const { id, name, arguments: given } of result.toolCalls) {
      const content = `${name} says ${JSON.stringify(given)}`
      messages.push({ role: 'tool', tool_call_id: id, content })
    }
  }
}

const user = (content: string): Message => ({ role: 'user', content })
const assistant = (
  content: string,
  calls: [id: string, name: string, text: string][],
): Message => ({
  role: 'assistant',
  content,
  tool_calls: calls.map(([id, name, text]) => ({
    id,
    type: 'function',
    function: { name, arguments: text },
  })),
})
const tool = (id: string, content: string): Message => ({ role: 'tool', tool_call_id: id, content })
const used: Message[] = [
  user('Weather and time?'),
  assistant('I look.', [
    ['a', 'get_weather', '{"city":"Oslo"}'],
    ['b', 'get_time', ''],
  ]),
  tool('b', '12:00'),
  tool('a', '21 °C'),
]

/** The messages that the wrapped model gets, besides the system message. */
async function rendered(format: Format, messages: Message[], more: Partial<ChatRequest> = {}) {
  const { llm, asked } = asking(['x'])
  await withPromptedTools(llm, { format }).chat({ messages, tools, ...more })
  const [system, ...rest] = asked[0].messages
  return { system: system.content as string, rest, ...asked[0] }
}

describe.each(FORMATS)('%s', (format) => {
  test.each(['openai', 'dashscope', 'zhipu'] as const)(
    'a loop at %s, streamed and not',
    async (vendor) => {
      for (const stream of [true, false]) {
        const script: Reply[] = [
          { text: `Let me see.\n${CALLS[format]}`, chunkSize: 3 },
          { text: 'Fine.' },
        ]
        const { llm, server } = at(vendor, script as never)
        const result = await loop(withPromptedTools(llm, { format }), {
          messages: [user('Hi')],
          stream,
        })
        expect(result).toMatchObject({ text: 'Fine.', provider: vendor, finishReason: 'stop' })
        expect(result.attempts).toHaveLength(1)
        expect(result.usage.estimated).toBeUndefined()
        const body = JSON.stringify(server.requests[1]?.body)
        expect(body).toContain('get_weather says')
        expect(server.requests).toHaveLength(2)
        expect(JSON.stringify(server.requests[0]?.body).includes('"tools":[')).toBe(
          format === 'native',
        )
      }
    },
  )

  test('a loop over a class of one’s own, cut anywhere: text, deltas, whole calls, and no mark', async () => {
    const { llm } = asking(cutText(`Let me see.\n${CALLS[format]}`), ['Fine.'])
    const prompted = withPromptedTools(llm, { format })
    const stream = prompted.chat({ prompt: 'Hi', tools, stream: true })
    const events = await all(stream.events())
    const result = await stream.result()
    expect(result).toMatchObject({
      text: 'Let me see.',
      finishReason: 'tool_calls',
      provider: 'acme',
      model: 'acme-1',
      toolCalls: [
        { name: 'get_weather', arguments: { city: 'Oslo' }, argumentsText: '{"city": "Oslo"}' },
        { name: 'get_time', arguments: {} },
      ],
    })
    expect(events.filter(({ type }) => type === 'tool-call')).toHaveLength(2)
    expect(events.filter(({ type }) => type === 'tool-call-delta').length).toBeGreaterThan(10)
    expect(new Set(result.toolCalls.map(({ id }) => id)).size).toBe(2)
    expect((await loop(prompted, { messages: [user('Hi')] })).text).toBe('Fine.')
    expect(prompted.getUsage()).toBeDefined()
  })

  test('chatWithFunctions works the same', async () => {
    const llm = withPromptedTools(saying([CALLS[format]]), { format })
    const functions = tools.map((each) => each.function)
    expect(llm.supportFunctionCalling()).toBe(true)
    const result = await llm.chatWithFunctions({ messages: [user('Hi')], functions })
    expect(result.toolCalls.map(({ name }) => name)).toEqual(['get_weather', 'get_time'])
  })

  test('one call where several are not wanted', async () => {
    const llm = withPromptedTools(saying([CALLS[format]]), { format })
    const result = await llm.chat({ prompt: 'Hi', tools, parallelToolCalls: false })
    expect(result.toolCalls.map(({ name }) => name)).toEqual(['get_weather'])
  })

  test('a call of a reply that was cut is marked', async () => {
    const said = [text(CALLS[format].slice(0, 60)), finish('length')]
    const result = await withPromptedTools(saying(said), { format }).chat({ prompt: 'Hi', tools })
    expect(result).toMatchObject({ finishReason: 'length', text: '' })
    expect(result.toolCalls[0]).toMatchObject({ name: 'get_weather', invalid: /length/ })
  })

  test('a lost connection leaves what had arrived, read as the caller sees it', async () => {
    const inner = model(
      async function* () {
        yield { type: 'reasoning-delta', text: 'hm' }
        yield `Let me see.\n${CALLS[format].slice(0, 60)}`
        throw new StreamError('connection_lost', 'lost')
      },
      { maxRetries: 0 },
    )
    const stream = withPromptedTools(inner, { format }).chat({ prompt: 'Hi', tools, stream: true })
    const error = await failure(() => stream.result())
    expect(error).toMatchObject({ code: 'connection_lost', provider: 'acme' })
    expect(error.partial).toMatchObject({
      text: 'Let me see.',
      reasoning: 'hm',
      finishReason: 'error',
    })
    expect(error.partial.toolCalls[0]).toMatchObject({ name: 'get_weather', invalid: /cut off/ })
    expect(error.partial.message.content).toBe('Let me see.')
    expect(stream.partial.text).toBe('Let me see.')
  })

  test('without tools the request goes on untouched', async () => {
    const { llm, asked } = asking([CALLS.hermes])
    const result = await withPromptedTools(llm, { format }).chat({ messages: used })
    expect(asked[0]).toEqual({ messages: used, tools: undefined, toolChoice: undefined, stop: [] })
    expect(result.text).toBe(CALLS.hermes)
  })

  test('a call in thinking is none', async () => {
    const said = cutText(`<think>\n${CALLS[format]}\n</think>\n\n42`)
    for (const stream of [true, false]) {
      const reply = withPromptedTools(saying(said), { format }).chat({
        prompt: 'Hi',
        tools,
        stream,
      })
      const result = await (reply instanceof ChatStream ? reply.result() : reply)
      // A prompt's stop sequence does not end thinking in the text.
      expect(result).toMatchObject({ text: '42', toolCalls: [] })
      expect(result.reasoning).toContain('get_weather')
    }
  })
})

describe('what the model inside is asked', () => {
  test('hermes: signatures after the system message, calls and results in tags', async () => {
    const system: Message = { role: 'system', content: 'Be kind.' }
    const asked = await rendered('hermes', [system, ...used])
    expect(asked.system.startsWith('Be kind.\n\n# Tools\n')).toBe(true)
    expect(asked.system).toContain(
      `\n${JSON.stringify(weather)}\n${JSON.stringify(time)}\n</tools>`,
    )
    expect(asked.rest).toEqual([
      user('Weather and time?'),
      {
        role: 'assistant',
        content:
          'I look.\n<tool_call>\n{"name": "get_weather", "arguments": {"city":"Oslo"}}\n</tool_call>\n<tool_call>\n{"name": "get_time", "arguments": {}}\n</tool_call>',
      },
      user('<tool_response>\n21 °C\n</tool_response>\n<tool_response>\n12:00\n</tool_response>'),
    ])
    expect(asked.stop).toEqual([])
  })

  test('hermes: a message of the user joins the results before it, broken arguments are a string', async () => {
    const { rest } = await rendered('hermes', [
      user('Hi'),
      assistant('', [['a', 'get_time', '{broken']]),
      tool('a', '12'),
      user('Thanks'),
    ])
    expect(rest[1].content).toBe(
      '<tool_call>\n{"name": "get_time", "arguments": "{broken"}\n</tool_call>',
    )
    expect(rest.slice(2)).toEqual([user('<tool_response>\n12\n</tool_response>\n\nThanks')])
  })

  test('react: tools before the system message, the last turn after that of the user', async () => {
    const system: Message = { role: 'system', content: [{ type: 'text', text: 'Be kind.' }] }
    const asked = await rendered('react', [system, ...used], { stop: 'END' })
    const parts = asked.system as unknown as { text: string }[]
    expect(parts).toHaveLength(2)
    expect(parts[0]?.text).toContain(
      'get_weather: get_weather API. The weather of a city. Parameters: {"type":"object","properties":{"city":{"type":"string"}}} Format the arguments as a JSON object.',
    )
    expect(parts[0]?.text).toContain('one of [get_weather,get_time]')
    expect(asked.rest).toEqual([
      user(
        '(You can use these tools: [get_weather,get_time])\n\nWeather and time?\n\nI look.\nAction: get_weather\nAction Input: {"city":"Oslo"}\nAction: get_time\nAction Input: {}\nObservation: <result>21 °C</result>\nObservation: <result>12:00</result>\nAnswer:',
      ),
    ])
    expect(asked.stop).toEqual(['END', 'Observation:'])
  })

  test('qwen: the same between flowers; an earlier turn is one message of the assistant', async () => {
    const asked = await rendered('qwen', [
      ...used,
      { role: 'assistant', content: 'Warm, noon.' },
      user('And Rome?'),
      assistant('', [['c', 'get_weather', '```py\n1\n```']]),
      tool('c', '30 °C'),
    ])
    expect(asked.rest).toEqual([
      user('Weather and time?'),
      {
        role: 'assistant',
        content:
          'I look.\n✿FUNCTION✿: get_weather\n✿ARGS✿: {"city":"Oslo"}\n✿FUNCTION✿: get_time\n✿ARGS✿: {}\n✿RESULT✿: 21 °C\n✿RESULT✿: 12:00\n✿RETURN✿: Warm, noon.',
      },
      user(
        'And Rome?\n\n✿FUNCTION✿: get_weather\n✿ARGS✿:\n```py\n1\n```\n✿RESULT✿: 30 °C\n✿RETURN✿',
      ),
    ])
    expect(asked.stop).toEqual(['✿RESULT✿', '✿RETURN✿'])
  })

  test('qwen: a turn that was left without an answer, and a reply that begins with the colon', async () => {
    const { rest } = await rendered('qwen', [...used, user('Well?')])
    expect(rest[1].content.endsWith('✿RESULT✿: 12:00\n✿RETURN✿: ')).toBe(true)
    const llm = withPromptedTools(saying([': ', '21 °C']), { format: 'qwen' })
    expect((await llm.chat({ messages: used, tools })).text).toBe('21 °C')
  })

  test('a tool that must be called: begun by qwen, requested by the others, and the only one described', async () => {
    const toolChoice = { type: 'function' as const, function: { name: 'get_weather' } }
    const forced = await rendered('qwen', [user('Hi')], { toolChoice })
    expect(forced.rest).toEqual([user('Hi\n\n✿FUNCTION✿: get_weather')])
    const llm = withPromptedTools(saying(['✿ARGS✿: {"city": "Oslo"}']), { format: 'qwen' })
    const result = await llm.chat({ prompt: 'Hi', tools, toolChoice })
    expect(result.toolCalls).toMatchObject([{ name: 'get_weather', arguments: { city: 'Oslo' } }])
    for (const format of ['react', 'hermes', 'qwen'] as const) {
      const one = await rendered(format, [user('Hi')], { toolChoice })
      expect(one.toolChoice).toBeUndefined()
      expect(JSON.stringify(one.messages)).not.toContain('get_time')
      const must = await rendered(format, [user('Hi')], { toolChoice: 'required' })
      expect(JSON.stringify(must.messages)).toMatch(/must (call|use)/)
    }
    const unknown = llm.chat({ prompt: 'Hi', tools: [time], toolChoice })
    expect(await failure(() => unknown)).toMatchObject({ code: 'unsupported_option' })
  })

  test('no tools where none may be called, and the calls before in plain words', async () => {
    const { llm, asked } = asking(['Fine. ', '<tool_call>'])
    const request = { messages: used, tools, toolChoice: 'none' as const }
    const result = await withPromptedTools(llm, { format: 'hermes' }).chat(request)
    expect(result).toMatchObject({ text: 'Fine. <tool_call>', toolCalls: [] })
    const [question, said, called, ...results] = asked[0].messages
    expect([question, said]).toEqual([
      user('Weather and time?'),
      { role: 'assistant', content: 'I look.' },
    ])
    expect(called.content).toMatch(/get_weather was called .*:\n\{"city":"Oslo"\}\n\n.*get_time/)
    expect(results.map((each: any) => each.content)).toEqual([
      'The tool get_time returned:\n12:00',
      'The tool get_weather returned:\n21 °C',
    ])
  })

  test.each(['react', 'qwen'] as const)(
    '%s: in the language of the conversation',
    async (format) => {
      const zh = await rendered(format, [user('奥斯陆天气？')])
      expect(zh.system).toMatch(/工具/)
      expect((await rendered(format, [user('Hi')])).system).not.toMatch(/[\u4e00-\u9fff]/)
    },
  )

  test('messages are never changed, pictures stay', async () => {
    const picture = { type: 'image_url' as const, image_url: { url: 'https://a.example/b.png' } }
    const messages: Message[] = [{ role: 'user', content: [picture] }, ...used.slice(1)]
    const before = structuredClone(messages)
    const { rest } = await rendered('react', messages)
    expect(messages).toEqual(before)
    expect(rest[0].content.map((part: any) => part.type)).toEqual(['text', 'image_url', 'text'])
    // In a result, which is written as text, they would be lost.
    const result = { role: 'tool' as const, tool_call_id: 'a', content: [picture] }
    const shown = used.map((message) =>
      message.role === 'tool' ? { ...message, ...result } : message,
    )
    expect(await failure(() => rendered('hermes', shown))).toMatchObject({
      code: 'unsupported_option',
      message: expect.stringContaining('put its image_url part into a message of the user'),
    })
  })

  test('native: tools and history as they are', async () => {
    const { llm, asked } = asking([CALLS.native])
    await withPromptedTools(llm, { format: 'native' }).chat({
      messages: used,
      tools,
      toolChoice: 'auto',
    })
    expect(asked[0]).toEqual({ messages: used, tools, toolChoice: 'auto', stop: [] })
  })

  test('a tool of the vendor’s own goes on to it', async () => {
    const { llm, asked } = asking(['x'])
    const search = { type: 'web_search' }
    await withPromptedTools(llm, { format: 'hermes' }).chat({
      prompt: 'Hi',
      tools: [weather, search],
    })
    expect(asked[0].tools).toEqual([search])
  })
})

describe('withPromptedTools() is a model as any other', () => {
  test('calls that the server parsed itself are calls, with the text around them', async () => {
    const said = [
      text('Hi '),
      { type: 'tool-call-delta', index: 0, id: 'x', name: 'get_time', argumentsDelta: '{}' },
      text('there'),
    ]
    const result = await withPromptedTools(saying(said), { format: 'native' }).chat({
      prompt: 'Hi',
      tools,
    })
    expect(result).toMatchObject({ text: 'Hi there', toolCalls: [{ id: 'x', name: 'get_time' }] })
  })

  test('retries, usage, fields and the answering model are those of the wrapped model', async () => {
    let tries = 0
    const inner = model(async function* () {
      if (++tries === 1)
        throw new ServiceError('overloaded', 'busy', { retryable: true, retryAfter: 1 })
      yield [text(CALLS.hermes), { type: 'usage', usage }]
      yield finish('stop', { messageFields: { signature: 's' } })
    })
    const stream = withPromptedTools(inner, { format: 'hermes' }).chat({
      prompt: 'Hi',
      tools,
      stream: true,
    })
    const events = await all(stream.events())
    const result = await stream.result()
    expect(events[0]).toMatchObject({ type: 'retry', attempt: 1 })
    expect(result).toMatchObject({ usage, rawFinishReason: 'stop', message: { signature: 's' } })
    expect(result.attempts).toHaveLength(2)
  })

  test('over a failover that restarts: discarded text is not a call', async () => {
    const broken = model(
      async function* () {
        yield CALLS.hermes
        throw new StreamError('connection_lost', 'lost')
      },
      { maxRetries: 0, modelServer: 'broken' },
    )
    const llm = withPromptedTools(failover([broken, saying(['Fine.'])], { onCut: 'restart' }), {
      format: 'hermes',
    })
    const result = await llm.chat({ prompt: 'Hi', tools, stream: true }).result()
    expect(result).toMatchObject({ text: 'Fine.', toolCalls: [], provider: 'acme' })
    expect(result.attempts).toHaveLength(2)
  })

  test('and within a failover', async () => {
    const broken = model(() => Promise.reject(new ServiceError('overloaded', 'busy')), {
      maxRetries: 0,
    })
    const llm = failover([broken, withPromptedTools(saying([CALLS.hermes]), { format: 'hermes' })])
    const result = await llm.chat({ prompt: 'Hi', tools, stream: true }).result()
    expect(result.toolCalls).toHaveLength(2)
  })

  test('the caller’s own callbacks see text without marks', async () => {
    const seen: string[] = []
    const callbacks = { onLLMNewToken: ({ text }: { text: string }) => seen.push(text) }
    const llm = withPromptedTools(saying([`Hi ${CALLS.hermes}`]), { format: 'hermes', callbacks })
    await llm.chat({ prompt: 'Hi', tools, stream: true }).result()
    expect(seen.join('')).toBe('Hi')
  })

  test('thinking that its template opened is split once', async () => {
    const inner = saying(['weigh\n</think>\n\n', CALLS.hermes], {
      model: 'qwq-32b',
      modelServer: 'openai',
    })
    const result = await withPromptedTools(inner, { format: 'hermes' })
      .chat({ prompt: 'Hi', tools, stream: true })
      .result()
    expect(result).toMatchObject({ reasoning: 'weigh\n', text: '', finishReason: 'tool_calls' })
    const plain = await withPromptedTools(inner, { format: 'hermes' }).chat('Hi')
    expect(plain.reasoning).toBe('weigh\n')
  })

  test('an abort is the caller’s own reason, and reaches the model inside', async () => {
    let signal: AbortSignal | undefined
    const inner = model(async function* (_messages, call) {
      signal = call.signal
      yield 'Hi'
      await new Promise(() => {})
    })
    const controller = new AbortController()
    const stream = withPromptedTools(inner, { format: 'react' }).chat({
      prompt: 'Hi',
      tools,
      stream: true,
      signal: controller.signal,
    })
    const reason = new Error('enough')
    const error = await failure(async () => {
      for await (const _text of stream) controller.abort(reason)
    })
    expect(error).toBe(reason)
    expect(signal?.aborted).toBe(true)
  })

  test('an answer in JSON is asked of the model inside, but not along with tools', async () => {
    const inner = model({
      async *_chatStream(_messages, call) {
        yield JSON.stringify(call.responseFormat) ?? call.rawPrompt
      },
      supportResponseFormat: () => true,
      supportRawPrompt: () => true,
      countTokens: () => 7,
      getMaxLength: () => 8,
    })
    const llm = withPromptedTools(inner, { format: 'hermes' })
    const responseFormat = { type: 'json_object' as const }
    expect((await llm.chat({ prompt: 'Hi', responseFormat })).text).toBe('{"type":"json_object"}')
    expect(llm.supportResponseFormat('json_object')).toBe(true)
    expect(llm.supportResponseFormat('json_object', { tools })).toBe(false)
    const both = llm.chat({ prompt: 'Hi', tools, responseFormat })
    expect(await failure(() => both)).toMatchObject({ code: 'unsupported_option' })
    const native = withPromptedTools(inner, { format: 'native' })
    expect(native.supportResponseFormat('json_object', { tools })).toBe(true)
    expect([llm.countTokens('x'), llm.getMaxLength(), llm.supportRawPrompt()]).toEqual([7, 8, true])
    expect((await llm.chatWithRawPrompt({ prompt: 'Hi', tools })).text).toBe('Hi')
  })

  test('bad options are rejected at once', () => {
    const llm = saying([])
    const wrong = [
      () => withPromptedTools(undefined as never, { format: 'react' }),
      () => withPromptedTools(llm, undefined as never),
      () => withPromptedTools(llm, { format: 'xml' as never }),
      () => withPromptedTools(llm, { format: 'react', more: 1 } as never),
    ]
    for (const make of wrong)
      expect(make).toThrow(expect.objectContaining({ code: 'invalid_config' }))
  })
})

describe("a call that the caller's stop sequence cut is never run", () => {
  const TEXTS: [format: Format, text: string][] = [
    ['react', CALLS.react],
    ['hermes', CALLS.hermes],
    ['qwen', CALLS.qwen],
    ['native', CALLS.native],
    [
      'native',
      '<tool_call>\n<function=get_weather>\n<parameter=city>\nOslo Airport\n</parameter>\n</function>\n</tool_call>',
    ],
    [
      'native',
      '<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Oslo Airport</arg_value>\n</tool_call>',
    ],
  ]
  const STOP = '\u0003END'

  test.each(TEXTS)('%s: %s', async (format, text) => {
    const whole = await withPromptedTools(saying([text]), { format }).chat({ prompt: 'x', tools })
    const complete = whole.toolCalls.map(({ name, arguments: args }) => [name, args])
    for (let at = 1; at < text.length; at++) {
      for (const size of [1, 7, text.length * 2]) {
        const said = text.slice(0, at) + STOP + text.slice(at)
        const pieces = said.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
        const llm = withPromptedTools(saying(pieces), { format })
        const { toolCalls } = await llm.chat({ prompt: 'x', tools, stop: STOP })
        const runnable = toolCalls.filter(({ invalid }) => !invalid)
        // Each is one of the complete text's, with the same arguments.
        for (const { name, arguments: args } of runnable)
          expect(complete, text.slice(0, at)).toContainEqual([name, args])
      }
    }
  })

  test('a name that is whole by chance', async () => {
    const remove = { type: 'function' as const, function: { name: 'remove' } }
    const llm = withPromptedTools(saying(['Action: remove', '_draft\nAction Input: {}']), {
      format: 'react',
    })
    const { toolCalls } = await llm.chat({ prompt: 'x', tools: [remove], stop: '_' })
    expect(toolCalls).toMatchObject([{ name: 'remove', invalid: expect.any(String) as string }])
  })
})
