import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { bundle, root } from './project.ts'

/** Text that only a vendor's own code contains. */
const VENDORS: Record<string, RegExp> = {
  'providers/openai': /api\.openai\.com/,
  'providers/openai-like':
    /api\.deepseek|api\.moonshot|siliconflow|openrouter|groq|mistral|cerebras|perplexity/i,
  'providers/azure-openai': /azure_?openai|api-version/i,
  'providers/openai-responses': /max_output_tokens/,
  'providers/dashscope': /dashscope|aliyun/i,
  'providers/zhipu': /zhipu|bigmodel|begin_of_box/i,
  'providers/ollama': /ollama/i,
  'providers/anthropic': /anthropic-version|api\.anthropic/,
  'providers/gemini': /gemini|generativelanguage/i,
  'providers/browser': /LanguageModel/,
  'providers/engine': /interruptGenerate/,
}

/** Providers that extend another one contain its text too. */
const EXTENDS: Record<string, string[]> = {
  'providers/openai-like': ['providers/openai'],
  'providers/azure-openai': ['providers/openai'],
  'providers/openai-responses': [
    'providers/openai',
    'providers/openai-like',
    'providers/azure-openai',
  ],
}

test.each(Object.keys(VENDORS))("a bundle of %s contains no other vendor's code", async (entry) => {
  const text = await bundle(`export * from 'chatwire/${entry}'`)
  expect(text).toMatch(VENDORS[entry] as RegExp)
  for (const [other, words] of Object.entries(VENDORS)) {
    if (other !== entry && !EXTENDS[entry]?.includes(other)) expect(text, other).not.toMatch(words)
  }
})

test("core contains no vendor's code, no ky and no URL", async () => {
  const text = await bundle(`export * from 'chatwire/core'`)
  for (const words of Object.values(VENDORS)) expect(text).not.toMatch(words)
  expect(text).not.toMatch(/throwHttpErrors|https:\/\/api/)
})

test('one class imported from the main entry brings no other provider', async () => {
  const text = await bundle(`export { ZhipuLLM } from 'chatwire'`)
  expect(text).not.toMatch(VENDORS['providers/dashscope'] as RegExp)
  expect(text).not.toMatch(VENDORS['providers/openai-like'] as RegExp)
})

test('the Responses API without the rows of other servers brings no Chat Completions', async () => {
  const text = await bundle(
    `export { OpenAiResponsesLLM } from 'chatwire/providers/openai-responses'`,
  )
  expect(text).toMatch(/max_output_tokens/)
  expect(text).not.toMatch(/chat\/completions|stream_options|include_usage|azure/i)
})

test('every provider of package.json is listed here', () => {
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  const providers = Object.keys(exports).filter((entry) => entry.startsWith('./providers/'))
  // It extends DashScope's and shares its text.
  const listed = ['providers/dashscope-qwen', ...Object.keys(VENDORS)]
  expect(listed.map((entry) => `./${entry}`).sort()).toEqual(providers.sort())
})
