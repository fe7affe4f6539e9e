/**
 * FailoverBench's 16 scenarios, in process.
 */
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { FailoverOptions } from '../../../src/failover/failover.ts'
import { failover } from '../../../src/failover/failover.ts'
import type { StreamEvent } from '../../../src/event.ts'
import type { Script } from '../../../src/testing/script.ts'
import type { Backup, Seen } from './bench.ts'
import { failing, healthy, Pair, SCENARIOS } from './bench.ts'
import { shown, sixty } from './helpers.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

class Bench {
  #pair: Pair
  #llm

  constructor(script: Script, onCut: FailoverOptions['onCut'], backup?: Backup) {
    this.#pair = new Pair(script, backup)
    this.#llm = failover(this.#pair.models, { onCut })
  }

  async ask(): Promise<Seen> {
    const stream = this.#llm.chat({ prompt: 'Explain in exactly sixty words', stream: true })
    const events: StreamEvent[] = []
    const seen = await this.#pair.time(async () => {
      for await (const event of stream.events()) events.push(event)
    })
    const result = seen.error ? undefined : await stream.result()
    return { ...seen, result, page: shown(events) }
  }
}

describe.each(['restart', 'continue'] as const)('FailoverBench, onCut: %s', (onCut) => {
  test.each(SCENARIOS)('%s', async (_name, script, check) => {
    const seen = await new Bench(script, onCut).ask()
    expect(seen.error).toBeUndefined()
    expect(seen.result).toMatchObject({ text: sixty, finishReason: 'stop' })
    expect(seen.page).toBe(sixty)
    check(seen)
  })

  test('S13 content-filter rejection', async () => {
    const bench = new Bench(failing(400, 'content_policy_violation'), onCut)
    const { error, primary, backup } = await bench.ask()
    expect(error).toMatchObject({ code: 'content_filter' })
    expect([primary.length, backup]).toEqual([1, 0])
  })

  test('S15 the primary flaps: down, then healthy', async () => {
    const began = Date.now()
    const isDown = () => Date.now() - began < 60_000
    const bench = new Bench(() => (isDown() ? failing(503) : healthy), onCut)
    let recovered: number | undefined
    let attempts = 0
    for (let request = 0; request < 20; request++) {
      const next = began + request * 4000
      if (Date.now() < next) await vi.advanceTimersByTimeAsync(next - Date.now())
      const wasDown = isDown()
      const { result, primary } = await bench.ask()
      expect(result?.text).toBe(sixty)
      if (wasDown) attempts += primary.length
      else if (result?.model === 'fb-primary') recovered ??= Date.now() - began - 60_000
    }
    expect(recovered).toBeLessThan(30_000)
    // 15 requests during the outage: the circuit was open for most of them.
    expect(attempts).toBeLessThanOrEqual(15)
  })
})

describe('FailoverBench, onCut: continue, before a model that takes the start of its reply', () => {
  // Loaded with the first call otherwise, while a clock that is not real runs on.
  beforeAll(() => import('../../../src/providers/dashscope/chat.ts'))
  const scenarios = SCENARIOS.filter(([name]) => !/^S1[46]/.test(name))
  test.each(scenarios)('%s', async (_name, script, check) => {
    const seen = await new Bench(script, 'continue', 'by prefill').ask()
    expect(seen.error).toBeUndefined()
    expect(seen.result).toMatchObject({ text: sixty, finishReason: 'stop' })
    expect(seen.page).toBe(sixty)
    check(seen)
  })
})
