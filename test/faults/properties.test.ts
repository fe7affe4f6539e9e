/** Properties that hold for any cut, any loss, any bytes and any input. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { isChatError } from '../../src/errors.ts'
import type { ChatResult } from '../../src/event.ts'
import { cut } from '../unit/helpers.ts'
import type { Recording } from './recordings.ts'
import { ask, fetchOf, RECORDINGS, steady, STREAMS, WHOLE_STREAMS } from './recordings.ts'

const RUNS = { numRuns: 1000 }
const places = fc.array(fc.nat({ max: 200_000 }), { maxLength: 40 })

/** A recording, by its name where a case fails. */
function oneOf(recordings: readonly Recording[]): fc.Arbitrary<Recording> {
  return fc
    .constantFrom(...recordings)
    .map((recording) => Object.assign(recording, { toString: () => recording.name }))
}

const wholes = new Map<string, unknown>()
async function wholeOf(recording: Recording): Promise<any> {
  if (!wholes.has(recording.name)) {
    const { status, headers, body } = recording
    const fetch = fetchOf([body], { status, headers })
    wholes.set(recording.name, steady(await ask(recording.create({ fetch }))))
  }
  return wholes.get(recording.name)
}

test('any recorded body cut at any places gives the same events', async () => {
  const property = fc.asyncProperty(oneOf(STREAMS), places, async (recording, at) => {
    const { status, headers, body } = recording
    const fetch = fetchOf(cut(body, at), { status, headers })
    expect(steady(await ask(recording.create({ fetch })))).toEqual(await wholeOf(recording))
  })
  await fc.assert(property, RUNS)
})

test('any truncation is an error, and what had arrived is a start of the whole', async () => {
  // Not `fc.double`: nearly all of its numbers are next to 0.
  const share = fc.nat({ max: 9999 }).map((place) => place / 10_000)
  const property = fc.asyncProperty(
    oneOf(WHOLE_STREAMS),
    share,
    places,
    async (recording, length, at) => {
      const { status, headers, body } = recording
      const start = body.slice(0, Math.floor(body.length * length))
      const fetch = fetchOf(cut(start, at), { status, headers })
      const { result, thrown, partial } = await ask(recording.create({ fetch }))
      const whole = (await wholeOf(recording)).result
      // The end marker had arrived: bytes lost after it are not part of the answer.
      if (result) {
        expect(result.text).toBe(whole.text)
        expect(result.toolCalls.map(({ arguments: given }) => given)).toEqual(
          whole.toolCalls.map(({ arguments: given }: { arguments: unknown }) => given),
        )
        return
      }
      expect(thrown?.error).toSatisfy(isChatError)
      expect(['stream_truncated', 'unexpected_response']).toContain(thrown?.error.code)
      expect(thrown?.error.retryable).toBe(true)
      expect(partial?.finishReason).toBe('error')
      expect(whole.text.startsWith(partial?.text)).toBe(true)
      expect(whole.reasoning.startsWith(partial?.reasoning)).toBe(true)
      expect(partial!.toolCalls.length).toBeLessThanOrEqual(whole.toolCalls.length)
      for (const [index, call] of partial!.toolCalls.entries()) {
        expect(call.invalid).toBeTruthy()
        expect(call.name).toBe(whole.toolCalls[index].name)
        expect(whole.toolCalls[index].argumentsText.startsWith(call.argumentsText)).toBe(true)
      }
    },
  )
  await fc.assert(property, RUNS)
})

/** Pieces of real answers, broken ones, and noise. */
const noise = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  fc.string({ unit: 'binary', maxLength: 200 }).map(bytesOf),
  fc.json({ maxDepth: 4 }).map((json) => bytesOf(`data: ${json}\n\n`)),
  fc.json({ maxDepth: 4 }).map(bytesOf),
  fc
    .constantFrom(
      'data: [DONE]\n\n',
      'event: error\n',
      ':HTTP_STATUS/500\n',
      '\n',
      '\r',
      '{',
      'data:',
    )
    .map(bytesOf),
  fc
    .tuple(oneOf(RECORDINGS), fc.nat({ max: 20_000 }), fc.nat({ max: 3000 }))
    .map(([{ body }, at, length]) => body.slice(at % body.length, (at % body.length) + length)),
)

/** A recording in which some bytes are others. */
const damaged = fc
  .tuple(oneOf(RECORDINGS), fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 12 }))
  .map(([{ body }, changes]) => {
    const bytes = body.slice()
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte
    return [bytes]
  })

/** The members that the decoders read, with anything in them. */
const anything = fc.jsonValue({ maxDepth: 2 })
const some = (names: readonly string[], value: fc.Arbitrary<unknown>) =>
  fc.record(Object.fromEntries(names.map((name) => [name, fc.oneof(anything, value)])), {
    requiredKeys: [],
  })
const called = some(['name', 'arguments'], fc.string())
const call = some(['index', 'id', 'function', 'type'], called)
const message = some(
  [
    'content',
    'reasoning_content',
    'reasoning_details',
    'tool_calls',
    'function_call',
    'annotations',
    'text',
  ],
  fc.oneof(
    fc.array(call, { maxLength: 2 }),
    fc.string(),
    some(['text', 'thinking'], fc.string()).map((part) => [part]),
  ),
)
const choice = some(['index', 'delta', 'message', 'text', 'finish_reason', 'usage'], message)
const counts = some(
  ['input_tokens', 'output_tokens', 'total_tokens', 'prompt_tokens', 'completion_tokens'],
  fc.nat(),
)
const page = some(['title', 'url', 'link', 'index', 'site_name', 'refer', 'media'], fc.string())
const pages = fc.array(page, { maxLength: 2 })
const choices = fc.array(choice, { maxLength: 2 })
const output = some(
  ['choices', 'text', 'finish_reason', 'search_info', 'model_name'],
  fc.oneof(choices, some(['search_results'], pages)),
)
const shaped = some(
  [
    'id',
    'model',
    'choices',
    'usage',
    'error',
    'code',
    'message',
    'request_id',
    'web_search',
    'citations',
  ],
  fc.oneof(choices, counts, pages),
)
const frames = fc
  .array(
    fc.tuple(shaped, some(['output'], output)).map(([one, other]) => ({ ...one, ...other })),
    {
      maxLength: 5,
    },
  )
  .map((list) => [bytesOf(list.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join(''))])

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

const REASONS = ['stop', 'length', 'tool_calls', 'content_filter', 'error', 'other']

/** Whatever the server sent, the members are of the types that the declarations promise. */
function checkAnswer(result: ChatResult): void {
  const { usage, toolCalls, sources = [], model, requestId = '', id = '' } = result
  for (const text of [result.text, result.reasoning, model, requestId, id])
    expect(text).toBeTypeOf('string')
  expect(REASONS).toContain(result.finishReason)
  const { promptTokens, completionTokens, totalTokens } = usage
  for (const count of [promptTokens, completionTokens, totalTokens])
    expect(count).toBeTypeOf('number')
  for (const { id, name, argumentsText, arguments: given } of toolCalls) {
    for (const text of [id, name, argumentsText]) expect(text).toBeTypeOf('string')
    expect(given).toBeTypeOf('object')
  }
  for (const source of sources)
    for (const text of Object.values(source)) expect(text).toBeTypeOf('string')
}

test('any bytes whatever give an answer or a typed error, never a hang or another exception', async () => {
  const bodies = fc.oneof(fc.array(noise, { maxLength: 6 }), damaged, frames)
  const status = fc.constantFrom(200, 200, 200, 200, 201, 204, 400, 429, 500, 503)
  const property = fc.asyncProperty(
    oneOf(RECORDINGS),
    bodies,
    status,
    fc.boolean(),
    async (recording, pieces, code, stream) => {
      const fetch = fetchOf(pieces, { status: code })
      const llm = recording.create({ fetch, idleTimeout: 2000, totalTimeout: 4000 })
      const { result, thrown } = await ask(llm, stream)
      if (result) {
        checkAnswer(result)
        return
      }
      expect(thrown?.error).toSatisfy(isChatError)
      expect(thrown?.error.code).not.toBe('timeout')
      // A mistake of ours would come out as a failure of the server.
      if (thrown?.error.code === 'server_error')
        expect(thrown.error.cause).not.toBeInstanceOf(Error)
      expect(() => JSON.stringify(thrown?.error)).not.toThrow()
    },
  )
  await fc.assert(property, RUNS)
})
