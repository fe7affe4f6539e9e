/** Parallel tool calls, one without arguments among them: clients get all in the order of the model, each whole. */
import { expect, test } from 'vitest'
import type { StreamEvent } from '../../../src/event.ts'
import { createSlimGateway } from '../../../src/gateway/create-gateway.ts'
import { finish, model } from '../helpers.ts'

const delta = (index: number, argumentsDelta: string, head: object = {}): StreamEvent => {
  return { type: 'tool-call-delta', index, argumentsDelta, ...head }
}
const call = (index: number, name: string, text: string): StreamEvent[] => [
  delta(index, '', { id: `call_${index}`, name }),
  delta(index, text),
]
const gateway = createSlimGateway({
  models: {
    m: model(async function* () {
      yield* call(0, 'weather', '{"city":"Oslo"}')
      yield* call(1, 'time', '')
      yield* call(2, 'weather', '{"city":"Rome"}')
      yield finish('tool_calls')
    }),
  },
  authorize: 'public',
})

async function ask(path: string, body: object): Promise<any[]> {
  const response = await gateway(
    new Request(`https://edge.example${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, model: 'm', stream: true }),
    }),
  )
  const stream = await response.text()
  return [...stream.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data as string))
}

const CALLS = [
  ['weather', '{"city":"Oslo"}'],
  ['time', '{}'],
  ['weather', '{"city":"Rome"}'],
]
const messages = [{ role: 'user', content: 'Hi' }]

test('/v1/chat/completions', async () => {
  const calls: [string, string][] = []
  for (const { choices } of await ask('/v1/chat/completions', { messages }))
    for (const { index, function: piece } of choices?.[0]?.delta.tool_calls ?? []) {
      if (piece.name) expect(calls.push([piece.name, ''])).toBe(index + 1)
      calls[index]![1] += piece.arguments
    }
  expect(calls).toEqual(CALLS)
})

test('/v1/messages, one block after the other', async () => {
  const calls: [string, string][] = []
  const order: string[] = []
  for (const event of await ask('/v1/messages', { messages, max_tokens: 9 })) {
    const { type, index, content_block: block, delta: piece } = event
    if (type === 'content_block_start') calls.push([block.name, ''])
    if (type === 'content_block_delta') calls[index]![1] += piece.partial_json
    if (index !== undefined) order.push(index)
  }
  expect(calls).toEqual(CALLS)
  expect(order).toEqual(order.toSorted())
})

test('/v1/responses', async () => {
  const events = await ask('/v1/responses', { input: 'Hi' })
  const done = events.filter(({ type }) => type === 'response.output_item.done')
  expect(done.map(({ item }) => [item.name, item.arguments])).toEqual(CALLS)
  expect(done.map(({ output_index: index }) => index)).toEqual([0, 1, 2])
  const { output } = events.at(-1).response
  expect(output.map((item: any) => [item.name, item.arguments])).toEqual(CALLS)
})
