/** A conversation with the package's own server of resumable replies. */
import { expect, test, vi } from 'vitest'
import { createConversation } from '../../../src/conversation.ts'
import type { StreamEvent } from '../../../src/event.ts'
import { repliesInMemory } from '../../../src/server/reply-stores/memory.ts'
import { resumeResponse } from '../../../src/server/resume-response.ts'
import { finish, model, saying, text, tick, usage, weather } from '../helpers.ts'

await import('./loaded.ts')

const EVENTS: StreamEvent[] = [
  { type: 'reasoning-delta', text: 'Hm 😀' },
  text('Hel'),
  text('lo 顺流而下'),
  ...weather,
  { type: 'source', source: { url: 'https://a.example' } },
  { type: 'usage', usage },
  finish('tool_calls'),
]

/** A server whose first response ends after some bytes. */
function createServer(cutAfter = Infinity) {
  const store = repliesInMemory()
  const requests: string[] = []
  const fetch = async (url: string, init: RequestInit = {}) => {
    const request = new Request(new URL(url, 'https://app.example'), init)
    requests.push(request.method)
    if (request.method !== 'POST') return resumeResponse(request, { store })
    const response = saying(EVENTS)
      .chat({ prompt: 'Hi', stream: true })
      .toResponse({ resumable: { store } })
    const bytes = new Uint8Array(await response.arrayBuffer()).slice(0, cutAfter)
    return new Response(bytes, { headers: response.headers })
  }
  return {
    fetch,
    requests,
    size: async () => (await (await fetch('/', { method: 'POST' })).arrayBuffer()).byteLength,
  }
}

async function read(cutAfter?: number) {
  const { fetch, requests } = createServer(cutAfter)
  const conversation = createConversation({ url: '/chat', fetch })
  const sent = conversation.send('Hi')
  await vi.runAllTimersAsync()
  await sent
  const state = conversation.toJSON()
  for (const turn of state.turns) delete turn.createdAt
  return { state: JSON.parse(JSON.stringify(state)), requests }
}

test('a cut at any place leaves the same final state', async () => {
  const size = await createServer().size()
  vi.useFakeTimers()
  const { state } = await read()
  for (let at = 0; at < size; at += 7) {
    const cut = await read(at)
    expect(cut.state, `cut after byte ${at}`).toEqual(state)
    expect(cut.requests.filter((method) => method === 'POST')).toHaveLength(1)
  }
  vi.useRealTimers()
})

test('a stop ends the request of the model, and the reply of every watcher', async () => {
  const store = repliesInMemory()
  let isAborted = false
  const llm = model(async function* (_messages, { signal }) {
    yield 'Hel'
    while (!signal.aborted) await tick()
    isAborted = true
  })
  const fetch = async (url: string, init: RequestInit = {}) => {
    const request = new Request(new URL(url, 'https://app.example'), init)
    return request.method === 'POST'
      ? llm.chat({ prompt: 'Hi', stream: true }).toResponse({ resumable: { store } })
      : resumeResponse(request, { store })
  }
  const first = createConversation({ url: '/chat', fetch })
  const sent = first.send('Hi')
  await expect.poll(() => first.getSnapshot().messages[1]?.replyId).toBeDefined()
  await expect.poll(() => first.getSnapshot().messages[1]?.text).toBe('Hel')
  const second = createConversation({ url: '/chat', fetch, state: first.toJSON() })
  second.subscribe(() => {})
  await expect.poll(() => second.getSnapshot().status).not.toBe('idle')
  second.stop()
  await sent
  await expect.poll(() => isAborted).toBe(true)
  expect(first.getSnapshot().messages[1]).toMatchObject({ text: 'Hel', pending: false })
  expect(second.getSnapshot().messages[1]).toMatchObject({ text: 'Hel', stopped: true })
})
