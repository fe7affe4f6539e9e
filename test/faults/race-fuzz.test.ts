/**
 * Races of a reader with its stream: reads, results, returns, cancels and aborts at any time, over bodies that end, break,
 * stall or stop. Nothing may hang, be lost, be doubled, stay open, or reject unseen.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { getChatModel } from '../../src/builtins.ts'
import { failover } from '../../src/failover/failover.ts'
import { withPromptedTools } from '../../src/prompted/with-prompted-tools.ts'
import { runTools } from '../../src/tools/run-tools.ts'
import type { Random } from './fuzz.ts'
import { createRandom, DONE, DURATION, frame, SEED, wait } from './fuzz.ts'

const unhandled: unknown[] = []
const onUnhandled = (reason: unknown) => void unhandled.push(reason)
beforeAll(() => void process.on('unhandledRejection', onUnhandled))
afterAll(() => void process.off('unhandledRejection', onUnhandled))

const ENDS = ['close', 'close', 'error', 'stall', 'truncate'] as const
const KINDS = ['plain', 'plain', 'failover', 'prompted', 'tools'] as const
const STEPS = ['next', 'next', 'next', 'next', 'result', 'partial', 'tick', 'tick'] as const
const LEAVING = ['return', 'cancel', 'abort'] as const
type Step = (typeof STEPS)[number] | (typeof LEAVING)[number]
const REASONS = [undefined, null, 'why', new Error('why'), 0, false, '']

interface Plan {
  kind: (typeof KINDS)[number]
  end: (typeof ENDS)[number]
  text: string
  isWhole: boolean
  pieces: string[]
  steps: Step[]
}

function createPlan(random: Random): Plan {
  const texts = Array.from({ length: random.below(12) }, (_, index) => `<${index}>`)
  const end = random.pick(ENDS)
  const frames = texts.map((content) => frame({ content }))
  const isWhole = end === 'close' || (end === 'stall' && random.chance(0.5))
  if (isWhole) frames.push(frame({}, 'stop'), ...(random.chance(0.5) ? [DONE] : []))
  const pieces: string[] = []
  for (let rest = frames.join(''); rest;) {
    const length = random.chance(0.4) ? rest.length : 1 + random.below(200)
    pieces.push(rest.slice(0, length))
    rest = rest.slice(length)
  }
  const steps = Array.from({ length: 2 + random.below(14) }, (): Step =>
    random.chance(0.12) ? random.pick(LEAVING) : random.pick(STEPS),
  )
  return { kind: random.pick(KINDS), end, text: texts.join(''), isWhole, pieces, steps }
}

/** A body that counts itself while it is open. */
function createBody({ pieces, end }: Plan, open: Set<object>, signal: AbortSignal): Response {
  const encoder = new TextEncoder()
  const self = {}
  open.add(self)
  let at = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = pieces[at++]
        if (piece !== undefined) return controller.enqueue(encoder.encode(piece))
        if (end === 'stall') {
          return new Promise<void>((resolve) => {
            const abort = () => {
              open.delete(self)
              resolve()
            }
            if (signal.aborted) abort()
            else signal.addEventListener('abort', abort, { once: true })
          })
        }
        open.delete(self)
        if (end === 'error') controller.error(new Error('reset'))
        else controller.close()
      },
      cancel() {
        open.delete(self)
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}

/** Counts the listeners that are left on a signal. */
function watched(): { controller: AbortController; left: () => number } {
  const controller = new AbortController()
  const { signal } = controller
  const listeners = new Set<unknown>()
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...given: Parameters<typeof add>) => {
    listeners.add(given[1])
    add(...given)
  }
  signal.removeEventListener = (...given: Parameters<typeof remove>) => {
    listeners.delete(given[1])
    remove(...given)
  }
  return { controller, left: () => listeners.size }
}

async function race(plan: Plan, random: Random): Promise<void> {
  const open = new Set<object>()
  const { controller, left } = watched()
  const { signal } = controller
  const inner = getChatModel({
    model: 'm',
    modelServer: 'openai',
    baseURL: 'http://127.0.0.1:1/v1',
    apiKey: 'k-123456',
    maxRetries: 0,
    idleTimeout: random.pick([60, 150]),
    // A body that does not stall ends by itself, however long loading the code takes.
    totalTimeout: plan.end === 'stall' ? 400 : 10_000,
    fetch: async (_url, init) => {
      const own = init.signal as AbortSignal
      if (random.chance(0.3)) await wait(random.below(4))
      own.throwIfAborted()
      return createBody(plan, open, own)
    },
  })
  const { kind, text, isWhole } = plan
  const llm =
    kind === 'failover'
      ? failover([inner])
      : kind === 'prompted'
        ? withPromptedTools(inner, { format: 'hermes' })
        : inner
  const request = { prompt: 'x', stream: true, signal } as const
  const stream = kind === 'tools' ? runTools(llm, { ...request, tools: [] }) : llm.chat(request)
  const iterator = stream[Symbol.asyncIterator]()
  const shown: string[] = []
  const errors: unknown[] = []
  const pending: Promise<unknown>[] = []
  let hasLeft = false
  const state = { isOver: false }
  const next = () =>
    iterator.next().then(
      ({ done, value }) => {
        if (done) state.isOver = true
        else shown.push(value)
      },
      (error: unknown) => {
        state.isOver = true
        errors.push(error)
      },
    )
  for (const step of plan.steps) {
    if (step === 'next') pending.push(next())
    else if (step === 'result') {
      pending.push(
        stream.result().then(
          (result) => expect(result.text).toBe(text),
          () => {},
        ),
      )
    } else if (step === 'partial') expect(text.startsWith(stream.partial.text)).toBe(true)
    else if (step === 'tick') await wait(random.below(4))
    else {
      hasLeft = true
      if (step === 'return')
        pending.push(iterator.return!().then(({ done }) => expect(done).toBe(true)))
      else if (step === 'cancel') stream.cancel(random.pick(REASONS))
      else controller.abort(random.pick(REASONS))
    }
  }
  const drain = async () => {
    while (!state.isOver) await next()
  }
  pending.push(drain())
  const isStuck = await Promise.race([
    Promise.all(pending).then(() => false),
    wait(10_000).then(() => true),
  ])
  expect(isStuck).toBe(false)
  const all = shown.join('')
  expect(text.startsWith(all)).toBe(true)
  if (!hasLeft) {
    expect(errors.length).toBeLessThanOrEqual(1)
    // A reply that is whole ends well, and one that was cut never does.
    if (isWhole && plan.end === 'close') expect([all, errors]).toEqual([text, []])
    if (!isWhole) expect(errors).toHaveLength(1)
  }
  await expect.poll(left, { timeout: 15_000, interval: 5 }).toBe(0)
  await expect.poll(() => open.size, { timeout: 15_000, interval: 5 }).toBe(0)
  expect(unhandled).toEqual([])
}

test('any race of a reader with its stream', { timeout: DURATION + 30_000 }, async () => {
  const until = Date.now() + DURATION
  let seed = SEED
  while (Date.now() < until) {
    const random = createRandom(seed++)
    const plan = createPlan(random)
    try {
      await race(plan, random)
    } catch (cause) {
      throw new Error(`SEED=${seed - 1}: ${JSON.stringify(plan)}`, { cause })
    }
  }
  expect(seed - SEED).toBeGreaterThan(50)
})
