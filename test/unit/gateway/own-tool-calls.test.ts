/**
 * A model that runs tools itself, as a class around `runTools` does: clients get the text of its steps, and only those tool
 * calls that it left to them.
 */
import { expect, test } from 'vitest'
import type { StreamEvent } from '../../../src/event.ts'
import { createSlimGateway } from '../../../src/gateway/create-gateway.ts'
import { finish, model, text } from '../helpers.ts'

const call = (id: string, name: string): StreamEvent[] => [
  { type: 'tool-call-delta', index: 0, id, name, argumentsDelta: '{"city":' },
  { type: 'tool-call-delta', index: 0, argumentsDelta: `"${id}"}` },
]
const answer = (toolCallId: string): StreamEvent => {
  return { type: 'tool-result', toolCallId, name: 'weather', content: '21 °C', durationMs: 1 }
}
const step = (number: number): StreamEvent => ({ type: 'step', step: number })

const RUNS: Record<string, readonly StreamEvent[]> = {
  done: [
    step(1),
    text('Let me look.'),
    ...call('a', 'weather'),
    answer('a'),
    step(2),
    ...call('b', 'weather'),
    answer('b'),
    step(3),
    text('It is fine.'),
    finish('stop'),
  ],
  asks: [
    step(1),
    ...call('a', 'weather'),
    answer('a'),
    step(2),
    ...call('b', 'open_door'),
    finish('tool_calls'),
  ],
  unfinished: [step(1), ...call('a', 'weather'), answer('a'), finish('tool_calls')],
}

const gateway = createSlimGateway({
  models: Object.fromEntries(
    Object.entries(RUNS).map(([name, events]) => [
      name,
      model(async function* () {
        yield* events
      }),
    ]),
  ),
  authorize: 'public',
})

const prompt = { messages: [{ role: 'user', content: 'Hi' }] }
const BODIES: Record<string, object> = {
  '/v1/chat/completions': prompt,
  '/v1/messages': { ...prompt, max_tokens: 100 },
  '/v1/responses': { input: 'Hi' },
}

async function ask(path: string, name: string, stream: boolean): Promise<string> {
  const body = JSON.stringify({ ...BODIES[path], model: name, stream })
  const headers = { 'content-type': 'application/json' }
  const response = await gateway(
    new Request(`https://edge.example${path}`, { method: 'POST', headers, body }),
  )
  expect(response.status).toBe(200)
  return response.text()
}

/** The data of a stream's events. */
const dataOf = (stream: string) =>
  [...stream.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data as string))

const paths = Object.keys(BODIES)

test.each(paths)('%s hides the tool calls that the model ran itself', async (path) => {
  const whole = await ask(path, 'done', false)
  const stream = await ask(path, 'done', true)
  for (const said of [whole, stream]) {
    expect(said).toContain('It is fine.')
    expect(said).not.toContain('weather')
    expect(said).not.toContain('city')
  }
  expect(stream).toContain('Let me look.')
})

test.each(paths)('%s passes on the tool calls that the model left to the client', async (path) => {
  for (const stream of [false, true]) {
    const said = await ask(path, 'asks', stream)
    expect(said).toContain('open_door')
    expect(said.replaceAll('\\', '')).toContain('{"city":"b"}')
    expect(said).not.toContain('weather')
  }
})

test('texts of several steps are apart', async () => {
  const chunks = dataOf(await ask('/v1/chat/completions', 'done', true))
  const content = chunks.map(({ choices }) => choices[0].delta.content ?? '').join('')
  expect(content).toBe('Let me look.\n\nIt is fine.')
  const blocks = dataOf(await ask('/v1/messages', 'done', true))
  expect(blocks.map(({ type, index = '' }) => `${type} ${index}`.trim())).toEqual([
    'message_start',
    ...[0, 1].flatMap((index) => [
      `content_block_start ${index}`,
      `content_block_delta ${index}`,
      `content_block_stop ${index}`,
    ]),
    'message_delta',
    'message_stop',
  ])
  const { response } = dataOf(await ask('/v1/responses', 'done', true)).at(-1)
  expect(response.output.map((item: any) => item.content[0].text)).toEqual([
    'Let me look.',
    'It is fine.',
  ])
})

test('does not tell a client to run tools where none is left to it', async () => {
  const whole = JSON.parse(await ask('/v1/chat/completions', 'unfinished', false))
  expect(whole.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: '' } })
  expect(whole.choices[0].message).not.toHaveProperty('tool_calls')
  const [last] = dataOf(await ask('/v1/chat/completions', 'unfinished', true)).slice(-1)
  expect(last.choices[0].finish_reason).toBe('length')
})
