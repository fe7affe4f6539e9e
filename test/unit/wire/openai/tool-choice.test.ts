import { expect, test } from 'vitest'
import { getChatModel } from '../../../../src/index.ts'
import { simulate } from '../../../../src/testing.ts'
import type { SimulatedVendor } from '../../../../src/testing.ts'

const tool = (name: string) => ({
  type: 'function' as const,
  function: { name, parameters: { type: 'object', properties: {} } },
})
const named = (name: string) => ({ type: 'function' as const, function: { name } })

/** Chats with a simulated vendor and returns the body that it received. */
async function sent(
  vendor: SimulatedVendor,
  server: string,
  names: string[],
  toolChoice: 'required' | ReturnType<typeof named>,
): Promise<Record<string, any>> {
  const simulator = simulate(vendor, { text: 'Hi' })
  const llm = getChatModel({
    modelServer: server,
    model: server === 'dashscope' ? 'qwen-plus' : 'any',
    apiKey: 'sk-test',
    fetch: simulator,
    streaming: false,
  })
  await llm.chat({ prompt: 'Hi', tools: names.map(tool), toolChoice })
  return simulator.requests[0]?.body as Record<string, any>
}

test('`required` with one tool names it where only names are accepted', async () => {
  const body = await sent('dashscope', 'dashscope', ['look'], 'required')
  expect(body['parameters'].tool_choice).toEqual(named('look'))
})

test('a name becomes `required` with that tool alone where names are not accepted', async () => {
  const body = await sent('openai', 'llamacpp', ['look', 'move'], named('move'))
  expect(body['tool_choice']).toBe('required')
  expect(body['tools'].map((each: any) => each.function.name)).toEqual(['move'])
})

test('`required` with several tools stays an error where only names are accepted', async () => {
  const several = sent('dashscope', 'dashscope', ['look', 'move'], 'required')
  await expect(several).rejects.toMatchObject({ code: 'unsupported_option' })
})

test.each<[SimulatedVendor, string]>([
  ['openai', 'gpt-4o'],
  ['openai', 'gpt-5.4'],
  ['openai_responses', 'gpt-5.4'],
  ['anthropic', 'claude-sonnet-4-6'],
  ['dashscope', 'qwen-plus'],
  ['gemini', 'gemini-2.5-flash'],
])('the name of no tool is refused before anything is sent: %s %s', async (vendor, model) => {
  const simulator = simulate(vendor, { text: 'Hi' })
  const llm = getChatModel({ modelServer: vendor, model, apiKey: 'sk-test', fetch: simulator })
  const chat = llm.chat({ prompt: 'Hi', tools: [tool('look')], toolChoice: named('move') })
  await expect(chat).rejects.toMatchObject({ code: 'unsupported_option' })
  const twice = llm.chat({ prompt: 'Hi', tools: [tool('look'), tool('look')] })
  await expect(twice).rejects.toMatchObject({
    code: 'unsupported_option',
    message: '`tools` has several tools named "look"',
  })
  expect(simulator.requests).toEqual([])
})
