/** Two pages that show the same reply: its tool calls run in one of them. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Conversation, ConversationState } from '../../../src/conversation.ts'
import { createConversation } from '../../../src/conversation.ts'
import type { StreamEvent } from '../../../src/event.ts'
import { repliesInMemory } from '../../../src/server/reply-stores/memory.ts'
import { resumeResponse } from '../../../src/server/resume-response.ts'
import { tool } from '../../../src/tools/tool.ts'
import { finish, model } from '../helpers.ts'

await import('./loaded.ts')

type Held = (lock: { name: string } | null) => unknown

/** Web Locks of one browser. `close` releases all locks of a page. */
function createLocks() {
  const holders = new Map<string, object>()
  const queues = new Map<string, (() => void)[]>()
  const release = (name: string) => {
    holders.delete(name)
    queues.get(name)?.shift()?.()
  }
  const forPage = (page: object) => ({
    async request(
      name: string,
      options: { ifAvailable?: boolean; signal?: AbortSignal },
      run: Held,
    ) {
      if (holders.has(name) && options.ifAvailable) {
        run(null)
        return
      }
      while (holders.has(name))
        await new Promise<void>((resolve, reject) => {
          queues.set(name, [...(queues.get(name) ?? []), resolve])
          options.signal?.addEventListener('abort', () => reject(new Error('aborted')))
        })
      holders.set(name, page)
      await run({ name })
      release(name)
    },
  })
  const close = (page: object) => {
    for (const [name, holder] of holders) if (holder === page) release(name)
  }
  return { forPage, close }
}

/** Channels between the pages, which deliver later. */
class Channel extends EventTarget {
  static all = new Set<Channel>()
  constructor(readonly name: string) {
    super()
    Channel.all.add(this)
  }
  postMessage(value: unknown) {
    const data = structuredClone(value)
    for (const other of Channel.all)
      if (other !== this && other.name === this.name)
        setTimeout(() => other.dispatchEvent(new MessageEvent('message', { data })))
  }
  close() {
    Channel.all.delete(this)
  }
}

let locks = createLocks()
beforeEach(() => {
  locks = createLocks()
  Channel.all.clear()
  vi.stubGlobal('document', {})
  vi.stubGlobal('BroadcastChannel', Channel)
})
afterEach(() => vi.unstubAllGlobals())

const until = (check: () => unknown) => vi.waitFor(check, { timeout: 30_000, interval: 5 })

/** A promise to settle by hand. */
function deferred() {
  let resolve = () => {}
  const promise = new Promise<void>((settle) => (resolve = settle))
  return { promise, resolve }
}

/** A server whose first reply calls a tool of the page, once it may. */
function createServer() {
  const store = repliesInMemory()
  const mayCall = deferred()
  let asked = 0
  const llm = model(async function* (): AsyncGenerator<string | StreamEvent> {
    if (asked++ > 0) {
      yield 'It is warm'
      return
    }
    yield 'Let me see. '
    await mayCall.promise
    const toolCall = { id: 'a', name: 'weather', arguments: {}, argumentsText: '{}' }
    yield { type: 'tool-call', index: 0, toolCall }
    yield finish('tool_calls')
  })
  const fetch = async (url: string, init: RequestInit = {}) => {
    const request = new Request(new URL(url, 'https://app.example'), init)
    if (request.method !== 'POST') return resumeResponse(request, { store })
    const { messages } = await request.json()
    return llm.chat({ messages, stream: true }).toResponse({ resumable: { store } })
  }
  return { fetch, mayCall, requests: () => asked }
}

/** Opens the pages. Whichever comes first runs the tool. */
async function open(execute: (page: number) => unknown) {
  const { fetch, mayCall, requests } = createServer()
  const owner = {}
  const ofOwner = locks.forPage(owner)
  const ofOther = locks.forPage({})
  let isClaimed = false
  vi.stubGlobal('navigator', {
    locks: {
      request(name: string, options: { ifAvailable?: boolean }, run: Held) {
        const isOwner = options.ifAvailable && !isClaimed
        isClaimed ||= !!isOwner
        return (isOwner ? ofOwner : ofOther).request(name, options, run)
      },
    },
  })
  const create = (page: number, state?: ConversationState) =>
    createConversation({
      url: '/chat',
      fetch,
      state,
      tools: [tool({ name: 'weather', execute: () => execute(page) })],
    })
  const first = create(0)
  void first.send('How warm is it?')
  await until(() => expect(last(first)?.text).toBe('Let me see. '))
  const second = create(1, first.toJSON())
  second.subscribe(() => {})
  await until(() => expect(second.getSnapshot().status).not.toBe('idle'))
  mayCall.resolve()
  return { pages: [first, second], requests, closeOwner: () => locks.close(owner) }
}

const last = (conversation: Conversation) => conversation.getSnapshot().messages.at(-1)

test('a tool of the page runs once, and both show its result and the rest', async () => {
  const runs: number[] = []
  const gate = deferred()
  const { pages, requests } = await open(async (page) => {
    runs.push(page)
    await gate.promise
    return '21 °C'
  })
  await until(() => expect(runs).toHaveLength(1))
  for (const page of pages)
    await until(() => expect(last(page)?.toolCalls[0]?.state).toBe('running'))
  gate.resolve()
  for (const page of pages) {
    await until(() => expect(page.getSnapshot().status).toBe('idle'))
    expect(page.getSnapshot().error).toBeUndefined()
    expect(last(page)).toMatchObject({
      text: 'Let me see. It is warm',
      toolCalls: [{ state: 'done', result: '21 °C' }],
      cut: false,
      pending: false,
    })
  }
  expect(runs).toHaveLength(1)
  expect(requests()).toBe(2)
  expect(pages[1]?.toMessages()).toEqual(pages[0]?.toMessages())
})

test('a page that is closed while its tool runs leaves the reply cut in the other', async () => {
  const runs: number[] = []
  const { pages, closeOwner } = await open((page) => {
    runs.push(page)
    return new Promise(() => {})
  })
  await until(() => expect(runs).toHaveLength(1))
  const other = pages[runs[0] === 0 ? 1 : 0] as Conversation
  await until(() => expect(last(other)?.toolCalls[0]?.state).toBe('running'))
  await new Promise((resolve) => setTimeout(resolve)) // it asks for the lock
  closeOwner()
  await until(() => expect(other.getSnapshot().status).toBe('idle'))
  expect(last(other)).toMatchObject({ cut: true, toolCalls: [{ state: 'failed' }] })
  expect(runs).toHaveLength(1)
})

test('the other page may stop waiting', async () => {
  const runs: number[] = []
  const { pages } = await open((page) => {
    runs.push(page)
    return new Promise(() => {})
  })
  await until(() => expect(runs).toHaveLength(1))
  const other = pages[runs[0] === 0 ? 1 : 0] as Conversation
  await until(() => expect(last(other)?.toolCalls[0]?.state).toBe('running'))
  other.stop()
  expect(other.getSnapshot().status).toBe('idle')
  expect(last(other)).toMatchObject({ stopped: true, toolCalls: [{ state: 'failed' }] })
})

test('without Web Locks each page runs its tools', async () => {
  const runs: number[] = []
  const opened = open((page) => `${runs.push(page)}`)
  vi.stubGlobal('navigator', {})
  const { pages } = await opened
  for (const page of pages) await until(() => expect(last(page)?.text).toContain('It is warm'))
})
