/**
 * Prompted tools beneath the rest of the API: the loop of tools, objects, and the model that a browser has built in.
 */
import * as v from 'valibot'
import { afterEach, expect, test } from 'vitest'
import {
  BrowserLLM,
  chatObject,
  getChatModel,
  runTools,
  tool,
  withPromptedTools,
} from '../../src/index.ts'
import { simulate } from '../../src/testing.ts'
import { installFake } from './fake-prompt-api.ts'

afterEach(() => {
  for (const name of ['LanguageModel', 'ai', 'fakeLog']) Reflect.deleteProperty(globalThis, name)
})

const weather = tool({
  name: 'weather',
  description: 'The weather of a city',
  parameters: v.object({ city: v.string() }),
  execute: ({ city }) => `${city}: 21 °C`,
})

/** The tool call of the model in each format. */
const CALLS = {
  react: 'I look.\nAction: weather\nAction Input: {"city": "Oslo"}\n',
  hermes: 'I look.\n<tool_call>\n{"name": "weather", "arguments": {"city": "Oslo"}}\n</tool_call>',
  qwen: 'I look.\n✿FUNCTION✿: weather\n✿ARGS✿: {"city": "Oslo"}\n',
} as const
const FORMATS = Object.keys(CALLS) as (keyof typeof CALLS)[]

test.each(FORMATS.flatMap((format) => [true, false].map((stream) => [format, stream] as const)))(
  'runTools() runs tools that were asked for by prompt: %s (streamed: %s)',
  async (format, stream) => {
    const fetch = simulate('openai', [
      { text: CALLS[format], chunkSize: 2 },
      'It is 21 °C in Oslo.',
    ])
    const model = getChatModel('openai:gpt-4o', { apiKey: 'sk-test', fetch })
    const llm = withPromptedTools(model, { format })
    const reply = runTools(llm, { prompt: 'How warm is it in Oslo?', tools: [weather], stream })
    const result = 'result' in reply ? await reply.result() : await reply
    expect(result.text).toBe('It is 21 °C in Oslo.')
    expect(result.steps[0]?.toolResults[0]).toMatchObject({ content: 'Oslo: 21 °C' })
    expect(result.steps[0]?.result.text.trim()).toBe('I look.')
    const [first, second] = fetch.requests.map(({ body }) => body)
    expect(first.tools).toBeUndefined()
    expect(JSON.stringify(first.messages)).toContain('The weather of a city')
    expect(JSON.stringify(second.messages)).toContain('Oslo: 21 °C')
  },
)

test.each(FORMATS)('chatObject() is had of a model with prompted tools: %s', async (format) => {
  const fetch = simulate('openai', [{ text: '{"city":"Oslo"}', chunkSize: 2 }])
  const model = getChatModel('openai:gpt-4o', { apiKey: 'sk-test', fetch })
  const llm = withPromptedTools(model, { format })
  const schema = v.object({ city: v.string() })
  expect((await chatObject(llm, { prompt: 'Where?', schema })).object).toEqual({ city: 'Oslo' })
  const partials: string[] = []
  for await (const partial of chatObject(llm, { prompt: 'Where?', schema, stream: true }))
    partials.push(JSON.stringify(partial))
  expect(partials.at(-1)).toBe('{"city":"Oslo"}')
  expect(partials.length).toBeGreaterThan(1)
})

test('the model that a browser has built in gets tools by prompt', async () => {
  const log = installFake({
    pieces: [
      'I look.\n<tool_',
      'call>\n{"name": "weather", "arguments"',
      ': {"city": "Oslo"}}\n</tool_call>',
    ],
  })
  const llm = withPromptedTools(new BrowserLLM({ model: 'built-in' }), { format: 'hermes' })
  expect(llm.supportFunctionCalling()).toBe(true)
  const run = runTools(llm, { prompt: 'How warm is it?', tools: [weather], maxSteps: 2 })
  // The fake says the same again, and so never comes to an end.
  const error = await run.catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'too_many_steps' })
  expect(log.created).toHaveLength(2)
  expect(JSON.stringify(log.created[0])).toContain('The weather of a city')
  expect(JSON.stringify([log.created[1], log.asked[1]])).toContain('Oslo: 21 °C')
})
