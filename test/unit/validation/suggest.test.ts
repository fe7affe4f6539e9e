/**
 * Suggestions for unknown options of features, and for the tool members of other SDKs.
 */
import { describe, expect, test } from 'vitest'
import { chatObject, failover, getChatModel, runTools, tool } from '../../../src/index.ts'
import { failure } from '../helpers.ts'

const config = { model: 'x', modelServer: 'openai', apiKey: 'k' }
const llm = getChatModel(config)
const nearest = (name: string) => `(did you mean "${name}"?)`

describe('a longer name is answered with the one inside', () => {
  test.each([
    ['moonshot/kimi', 'moonshot'],
    ['openai-compatible', 'openai'],
    ['dashscope_llama3', 'dashscope'],
    ['modelscope_chatglm', 'modelscope'],
  ])('server %s: %s', async (modelServer, name) => {
    const { message } = await failure(() => getChatModel({ model: 'x', modelServer }))
    expect(message).toContain(nearest(name))
  })

  test.each([
    ['timeoutMs', 'timeout'],
    ['requestTimeout', 'timeout'],
    ['myHeaders', 'headers'],
  ])('config.%s: %s', async (member, name) => {
    const { message } = await failure(() => getChatModel({ ...config, [member]: 1 }))
    expect(message).toContain(nearest(name))
  })
})

test('features suggest their own options', async () => {
  const schema = { type: 'object', properties: {} } as const
  const ask = { prompt: 'Hi', tools: [], schema }
  for (const [call, name] of [
    [() => runTools(llm, { prompt: 'Hi', tools: [], maxStep: 3 } as never), 'maxSteps'],
    [() => runTools(llm, { prompt: 'Hi', tools: [], toolTimeoutMs: 3 } as never), 'toolTimeout'],
    [() => chatObject(llm, { ...ask, repair: 1 } as never), 'repairs'],
    [() => failover([llm], { coolDownMs: 5 } as never), 'coolDown'],
    [() => tool({ name: 'a', inputSchema: schema } as never), 'parameters'],
    [() => tool({ name: 'a', handler: () => 1 } as never), 'execute'],
  ] as const) {
    const error = await failure(call as () => unknown)
    expect(error.message).toContain(nearest(name))
  }
})

test('a tool may carry members of its owner', () => {
  expect(tool({ name: 'a', execute: () => 1, icon: 'x' } as never)).toMatchObject({ icon: 'x' })
})
