/**
 * Conversations in random use: messages, stops, versions, answers to tool calls and reloads at any time, over connections
 * that break and models that fail. Nothing may hang or reject unseen, what is saved shows the same, and the vendor refuses
 * no request.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { getChatModel } from '../../src/builtins.ts'
import type { Conversation, ConversationOptions, ToolAnswer } from '../../src/conversation.ts'
import { createConversation } from '../../src/conversation.ts'
import { isChatError } from '../../src/errors.ts'
import { repliesInMemory } from '../../src/server/reply-stores/memory.ts'
import { resumeResponse } from '../../src/server/resume-response.ts'
import type { Reply } from '../../src/testing/script.ts'
import { simulate } from '../../src/testing/simulator.ts'
import { runTools } from '../../src/tools/run-tools.ts'
import { tool } from '../../src/tools/tool.ts'
import type { Random } from './fuzz.ts'
import { createRandom, DURATION, SEED, wait } from './fuzz.ts'

const unhandled: unknown[] = []
const onUnhandled = (reason: unknown) => void unhandled.push(reason)
beforeAll(() => void process.on('unhandledRejection', onUnhandled))
afterAll(() => void process.off('unhandledRejection', onUnhandled))

const STEPS = [
  ...(['send', 'send', 'send', 'stop', 'retry', 'edit', 'select', 'continue', 'resume'] as const),
  ...(['answer', 'answer', 'answer', 'wait', 'wait', 'settle', 'settle', 'settle'] as const),
  ...(['branch', 'clear', 'reload'] as const),
]
const ANSWERS: ToolAnswer[] = [{ approve: true }, { deny: true }, { deny: 'No' }, { result: [1] }]
const parameters = { type: 'object', properties: { x: { type: 'number' } } }

function createReply(random: Random, count: number): Reply {
  const pieces = [`One ${count} `, 'two ', 'three'].slice(0, 1 + random.below(3))
  const reasoning = random.chance(0.2) ? 'Hm' : undefined
  const kind = random.pick(['text', 'text', 'calls', 'calls', 'fault', 'length', 'error'] as const)
  if (kind === 'text') return { reasoning, pieces }
  if (kind === 'calls') {
    const toolCalls = Array.from({ length: 1 + random.below(3) }, () => {
      const args = random.chance(0.3) ? {} : { x: count }
      return { name: random.pick(['server', 'page', 'ask', 'gate', 'fails']), arguments: args }
    })
    return { reasoning, text: random.chance(0.5) ? 'Wait' : undefined, toolCalls }
  }
  if (kind === 'fault') {
    const after = random.below(pieces.length)
    return { pieces, fault: { kind: random.pick(['cut', 'stall', 'reset'] as const), after } }
  }
  if (kind === 'length') return { text: 'Cut', finishReason: 'length' }
  return { error: { status: random.pick([401, 429, 500]), inStream: random.chance(0.3) } }
}

/** A vendor, a server, and a page with a storage, which may be left and opened again. */
function createWorld(random: Random) {
  let scripted = 0
  const vendor = simulate('openai', () => createReply(random, scripted++))
  const llm = getChatModel({
    model: 'gpt-4.1',
    modelServer: 'openai',
    apiKey: 'sk-test',
    maxRetries: 0,
    idleTimeout: 60,
    timeout: 3000,
    fetch: async (url, init) => {
      if (random.chance(0.4)) await wait(random.below(5))
      return vendor(url, init)
    },
  })
  const pause = async (result: unknown) => {
    if (random.chance(0.5)) await wait(random.below(6))
    return result
  }
  const server = [
    tool({ name: 'server', parameters, execute: () => pause('Done') }),
    tool({ name: 'fails', parameters, execute: () => Promise.reject(new Error('Broken')) }),
  ]
  const page = [
    tool({ name: 'page', parameters, execute: () => pause({ done: true }) }),
    tool({ name: 'ask', parameters }),
    tool({ name: 'gate', parameters, execute: () => 'Passed' }),
  ]
  const described = [...server, ...page.map(({ execute: _execute, ...rest }) => tool(rest))]
  const store = repliesInMemory()

  /** The server of the page. */
  async function answer(url: string, init: RequestInit): Promise<Response> {
    const request = new Request(new URL(url, 'https://app.example'), init)
    if (request.method !== 'POST') return resumeResponse(request, { store })
    const { messages, approved } = await request.json()
    const needsApproval = ({ name }: { name: string }) => name === 'server' && random.chance(0.2)
    const run = runTools(llm, { messages, approved, needsApproval, tools: described, stream: true })
    return run.toResponse({ resumable: { store } })
  }

  const saved = new Map<string, string>()
  const kind = random.pick(['url', 'url', 'model', 'reply'] as const)
  /** @param isOpen false once the page was left: nothing of it is heard of any more */
  function optionsOf(isOpen: () => boolean, onError: (error: unknown) => void) {
    const gone = new Promise<never>(() => {})
    const sources = {
      url: {
        url: '/chat',
        fetch: async (url: unknown, init: RequestInit = {}) => {
          if (random.chance(0.3)) await wait(random.below(4))
          if (!isOpen()) return gone
          init.signal?.throwIfAborted()
          return lose(await answer(String(url), { ...init, signal: null }), init.signal, random)
        },
        tools: page,
      },
      model: { model: llm, tools: [...server, ...page] },
      reply: {
        reply: ({ messages, approved, signal }) =>
          runTools(llm, { messages, approved, signal, tools: described, stream: true }),
        tools: page,
      },
    } satisfies Record<string, ConversationOptions>
    return {
      ...sources[kind],
      storage: {
        load: async (id: string) => JSON.parse(saved.get(id) ?? 'null') ?? undefined,
        save: async (id: string, state: unknown) => {
          if (random.chance(0.3)) await wait(random.below(4))
          if (!isOpen()) return gone
          saved.set(id, JSON.stringify(state))
          return undefined
        },
      },
      needsApproval: ({ name }: { name: string }) => name === 'gate',
      maxSteps: 6,
      onError,
    } as ConversationOptions
  }
  return { optionsOf, saved, refused: () => vendor.requests.length - scripted }
}

/** A connection that may break, and ends with its signal. */
function lose(
  response: Response,
  signal: AbortSignal | null | undefined,
  random: Random,
): Response {
  if (!response.body) return response
  const reader = response.body.getReader()
  let left = random.chance(0.3) ? random.below(6) : Infinity
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        signal?.addEventListener('abort', () => {
          controller.error(signal.reason)
          reader.cancel().catch(() => {})
        })
      },
      async pull(controller) {
        if (left-- <= 0) {
          reader.cancel().catch(() => {})
          return controller.error(new TypeError('network error'))
        }
        const { done, value } = await reader.read()
        if (signal?.aborted) return
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  return new Response(body, response)
}

const isRunning = (conversation: Conversation) =>
  ['submitted', 'streaming'].includes(conversation.getSnapshot().status)

async function settle(conversation: Conversation): Promise<void> {
  for (const until = Date.now() + 20_000; isRunning(conversation); await wait(2))
    if (Date.now() > until) throw new Error(`Hangs: ${JSON.stringify(conversation)}`)
}

/** Returns what a conversation shows, as plain data. */
const shown = (conversation: Conversation) =>
  JSON.parse(JSON.stringify(conversation.getSnapshot().messages))

/** Demands that the state, loaded elsewhere, shows the same and asks the same. */
function check(conversation: Conversation, options: ConversationOptions): void {
  if (isRunning(conversation)) return
  const state = JSON.parse(JSON.stringify(conversation))
  const again = createConversation({ ...options, storage: undefined, state })
  expect(conversation.getSnapshot().messages.some(({ pending }) => pending)).toBe(false)
  expect(shown(again)).toEqual(shown(conversation))
  expect(again.toMessages()).toEqual(conversation.toMessages())
}

/** A visit of the page. */
function createVisit() {
  let isOpen = true
  let leave = (): void => {}
  const left = new Promise<void>((resolve) => {
    leave = () => {
      isOpen = false
      resolve()
    }
  })
  return { isOpen: () => isOpen, left, leave }
}

async function use(random: Random, log: string[]): Promise<void> {
  const { optionsOf, saved, refused } = createWorld(random)
  const errors: unknown[] = []
  const calls: Promise<unknown>[] = []
  let visit = createVisit()
  const open = async () => {
    visit.leave()
    visit = createVisit()
    const options = optionsOf(visit.isOpen, (error) => void errors.push(error))
    const conversation = createConversation(options)
    conversation.subscribe(() => {})
    await conversation.load()
    return { options, conversation }
  }
  let { options, conversation } = await open()
  const call = (name: string, promise: Promise<unknown>) => {
    const settled = promise.catch((error) => {
      if (!isChatError(error)) throw new Error(`${name}: ${String(error)}`, { cause: error })
    })
    calls.push(Promise.race([settled, visit.left]))
  }
  for (let count = 4 + random.below(12); count > 0; count--) {
    const step = random.pick(STEPS)
    log.push(step)
    const { messages } = conversation.getSnapshot()
    const message = messages.length > 0 ? random.pick(messages) : undefined
    if (step === 'send') call(step, conversation.send(`Hi ${count}`))
    else if (step === 'retry')
      call(step, conversation.retry(random.chance(0.5) ? message?.id : undefined))
    else if (step === 'continue' || step === 'resume') call(step, conversation[step]())
    else if (step === 'edit' && message) call(step, conversation.edit(message.id, `New ${count}`))
    else if (step === 'select' && message)
      conversation.select(message.id, random.below(message.versions.count))
    else if (step === 'answer') {
      for (const { id, state } of messages.flatMap(({ toolCalls }) => toolCalls))
        if (state === 'waiting' && random.chance(0.6))
          call(step, conversation.answerTool(id, random.pick(ANSWERS)))
    } else if (step === 'branch') conversation.branch(message?.id)
    else if (step === 'stop') conversation.stop()
    else if (step === 'clear' && random.chance(0.2)) conversation.clear()
    else if (step === 'wait') await wait(random.below(10))
    else if (step === 'settle') await settle(conversation)
    else if (step === 'reload') {
      await wait(random.below(8))
      ;({ options, conversation } = await open())
    }
    check(conversation, options)
  }
  await settle(conversation)
  await Promise.all(calls)
  check(conversation, options)
  for (const error of errors) expect(isChatError(error), String(error)).toBe(true)
  expect([refused(), unhandled]).toEqual([0, []])
  const load = () => {
    const state = JSON.parse(saved.get('default') ?? '{ "version": 1, "turns": [] }')
    return shown(createConversation({ ...options, storage: undefined, state }))
  }
  await expect.poll(load, { timeout: 5000, interval: 5 }).toEqual(shown(conversation))
  visit.leave()
}

test('any use of a conversation', { timeout: DURATION + 30_000 }, async () => {
  const until = Date.now() + DURATION
  let seed = SEED
  while (Date.now() < until) {
    const log: string[] = []
    try {
      await use(createRandom(seed++), log)
    } catch (cause) {
      throw new Error(`SEED=${seed - 1}: ${log.join(' ')}`, { cause })
    }
  }
  expect(seed - SEED).toBeGreaterThan(20)
})
