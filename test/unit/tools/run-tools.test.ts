import { afterEach, beforeEach, expect, test } from 'vitest'
import * as v from 'valibot'
import { failover } from '../../../src/failover/failover.ts'
import { tool } from '../../../src/tools/tool.ts'
import { runTools } from '../../../src/tools/run-tools.ts'
import type { ToolRunRequest } from '../../../src/tools/run-tools.ts'
import { ServiceError, ToolError } from '../../../src/errors.ts'
import type { StreamEvent } from '../../../src/event.ts'
import { textOf } from '../../../src/message.ts'
import { ChatStream } from '../../../src/stream/chat-stream.ts'
import {
  all,
  countedSignal,
  failure,
  finish,
  model,
  saying,
  text,
  tick,
  usage,
} from '../helpers.ts'

const unhandled: unknown[] = []
const note = (error: unknown) => unhandled.push(error)
beforeEach(() => process.on('unhandledRejection', note))
afterEach(async () => {
  await tick()
  process.off('unhandledRejection', note)
  expect(unhandled.splice(0)).toEqual([])
})

type Step = readonly unknown[]

/** A model that gives one reply after the other, and keeps what it was asked. */
function scripted(...steps: Step[]) {
  const asked: { messages: any[]; options: any }[] = []
  const llm = model(async function* (messages, options) {
    asked.push({ messages: structuredClone(messages), options })
    yield* steps[Math.min(asked.length, steps.length) - 1] as Step
  })
  return Object.assign(llm, { asked })
}

const call = (name: string, args: object | string = {}, id = `id_${name}`): StreamEvent => ({
  type: 'tool-call-delta',
  index: Number(id.replace(/\D+/g, '')) || 0,
  id,
  name,
  argumentsDelta: typeof args === 'string' ? args : JSON.stringify(args),
})
const called = (...calls: StreamEvent[]) => [
  ...calls.map((one, index) => ({ ...one, index })),
  { type: 'usage', usage },
  finish('tool_calls'),
]
const said = (words: string) => [text(words), { type: 'usage', usage }, finish()]

const weather = tool({
  name: 'weather',
  description: 'Tells the weather',
  parameters: v.object({ city: v.string(), days: v.optional(v.number(), 1) }),
  execute: ({ city, days }) => ({ city, days, celsius: 21 }),
})
const failing = tool({
  name: 'failing',
  execute: () => {
    throw new Error('no way')
  },
})
const oslo = call('weather', { city: 'Oslo' })

test('a reply that the caller has started is one message when the model is asked again', async () => {
  const user = { role: 'user' as const, content: 'How warm is it in Oslo?' }
  for (const start of ['Let me ', [{ type: 'text' as const, text: 'Let me ' }]]) {
    const llm = scripted([text('see. '), ...called(oslo)], said('It is 21 degrees.'))
    const started = [user, { role: 'assistant' as const, content: start }]
    const { messages } = await runTools(llm, { messages: started, tools: [weather] })
    const asked = llm.asked[1]?.messages
    expect(asked).toMatchObject([
      user,
      { role: 'assistant', tool_calls: [{ id: 'id_weather' }] },
      { role: 'tool', tool_call_id: 'id_weather' },
    ])
    expect(textOf(asked?.[1].content)).toBe('Let me see. ')
    expect(messages.slice(0, 2)).toEqual(started)
    expect(messages).toHaveLength(5)
  }
})

test('runTools() asks, answers the calls, and asks again until there are none', async () => {
  const llm = scripted([text('Let me see. '), ...called(oslo)], said('It is 21 degrees.'))
  const messages = [{ role: 'user' as const, content: 'How warm is it in Oslo?' }]
  const before = structuredClone(messages)
  const result = await runTools(llm, { messages, tools: [weather], temperature: 0.5 })
  expect(messages).toEqual(before)
  expect(String(result)).toBe('It is 21 degrees.')
  expect(result).toMatchObject({ finishReason: 'stop', toolCalls: [], model: 'acme-1' })
  expect(result.usage).toEqual({ promptTokens: 6, completionTokens: 8, totalTokens: 14 })
  expect(result.attempts).toMatchObject([{ usage }, { usage }])
  const exchange = [
    ...messages,
    {
      role: 'assistant',
      content: 'Let me see. ',
      tool_calls: [
        {
          id: 'id_weather',
          type: 'function',
          function: { name: 'weather', arguments: '{"city":"Oslo"}' },
        },
      ],
    },
    { role: 'tool', tool_call_id: 'id_weather', content: '{"city":"Oslo","days":1,"celsius":21}' },
  ]
  expect(llm.asked.map((one) => one.messages)).toEqual([messages, exchange])
  expect(result.messages).toEqual([
    ...exchange,
    { role: 'assistant', content: 'It is 21 degrees.' },
  ])
  expect(result.steps.map((step) => String(step.result))).toEqual([
    'Let me see. ',
    'It is 21 degrees.',
  ])
  expect(result.steps[0]?.toolResults).toEqual([
    {
      toolCall: expect.objectContaining({ id: 'id_weather', arguments: { city: 'Oslo' } }),
      output: { city: 'Oslo', days: 1, celsius: 21 },
      content: '{"city":"Oslo","days":1,"celsius":21}',
      durationMs: expect.any(Number),
    },
  ])
  for (const { options } of llm.asked) {
    expect(options).toMatchObject({ temperature: 0.5, stream: false })
    expect(options.tools).toEqual([
      {
        type: 'function',
        function: {
          name: 'weather',
          description: 'Tells the weather',
          parameters: {
            type: 'object',
            properties: { city: { type: 'string' }, days: { type: 'number', default: 1 } },
            required: ['city'],
          },
        },
      },
    ])
  }
})

test('a stream yields the text of all steps and an event for each; usage and finish cover the run', async () => {
  const llm = scripted([text('Let me see. '), ...called(oslo)], said('21.'))
  const stream = runTools(llm, { prompt: 'Oslo?', tools: [weather], stream: true })
  expect(stream).toBeInstanceOf(ChatStream)
  await tick()
  expect(llm.asked).toEqual([]) // cold
  const events = await all(stream.events())
  expect(events).toEqual([
    { type: 'step', step: 1 },
    text('Let me see. '),
    oslo,
    { type: 'tool-call', index: 0, toolCall: expect.objectContaining({ name: 'weather' }) },
    {
      type: 'tool-result',
      toolCallId: 'id_weather',
      name: 'weather',
      content: '{"city":"Oslo","days":1,"celsius":21}',
      durationMs: expect.any(Number),
    },
    { type: 'step', step: 2 },
    text('21.'),
    { type: 'usage', usage: { promptTokens: 6, completionTokens: 8, totalTokens: 14 } },
    finish('stop', {
      response: expect.objectContaining({
        provider: 'acme',
        attempts: [expect.anything(), expect.anything()],
      }),
    }),
  ])
  expect(JSON.parse(JSON.stringify(events))).toEqual(events)
  const result = await stream.result()
  expect(String(result)).toBe('21.')
  expect(result.steps).toHaveLength(2)
  expect(result.messages).toHaveLength(4)
  expect(stream.partial).toEqual(result)
  const again = runTools(llm, { prompt: 'Oslo?', tools: [weather], stream: true })
  expect((await all(again)).join('')).toBe('21.')
})

test('the events of a run survive `toResponse()`, and give the last reply on the other side', async () => {
  const llm = scripted([text('Let me see. '), ...called(oslo, call('failing'))], said('21.'))
  const run = () => runTools(llm, { prompt: 'Oslo?', tools: [weather, failing], stream: true })
  const far = ChatStream.from(run().toResponse())
  const events = await all(far.events())
  llm.asked.length = 0
  const near = await all(run().events())
  const steady = (list: StreamEvent[]) =>
    JSON.parse(JSON.stringify(list, (name, value) => (name === 'durationMs' ? 0 : value)))
  expect(steady(events)).toEqual(steady(near))
  const { toolCalls, messages, steps, ...result } = await far.result()
  expect(result).toMatchObject({ text: '21.', finishReason: 'stop', provider: 'acme' })
  expect(result.usage.totalTokens).toBe(14)
  expect([toolCalls, messages, steps]).toEqual([[], undefined, undefined])
})

test('what a custom class passes on of another run keeps its shape', async () => {
  const llm = scripted([text('Let me see. <thi'), ...called(oslo)], said('21.'))
  const proxy = model(() =>
    runTools(llm, { prompt: 'Oslo?', tools: [weather], stream: true }).events(),
  )
  const events = await all(proxy.chat({ prompt: 'Oslo?', stream: true }).events())
  expect(events.map(({ type }) => type)).toEqual([
    'step',
    'text-delta',
    'tool-call-delta',
    'tool-call',
    'tool-result',
    'step',
    'text-delta',
    'usage',
    'finish',
  ])
  llm.asked.length = 0
  expect(await proxy.chat('Oslo?')).toMatchObject({ text: '21.', toolCalls: [] })
})

test('the calls of one reply run together; their answers go back in the order of the calls', async () => {
  const order: string[] = []
  let running = 0
  const slow = tool({
    name: 'slow',
    parameters: v.object({ ms: v.number() }),
    async execute({ ms }) {
      running++
      expect(running).toBeLessThanOrEqual(3)
      await tick(ms)
      order.push(String(ms))
      return String(ms)
    },
  })
  const calls = [30, 1, 15].map((ms, index) => call('slow', { ms }, `id_${index}`))
  const llm = scripted(called(...calls), said('done'))
  const stream = runTools(llm, { prompt: 'Go', tools: [slow], stream: true })
  const ended = (await all(stream.events())).filter((event) => event.type === 'tool-result')
  expect(running).toBe(3)
  expect(order).toEqual(['1', '15', '30'])
  expect(ended.map(({ content }) => content)).toEqual(order)
  const { steps } = await stream.result()
  expect(steps[0]?.toolResults.map(({ output }) => output)).toEqual(['30', '1', '15'])
  const answers = llm.asked[1]?.messages.filter(({ role }) => role === 'tool')
  expect(answers).toEqual([
    { role: 'tool', tool_call_id: 'id_0', content: '30' },
    { role: 'tool', tool_call_id: 'id_1', content: '1' },
    { role: 'tool', tool_call_id: 'id_2', content: '15' },
  ])
})

test('a tool gets its signal, the id of its call, and the conversation', async () => {
  const seen: any[] = []
  const spy = tool({ name: 'spy', execute: (...args) => void seen.push(args) })
  await runTools(scripted(called(call('spy')), said('ok')), { prompt: 'Go', tools: [spy] })
  const [args, context] = seen[0]
  expect(args).toEqual({})
  expect(context).toMatchObject({
    toolCallId: 'id_spy',
    messages: [{ content: 'Go' }, { role: 'assistant' }],
  })
  expect(context.signal.aborted).toBe(false)
})

test.each<[output: unknown, content: string]>([
  ['as it is', 'as it is'],
  ['', ''],
  [undefined, 'null'],
  [null, 'null'],
  [0, '0'],
  [{ a: [1] }, '{"a":[1]}'],
  [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  [{ file: Buffer.from('hi') }, '{"file":"[2 bytes]"}'],
  [{ scores: new Float32Array([1, 2]) }, '{"scores":[1,2]}'],
])('a tool may give %j', async (output, content) => {
  const llm = scripted(called(call('any')), said('ok'))
  const any = tool({ name: 'any', execute: async () => output })
  const { steps } = await runTools(llm, { prompt: 'Go', tools: [any] })
  expect(steps[0]?.toolResults).toMatchObject([{ output, content }])
  expect(llm.asked[1]?.messages.at(-1)).toMatchObject({ content })
})

const loop: any = {}
loop.self = loop
const FAILURES: [what: string, made: StreamEvent, code: string, words: RegExp][] = [
  [
    'an unknown tool',
    call('wether'),
    'unknown_tool',
    /^Error: Unknown tool "wether": the tools are weather, failing, odd$/,
  ],
  ['arguments that are missing', call('weather'), 'invalid_arguments', /city/],
  [
    'arguments of a wrong type',
    call('weather', { city: 5 }),
    'invalid_arguments',
    /"weather" are not valid: city .*string/i,
  ],
  [
    'arguments that are not JSON',
    call('weather', '{"city": Oslo}'),
    'invalid_arguments',
    /cannot be read\..*Received: \{"city": Oslo\}/,
  ],
  [
    'arguments that are not an object',
    call('weather', '[1]'),
    'invalid_arguments',
    /not a JSON object/,
  ],
  [
    'a tool that throws',
    call('failing'),
    'tool_failed',
    /^Error: The tool "failing" failed: no way$/,
  ],
  [
    'a tool that gives what JSON cannot say',
    call('odd', { what: 'loop' }),
    'tool_failed',
    /circular/i,
  ],
  [
    'a tool that gives a function',
    call('odd', { what: 'function' }),
    'tool_failed',
    /a function, which is not JSON/,
  ],
  [
    'a tool that gives a stream',
    call('odd', { what: 'stream' }),
    'tool_failed',
    /a stream, which is not JSON: read it/,
  ],
  [
    'a tool that gives a generator',
    call('odd', { what: 'generator' }),
    'tool_failed',
    /a stream, which is not JSON: read it/,
  ],
  [
    'a tool that throws an object',
    call('odd', { what: 'object' }),
    'tool_failed',
    /^Error: The tool "odd" failed: \{"status":503\}$/,
  ],
  ['a tool that gives a big number', call('odd', { what: 'bigint' }), 'tool_failed', /BigInt/],
]
const odd = tool({
  name: 'odd',
  parameters: { type: 'object', properties: { what: { type: 'string' } } },
  execute: ({ what }) => {
    if (what === 'object') throw Object.assign(Object.create(null), { status: 503 })
    if (what === 'stream') return new ReadableStream()
    if (what === 'generator') return (async function* () {})()
    return what === 'loop' ? loop : what === 'bigint' ? 1n : () => {}
  },
})

test.each(FAILURES)('%s goes back to the model in words', async (_what, made, code, words) => {
  const llm = scripted(called(made, { ...oslo, id: 'good' } as StreamEvent), said('Sorry'))
  const { steps, text: last } = await runTools(llm, {
    prompt: 'Go',
    tools: [weather, failing, odd],
  })
  expect(last).toBe('Sorry')
  const [failed, good] = steps[0]!.toolResults
  expect(failed).toMatchObject({
    error: { name: 'ToolError', code },
    content: expect.stringMatching(words),
  })
  expect(good).toMatchObject({ output: { city: 'Oslo' } })
  const [, asked, answer] = llm.asked[1]!.messages
  expect(answer).toMatchObject({ role: 'tool', content: failed?.content })
  // Servers that read old calls would fail at broken ones.
  expect(() => JSON.parse(asked.tool_calls[0].function.arguments)).not.toThrow()
})

test('what a tool threw stays the cause', async () => {
  const llm = scripted(called(call('failing')), said('Sorry'))
  const { steps } = await runTools(llm, { prompt: 'Go', tools: [failing] })
  expect(steps[0]?.toolResults[0]?.error?.cause).toMatchObject({ message: 'no way' })
})

test('failing steps in a row are bounded; one that goes well starts the count again', async () => {
  const bad = called(call('failing'), oslo)
  const tools = [weather, failing]
  const endless = scripted(bad)
  const error = await failure(() => runTools(endless, { prompt: 'Go', tools, maxToolErrors: 2 }))
  expect(error).toBeInstanceOf(ToolError)
  expect(error).toMatchObject({ code: 'tool_failed', message: 'The tool "failing" failed: no way' })
  expect(error.cause).toMatchObject({ message: 'no way' })
  expect(endless.asked).toHaveLength(3)
  expect(error.steps).toHaveLength(3)
  expect(error.partial).toMatchObject({ steps: error.steps, usage: { totalTokens: 21 } })
  expect(error.partial.messages.at(-1)).toMatchObject({ role: 'tool' })

  const none = await failure(() =>
    runTools(scripted(bad), { prompt: 'Go', tools, maxToolErrors: 0 }),
  )
  expect(none.steps).toHaveLength(1)
  const unknown = scripted(called(call('gone')))
  expect(await failure(() => runTools(unknown, { prompt: 'Go', tools }))).toMatchObject({
    code: 'unknown_tool',
  })
  expect(unknown.asked).toHaveLength(4)

  const better = scripted(bad, bad, called(oslo), bad, bad, said('At last'))
  const result = await runTools(better, { prompt: 'Go', tools, maxToolErrors: 2 })
  expect(result.text).toBe('At last')
})

test('more steps than allowed end the run; its conversation can be gone on with', async () => {
  let ran = 0
  const counter = tool({ name: 'counter', execute: () => ++ran })
  const llm = scripted(called(call('counter')))
  const error = await failure(() => runTools(llm, { prompt: 'Go', tools: [counter], maxSteps: 2 }))
  expect(error).toMatchObject({ name: 'ToolError', code: 'too_many_steps', retryable: false })
  expect(ran).toBe(1)
  expect(error.steps).toHaveLength(2)
  expect(error.partial.toolCalls).toMatchObject([{ name: 'counter', invalid: expect.any(String) }])
  const { messages } = error.partial
  expect(messages.map(({ role }: any) => role)).toEqual(['user', 'assistant', 'tool'])
  const done = scripted(said('done'))
  expect(String(await runTools(done, { messages, tools: [counter] }))).toBe('done')

  const ten = scripted(called(call('counter')))
  await failure(() => runTools(ten, { prompt: 'Go', tools: [counter] }))
  expect(ten.asked).toHaveLength(10)
})

test('a tool that throws a ToolError ends the run, and the tools beside it', async () => {
  const stopped = new ToolError('tool_failed', 'The account is closed')
  let signal: AbortSignal | undefined
  const tools = [
    tool({
      name: 'stop',
      execute: async () => {
        throw stopped
      },
    }),
    tool({
      name: 'wait',
      execute: (_, context) => {
        signal = context.signal
        return new Promise((_resolve, reject) => setTimeout(() => reject(new Error('late')), 10))
      },
    }),
  ]
  const run = () =>
    runTools(scripted(called(oslo, call('stop'), call('wait'))), {
      prompt: 'Go',
      tools: [...tools, weather],
    })
  const error = await failure(run)
  expect(error).toBe(stopped)
  expect(error.steps).toMatchObject([{ toolResults: [{ output: { city: 'Oslo' } }] }])
  expect(error.partial.toolCalls.map(({ name }: any) => name)).toEqual(['stop', 'wait'])
  expect(signal?.aborted).toBe(true)
  // The same one thrown again tells of its own run.
  const again = await failure(run)
  expect(again).toMatchObject({ name: 'ToolError', message: stopped.message, cause: stopped })
  expect(again.steps).toHaveLength(1)
  await tick(15)
})

test('the calls of a cut reply are never run', async () => {
  let ran = 0
  const counter = tool({ name: 'counter', execute: () => ++ran })
  const cut = model(async function* () {
    yield call('counter')
    throw new ServiceError('server_error', 'gone')
  })
  const error = await failure(() => runTools(cut, { prompt: 'Go', tools: [counter] }))
  expect(error).toMatchObject({
    code: 'server_error',
    partial: { steps: [], toolCalls: [{ invalid: 'The reply was cut off' }] },
  })

  const long = scripted([text('Well'), call('counter'), { type: 'usage', usage }, finish('length')])
  const result = await runTools(long, { prompt: 'Go', tools: [counter] })
  expect(result).toMatchObject({
    finishReason: 'length',
    toolCalls: [{ invalid: expect.any(String) }],
  })
  // What can be gone on with: a call without its answer is refused by servers.
  expect(result.messages).toEqual([
    { role: 'user', content: 'Go' },
    { role: 'assistant', content: 'Well' },
  ])
  const mute = scripted([call('counter'), { type: 'usage', usage }, finish('content_filter')])
  expect((await runTools(mute, { prompt: 'Go', tools: [counter] })).messages).toHaveLength(1)
  expect(ran).toBe(0)
})

test('a failure in a later step keeps the steps before it', async () => {
  const tell = async (stream: boolean) => {
    let asked = 0
    const llm = model(async function* () {
      asked++
      if (asked === 1) return yield* called(oslo) as any
      yield text('It is')
      throw new ServiceError('bad_request', 'no')
    })
    const request: ToolRunRequest = { prompt: 'Go', tools: [weather], stream }
    const reply = runTools(llm, request)
    return await failure(() => ('result' in reply ? reply.result() : reply))
  }
  for (const stream of [false, true]) {
    const { partial, code } = await tell(stream)
    expect(code).toBe('bad_request')
    expect(partial).toMatchObject({ text: 'It is', finishReason: 'error' })
    expect(partial.steps).toHaveLength(1)
    expect(partial.messages.map(({ role }: any) => role)).toEqual(['user', 'assistant', 'tool'])
    expect(partial.attempts).toHaveLength(2)
    expect(partial.usage).toMatchObject({ estimated: true })
    expect(partial.usage.totalTokens).toBeGreaterThan(7)
  }
})

test('thinking and a vendor’s own members go back with the message', async () => {
  const llm = scripted(
    [
      { type: 'reasoning-delta', text: 'Hm.' },
      call('weather', { city: 'Oslo' }),
      finish('tool_calls', { messageFields: { signature: 'abc' } }),
    ],
    said('21'),
  )
  await runTools(llm, { prompt: 'Go', tools: [weather] })
  expect(llm.asked[1]?.messages[1]).toMatchObject({ reasoning_content: 'Hm.', signature: 'abc' })
})

test('a tool without `execute`, and one in the OpenAI format, are the caller’s to answer', async () => {
  const ask = tool({ name: 'ask', parameters: { type: 'object', properties: {} } })
  const plain = {
    type: 'function' as const,
    function: { name: 'plain', parameters: { type: 'object' } },
  }
  const search = { type: 'web_search', web_search: { enable: true } }
  const llm = scripted(called(oslo, call('ask'), call('plain')), said('never'))
  const tools = [weather, ask, plain, search]
  const stream = runTools(llm, { prompt: 'Go', tools, stream: true, maxSteps: 1 })
  const result = await stream.result()
  expect(result.finishReason).toBe('tool_calls')
  expect(result.toolCalls.map(({ name, invalid }) => [name, invalid])).toEqual([
    ['ask', undefined],
    ['plain', undefined],
  ])
  expect(result.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool'])
  expect(llm.asked[0]?.options.tools).toEqual([
    expect.objectContaining({ function: expect.objectContaining({ name: 'weather' }) }),
    { type: 'function', function: { name: 'ask', parameters: { type: 'object', properties: {} } } },
    plain,
    search,
  ])
  // The other side receives the same.
  llm.asked.length = 0
  const far = ChatStream.from(runTools(llm, { prompt: 'Go', tools, stream: true }).toResponse())
  expect((await far.result()).toolCalls.map(({ name }) => name)).toEqual(['ask', 'plain'])
  // And goes on from there.
  const messages = [
    ...result.messages,
    ...result.toolCalls.map(({ id }) => ({
      role: 'tool' as const,
      tool_call_id: id,
      content: 'yes',
    })),
  ]
  expect(String(await runTools(scripted(said('Thanks')), { messages, tools }))).toBe('Thanks')
})

test('`beforeTool` may let a call run, change it, or refuse it', async () => {
  const ran: string[] = []
  const send = tool({
    name: 'send',
    parameters: v.object({ to: v.string() }),
    execute: ({ to }) => void ran.push(to),
  })
  const calls = ['ann', 'bob', 'cy', 'dan'].map((to, index) => call('send', { to }, `id_${index}`))
  const llm = scripted(called(...calls, call('send', { to: 5 }, 'bad')), said('Sent'))
  const asked: string[] = []
  const { steps } = await runTools(llm, {
    prompt: 'Go',
    tools: [send],
    async beforeTool({ arguments: args, name }, { toolCallId, signal }) {
      expect([name, typeof toolCallId, signal.aborted]).toEqual(['send', 'string', false])
      asked.push(String(args.to))
      await tick()
      if (args.to === 'bob') return { arguments: { to: 'bea' } }
      if (args.to === 'cy') return { refuse: 'Not to Cy' }
      return args.to === 'dan' ? { arguments: { to: null } } : undefined
    },
  })
  expect(asked).toEqual(['ann', 'bob', 'cy', 'dan']) // not of the one that was invalid
  expect(ran).toEqual(['ann', 'bea'])
  const { toolResults } = steps[0]!
  expect(toolResults.map(({ content }) => content)).toEqual([
    'null',
    'null',
    'Not to Cy',
    expect.stringContaining('are not valid'),
    expect.stringContaining('are not valid'),
  ])
  expect(toolResults[1]?.toolCall).toMatchObject({
    arguments: { to: 'bea' },
    argumentsText: '{"to":"bea"}',
  })
  expect(toolResults[2]).toMatchObject({ refused: true })
})

test('a run ends with the calls that need approval, and goes on once they are answered', async () => {
  const ran: string[] = []
  const send = tool({
    name: 'send',
    parameters: v.object({ to: v.string() }),
    execute: ({ to }) => void ran.push(to),
  })
  const calls = ['ann', 'bob', 'cy'].map((to, index) => call('send', { to }, `id_${index}`))
  const llm = scripted(called(...calls, call('weather', { city: 'Oslo' }, 'w')), said('Sent'))
  const asked: string[] = []
  const options = {
    tools: [send, weather],
    needsApproval: async ({ name, arguments: { to } }: { name: string; arguments: any }) => {
      asked.push(name)
      return name === 'send' && to !== 'cy'
    },
  }
  const first = runTools(llm, { prompt: 'Go', ...options, stream: true })
  const seen = await all(first.events())
  expect(asked).toEqual(['send', 'send', 'send', 'weather'])
  expect(ran).toEqual(['cy'])
  expect(seen.at(-1)).toMatchObject({
    finishReason: 'tool_calls',
    awaitsApproval: ['id_0', 'id_1'],
  })
  const { toolCalls, messages } = await first.result()
  expect(toolCalls.map(({ id }) => id)).toEqual(['id_0', 'id_1'])

  // A page at the other end of a response learns of them too.
  const again = runTools(scripted(called(...calls)), { prompt: 'Go', ...options, stream: true })
  const far = await all(ChatStream.from(again.toResponse()).events())
  expect(far.at(-1)).toMatchObject({ awaitsApproval: ['id_0', 'id_1'] })
  expect(ran.splice(0)).toEqual(['cy', 'cy'])

  const denied = { role: 'tool' as const, tool_call_id: 'id_1', content: 'Not to Bob' }
  const second = runTools(llm, {
    messages: [...messages, denied],
    approved: ['id_0'],
    ...options,
    stream: true,
  })
  const types = (await all(second.events())).map(({ type }) => type)
  expect(types).toEqual(['tool-result', 'step', 'text-delta', 'usage', 'finish'])
  expect(ran).toEqual(['ann'])
  const result = await second.result()
  expect(result.text).toBe('Sent')
  expect(
    llm.asked[1]?.messages.slice(1).map(({ role, tool_call_id }) => tool_call_id ?? role),
  ).toEqual(['assistant', 'id_2', 'w', 'id_1', 'id_0'])
  expect(result.messages.slice(0, -1)).toEqual(llm.asked[1]?.messages)
})

test('`beforeTool` decides on approved calls too, which a page may have made up', async () => {
  const llm = scripted(said('Then not'))
  const open = {
    id: 'a',
    type: 'function' as const,
    function: { name: 'weather', arguments: '{"city":"Oslo"}' },
  }
  const result = await runTools(llm, {
    messages: [
      { role: 'user', content: 'Go' },
      { role: 'assistant', content: '', tool_calls: [open] },
    ],
    approved: true,
    tools: [weather],
    beforeTool: () => ({ refuse: 'Not yours' }),
  })
  expect(result.messages[2]).toMatchObject({
    role: 'tool',
    tool_call_id: 'a',
    content: 'Not yours',
  })
})

test('an invalid call never waits for approval: the model corrects it', async () => {
  const llm = scripted(called(call('weather', '{', 'a'), call('nothing', {}, 'b')), said('Sorry'))
  const result = await runTools(llm, { prompt: 'Go', tools: [weather], needsApproval: true })
  expect(result.text).toBe('Sorry')
})

test.each<[string, readonly string[] | true, RegExp]>([
  ['an id of no call', ['x'], /no open tool call "x"/],
  ['an id of an answered call', ['b'], /no open tool call "b"/],
  ['a call without an answer', ['a'], /"c" is neither approved nor answered/],
  ['no list', 'a' as never, /must be a list/],
])('`approved` with %s is refused before anything runs', async (_what, approved, words) => {
  const llm = scripted(said('never'))
  const toCall = (id: string) => ({
    id,
    type: 'function' as const,
    function: { name: 'weather', arguments: '{}' },
  })
  const error = await failure(() =>
    runTools(llm, {
      messages: [
        { role: 'user', content: 'Go' },
        { role: 'assistant', content: '', tool_calls: ['a', 'b', 'c'].map(toCall) },
        { role: 'tool', tool_call_id: 'b', content: 'done' },
      ],
      tools: [weather],
      approved,
    }),
  )
  expect(error).toMatchObject({ code: 'invalid_messages', message: expect.stringMatching(words) })
  expect(llm.asked).toEqual([])
})

test('a refusal does not count as a failure of the model', async () => {
  const llm = scripted(called(oslo), called(oslo), said('Then not'))
  const result = await runTools(llm, {
    prompt: 'Go',
    tools: [weather],
    maxToolErrors: 0,
    beforeTool: () => ({ refuse: 'No' }),
  })
  expect(result.text).toBe('Then not')
})

test('what `beforeTool` throws ends the run as it is, and so does a decision that is none', async () => {
  const reason = new Error('no permission service')
  const run = (beforeTool: any) =>
    failure(() => runTools(scripted(called(oslo)), { prompt: 'Go', tools: [weather], beforeTool }))
  expect(await run(() => Promise.reject(reason))).toBe(reason)
  const foreign = new ServiceError('server_error', 'elsewhere')
  foreign.partial = { text: 'of another run' } as any
  expect(await run(() => Promise.reject(foreign))).toBe(foreign)
  expect(foreign.partial?.text).toBe('of another run')
  for (const wrong of [false, 'no', { refuse: true }, { arguments: 5 }, null]) {
    expect(await run(() => wrong)).toBeInstanceOf(TypeError)
  }
})

test('a call that is allowed after the run has ended is not run', async () => {
  let ran = 0
  const counter = tool({ name: 'counter', execute: () => ++ran })
  const controller = new AbortController()
  let allow = () => {}
  const beforeTool = () => {
    setTimeout(() => controller.abort('enough'))
    return new Promise<undefined>((resolve) => (allow = () => resolve(undefined)))
  }
  const llm = scripted(called(call('counter')))
  const { signal } = controller
  const run = runTools(llm, { prompt: 'Go', tools: [counter], beforeTool, signal })
  expect(await failure(() => run)).toBe('enough')
  allow()
  await tick()
  expect(ran).toBe(0)
})

test('an abort ends the run at once, also with a tool that does not heed it', async () => {
  for (const stream of [false, true]) {
    const { controller, listeners } = countedSignal()
    let told: AbortSignal | undefined
    const stubborn = tool({
      name: 'stubborn',
      execute(_, { signal }) {
        told = signal
        setTimeout(() => controller.abort(reason), 5)
        return new Promise((_resolve, reject) => setTimeout(() => reject(new Error('late')), 20))
      },
    })
    const reason = new Error('enough')
    const llm = scripted(called(oslo, call('stubborn')), said('never'))
    const tools = [weather, stubborn]
    const reply = runTools(llm, { prompt: 'Go', tools, signal: controller.signal, stream })
    expect(await failure(() => ('result' in reply ? reply.result() : reply))).toBe(reason)
    expect(told?.aborted).toBe(true)
    expect(told?.reason).toBe(reason)
    expect(listeners()).toBe(0)
    if ('partial' in reply) {
      expect(reply.partial.steps).toMatchObject([{ toolResults: [{ output: { city: 'Oslo' } }] }])
      expect(reply.partial.toolCalls).toMatchObject([
        { name: 'stubborn', invalid: expect.any(String) },
      ])
    }
    await tick(25)
  }
})

test('an abort ends the wait for `needsApproval`', async () => {
  const { controller, listeners } = countedSignal()
  const reason = new Error('enough')
  const needsApproval = () => {
    setTimeout(() => controller.abort(reason))
    return new Promise<boolean>(() => {})
  }
  const options = { tools: [weather], needsApproval, signal: controller.signal }
  const asked = runTools(scripted(called(oslo)), { prompt: 'Go', ...options })
  expect(await failure(() => asked)).toBe(reason)
  expect(listeners()).toBe(0)
})

test('a stream that is cancelled, or left, ends the tools that run', async () => {
  for (const leave of ['cancel', 'return']) {
    let told: AbortSignal | undefined
    const wait = tool({
      name: 'wait',
      execute: (_, { signal }) => {
        told = signal
        return new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        )
      },
    })
    const llm = scripted(called(oslo, call('wait')), said('never'))
    const { controller, listeners } = countedSignal()
    const { signal } = controller
    const stream = runTools(llm, { prompt: 'Go', tools: [weather, wait], stream: true, signal })
    const events = stream.events()
    let event = await events.next()
    while (event.value?.type !== 'tool-result') event = await events.next()
    if (leave === 'cancel') {
      const pending = events.next()
      stream.cancel('enough')
      expect(await failure(() => pending)).toBe('enough')
    } else await events.return?.()
    expect(told?.aborted, leave).toBe(true)
    expect(listeners(), leave).toBe(0)
  }
})

test('a stream that is left while the model speaks asks no more', async () => {
  const llm = scripted([text('a'), text('b'), ...called(oslo)], said('never'))
  const stream = runTools(llm, { prompt: 'Go', tools: [weather], stream: true })
  for await (const piece of stream) if (piece === 'a') break
  await tick(5)
  expect(llm.asked).toHaveLength(1)
  expect(stream.partial).toMatchObject({ text: 'a', steps: [] })
  expect(await failure(() => stream.result())).toMatchObject({ name: 'AbortError' })
})

test('a run whose signal is already aborted sends nothing', async () => {
  const llm = scripted(said('never'))
  const signal = AbortSignal.abort('no')
  expect(await failure(() => runTools(llm, { prompt: 'Go', tools: [], signal }))).toBe('no')
  const stream = runTools(llm, { prompt: 'Go', tools: [], stream: true })
  stream.cancel('not either')
  expect(await failure(() => stream.result())).toBe('not either')
  expect(llm.asked).toEqual([])
})

test('a choice that makes the model call a tool holds for the first step only', async () => {
  for (const [toolChoice, later] of [
    ['required', 'auto'],
    [{ type: 'function', function: { name: 'weather' } }, 'auto'],
    ['none', 'none'],
    ['auto', 'auto'],
    [undefined, undefined],
  ] as const) {
    const llm = scripted(called(oslo), said('ok'))
    await runTools(llm, { prompt: 'Go', tools: [weather], toolChoice })
    expect(llm.asked.map(({ options }) => options.toolChoice)).toEqual([toolChoice, later])
  }
})

test('a failover runs tools like any model, and names the one that answered', async () => {
  let asked = 0
  const broken = model(async function* () {
    if (++asked > 1) throw new ServiceError('overloaded', 'busy')
    yield* called(oslo) as any
  })
  const llm = failover([broken, saying(said('21'), { model: 'acme-2', modelServer: 'beta' })])
  const result = await runTools(llm, { prompt: 'Go', tools: [weather] })
  expect(result).toMatchObject({ text: '21', provider: 'beta' })
  expect(result.attempts.map(({ provider, error }) => [provider, error?.code])).toEqual([
    ['acme', undefined],
    ['acme', 'overloaded'],
    ['beta', undefined],
  ])
})

test('runTools() without tools is a chat', async () => {
  const result = await runTools(scripted(said('Hi')), { prompt: 'Go', tools: [] })
  expect(result).toMatchObject({ text: 'Hi', steps: [{ toolResults: [] }] })
  expect(result.messages).toHaveLength(2)
  expect(result.attempts[0]).not.toHaveProperty('usage')
})

test.each(['openai:gpt-5', { model: 'gpt-5', modelServer: 'openai' }, undefined])(
  '%j is no model',
  async (llm: any) => {
    const error = await failure(() => runTools(llm, { prompt: 'Go', tools: [] }))
    expect(error).toMatchObject({ name: 'ConfigError', code: 'invalid_config' })
    expect(error.message).toBe('runTools() takes a model: getChatModel(…) returns one')
  },
)

test.each<[what: string, request: any, code: string, words: RegExp]>([
  ['no request', undefined, 'invalid_config', /tools must be a list/],
  ['no tools', { prompt: 'Go' }, 'invalid_config', /tools must be a list/],
  ['no prompt', { tools: [] }, 'invalid_messages', /either/],
  ['two prompts', { tools: [], prompt: 'a', messages: [] }, 'invalid_messages', /both/],
  ['an unknown member', { tools: [], prompt: 'a', steps: 5 }, 'unsupported_option', /steps/],
  ['no steps', { tools: [], prompt: 'a', maxSteps: 0 }, 'unsupported_option', /maxSteps/],
  [
    'a broken bound',
    { tools: [], prompt: 'a', maxToolErrors: -1 },
    'unsupported_option',
    /maxToolErrors/,
  ],
  [
    'a timeout that is none',
    { tools: [], prompt: 'a', toolTimeout: 0 },
    'unsupported_option',
    /toolTimeout must be milliseconds/,
  ],
  [
    'a hook that is none',
    { tools: [], prompt: 'a', beforeTool: true },
    'unsupported_option',
    /beforeTool/,
  ],
  [
    'an approval that is none',
    { tools: [], prompt: 'a', needsApproval: 'yes' },
    'unsupported_option',
    /needsApproval/,
  ],
  [
    'the same tool twice',
    { tools: [weather, weather], prompt: 'a' },
    'invalid_config',
    /Duplicate tool name "weather"/,
  ],
  [
    'a tool that asks for approval where only the run can',
    { tools: [{ ...weather, needsApproval: true }], prompt: 'a' },
    'invalid_config',
    /"weather" has `needsApproval`.*option of the run/,
  ],
])('%s is refused before anything is sent', async (_what, request, code, words) => {
  const llm = scripted(said('never'))
  const error = await failure(() => runTools(llm, request))
  expect(error).toMatchObject({ name: 'ConfigError', code, message: expect.stringMatching(words) })
  if (request) expect(() => runTools(llm, { ...request, stream: true })).toThrow(error.message)
  expect(llm.asked).toEqual([])
})

test('a tool may say whether it needs approval, for the option that reads it', async () => {
  const careful = { ...weather, needsApproval: true }
  const needsApproval = ({ name }: { name: string }) =>
    name === careful.name && careful.needsApproval
  const calls = () => scripted(called(oslo), said('done'))
  const asked = await runTools(calls(), { prompt: 'Go', tools: [careful], needsApproval })
  expect(asked.toolCalls).toHaveLength(1)
  const others = [{ needsApproval: false }, { beforeTool: () => undefined }]
  for (const options of others) {
    const run = await runTools(calls(), { prompt: 'Go', tools: [careful], ...options })
    expect(run.text).toBe('done')
  }
})

test('a tool whose schema cannot be shown to a model is refused before anything is sent', async () => {
  const llm = scripted(said('never'))
  const lazy = tool({
    name: 'lazy',
    parameters: v.object({ made: v.custom(() => true) }),
    execute: () => 1,
  })
  const error = await failure(() => runTools(llm, { prompt: 'Go', tools: [lazy] }))
  expect(error).toMatchObject({
    code: 'invalid_config',
    message: expect.stringMatching(/tool "lazy"/),
  })
  expect(error.partial).toBeUndefined()
  expect(llm.asked).toEqual([])
})

test('a model that takes no tools says so', async () => {
  const mute = model({
    async *_chatStream() {},
    supportFunctionCalling: () => false,
  } as any)
  const error = await failure(() => runTools(mute, { prompt: 'Go', tools: [weather] }))
  expect(error).toMatchObject({ code: 'unsupported_option' })
})
