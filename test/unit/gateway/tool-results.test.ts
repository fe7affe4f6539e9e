/**
 * Every tool call of a conversation has one result, whichever the endpoint and the model.
 */
import { expect, test } from 'vitest'
import { createSlimGateway } from '../../../src/gateway/create-gateway.ts'
import { finish, model, text } from '../helpers.ts'

/** One turn: a call (`a`), or its result (`=a`). */
type Turn = string

const FORMATS: Record<string, (turns: readonly Turn[]) => object> = {
  '/v1/chat/completions': (turns) => ({
    messages: [
      { role: 'user', content: 'Hi' },
      ...turns.map((turn) =>
        turn.startsWith('=')
          ? { role: 'tool', tool_call_id: turn.slice(1), content: '21 °C' }
          : {
              role: 'assistant',
              content: null,
              tool_calls: [
                { id: turn, type: 'function', function: { name: 'weather', arguments: '{}' } },
              ],
            },
      ),
    ],
  }),
  '/v1/responses': (turns) => ({
    input: [
      { role: 'user', content: 'Hi' },
      ...turns.map((turn) =>
        turn.startsWith('=')
          ? { type: 'function_call_output', call_id: turn.slice(1), output: '21 °C' }
          : { type: 'function_call', call_id: turn, name: 'weather', arguments: '{}' },
      ),
    ],
  }),
  '/v1/messages': (turns) => ({
    max_tokens: 100,
    messages: [
      { role: 'user', content: 'Hi' },
      ...turns.map((turn) =>
        turn.startsWith('=')
          ? {
              role: 'user',
              content: [{ type: 'tool_result', tool_use_id: turn.slice(1), content: '21 °C' }],
            }
          : {
              role: 'assistant',
              content: [{ type: 'tool_use', id: turn, name: 'weather', input: {} }],
            },
      ),
    ],
  }),
}

const CONVERSATIONS: [turns: Turn[], problem: string | undefined][] = [
  [['a', '=a'], undefined],
  [['a', '=a', 'b', '=b'], undefined],
  // Ollama's and Gemini's ids may repeat.
  [['a', '=a', 'a', '=a'], undefined],
  [['a'], 'The tool call "a" has no result'],
  [['a', '=a', 'a'], 'The tool call "a" has no result'],
  [['a', '=a', 'b'], 'The tool call "b" has no result'],
  [['a', '=a', '=a'], 'The tool call "a" has 2 results'],
]

test.each(
  Object.keys(FORMATS).flatMap((path) =>
    CONVERSATIONS.map(([turns, problem]) => ({ path, turns, problem })),
  ),
)('$path, $turns: $problem', async ({ path, turns, problem }) => {
  let asked = 0
  const fast = model(async function* () {
    asked++
    yield text('Warm')
    yield finish()
  })
  const gateway = createSlimGateway({ models: { fast }, authorize: 'public' })
  const response = await gateway(
    new Request(`https://gateway.example${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'fast', ...FORMATS[path]?.(turns) }),
    }),
  )
  const body = await response.json()
  expect([response.status, body.error?.message, asked]).toEqual(
    problem ? [400, problem, 0] : [200, undefined, 1],
  )
})

// https://github.com/github/copilot-sdk/issues/1922
test('results stand next to their calls, whatever their user said in between', async () => {
  let asked: readonly unknown[] = []
  const fast = model(async function* (messages: readonly unknown[]) {
    asked = messages
    yield finish()
  } as never)
  const gateway = createSlimGateway({ models: { fast }, authorize: 'public' })
  const call = (id: string) => ({
    id,
    type: 'function',
    function: { name: 'read', arguments: '{}' },
  })
  const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: id })
  const said = (content: string) => ({ role: 'user', content })
  const calls = { role: 'assistant', content: null, tool_calls: [call('a'), call('b')] }
  const messages = [
    said('Hi'),
    calls,
    result('a'),
    said('first'),
    result('b'),
    said('second'),
    { role: 'assistant', content: 'Done' },
    said('third'),
  ]
  const body = JSON.stringify({ model: 'fast', messages })
  const headers = { 'content-type': 'application/json' }
  const url = 'https://gateway.example/v1/chat/completions'
  await gateway(new Request(url, { method: 'POST', headers, body }))
  const order = [0, 1, 2, 4, 3, 5, 6, 7]
  expect(asked).toMatchObject(order.map((index) => messages[index]))

  const picture = { type: 'image_url', image_url: { url: 'https://a.example/b.png' } }
  const seen = { ...result('a'), content: [{ type: 'text', text: 'A' }, picture] }
  const pictures = JSON.stringify({
    model: 'fast',
    messages: [said('Hi'), calls, seen, result('b')],
  })
  await gateway(new Request(url, { method: 'POST', headers, body: pictures }))
  expect(asked).toMatchObject([
    said('Hi'),
    calls,
    { ...result('a'), content: 'A' },
    result('b'),
    { role: 'user', content: [{ type: 'text' }, picture] },
  ])
})
