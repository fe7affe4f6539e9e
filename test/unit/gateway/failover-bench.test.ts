/**
 * FailoverBench's 16 scenarios through the gateway, as a client of OpenAI's format sees them: a list with
 * `onCut: 'continue'`, which tells the model that answered.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createSlimGateway } from '../../../src/gateway/create-gateway.ts'
import type { Script } from '../../../src/testing/script.ts'
import type { Seen } from '../failover/bench.ts'
import { failing, healthy, Pair, SCENARIOS } from '../failover/bench.ts'
import { sixty } from '../failover/helpers.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

class Bench {
  #pair: Pair
  #gateway

  constructor(script: Script) {
    this.#pair = new Pair(script)
    this.#gateway = createSlimGateway({
      models: { list: { failover: this.#pair.models, onCut: 'continue' } },
      authorize: 'public',
      exposeModel: true,
    })
  }

  async ask(stream: boolean): Promise<Seen & { status: number; header: string | null }> {
    let response = new Response()
    let body = ''
    const seen = await this.#pair.time(async () => {
      response = await this.#gateway(
        new Request('https://gateway.example/v1/chat/completions', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            model: 'list',
            messages: [{ role: 'user', content: 'Explain in exactly sixty words' }],
            stream,
            ...(stream && { stream_options: { include_usage: true } }),
          }),
        }),
      )
      body = await response.text()
    })
    const reply = body.startsWith('{') ? readWhole(JSON.parse(body)) : readStream(body)
    const { status, headers } = response
    const page = reply.result?.text ?? ''
    return { ...seen, ...reply, page, status, header: headers.get('x-chatwire-model') }
  }
}

function readWhole({
  choices: [choice] = [],
  model,
  usage,
  error,
}: any): Pick<Seen, 'result' | 'error'> {
  if (error) return { error, result: undefined }
  const { message, finish_reason: finishReason } = choice
  return { error, result: toResult({ text: message.content, finishReason, model, usage }) }
}

function readStream(body: string): Pick<Seen, 'result' | 'error'> {
  const seen: any = { text: '', model: '', finishReason: 'error', usage: {} }
  let error: any
  for (const line of body.split('\n')) {
    if (!line.startsWith('data: {')) continue
    const chunk = JSON.parse(line.slice(6))
    error ??= chunk.error
    seen.model ||= chunk.model
    seen.usage = chunk.usage ?? seen.usage
    seen.text += chunk.choices?.[0]?.delta.content ?? ''
    seen.finishReason = chunk.choices?.[0]?.finish_reason ?? seen.finishReason
  }
  return { error, result: error ? undefined : toResult(seen) }
}

function toResult({ text, finishReason, model, usage }: any): NonNullable<Seen['result']> {
  const { prompt_tokens: promptTokens, completion_tokens: completionTokens } = usage
  const counts = { promptTokens, completionTokens, totalTokens: usage.total_tokens }
  return { text, finishReason, model, usage: counts, attempts: [] }
}

describe.each([true, false])('FailoverBench through the gateway, streamed: %s', (stream) => {
  // Two are about the end of a stream.
  const scenarios = SCENARIOS.filter(([name]) => stream || !/^S1[14]/.test(name))
  test.each(scenarios)('%s', async (_name, script, check) => {
    const seen = await new Bench(script).ask(stream)
    expect([seen.status, seen.error]).toEqual([200, undefined])
    expect(seen.result).toMatchObject({ text: sixty, finishReason: 'stop' })
    // The header leaves with the first ping, the reply with the first output: each names what is known by then.
    const answered = seen.backup === 0 ? /^fb-primary$/ : stream ? /^fb-/ : /^fb-ok$/
    expect(seen.result?.model).toMatch(answered)
    expect([null, seen.result?.model]).toContain(seen.header)
    if (seen.seconds < 8) expect(seen.header).not.toBeNull()
    check(seen)
  })

  test('S13 content-filter rejection', async () => {
    const bench = new Bench(failing(400, 'content_policy_violation'))
    const { status, error, primary, backup } = await bench.ask(stream)
    expect([status, error.code]).toEqual([400, 'content_filter'])
    expect([primary.length, backup]).toEqual([1, 0])
  })

  test('S15 the primary flaps: down, then healthy', async () => {
    const began = Date.now()
    const isDown = () => Date.now() - began < 60_000
    const bench = new Bench(() => (isDown() ? failing(503) : healthy))
    let recovered: number | undefined
    let attempts = 0
    for (let request = 0; request < 20; request++) {
      const next = began + request * 4000
      if (Date.now() < next) await vi.advanceTimersByTimeAsync(next - Date.now())
      const wasDown = isDown()
      const { result, header, primary } = await bench.ask(stream)
      expect(result?.text).toBe(sixty)
      if (wasDown) attempts += primary.length
      else if (header === 'fb-primary') recovered ??= Date.now() - began - 60_000
    }
    expect(recovered).toBeLessThan(30_000)
    expect(attempts).toBeLessThanOrEqual(15)
  })
})
