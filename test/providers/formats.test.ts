import { expect, test } from 'vitest'
import { getChatModel } from '../../src/builtins.ts'
import type { ChatOptions } from '../../src/options.ts'

/** The output formats that a model supports: `s`chema, `j`SON, or neither. */
function formats(name: string, options: ChatOptions = {}, config: object = {}): string {
  const llm = getChatModel(name, { apiKey: 'id.secret', ...config })
  return [
    llm.supportResponseFormat('json_schema', options) ? 's' : '',
    llm.supportResponseFormat('json_object', options) ? 'j' : '',
  ].join('')
}

test.each([
  ['openai:gpt-4o', 'sj'],
  ['openai:gpt-4o-mini', 'sj'],
  ['openai:gpt-4.1', 'sj'],
  ['openai:gpt-5.1-mini', 'sj'],
  ['openai:o3', 'sj'],
  ['openai:gpt-4o-2024-05-13', 'j'],
  ['openai:gpt-4-turbo', 'j'],
  ['openai:gpt-3.5-turbo', 'j'],
  ['openai:gpt-4', ''],
  ['openai:gpt-4-0613', ''],
  ['vllm-server:Qwen/Qwen3-8B', 'sj'],
  ['llamacpp:any', 'sj'],
  ['lmstudio:any', 's'],
  ['perplexity:sonar', 's'],
  ['mistral:mistral-large-latest', 'sj'],
  ['xai:grok-4', 'sj'],
  ['cerebras:gpt-oss-120b', 'sj'],
  ['deepseek:deepseek-chat', 'j'],
  ['moonshot:kimi-k2', 'j'],
  ['groq:openai/gpt-oss-20b', 'sj'],
  ['groq:llama-3.3-70b-versatile', 'j'],
  ['openrouter:openai/gpt-4o', 'sj'],
  ['openrouter:meta-llama/llama-3-8b', 'j'],
  ['siliconflow:Qwen/Qwen3-8B', 'j'],
  ['siliconflow:Qwen/Qwen3-VL-8B', ''],
  ['modelscope:Qwen/Qwen3-8B', ''],
  ['zhipu:glm-4.7', 'j'],
  ['zhipu:glm-4-flash', 'j'],
  ['zhipu:glm-4v-plus', ''],
  ['zhipu:glm-4.1v-thinking-flash', ''],
  ['zhipu:glm-ocr', ''],
  ['dashscope:qwen-max', 'j'],
  ['dashscope:qwen3-vl-plus', 'j'],
  ['dashscope:qwen3.8-max', 'sj'],
  ['dashscope:qwen2.5-7b-instruct', 'j'],
  ['dashscope:qwen3-8b', ''],
  ['dashscope:qwen-omni-turbo', ''],
  ['dashscope:qwen-mt-plus', ''],
  ['dashscope:glm-4.7', ''],
  ['dashscope:qvq-max', ''],
])('%s takes "%s"', (name, expected) => {
  expect(formats(name)).toBe(expected)
})

test('an OpenAI-format server of which only the address is known takes both', () => {
  expect(formats('openai:gpt-4', {}, { baseURL: 'http://localhost:8000/v1' })).toBe('sj')
})

test('DashScope accepts no output format while the model thinks, however thinking was enabled', () => {
  expect(formats('dashscope:qwen3.8-max', { reasoning: true })).toBe('')
  expect(formats('dashscope:qwen3.8-max', { reasoning: { effort: 'low' } })).toBe('')
  expect(formats('dashscope:qwen-plus', {}, { defaults: { reasoning: { budget: 9 } } })).toBe('')
  expect(formats('dashscope:qwen-plus', { extraBody: { enable_thinking: true } })).toBe('')
  expect(formats('dashscope:qwen3-8b', { reasoning: false })).toBe('j')
  const thinking = { defaults: { reasoning: true } }
  expect(formats('dashscope:qwen-plus', { reasoning: false }, thinking)).toBe('j')
})
