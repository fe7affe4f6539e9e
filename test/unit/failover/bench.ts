/**
 * The scenarios of FailoverBench (methodology 0.1, full profile): one primary model that misbehaves, one backup that answers
 * in full, two retries, limits of 10 seconds.
 * @see https://github.com/failoverbench/failoverbench/blob/main/scenarios/catalogue.yaml
 */
import { expect, vi } from 'vitest'
import type { ChatResult } from '../../../src/event.ts'
import type { Reply, Script } from '../../../src/testing/script.ts'
import { at, sixty, WORDS } from './helpers.ts'

await import('../loaded.ts')

/** One call as the caller and the provider saw it. */
export interface Seen {
  result: Pick<ChatResult, 'text' | 'model' | 'usage' | 'attempts' | 'finishReason'> | undefined
  error: any
  /** The text of a page that follows the events. */
  page: string
  /** Duration of the call, in seconds. */
  seconds: number
  /** When the primary model was asked, in seconds. */
  primary: number[]
  /** Number of requests to the backup. */
  backup: number
}

const LIMITS = { timeout: 10_000, idleTimeout: 10_000, maxRetries: 2 }
export const healthy: Reply = { pieces: WORDS }
const PREFILL: Reply = { error: { status: 400, message: 'This model does not take a prefill' } }

/** How the backup is asked for the rest of a cut reply: as the user, or with the start of its own reply. */
export type Backup = 'in words' | 'by prefill'

/** Returns what follows a marked start, as the vendor does: the rest only, with the blank before it. */
function goOn(messages: readonly any[]): Reply {
  const { role, content, partial } = messages.at(-1)
  return role === 'assistant' && partial ? { text: sixty.slice(content.length) } : healthy
}

/** The two models, and when they were asked. */
export class Pair {
  readonly models
  #times: number[] = []
  #backup

  constructor(script: Script, backup: Backup = 'in words') {
    this.#backup =
      backup === 'in words'
        ? at(
            'openai',
            ({ body }) => (body.messages.at(-1).role === 'assistant' ? PREFILL : healthy),
            { ...LIMITS, model: 'fb-ok' },
          )
        : at('dashscope', ({ body }) => goOn(body.input.messages), { ...LIMITS, model: 'qwen-max' })
    const answer: Script = async (request) => {
      this.#times.push(Date.now())
      if (typeof script === 'function') return script(request)
      const replies = [script].flat() as (Reply | string)[]
      return replies[Math.min(this.#times.length, replies.length) - 1] as Reply
    }
    const primary = at('openai', answer, { ...LIMITS, model: 'fb-primary' })
    this.models = [primary.llm, this.#backup.llm]
  }

  /** Runs a call with a clock that is not real, which makes its seconds exact. */
  async time(
    call: () => Promise<void>,
  ): Promise<Pick<Seen, 'error' | 'seconds' | 'primary' | 'backup'>> {
    const began = Date.now()
    this.#times = []
    const asked = this.#backup.server.requests.length
    let error: any
    const state = { isOver: false }
    const calling = call()
      .catch((thrown: unknown) => (error = thrown))
      .finally(() => (state.isOver = true))
    while (!state.isOver && Date.now() - began < 130_000) await vi.advanceTimersByTimeAsync(50)
    expect(state.isOver).toBe(true)
    await calling
    return {
      error,
      seconds: (Date.now() - began) / 1000,
      primary: this.#times.map((time) => (time - began) / 1000),
      backup: this.#backup.server.requests.length - asked,
    }
  }
}

export const failing = (
  status: number,
  code?: string,
  headers?: Record<string, string>,
): Reply => ({
  error: { status, ...(code && { code }), ...(headers && { headers }) },
})
const broken = (fault: Reply['fault']): Reply => ({ pieces: WORDS, fault })

/** The behavior of the primary model, and a check besides the whole answer. */
export const SCENARIOS: [name: string, script: Script, check: (seen: Seen) => void][] = [
  [
    'S01 429 with Retry-After',
    [failing(429, undefined, { 'retry-after': '2' }), healthy],
    ({ primary }) => {
      expect(primary).toHaveLength(2)
      expect(primary[1]).toBeGreaterThanOrEqual(1.8)
    },
  ],
  [
    'S02 429 without Retry-After, persistent',
    failing(429),
    ({ primary }) => {
      expect(primary.length).toBeLessThanOrEqual(4)
      expect(primary.filter((second) => second < 3).length).toBeLessThanOrEqual(4)
    },
  ],
  [
    'S03 500 once, then healthy',
    [failing(500), healthy],
    ({ primary, backup }) => expect([primary.length, backup]).toEqual([2, 0]),
  ],
  ['S04 503 persistent', failing(503), ({ primary }) => expect(primary.length).toBeLessThan(7)],
  [
    'S05 TCP reset before headers',
    [{ fault: { kind: 'refuse' } }, healthy],
    ({ primary }) => expect(primary).toHaveLength(2),
  ],
  [
    'S06 no response at all',
    broken({ kind: 'delayHeaders', ms: 120_000 }),
    ({ primary, seconds }) => {
      expect(primary).toHaveLength(1)
      expect(seconds).toBeLessThan(11)
    },
  ],
  [
    'S07 slow first token',
    broken({ kind: 'stall', after: 0 }),
    ({ primary, seconds }) => {
      expect(primary).toHaveLength(1)
      expect(seconds).toBeLessThan(15)
    },
  ],
  ['S08 stream cut mid-answer', broken({ kind: 'cut', after: 41 }), () => {}],
  [
    'S09 stream stalls',
    broken({ kind: 'stall', after: 21 }),
    ({ seconds }) => expect(seconds).toBeLessThan(45),
  ],
  ['S10 malformed chunk in the stream', broken({ kind: 'garbage', after: 10 }), () => {}],
  [
    'S11 stream ends without [DONE]',
    broken({ kind: 'cut', after: -1 }),
    ({ result, seconds, backup }) => {
      expect(seconds).toBeLessThan(8)
      expect(result!.usage.estimated).toBeUndefined()
      expect(backup).toBe(0)
    },
  ],
  [
    'S12 context length exceeded',
    failing(400, 'context_length_exceeded'),
    ({ primary }) => expect(primary).toHaveLength(1),
  ],
  [
    'S14 the backup rejects a prefill',
    broken({ kind: 'cut', after: 41 }),
    ({ backup }) => expect(backup).toBe(1),
  ],
  [
    'S16 accounting',
    failing(503),
    ({ result }) => {
      expect(result).toMatchObject({ model: 'fb-ok', usage: { completionTokens: 60 } })
      expect(result!.usage.estimated).toBeUndefined()
      expect(result!.attempts.map(({ usage }) => usage === undefined)).not.toContain(false)
    },
  ],
]
