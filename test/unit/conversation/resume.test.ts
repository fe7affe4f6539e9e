import { describe, expect, test, vi } from 'vitest'
import type { StreamEvent } from '../../../src/event.ts'
import type { Conversation, ConversationState } from '../../../src/conversation.ts'
import { createConversation } from '../../../src/conversation.ts'
import { createReplyServer, encode, say } from './reply-server.ts'

await import('./loaded.ts')

const url = '/api/chat'

/** A reply with every kind of event. */
const RICH: StreamEvent[] = [
  { type: 'reasoning-delta', text: 'I should ' },
  { type: 'reasoning-delta', text: 'look.' },
  { type: 'text-delta', text: 'One moment … ' },
  { type: 'tool-call-delta', index: 0, id: 'a', name: 'weather', argumentsDelta: '{"city":' },
  { type: 'tool-call-delta', index: 1, id: 'b', name: 'time', argumentsDelta: '{}' },
  { type: 'tool-call-delta', index: 0, argumentsDelta: '"Tromsø"}' },
  {
    type: 'tool-call',
    index: 0,
    toolCall: {
      id: 'a',
      name: 'weather',
      arguments: { city: 'Tromsø' },
      argumentsText: '{"city":"Tromsø"}',
    },
  },
  {
    type: 'tool-call',
    index: 1,
    toolCall: { id: 'b', name: 'time', arguments: {}, argumentsText: '{}' },
  },
  { type: 'tool-result', toolCallId: 'b', name: 'time', content: 'noon', durationMs: 3 },
  { type: 'tool-result', toolCallId: 'a', name: 'weather', content: '21 °C', durationMs: 5 },
  { type: 'step', step: 2 },
  { type: 'source', source: { url: 'https://weather.example', title: 'Weather' } },
  ...say('It is 21 °C, 大家好 👋 in Tromsø.'),
]

/** The state but for what differs from run to run. */
function stateOf(conversation: Conversation): ConversationState {
  const state = conversation.toJSON()
  for (const turn of state.turns) delete turn.createdAt
  return JSON.parse(JSON.stringify(state))
}

async function read(events: StreamEvent[], cutAfter?: (response: number) => number | undefined) {
  const server = createReplyServer([events], cutAfter ? { cutAfter } : {})
  const conversation = createConversation({ url, fetch: server.fetch })
  const sent = conversation.send('How warm is it?')
  await vi.runAllTimersAsync()
  await sent
  return { server, conversation, state: stateOf(conversation) }
}

describe('a reply of a URL', () => {
  test('is asked for with the messages, the options, the body and the headers', async () => {
    const server = createReplyServer([say('Hello there'), say('Yes')])
    const inits: RequestInit[] = []
    const conversation = createConversation({
      url,
      fetch: (to, init) => {
        inits.push(init)
        return server.fetch(to, init)
      },
      defaults: { temperature: 0 },
      body: () => ({ chat: 7 }),
      headers: async () => ({ authorization: 'Bearer x' }),
    })
    await conversation.send('Hi')
    expect(server.asked).toEqual([
      { temperature: 0, chat: 7, messages: [{ role: 'user', content: 'Hi' }] },
    ])
    expect(inits[0]?.headers).toMatchObject({ authorization: 'Bearer x' })
    const { messages, status, usage } = conversation.getSnapshot()
    expect(messages[1]).toMatchObject({ text: 'Hello there', model: 'a-model', replyId: undefined })
    expect({ status, usage }).toMatchObject({ status: 'idle', usage: { totalTokens: 3 } })
  })

  test('shows reasoning, tool calls of the server, sources and steps', async () => {
    vi.useFakeTimers()
    const { conversation } = await read(RICH)
    vi.useRealTimers()
    const message = conversation.getSnapshot().messages[1]
    expect(message).toMatchObject({
      reasoning: 'I should look.',
      text: 'One moment … It is 21 °C, 大家好 👋 in Tromsø.',
      toolCalls: [
        { id: 'a', state: 'done', result: '21 °C', arguments: { city: 'Tromsø' } },
        { id: 'b', state: 'done', result: 'noon' },
      ],
      sources: [{ title: 'Weather' }],
    })
    expect(conversation.toMessages().map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'tool',
      'assistant',
    ])
  })

  test.each([
    [401, 'authentication', false],
    [404, 'unexpected_response', false],
    [429, 'rate_limit', true],
    [500, 'server_error', true],
  ])('HTTP %d is %s', async (status, code, retryable) => {
    const { fetch } = createReplyServer([], { refuse: () => new Response('Sorry', { status }) })
    const conversation = createConversation({ url, fetch })
    await conversation.send('Hi')
    expect(conversation.getSnapshot().error).toMatchObject({ code, retryable, status })
    expect(conversation.getSnapshot().error?.message).toBe(`HTTP ${status}: Sorry`)
  })

  test('a server that cannot be reached is a failed connection', async () => {
    const fetch = () => Promise.reject(new TypeError('fetch failed'))
    const conversation = createConversation({ url, fetch })
    await conversation.send('Hi')
    expect(conversation.getSnapshot().error).toMatchObject({
      code: 'connection_failed',
      retryable: true,
    })
  })
})

describe('a lost connection', () => {
  test('at any byte leaves the same final state', async () => {
    vi.useFakeTimers()
    const { state } = await read(RICH)
    for (let at = 0; at < encode(RICH).length; at++) {
      const cut = await read(RICH, (response) => (response === 0 ? at : undefined))
      expect(cut.state, `cut after byte ${at}`).toEqual(state)
      expect(cut.server.asked).toHaveLength(1)
    }
    vi.useRealTimers()
  })

  test('at every event, again and again, leaves the same final state', async () => {
    vi.useFakeTimers()
    const { state } = await read(RICH)
    // Each response ends in the middle of its second event.
    const { state: cut, server } = await read(RICH, (response) => {
      const first = encode(RICH, response).length - encode(RICH, response + 1).length
      return response < RICH.length - 1 ? first + 9 : undefined
    })
    vi.useRealTimers()
    expect(cut).toEqual(state)
    expect(server.requests.length).toBe(RICH.length)
  })

  test('of a reply that cannot be resumed leaves it cut, with what had arrived', async () => {
    const server = createReplyServer([say('One two three')], {
      isResumable: false,
      cutAfter: () => 100,
    })
    const conversation = createConversation({ url, fetch: server.fetch })
    await conversation.send('Count')
    const { status, error, messages } = conversation.getSnapshot()
    expect({ status, code: (error as { code?: string }).code }).toEqual({
      status: 'error',
      code: 'connection_lost',
    })
    expect(messages[1]).toMatchObject({ text: 'One two ', cut: true, pending: false })
    expect(server.requests).toEqual(['POST'])
  })

  test('is given up after some attempts, and resume goes on later', async () => {
    vi.useFakeTimers()
    let isDown = true
    const server = createReplyServer([say('One two three')], {
      cutAfter: (response) => (response === 0 ? 100 : undefined),
      refuse: (request) => (isDown && request > 0 ? new Response('', { status: 503 }) : undefined),
    })
    const conversation = createConversation({ url, fetch: server.fetch })
    const sent = conversation.send('Count')
    await vi.runAllTimersAsync()
    await sent
    expect(conversation.getSnapshot().messages[1]).toMatchObject({ cut: true, replyId: 'r1' })
    expect(server.requests.length).toBeLessThan(12)
    isDown = false
    await conversation.resume()
    vi.useRealTimers()
    expect(conversation.getSnapshot()).toMatchObject({ status: 'idle', error: undefined })
    expect(conversation.getSnapshot().messages[1]).toMatchObject({
      text: 'One two three',
      cut: false,
      error: undefined,
    })
  })

  test('of a reply that its server has forgotten leaves it cut', async () => {
    vi.useFakeTimers()
    const server = createReplyServer([say('One two three')], { cutAfter: () => 100 })
    const { fetch } = server
    const conversation = createConversation({
      url,
      fetch: (to, init) => {
        if (to !== url) server.forget()
        return fetch(to, init)
      },
    })
    const sent = conversation.send('Count')
    await vi.runAllTimersAsync()
    await sent
    vi.useRealTimers()
    expect(conversation.getSnapshot().error?.message).toContain('no longer available')
    expect(conversation.getSnapshot().messages[1]).toMatchObject({ cut: true, replyId: undefined })
  })

  test('an error in the stream is the end of the reply', async () => {
    const body =
      'id: 1\ndata: {"type":"text-delta","text":"Hel"}\n\nid: 2\nevent: error\n' +
      'data: {"name":"StreamError","code":"connection_lost","message":"Lost","retryable":true}\n\n'
    let requests = 0
    const fetch = async () => {
      requests++
      return new Response(body, {
        headers: { 'content-type': 'text/event-stream', 'chatwire-reply-id': 'r1' },
      })
    }
    const conversation = createConversation({ url, fetch })
    await conversation.send('Hi')
    expect(requests).toBe(1)
    expect(conversation.getSnapshot().error).toMatchObject({ code: 'connection_lost' })
    expect(conversation.getSnapshot().messages[1]).toMatchObject({ text: 'Hel', cut: true })
  })
})

/** A promise to settle by hand. */
function deferred<T>() {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((settle) => (resolve = settle))
  return { promise, resolve }
}

/** A storage in memory that a reload does not clear. */
function createStorage() {
  const saved = new Map<string, string>()
  return {
    saved,
    load: (id: string) => JSON.parse(saved.get(id) ?? 'null') ?? undefined,
    save: (id: string, state: ConversationState) => void saved.set(id, JSON.stringify(state)),
  }
}

describe('a reload', () => {
  test('goes on with the reply that was running, and a second tab watches it', async () => {
    vi.useFakeTimers()
    const storage = createStorage()
    const server = createReplyServer([say('One two three')], { isStalled: true })
    const { fetch } = server
    // The first page gets half of the reply and is closed.
    const half = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(encode(say('One two three')).slice(0, 100)),
    })
    const headers = { 'chatwire-reply-id': 'r1', 'content-type': 'text/event-stream' }
    const first = createConversation({
      url,
      storage,
      fetch: async (to, init) => {
        await fetch(to, init)
        return new Response(half, { headers })
      },
    })
    await first.load()
    void first.send('Count')
    await vi.advanceTimersByTimeAsync(2000)
    expect(first.getSnapshot().messages[1]).toMatchObject({ text: 'One two ', pending: true })

    const tabs = [1, 2].map(() => createConversation({ url, storage, fetch }))
    for (const tab of tabs) {
      await tab.load()
      await vi.advanceTimersByTimeAsync(2000)
      expect(tab.getSnapshot()).toMatchObject({ status: 'idle', loading: false })
      expect(tab.getSnapshot().messages[1]).toMatchObject({ text: 'One two three', pending: false })
    }
    vi.useRealTimers()
    expect(server.requests).toEqual(['POST', 'GET?reply=r1&after=2'])
  })

  test('leaves a reply cut that cannot go on', async () => {
    const state: ConversationState = {
      version: 1,
      turns: [
        { id: 'm1', role: 'user', content: 'Hi' },
        {
          id: 'm2',
          parent: 'm1',
          role: 'assistant',
          parts: [{ type: 'text', text: 'Hel' }],
          pending: true,
        },
      ],
    }
    const conversation = createConversation({ url, state })
    conversation.subscribe(() => {})
    expect(conversation.getSnapshot().messages[1]).toMatchObject({ cut: true, pending: false })
  })

  test('that is cleared before its state has loaded stays empty', async () => {
    const storage = createStorage()
    const server = createReplyServer([say('Hello')])
    const options = { url, storage, fetch: server.fetch }
    await createConversation(options).send('Hi')
    expect(storage.saved.get('default')).toContain('Hello')
    const conversation = createConversation(options)
    const loaded = conversation.load()
    conversation.clear()
    await loaded
    expect(conversation.getSnapshot().messages).toEqual([])
    await expect
      .poll(() => JSON.parse(storage.saved.get('default') as string))
      .toMatchObject({ turns: [] })
  })

  test('finds the newest state, also if a storage takes its time', async () => {
    const writes: (() => void)[] = []
    let saved: ConversationState | undefined
    const save = (_id: string, state: ConversationState) =>
      new Promise<void>((resolve) => {
        writes.push(() => resolve(void (saved = state)))
      })
    const storage = { load: () => undefined, save }
    const { fetch } = createReplyServer([say('Hello')])
    const conversation = createConversation({ url, storage, fetch })
    await conversation.load()
    await conversation.send('Hi')
    for (let write; (write = writes.pop()); await new Promise((turn) => setTimeout(turn))) write()
    expect(saved?.turns.at(-1)).toMatchObject({ finishReason: 'stop', pending: undefined })
  })

  test('a storage that never answers does not hold up what is saved later', async () => {
    vi.useFakeTimers()
    const save = vi.fn((_id: string, _state: ConversationState) => new Promise<void>(() => {}))
    const { fetch } = createReplyServer([say('Hello')])
    const storage = { load: () => undefined, save }
    const conversation = createConversation({ url, storage, fetch })
    await conversation.load()
    conversation.clear()
    conversation.clear()
    expect(save).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(save).toHaveBeenCalledTimes(2)
    vi.useRealTimers()
  })

  test('a state whose messages are their own ancestors is an error', () => {
    const turns = [{ id: 'm1' }, { id: 'm1', parent: 'm1' }].map((turn) => {
      return { ...turn, role: 'user' as const, content: 'Hi' }
    })
    expect(() => createConversation({ url, state: { version: 1, turns } })).toThrow(
      'Not a saved conversation',
    )
  })

  test('a state of another version is an error, and is not overwritten', async () => {
    const storage = createStorage()
    storage.saved.set('default', '{"version":2}')
    const server = createReplyServer([say('Hello')])
    const conversation = createConversation({ url, storage, fetch: server.fetch })
    await conversation.load()
    expect(conversation.getSnapshot().error).toMatchObject({ code: 'invalid_config' })
    await conversation.send('Hi')
    expect(storage.saved.get('default')).toBe('{"version":2}')
  })
})

describe('stop', () => {
  test('ends the reply at its server', async () => {
    const server = createReplyServer([say('One two three').slice(0, 2)], { isStalled: true })
    const conversation = createConversation({ url, fetch: server.fetch })
    const sent = conversation.send('Count')
    await expect.poll(() => conversation.getSnapshot().messages[1]?.text).toBe('One two ')
    conversation.stop()
    await sent
    await expect.poll(() => server.ended).toEqual(['r1'])
    expect(conversation.getSnapshot().messages[1]).toMatchObject({
      text: 'One two ',
      stopped: true,
    })
  })

  test('leaves no timer once the response has come', async () => {
    vi.useFakeTimers()
    const server = createReplyServer([say('One two three').slice(0, 2)], { isStalled: true })
    const conversation = createConversation({ url, fetch: server.fetch })
    const sent = conversation.send('Count')
    await vi.waitUntil(() => conversation.getSnapshot().messages[1]?.text === 'One two ')
    conversation.stop()
    await sent
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  test('before the response has come ends the reply too', async () => {
    const server = createReplyServer([say('One two three')])
    const conversation = createConversation({
      url,
      fetch(address, init) {
        if (init?.method === 'POST') conversation.stop()
        return server.fetch(address as string, init)
      },
    })
    await conversation.send('Count')
    expect(conversation.getSnapshot()).toMatchObject({ status: 'idle', error: undefined })
    await expect.poll(() => server.ended).toEqual(['r1'])
  })

  test('before the response has come leaves nothing to resume: the next request is another', async () => {
    const server = createReplyServer([say('One two three'), say('Four')])
    const { promise: later, resolve } = deferred<void>()
    const conversation = createConversation({
      url,
      async fetch(address, init) {
        if (init?.method === 'POST' && server.requests.length === 0) {
          const response = await server.fetch(address as string, init)
          conversation.stop()
          await later
          return response
        }
        return server.fetch(address as string, init)
      },
    })
    await conversation.send('Count')
    resolve()
    await expect.poll(() => server.ended).toEqual(['r1'])
    await conversation.continue()
    expect(conversation.getSnapshot()).toMatchObject({ status: 'idle', error: undefined })
    expect(conversation.getSnapshot().messages[1]?.text).toBe('Four')
  })

  test('before the request is sent sends none', async () => {
    const server = createReplyServer([say('One two three')])
    let isAsked = false
    const { promise: headers, resolve } = deferred<Record<string, string>>()
    const conversation = createConversation({
      url,
      fetch: server.fetch,
      headers() {
        isAsked = true
        return headers
      },
    })
    const sent = conversation.send('Count')
    await expect.poll(() => isAsked).toBe(true)
    conversation.stop()
    await sent
    resolve({})
    await new Promise((turn) => setTimeout(turn)) // all that follows the headers
    expect(server.requests).toEqual([])
    expect(conversation.getSnapshot()).toMatchObject({ status: 'idle', error: undefined })
  })
})

test('a stop in another page ends the reply as stopped, without an error', async () => {
  const stopped =
    'event: error\ndata: {"name":"AbortError","code":"aborted","message":"Stopped"}\n\n'
  const bytes = new TextEncoder().encode(stopped)
  const conversation = createConversation({
    url,
    fetch: async () =>
      new Response(Buffer.concat([encode(say('One two three').slice(0, 2)), bytes])),
  })
  await conversation.send('Count')
  expect(conversation.getSnapshot()).toMatchObject({ status: 'idle', error: undefined })
  expect(conversation.getSnapshot().messages[1]).toMatchObject({
    text: 'One two ',
    stopped: true,
    error: undefined,
  })
})

describe('continue', () => {
  test('asks for the rest of a cut reply and drops what is repeated', async () => {
    const cut = say('The capital of Norway is').slice(0, -1)
    const finish: StreamEvent = { type: 'finish', finishReason: 'length' }
    const server = createReplyServer([[...cut, finish], say('Norway is Oslo, on a fjord.')])
    const conversation = createConversation({ url, fetch: server.fetch })
    await conversation.send('What is the capital of Norway?')
    expect(conversation.getSnapshot().messages[1]).toMatchObject({ cut: true })
    await conversation.continue()
    expect(server.asked[1]?.messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: 'The capital of Norway is' },
      { role: 'user' },
    ])
    expect(conversation.getSnapshot().messages[1]).toMatchObject({
      text: 'The capital of Norway is Oslo, on a fjord.',
      cut: false,
      usage: { totalTokens: 6 },
    })
  })
})
