import * as fc from 'fast-check'
import { createElement, useSyncExternalStore } from 'react'
// @ts-expect-error: without types
import { renderToString } from 'react-dom/server'
import { get } from 'svelte/store'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Conversation, ConversationSnapshot } from '../../../src/conversation.ts'
import { createConversation } from '../../../src/conversation.ts'
import type { StreamEvent } from '../../../src/event.ts'
import type { ReplyRequest } from '../../../src/conversation/types.ts'
import type { ChatStream } from '../../../src/stream/chat-stream.ts'
import { createReplyServer, say } from './reply-server.ts'

await import('./loaded.ts')

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

/** Replies with these events, at the pace of the test. */
function createPaced() {
  const queue: StreamEvent[] = []
  let wake = () => {}
  const reply = ({ signal }: ReplyRequest) => {
    async function* events() {
      while (!signal.aborted) {
        const event = queue.shift()
        if (event) yield event
        if (event?.type === 'finish') return
        if (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve))
      }
    }
    return { events, cancel: () => wake(), partial: {} } as unknown as ChatStream
  }
  const push = (event: StreamEvent) => {
    queue.push(event)
    wake()
  }
  return { reply, push }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('snapshots', () => {
  test('are the same object while nothing changes', async () => {
    const { fetch } = createReplyServer([say('Hello')])
    const messages = [{ role: 'system' as const, content: 'Be brief' }]
    const conversation = createConversation({ url: '/chat', fetch, messages })
    const first = conversation.getSnapshot()
    const end = conversation.subscribe(() => {})
    expect(conversation.getSnapshot()).toBe(first)
    end()
    await conversation.send('Hi')
    expect(conversation.getSnapshot()).toBe(conversation.getSnapshot())
    expect(conversation.getSnapshot().version).toBeGreaterThan(first.version)
  })

  test('share the messages and the parts that did not change', async () => {
    const { reply, push } = createPaced()
    const messages = [
      { role: 'user' as const, content: 'One' },
      { role: 'assistant' as const, content: 'Two' },
    ]
    const conversation = createConversation({ reply, messages })
    const sent = conversation.send('Three')
    await settle()
    push({ type: 'reasoning-delta', text: 'Hm' })
    await settle()
    push({ type: 'text-delta', text: 'F' })
    await settle()
    const before = conversation.getSnapshot().messages
    push({ type: 'text-delta', text: 'our' })
    await settle()
    const after = conversation.getSnapshot().messages
    push({ type: 'finish', finishReason: 'stop' })
    await sent
    expect(after).not.toBe(before)
    expect(after.slice(0, 3).every((message, index) => message === before[index])).toBe(true)
    expect(after[3]).not.toBe(before[3])
    expect(after[3]?.parts[0]).toBe(before[3]?.parts[0])
    expect(after[3]?.text).toBe('Four')
    expect(conversation.getSnapshot().messages[0]).toBe(before[0])
  })

  test('are never changed', async () => {
    const { fetch } = createReplyServer([say('One two three four')])
    const conversation = createConversation({ url: '/chat', fetch })
    const seen: [snapshot: ConversationSnapshot, text: string][] = []
    conversation.subscribe((snapshot) => seen.push([snapshot, JSON.stringify(snapshot)]))
    await conversation.send('Count')
    for (const [snapshot, text] of seen) expect(JSON.stringify(snapshot)).toBe(text)
  })
})

describe('listeners', () => {
  test('are called at once, and no more after their end', async () => {
    const { fetch } = createReplyServer([say('Hello')])
    const conversation = createConversation({ url: '/chat', fetch })
    const seen: unknown[] = []
    const end = conversation.subscribe((snapshot) => seen.push(snapshot))
    expect(seen).toEqual([conversation.getSnapshot()])
    end()
    await conversation.send('Hi')
    expect(seen).toHaveLength(1)
  })

  test('get one update per frame, and the user’s own actions at once', async () => {
    const frames: (() => void)[] = []
    vi.stubGlobal('requestAnimationFrame', (run: () => void) => frames.push(run))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }) // updates of a hidden page
    const { reply, push } = createPaced()
    const conversation = createConversation({ reply })
    const texts: (string | undefined)[] = []
    conversation.subscribe(({ messages }) => texts.push(messages.at(-1)?.text))
    const sent = conversation.send('Hi')
    expect(texts).toEqual([undefined, ''])
    for (let count = 0; count < 50; count++) push({ type: 'text-delta', text: 'a' })
    while (frames.length === 0) await settle()
    await settle()
    expect(frames).toHaveLength(1)
    expect(texts).toHaveLength(2)
    frames.shift()?.()
    expect(texts.at(-1)).toBe('a'.repeat(50))
    push({ type: 'text-delta', text: 'b' })
    push({ type: 'finish', finishReason: 'stop' })
    await sent // the end does not wait for a frame
    expect(texts.at(-1)).toBe(`${'a'.repeat(50)}b`)
    expect(texts).toHaveLength(4)
  })

  test('are updated in a page without frames, such as a hidden one', async () => {
    vi.stubGlobal('requestAnimationFrame', () => 1)
    const { reply, push } = createPaced()
    const conversation = createConversation({ reply })
    const sent = conversation.send('Hi')
    await settle()
    push({ type: 'text-delta', text: 'a' })
    await expect.poll(() => conversation.getSnapshot().messages[1]?.text).toBe('a')
    push({ type: 'finish', finishReason: 'stop' })
    await sent
  })

  test('may be scheduled otherwise', async () => {
    const updates: (() => void)[] = []
    const { fetch } = createReplyServer([say('One two')])
    const schedule = (update: () => void) => void updates.push(update)
    const conversation = createConversation({ url: '/chat', fetch, schedule })
    await conversation.send('Count')
    expect(updates).toHaveLength(1)
    expect(conversation.getSnapshot().messages[1]?.text).toBe('One two')
  })
})

describe('frameworks', () => {
  test('React renders on a server', async () => {
    const { fetch } = createReplyServer([say('Hello there')])
    const conversation = createConversation({ url: '/chat', fetch })
    await conversation.send('Hi')
    const { subscribe, getSnapshot, getServerSnapshot } = conversation
    const Chat = () => {
      const { messages } = useSyncExternalStore(subscribe, getSnapshot, getServerSnapshot)
      return createElement('p', null, messages.map(({ text }) => text).join('|'))
    }
    expect(renderToString(createElement(Chat))).toBe('<p>Hi|Hello there</p>')
  })

  test('a page hydrates with what the server had rendered, whatever it has loaded since', async () => {
    vi.stubGlobal('document', { visibilityState: 'visible' })
    const { fetch } = createReplyServer([say('Hello there')])
    const conversation = createConversation({ url: '/chat', fetch })
    const first = conversation.getSnapshot()
    await conversation.send('Hi')
    expect(conversation.getServerSnapshot()).toBe(first)
    expect(conversation.getSnapshot()).not.toBe(first)
  })

  test('ids are the same on the server and in the page', () => {
    const messages = [{ role: 'user' as const, content: 'Hi' }]
    const create = () => createConversation({ url: '/chat', messages }).getSnapshot()
    expect(create()).toEqual(create())
  })

  test('Svelte reads it as a store', () => {
    const messages = [{ role: 'user' as const, content: 'Hi' }]
    const conversation: Conversation = createConversation({ url: '/chat', messages })
    expect(get(conversation).messages[0]?.text).toBe('Hi')
  })
})

test('any history, saved and loaded, shows the same and asks the same', async () => {
  const action = fc.oneof(
    fc.record({ kind: fc.constant('send' as const), text: fc.string({ minLength: 1 }) }),
    fc.record({ kind: fc.constant('retry' as const), at: fc.nat() }),
    fc.record({ kind: fc.constant('branch' as const), at: fc.nat() }),
    fc.record({
      kind: fc.constant('edit' as const),
      at: fc.nat(),
      text: fc.string({ minLength: 1 }),
    }),
    fc.record({ kind: fc.constant('select' as const), at: fc.nat(), index: fc.nat() }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 12 }), async (actions) => {
      const server = createReplyServer(actions.map((_, index) => say(`Reply ${index}`)))
      let conversation = createConversation({ url: '/chat', fetch: server.fetch })
      for (const each of actions) {
        const { messages } = conversation.getSnapshot()
        if (each.kind === 'send') await conversation.send(each.text)
        else {
          const message = messages[each.at % messages.length]
          if (!message) continue
          if (each.kind === 'retry') await conversation.retry(message.id)
          else if (each.kind === 'edit') await conversation.edit(message.id, each.text)
          else if (each.kind === 'branch') conversation = conversation.branch(message.id)
          else conversation.select(message.id, each.index % message.versions.count)
        }
        const state = JSON.parse(JSON.stringify(conversation))
        const again = createConversation({ url: '/chat', state })
        expect(JSON.parse(JSON.stringify(again.getSnapshot().messages))).toEqual(
          JSON.parse(JSON.stringify(conversation.getSnapshot().messages)),
        )
        expect(again.toMessages()).toEqual(conversation.toMessages())
      }
    }),
    { numRuns: 50 },
  )
})

describe('a reply that was running when it was saved', () => {
  const part = {
    type: 'tool-call' as const,
    id: 'a',
    name: 'f',
    argumentsText: '{',
    state: 'streaming' as const,
  }
  const left = { role: 'assistant' as const, parent: 'm1', parts: [part], pending: true as const }
  const turns = [
    { id: 'm1', role: 'user' as const, content: 'Hi' },
    { id: 'm2', ...left },
    { id: 'm3', ...left, replyId: 'r' },
  ]
  const state = { version: 1 as const, turns }

  test('has ended, whichever version is shown', () => {
    const { reply } = createPaced()
    const conversation = createConversation({ reply, state })
    for (const index of [0, 1]) {
      conversation.select('m2', index)
      const [, shown] = conversation.getSnapshot().messages
      expect(shown).toMatchObject({ pending: false, cut: true, toolCalls: [{ state: 'failed' }] })
    }
  })

  test('ends before another one begins, if it could be resumed and was not', async () => {
    const { fetch } = createReplyServer([say('Hello')])
    const conversation = createConversation({ url: '/chat', fetch, state })
    expect(conversation.getSnapshot().messages[1]?.pending).toBe(true)
    await conversation.send('Are you there?')
    const { messages } = conversation.getSnapshot()
    expect(messages.map(({ pending }) => pending)).toEqual([false, false, false, false])
    conversation.select('m2')
    expect(conversation.getSnapshot().messages[1]?.pending).toBe(false)
  })
})

test('messages in the OpenAI format come out as they went in', () => {
  const messages = [
    { role: 'system' as const, content: 'Be brief' },
    { role: 'user' as const, content: [{ type: 'text' as const, text: 'How warm is it?' }] },
    {
      role: 'assistant' as const,
      content: 'I look',
      reasoning_content: 'Hm',
      tool_calls: [
        { id: 'a', type: 'function' as const, function: { name: 'weather', arguments: '{}' } },
      ],
      provider_data: { anthropic: { signature: 'x' } },
    },
    { role: 'tool' as const, tool_call_id: 'a', content: '21 °C' },
    { role: 'assistant' as const, content: 'It is 21 °C' },
  ]
  const conversation = createConversation({ url: '/chat', messages })
  expect(conversation.toMessages()).toEqual(messages)
  expect(conversation.getSnapshot().messages).toHaveLength(3)
})
