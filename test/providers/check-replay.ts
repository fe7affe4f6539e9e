/** Replays a recording in every way that a network can deliver it, the same for every vendor of the OpenAI format. */
import { describe, expect, test } from 'vitest'
import type { BaseChatModel } from '../../src/chat/base.ts'
import type { ChatError } from '../../src/errors.ts'
import { isChatError } from '../../src/errors.ts'
import type { ChatResult, StreamEvent } from '../../src/event.ts'
import type { Fetch } from '../../src/options.ts'
import type { Fixture, ReplayOptions } from './replay.ts'
import { replayFetch } from './replay.ts'

/** Makes the model that asks the recorded server. */
export type CreateModel = (fixture: Fixture, fetch: Fetch) => BaseChatModel

interface Outcome {
  pieces: string
  events: StreamEvent['type'][]
  result?: ChatResult
  error?: ChatError
}

/** The tests of one recording. */
export function checkReplay(fixture: Fixture, create: CreateModel): void {
  const replay = (options: ReplayOptions) => ask(fixture, create, options)
  const { truncateAt = [], stream, error: failure } = fixture.expected

  describe(fixture.name, () => {
    test('replayed whole', async () => {
      check(fixture, await replay({ mode: 'whole' }))
    })

    test('replayed byte by byte', async () => {
      check(fixture, await replay({ mode: 'bytes' }))
    })

    test.each([1, 2])('replayed in random cuts, seed %i', async (seed) => {
      check(fixture, await replay({ mode: 'random', seed }))
    })

    test.each(truncateAt)('cut at byte $at', async ({ at, text }) => {
      const { error, pieces } = await replay({ mode: 'random', truncateAt: at })
      expect(error).toMatchObject({ code: 'stream_truncated', retryable: true })
      expect(error?.partial).toMatchObject({ finishReason: 'error' })
      expect(error?.partial?.text).toBe(text)
      expect(pieces.trim()).toBe(text.trim())
      for (const call of error?.partial?.toolCalls ?? []) expect(call.invalid).toBeTruthy()
    })

    // Only a whole answer can be halved: a stream is cut above, and an error has no answer.
    if (stream || failure) return
    test('half a JSON body is not an answer', async () => {
      const { error } = await replay({ truncateAt: Math.floor(fixture.body.length * 0.6) })
      expect(error).toMatchObject({ code: 'stream_truncated' })
    })
  })
}

async function ask(
  fixture: Fixture,
  create: CreateModel,
  options: ReplayOptions,
): Promise<Outcome> {
  const llm = create(fixture, replayFetch(fixture, options))
  const outcome: Outcome = { pieces: '', events: [] }
  try {
    if (!fixture.expected.stream) return { ...outcome, result: await llm.chat('Hello') }
    const chat = llm.chat({ prompt: 'Hello', stream: true })
    for await (const event of chat.events()) {
      outcome.events.push(event.type)
      if (event.type === 'text-delta') outcome.pieces += event.text
    }
    return { ...outcome, result: await chat.result() }
  } catch (error) {
    if (!isChatError(error)) throw error
    return { ...outcome, error }
  }
}

function check({ expected }: Fixture, { pieces, events, result, error }: Outcome): void {
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
    usage: expected.usage ?? {},
  })
  expect(result?.sources?.length).toBe(expected.sources)
  for (const call of result?.toolCalls ?? []) expect(call.id).not.toBe('')
  if (!expected.stream) return
  expect(pieces).toBe(expected.text)
  expect(events.filter((type) => type === 'finish')).toHaveLength(1)
  expect(events.at(-1)).toBe('finish')
}
