import { type } from 'arktype'
import { getChatModel, runTools, tool } from 'chatwire'
import type { Tool, ToolRunResult } from 'chatwire'
import { simulate } from 'chatwire/testing'
import type { Reply, SimulatedVendor } from 'chatwire/testing'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { all, failure } from '../unit/helpers.ts'

/** Each vendor with the model that is asked, and what of its thinking goes back in a loop of tools. */
const VENDORS: [vendor: SimulatedVendor, model: string, replayed: string | undefined][] = [
  ['dashscope', 'qwen-plus', 'I need both.'],
  ['zhipu', 'glm-4.7', 'I need both.'],
  ['openai', 'gpt-4o-mini', undefined],
]
const LANES = VENDORS.flatMap((lane) => [true, false].map((stream) => [...lane, stream] as const))

const execute = ({ city }: { city: string }) => {
  if (city === 'Atlantis') throw new Error('It lies under water')
  return { city, celsius: 21 }
}
/** The same tool by every kind of schema. */
const TOOLS: Record<string, Tool> = {
  valibot: tool({ name: 'weather', parameters: v.object({ city: v.string() }), execute }),
  zod: tool({ name: 'weather', parameters: z.object({ city: z.string() }), execute }),
  arktype: tool({ name: 'weather', parameters: type({ city: 'string' }), execute }),
  'JSON Schema': tool({
    name: 'weather',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
    },
    execute: ({ city }) => execute({ city: String(city) }),
  }),
}

const ask = (city: unknown) => ({ name: 'weather', arguments: { city } as any })
const STORY: Reply[] = [
  {
    reasoning: 'I need both.',
    text: 'One moment. ',
    toolCalls: [ask('Oslo'), ask('Atlantis'), ask('Zürich 😀')],
  },
  { toolCalls: [ask(5), { name: 'weather', arguments: '{"city":' }] },
  { toolCalls: [{ name: 'wether', arguments: {} }, ask('Rom')] },
  { text: 'It is 21 °C.' },
]

async function run(
  { vendor, model, stream }: { vendor: SimulatedVendor; model: string; stream: boolean },
  one: Tool = TOOLS.valibot as Tool,
) {
  const server = simulate(vendor, STORY)
  const llm = getChatModel({ model, modelServer: vendor, apiKey: 'id12.secret34', fetch: server })
  const reply = runTools(llm, { prompt: 'How warm is it?', tools: [one], stream })
  const result: ToolRunResult = 'result' in reply ? await reply.result() : await reply
  return { result, requests: server.requests.map(({ body }) => body.input ?? body) }
}

test.each(LANES)('%s (%s) runs tools, replaying %j (streamed: %s)', async (...lane) => {
  const [vendor, model, replayed, stream] = lane
  const { result, requests } = await run({ vendor, model, stream })
  expect(String(result)).toBe('It is 21 °C.')
  expect(result.steps.map((step) => step.toolResults.map(({ error }) => error?.code))).toEqual([
    [undefined, 'tool_failed', undefined],
    ['invalid_arguments', 'invalid_arguments'],
    ['unknown_tool', undefined],
    [],
  ])
  const usages = result.steps.map((step) => step.result.usage.totalTokens)
  expect(result.usage.totalTokens).toBe(usages.reduce((sum, count) => sum + count))
  expect(result.attempts).toHaveLength(4)
  expect(requests).toHaveLength(4)

  const [, asked, ...answers] = requests[1].messages
  expect(asked).toMatchObject({ role: 'assistant', tool_calls: [{}, {}, {}] })
  expect(asked.reasoning_content).toBe(replayed)
  expect(answers.map(({ content }: any) => content)).toEqual([
    '{"city":"Oslo","celsius":21}',
    'Error: The tool "weather" failed: It lies under water',
    '{"city":"Zürich 😀","celsius":21}',
  ])
  // The simulated server would refuse an answer to no call, and a call without its answer.
  const ids = asked.tool_calls.map(({ id }: any) => id)
  expect(answers.map(({ tool_call_id }: any) => tool_call_id)).toEqual(ids)
})

test.each(Object.keys(TOOLS))('a tool with a schema of %s goes the same way', async (library) => {
  const lane = { vendor: 'openai' as const, model: 'gpt-4o-mini', stream: true }
  const { result, requests } = await run(lane, TOOLS[library])
  expect(requests[0].tools[0].function).toEqual({
    name: 'weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  })
  expect(result.steps.map((step) => step.toolResults.map(({ error }) => error?.code))).toEqual([
    [undefined, 'tool_failed', undefined],
    ['invalid_arguments', 'invalid_arguments'],
    ['unknown_tool', undefined],
    [],
  ])
})

test.each(VENDORS)(
  'the calls of a reply that %s (%s) cuts are never run',
  async (vendor, model) => {
    let ran = 0
    const counter = tool({ name: 'weather', execute: () => ++ran })
    for (const [kind, after] of [
      ['cut', 2],
      ['cut', 4],
      ['reset', 3],
    ] as const) {
      const fault = { kind, after }
      const toolCalls = [ask('Oslo'), ask('Bergen')]
      const server = simulate(vendor, { toolCalls, chunkSize: 3, fault })
      const config = { model, modelServer: vendor, apiKey: 'id12.secret34', maxRetries: 0 }
      const llm = getChatModel({ ...config, fetch: server })
      const stream = runTools(llm, { prompt: 'How warm is it?', tools: [counter], stream: true })
      const error = await failure(() => all(stream.events()))
      expect(error.name).toBe('StreamError')
      expect(error.partial.toolCalls[0]).toMatchObject({
        name: 'weather',
        invalid: expect.any(String),
      })
    }
    const long = simulate(vendor, { toolCalls: [ask('Oslo')], finishReason: 'length' })
    const llm = getChatModel({ model, modelServer: vendor, apiKey: 'id12.secret34', fetch: long })
    const result = await runTools(llm, { prompt: 'How warm is it?', tools: [counter] })
    expect(result).toMatchObject({ finishReason: 'length', toolCalls: [{ name: 'weather' }] })
    expect(ran).toBe(0)
  },
)

const EVERYONE: [vendor: SimulatedVendor, model: string][] = [
  ['dashscope', 'qwen-plus'],
  ['zhipu', 'glm-4.7'],
  ['openai', 'gpt-4o-mini'],
  ['anthropic', 'claude-sonnet-4-6'],
  ['gemini', 'gemini-3-flash-preview'],
  ['ollama', 'qwen3'],
]

test.each(EVERYONE.flatMap((lane) => [true, false].map((stream) => [...lane, stream] as const)))(
  '%s (%s) runs parallel calls, one of which fails (streamed: %s)',
  async (vendor, model, stream) => {
    // Some of these say arguments as objects only, so that none can be cut.
    const server = simulate(vendor, [
      { text: 'One moment. ', toolCalls: [ask('Oslo'), ask('Atlantis'), ask('Zürich 😀')] },
      { toolCalls: [{ name: 'wether', arguments: {} }, ask('Rom')] },
      { text: 'It is 21 °C.' },
    ])
    const config = { model, modelServer: vendor, apiKey: 'id12.secret34', maxRetries: 0 }
    const llm = getChatModel({ ...config, fetch: server })
    const tools = [TOOLS.zod as Tool]
    const reply = runTools(llm, { prompt: 'How warm is it?', tools, stream })
    const result: ToolRunResult = 'result' in reply ? await reply.result() : await reply
    expect(String(result)).toBe('It is 21 °C.')
    expect(result.steps.map((step) => step.toolResults.map(({ error }) => error?.code))).toEqual([
      [undefined, 'tool_failed', undefined],
      ['unknown_tool', undefined],
      [],
    ])
    expect(result.attempts).toHaveLength(3)
    const sent = JSON.stringify(server.requests.at(-1)?.body)
    expect(sent).toContain('It lies under water')
    expect(sent).toContain('Zürich 😀')
  },
)
