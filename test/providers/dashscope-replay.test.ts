import { describe, expect, test } from 'vitest'
import type { ChatError } from '../../src/errors.ts'
import { isChatError } from '../../src/errors.ts'
import type { ChatResult } from '../../src/event.ts'
import type { ChatRequest } from '../../src/options.ts'
import { DashScopeLLM } from '../../src/providers/dashscope.ts'
import type { Fixture, ReplayOptions } from './replay.ts'
import { readFixtures, replayFetch } from './replay.ts'

interface Outcome {
  pieces: string
  result?: ChatResult
  error?: ChatError
}

async function replay(fixture: Fixture, options: ReplayOptions): Promise<Outcome> {
  const { model, stream } = fixture.expected
  const fetch = replayFetch(fixture, options)
  const llm = new DashScopeLLM({ model, apiKey: 'sk-test-key', fetch, maxRetries: 0 })
  const request: ChatRequest = { messages: [{ role: 'user', content: 'Hello' }] }
  let pieces = ''
  try {
    if (!stream) return { pieces, result: await llm.chat({ ...request, stream: false }) }
    const chat = llm.chat({ ...request, stream: true })
    for await (const piece of chat) pieces += piece
    return { pieces, result: await chat.result() }
  } catch (error) {
    if (!isChatError(error)) throw error
    return { pieces, error }
  }
}

function check(fixture: Fixture, { pieces, result, error }: Outcome): void {
  const { expected } = fixture
  if (expected.error) {
    const { kind: _kind, ...members } = expected.error
    expect(error).toMatchObject(members)
    expect(error?.partial?.text).toBe(expected.text)
    return
  }
  expect(error).toBeUndefined()
  const toolCalls = result?.toolCalls.map(({ name, arguments: given }) => ({
    name,
    arguments: given,
  }))
  expect({ ...result, toolCalls }).toMatchObject({
    text: expected.text,
    reasoning: expected.reasoning,
    toolCalls: expected.toolCalls,
    finishReason: expected.finishReason,
    usage: expected.usage,
  })
  expect(result?.sources?.length).toBe(expected.sources)
  expect(result?.id).toMatch(/^[0-9a-f-]{36}$/)
  if (expected.stream) expect(pieces).toBe(expected.text)
}

describe.each(readFixtures('dashscope'))('$name', (fixture) => {
  test('replayed whole', async () => {
    check(fixture, await replay(fixture, { mode: 'whole' }))
  })

  test('replayed byte by byte', async () => {
    check(fixture, await replay(fixture, { mode: 'bytes' }))
  })

  test.each([1, 2, 3])('replayed in random cuts, seed %i', async (seed) => {
    check(fixture, await replay(fixture, { mode: 'random', seed }))
  })

  const { truncateAt = [] } = fixture.expected
  test.each(truncateAt)('cut at byte $at', async ({ at, text }) => {
    const { error, pieces } = await replay(fixture, { mode: 'random', truncateAt: at })
    expect(error).toMatchObject({ code: 'stream_truncated', retryable: true })
    expect(error?.partial).toMatchObject({ text, finishReason: 'error' })
    expect(text).toBe(pieces)
    for (const call of error?.partial?.toolCalls ?? []) expect(call.invalid).toBeTruthy()
  })
})

const bodies = readFixtures('dashscope').filter(
  ({ expected }) => !expected.stream && !expected.error,
)

test.each(bodies)('half a JSON body of $name is no answer', async (fixture) => {
  const half = Math.floor(fixture.body.length * 0.6)
  const { error } = await replay(fixture, { truncateAt: half })
  expect(error).toMatchObject({ code: 'stream_truncated' })
})
