import { expect, test } from 'vitest'
import { templateOpensThinkTag } from '../../../src/chat/implicit-think-tag.ts'
import { call, saying } from '../helpers.ts'

const qwq = { provider: 'openai', model: 'Qwen/QwQ-32B' }

test.each([
  ['openai', 'Qwen/QwQ-32B', true],
  ['vllm-server', 'deepseek-ai/DeepSeek-R1-Distill-Qwen-7B', true],
  ['lmstudio', 'qwen/qwen3-30b-a3b-thinking-2507', true],
  ['llamacpp', 'MiniMaxAI/MiniMax-M2', true],
  ['vllm-server', 'allenai/Olmo-3-7B-Think', true],
  ['vllm-server', 'allenai/Olmo-3.1-32B-Think', true],
  ['vllm-server', 'allenai/Olmo-3-7B-Instruct', false],
  ['openai', 'Qwen/Qwen3-8B', false],
  ['openai', 'gpt-4o', false],
  ['dashscope', 'qwq-32b', false],
  ['openrouter', 'deepseek/deepseek-r1', false],
])('at %s the template of %s opens the tag: %s', (provider, model, opens) => {
  expect(templateOpensThinkTag(call({ provider, model }))).toBe(opens)
})

test('and not where thinking is off, a grammar holds, or the prompt is raw', () => {
  expect(templateOpensThinkTag(call(qwq))).toBe(true)
  expect(templateOpensThinkTag(call({ ...qwq, reasoning: false }))).toBe(false)
  expect(templateOpensThinkTag(call({ ...qwq, responseFormat: { type: 'json_object' } }))).toBe(
    false,
  )
  expect(templateOpensThinkTag(call({ ...qwq, rawPrompt: '<|im_start|>' }))).toBe(false)
})

test('a model that leaves only the closing tag: streamed and not', async () => {
  const chunks = ['Hm', 'm.\n</thi', 'nk>\n\nHello']
  const known = saying(chunks, { model: 'qwq-32b', modelServer: 'openai' })
  for (const result of [
    await known.chat('Hi'),
    await known.chat({ prompt: 'Hi', stream: true }).result(),
    await saying(chunks).chat('Hi'),
  ]) {
    expect(result).toMatchObject({ reasoning: 'Hmm.\n', text: 'Hello' })
  }
})
