import { simulate } from 'chatwire/testing'
import { describe, expect, test, vi } from 'vitest'
import * as parts from '../../../src/load-part.ts'
import type { Conversation, ConversationSnapshot } from '../../../src/conversation.ts'
import { createConversation } from '../../../src/conversation.ts'
import { OpenAiLLM } from '../../../src/providers/openai.ts'
import { tool } from '../../../src/tools/tool.ts'
import { createReplyServer, say } from './reply-server.ts'

await import('./loaded.ts')

vi.mock('../../../src/load-part.ts', { spy: true })

/** A promise to settle by hand. */
function deferred() {
  let resolve = () => {}
  const promise = new Promise<void>((settle) => (resolve = settle))
  return { promise, resolve }
}

type Script = Parameters<typeof simulate>[1]

function createModel(script: Script) {
  const server = simulate('openai', script)
  const fetch = (url: string, init: RequestInit) => server(new Request(url, init))
  return { llm: new OpenAiLLM({ model: 'gpt-4o', apiKey: 'test-key', fetch }), server }
}

/** Reads what the page shows. */
const shown = (conversation: Conversation) =>
  conversation.getSnapshot().messages.map(({ role, text }) => `${role}: ${text}`)
const last = (conversation: Conversation) => {
  const message = conversation.getSnapshot().messages.at(-1)
  if (!message) throw new Error('No message')
  return message
}
/** Resolves at the first snapshot that passes. */
function until(
  conversation: Conversation,
  test: (snapshot: ConversationSnapshot) => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const end = conversation.subscribe((snapshot) => {
      if (!test(snapshot)) return
      resolve()
      queueMicrotask(() => end())
    })
  })
}

describe('a conversation with a model', () => {
  test('shows the message at once, then the reply, its thinking and its usage', async () => {
    const { llm } = createModel({ reasoning: 'They greet.', text: 'Hello there' })
    const conversation = createConversation({ model: llm })
    const states: string[] = []
    conversation.subscribe(({ status }) => {
      if (states.at(-1) !== status) states.push(status)
    })
    const sent = conversation.send('Hi')
    expect(shown(conversation)).toEqual(['user: Hi', 'assistant: '])
    await sent
    expect(states).toEqual(['idle', 'submitted', 'streaming', 'idle'])
    expect(shown(conversation)).toEqual(['user: Hi', 'assistant: Hello there'])
    expect(last(conversation)).toMatchObject({
      reasoning: 'They greet.',
      parts: [
        { type: 'reasoning', text: 'They greet.' },
        { type: 'text', text: 'Hello there' },
      ],
      finishReason: 'stop',
      pending: false,
      model: 'gpt-4o',
      provider: 'openai',
    })
    expect(conversation.getSnapshot().usage).toEqual(last(conversation).usage)
  })

  test('sends the conversation so far, and the options', async () => {
    const { llm, server } = createModel({ text: 'Yes' })
    const conversation = createConversation({
      model: llm,
      messages: [{ role: 'system', content: 'Be brief' }],
      defaults: () => ({ temperature: 0.5 }),
    })
    await conversation.send('One')
    await conversation.send('Two')
    expect(server.requests.at(-1)?.body).toMatchObject({
      temperature: 0.5,
      messages: [
        { role: 'system', content: 'Be brief' },
        { role: 'user', content: 'One' },
        { role: 'assistant', content: 'Yes' },
        { role: 'user', content: 'Two' },
      ],
    })
    expect(conversation.toMessages()).toHaveLength(5)
  })

  test('a failure is in the snapshot, and retry replaces the empty reply', async () => {
    const { llm, server } = createModel({ error: { status: 400, message: 'No such thing' } })
    const errors: unknown[] = []
    const conversation = createConversation({ model: llm, onError: (error) => errors.push(error) })
    await conversation.send('Hi')
    const { status, error } = conversation.getSnapshot()
    expect({ status, error }).toMatchObject({ status: 'error', error: { code: 'bad_request' } })
    expect(last(conversation).error).toMatchObject({ code: 'bad_request' })
    expect(errors).toEqual([error])
    server.use({ text: 'Hello' })
    await conversation.retry()
    expect(conversation.getSnapshot()).toMatchObject({ status: 'idle', error: undefined })
    expect(last(conversation)).toMatchObject({ text: 'Hello', versions: { index: 0, count: 1 } })
  })

  test('stop keeps the half answer, marked, and send resolves', async () => {
    const { llm } = createModel({
      text: 'One two three',
      fault: { kind: 'stall', after: 3 },
    })
    const conversation = createConversation({ model: llm })
    const sent = conversation.send('Count')
    await until(conversation, ({ messages }) => messages.at(-1)?.text !== '')
    conversation.stop()
    await sent
    expect(conversation.getSnapshot()).toMatchObject({ status: 'idle', error: undefined })
    expect(last(conversation)).toMatchObject({ stopped: true, cut: false, pending: false })
    expect(last(conversation).text).not.toBe('')
  })

  test.each(['stop', 'clear'] as const)('%s at once after send asks nothing', async (end) => {
    const { llm, server } = createModel({ text: 'Hello' })
    const conversation = createConversation({ model: llm })
    const sent = conversation.send('Hi')
    conversation[end]()
    await sent
    expect(conversation.getSnapshot()).toMatchObject({ status: 'idle', error: undefined })
    expect(shown(conversation)).toEqual(end === 'stop' ? ['user: Hi', 'assistant: '] : [])
    await conversation.send('Ho') // whatever was to follow has followed
    expect(server.requests).toHaveLength(1)
  })

  test('a part of the page that throws does not end the reply', async () => {
    const { llm } = createModel({ text: 'Hello' })
    const errors: unknown[] = []
    const conversation = createConversation({ model: llm, onError: (error) => errors.push(error) })
    let isFirst = true
    conversation.subscribe(() => {
      if (isFirst) isFirst = false
      else throw new Error('a page')
    })
    await conversation.send('Hi')
    expect(last(conversation).text).toBe('Hello')
    expect(new Set(errors.map(String))).toEqual(new Set(['Error: a page']))
  })
})

describe('versions', () => {
  test('retry and edit add versions, and select goes between them', async () => {
    const { llm, server } = createModel({ text: 'First' })
    const conversation = createConversation({ model: llm })
    await conversation.send('Hi')
    server.use({ text: 'Second' })
    await conversation.retry()
    expect(shown(conversation)).toEqual(['user: Hi', 'assistant: Second'])
    expect(last(conversation).versions).toMatchObject({ index: 1, count: 2 })
    conversation.select(last(conversation).id, 0)
    expect(shown(conversation)).toEqual(['user: Hi', 'assistant: First'])
    await conversation.send('And?')
    expect(server.requests.at(-1)?.body.messages).toHaveLength(3)

    const [question] = conversation.getSnapshot().messages
    server.use({ text: 'Good day' })
    await conversation.edit(question?.id ?? '', 'Hello')
    expect(shown(conversation)).toEqual(['user: Hello', 'assistant: Good day'])
    conversation.select(question?.id ?? '')
    expect(shown(conversation)).toHaveLength(4)
  })

  test.each(['retry', 'continue'] as const)(
    '%s never applies to a reply that came while its code loaded',
    async (name) => {
      const { llm, server } = createModel({ text: 'First' })
      const conversation = createConversation({ model: llm })
      await conversation.send('Hi')
      conversation.subscribe(() => {})
      const { promise, resolve } = deferred()
      vi.mocked(parts.loadPart).mockImplementationOnce(async (load) => {
        await promise
        return await load()
      })
      const late = conversation[name]().catch((error: unknown) => error)
      server.use({ text: 'Sec', finishReason: 'length' })
      await conversation.send('And?')
      resolve()
      expect(await late).toMatchObject({ code: 'unsupported_option' })
      expect(server.requests).toHaveLength(2)
      expect(shown(conversation).at(-1)).toBe('assistant: Sec')
    },
  )

  test('an edited reply is a version that is not asked for', async () => {
    const { llm, server } = createModel({ text: 'Wrong' })
    const conversation = createConversation({ model: llm })
    await conversation.send('Hi')
    await conversation.edit(last(conversation).id, 'Right')
    expect(shown(conversation)).toEqual(['user: Hi', 'assistant: Right'])
    expect(server.requests).toHaveLength(1)
  })

  test('branch copies the messages, and neither side changes the other', async () => {
    const { llm } = createModel({ text: 'Hello' })
    const conversation = createConversation({ model: llm })
    await conversation.send('Hi')
    await conversation.send('More')
    const copy = conversation.branch(conversation.getSnapshot().messages[1]?.id)
    expect(shown(copy)).toEqual(['user: Hi', 'assistant: Hello'])
    await copy.send('Else')
    expect(shown(copy)).toHaveLength(4)
    expect(shown(conversation)).toEqual([
      'user: Hi',
      'assistant: Hello',
      'user: More',
      'assistant: Hello',
    ])
    expect(copy.id).not.toBe(conversation.id)
  })

  test('branch leaves a running reply to the original', async () => {
    const server = createReplyServer([say('One two').slice(0, 1)], { isStalled: true })
    const conversation = createConversation({ url: 'https://a.example', fetch: server.fetch })
    const sent = conversation.send('Hi')
    await until(conversation, ({ messages }) => messages[1]?.text === 'One ')
    const copy = conversation.branch()
    await copy.load()
    expect(copy.getSnapshot().messages[1]).toMatchObject({ pending: false, cut: true })
    copy.stop()
    expect(conversation.getSnapshot().status).toBe('streaming')
    expect(server.requests).toEqual(['POST'])
    conversation.stop()
    await sent
  })

  test('an edit whose message was cleared meanwhile changes nothing', async () => {
    const { llm } = createModel({ text: 'Hello' })
    const conversation = createConversation({ model: llm })
    await conversation.send('Hi')
    await conversation.send('Look')
    const { promise, resolve } = deferred()
    let isRead = false
    class SlowFile extends Blob {
      override async arrayBuffer() {
        isRead = true
        await promise
        return super.arrayBuffer()
      }
    }
    const file = new SlowFile(['x'], { type: 'image/png' })
    const picture = { type: 'image_url' as const, image_url: { url: file } }
    const edited = conversation.edit(conversation.getSnapshot().messages[2]?.id ?? '', [picture])
    await vi.waitUntil(() => isRead)
    conversation.clear()
    resolve()
    await expect(edited).rejects.toThrow('has changed')
    expect(conversation.toJSON().turns).toEqual([])
  })

  test('clear returns to the messages of the options', async () => {
    const { llm } = createModel({ text: 'Hello' })
    const messages = [{ role: 'system' as const, content: 'Be brief' }]
    const conversation = createConversation({ model: llm, messages })
    await conversation.send('Hi')
    conversation.clear()
    expect(shown(conversation)).toEqual(['system: Be brief'])
  })
})

describe('calls that cannot be made', () => {
  test('are rejected with a ConfigError', async () => {
    const { llm } = createModel({ text: 'Hello' })
    const conversation = createConversation({ model: llm })
    await expect(conversation.send('')).rejects.toMatchObject({ code: 'invalid_messages' })
    await expect(conversation.send([])).rejects.toMatchObject({ code: 'invalid_messages' })
    await expect(conversation.send(5 as never)).rejects.toMatchObject({ code: 'invalid_messages' })
    await expect(conversation.send(new Uint8Array(3) as never)).rejects.toMatchObject({
      code: 'invalid_messages',
    })
    await expect(conversation.retry()).rejects.toMatchObject({ code: 'unsupported_option' })
    await expect(conversation.retry('m9')).rejects.toThrow('no message "m9"')
    await expect(conversation.edit('m9', 'Hi')).rejects.toThrow('no message "m9"')
    await expect(conversation.continue()).rejects.toThrow('complete')
    await expect(conversation.answerTool('x', { approve: true })).rejects.toThrow('"x"')
    await expect(conversation.resume()).rejects.toThrow('url')
    expect(() => conversation.select('m9')).toThrow('no message "m9"')
    expect(() => conversation.branch('m9')).toThrow('no message "m9"')
    const sent = conversation.send('Hi')
    await expect(conversation.send('Ho')).rejects.toThrow('A reply is running')
    await sent
    expect(() => conversation.select('m1', 3)).toThrow('1 versions')
    expect(shown(conversation)).toEqual(['user: Hi', 'assistant: Hello'])
  })

  test.each([undefined, 'Hello'])('%j is no reply', async (answer) => {
    const conversation = createConversation({ reply: () => answer as never })
    await conversation.send('Hi')
    expect(conversation.getSnapshot().error).toMatchObject({
      code: 'invalid_config',
      message: '`reply` must return a ChatStream or a Response',
    })
  })

  test.each([
    [5, 'options must be an object'],
    [{ messages: null }, 'options.messages must be a list of messages'],
    [{ messages: 'Hi' }, 'options.messages must be a list of messages'],
    [{ messages: [null] }, 'options.messages must be a list of messages'],
    [{ onEror: () => {} }, 'options.onEror is not a known member'],
  ])('refuses the options %j', (options, message) => {
    const create = () =>
      createConversation(
        (typeof options === 'object' ? { url: '/a', ...options } : options) as never,
      )
    expect(create).toThrow(expect.objectContaining({ code: 'invalid_config', message }))
  })

  test.each(['', [], undefined, { text: 'Hi' }])('send(%j) rejects', async (content) => {
    const conversation = createConversation({ url: '/a' })
    await expect(conversation.send(content as never)).rejects.toThrow('a text or a list of parts')
    expect(conversation.getSnapshot().messages).toEqual([])
  })

  test.each([
    {},
    { model: {} },
    { model: 'a:b' },
    { url: 5 },
    { url: '/a', reply: () => {} },
    undefined,
    null,
  ])('createConversation(%j) is refused', (options) => {
    expect(() => createConversation(options as never)).toThrow('takes one of')
  })
})

describe('tools in the page', () => {
  const calls = { toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }] }
  const create = (options: object = {}, execute: unknown = async () => '21 °C') => {
    let step = 0
    const { llm, server } = createModel(() => (step++ === 0 ? calls : { text: 'It is warm' }))
    const weather = tool({
      name: 'weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      ...(execute ? { execute: execute as never } : {}),
    })
    const tools = [weather]
    return { server, conversation: createConversation({ model: llm, tools, ...options }) }
  }

  test('run, and their results go back to the model', async () => {
    const states: string[] = []
    const { conversation, server } = create()
    conversation.subscribe(({ messages }) => {
      const state = messages.at(-1)?.toolCalls[0]?.state
      if (state && states.at(-1) !== state) states.push(state)
    })
    await conversation.send('How warm is it?')
    expect(states).toEqual(['streaming', 'running', 'done'])
    expect(last(conversation)).toMatchObject({
      text: 'It is warm',
      toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' }, result: '21 °C', state: 'done' }],
    })
    expect(last(conversation).parts.map(({ type }) => type)).toEqual(['tool-call', 'step', 'text'])
    expect(server.requests.at(-1)?.body.messages.at(-1)).toMatchObject({
      role: 'tool',
      content: '21 °C',
    })
    expect(conversation.toMessages().map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'assistant',
    ])
  })

  test('wait for approval, also across a reload', async () => {
    let runs = 0
    const execute = async () => `${++runs}`
    const { conversation } = create({ needsApproval: true }, execute)
    await conversation.send('How warm is it?')
    expect(conversation.getSnapshot().status).toBe('idle')
    expect(last(conversation).toolCalls).toMatchObject([{ state: 'waiting' }])
    expect(runs).toBe(0)
    const state = JSON.parse(JSON.stringify(conversation))
    const { conversation: again } = create({ state, needsApproval: true }, execute)
    again.subscribe(() => {})
    await again.answerTool(last(again).toolCalls[0]?.id ?? '', { approve: true })
    expect(runs).toBe(1)
    expect(last(again).toolCalls).toMatchObject([
      { state: 'done', result: '1' },
      { state: 'waiting' },
    ])
  })

  test('may be denied', async () => {
    const { conversation, server } = create({ needsApproval: () => true })
    await conversation.send('How warm is it?')
    await conversation.answerTool(last(conversation).toolCalls[0]?.id ?? '', { deny: 'Not now' })
    expect(last(conversation)).toMatchObject({
      text: 'It is warm',
      toolCalls: [{ state: 'denied', result: 'Not now' }],
    })
    expect(server.requests.at(-1)?.body.messages.at(-1)).toMatchObject({ content: 'Not now' })
  })

  test('without `execute` wait for a result', async () => {
    const { conversation } = create({}, null)
    await conversation.send('How warm is it?')
    const id = last(conversation).toolCalls[0]?.id ?? ''
    await expect(conversation.answerTool(id, { approve: true })).rejects.toThrow('no `execute`')
    for (const result of [() => 21, 21n, Symbol('warm')])
      await expect(conversation.answerTool(id, { result })).rejects.toMatchObject({
        code: 'unsupported_option',
      })
    await conversation.answerTool(id, { result: { celsius: 21 } })
    expect(last(conversation)).toMatchObject({
      text: 'It is warm',
      toolCalls: [{ state: 'done', result: '{"celsius":21}' }],
    })
  })

  test('that fail tell the model, and too many steps fail the reply', async () => {
    const { llm } = createModel(calls)
    const conversation = createConversation({
      model: llm,
      maxSteps: 2,
      tools: [
        tool({
          name: 'weather',
          execute: () => {
            throw new Error('No wind')
          },
        }),
      ],
    })
    await conversation.send('How warm is it?')
    expect(last(conversation).toolCalls).toMatchObject([
      { state: 'failed', result: expect.stringContaining('No wind') },
      { state: 'failed' },
    ])
    expect(conversation.getSnapshot().error).toMatchObject({ code: 'too_many_steps' })
  })
})
