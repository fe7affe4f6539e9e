/** Any sequence of failures before a reply: no request too many, none too few, and every attempt is recorded. */
import { afterEach, expect, test, vi } from 'vitest'
import { getChatModel } from '../../src/builtins.ts'
import { failover } from '../../src/failover/failover.ts'
import type { ChatResult } from '../../src/event.ts'
import type { Random } from './fuzz.ts'
import { createRandom, DONE, DURATION, frame, SEED } from './fuzz.ts'

afterEach(() => void vi.unstubAllGlobals())

const FAULTS = [
  'throw',
  '503',
  'reset',
  'empty',
  'role-then-reset',
  'role-then-end',
  'html',
] as const
const KINDS = ['whole', 'stream', 'failover'] as const
const TEXT = 'w0 w1 w2 w3 w4 '

function respond(pieces: readonly string[], isBroken = false): Response {
  const encoder = new TextEncoder()
  let at = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = pieces[at++]
        if (piece !== undefined) controller.enqueue(encoder.encode(piece))
        else if (isBroken) controller.error(new Error('reset'))
        else controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}

function fail(fault: (typeof FAULTS)[number]): Response {
  const role = [': hi\n\n', frame({ role: 'assistant' })]
  if (fault === 'throw') throw new TypeError('refused')
  if (fault === '503')
    return new Response('{}', { status: 503, headers: { 'retry-after-ms': '2' } })
  if (fault === 'html') return new Response('<html>bad gateway</html>', { status: 502 })
  if (fault === 'empty') return respond([])
  if (fault === 'role-then-end') return respond(role)
  return respond(fault === 'reset' ? [] : role, true)
}

async function call(random: Random): Promise<void> {
  const failures = random.below(4)
  const maxRetries = random.below(4)
  const kind = random.pick(KINDS)
  const faults = Array.from({ length: failures }, () => random.pick(FAULTS))
  let requests = 0
  const fetch = async () => {
    const fault = faults[requests++]
    if (fault) return fail(fault)
    const words = TEXT.match(/\S+ /g) as string[]
    return respond([...words.map((content) => frame({ content })), frame({}, 'stop'), DONE])
  }
  const create = () =>
    getChatModel({
      model: 'm',
      modelServer: 'openai',
      baseURL: 'http://127.0.0.1:1/v1',
      apiKey: 'k-123456',
      maxRetries,
      fetch,
    })
  const llm = kind === 'failover' ? failover([create(), create()], { maxFailures: 100 }) : create()
  const types: string[] = []
  let result: ChatResult | undefined
  let error: any
  try {
    if (kind === 'whole') result = await llm.chat('x')
    else {
      const stream = llm.chat({ prompt: 'x', stream: true })
      for await (const { type } of stream.events()) types.push(type)
      result = await stream.result()
    }
  } catch (thrown) {
    error = thrown
  }
  const budget = kind === 'failover' ? (maxRetries + 1) * 2 : maxRetries + 1
  const what = JSON.stringify({ kind, maxRetries, faults, code: error?.code })
  if (failures < budget) {
    expect(error, what).toBeUndefined()
    expect([result?.text, requests, result?.attempts.length], what).toEqual([
      TEXT,
      failures + 1,
      failures + 1,
    ])
  } else {
    expect([result, requests, error.partial.attempts.length], what).toEqual([
      undefined,
      budget,
      budget,
    ])
  }
  if (kind === 'whole') return
  expect(types.filter((type) => type === 'finish')).toHaveLength(error ? 0 : 1)
  if (!error) expect(types.at(-1)).toBe('finish')
}

test('any failures before a reply', { timeout: DURATION + 30_000 }, async () => {
  const original = globalThis.setTimeout
  // Waits between tries are shortened, timeouts are not.
  vi.stubGlobal('setTimeout', (run: () => void, ms = 0) => original(run, ms <= 10_000 ? 0 : ms))
  const until = Date.now() + DURATION
  let seed = SEED
  while (Date.now() < until) {
    try {
      await call(createRandom(seed++))
    } catch (cause) {
      throw new Error(`SEED=${seed - 1}`, { cause })
    }
  }
  expect(seed - SEED).toBeGreaterThan(50)
})
