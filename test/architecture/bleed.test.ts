import { expect, test } from 'vitest'
import { bundle } from './project.ts'

/** Words by which each vendor is known: a bundle with one provider carries no other's. */
const VENDORS: Record<string, RegExp> = {
  'providers/openai': /api\.openai\.com/,
  'providers/openai-like':
    /api\.deepseek|api\.moonshot|siliconflow|openrouter|groq|mistral|cerebras|perplexity/i,
  'providers/azure-openai': /azure/i,
  'providers/dashscope': /dashscope|aliyun/i,
  'providers/zhipu': /zhipu|bigmodel|begin_of_box/i,
  'providers/ollama': /ollama/i,
  'providers/anthropic': /anthropic-version|api\.anthropic/,
  'providers/gemini': /gemini|generativelanguage/i,
  'providers/browser': /LanguageModel/,
  'providers/engine': /interruptGenerate/,
}

/** Providers that are made of another one carry its words too. */
const MADE_OF: Record<string, string[]> = {
  'providers/openai-like': ['providers/openai'],
  'providers/azure-openai': ['providers/openai'],
}

test.each(Object.keys(VENDORS))(
  'a bundle of %s holds the words of no other vendor',
  async (entry) => {
    const text = await bundle(`export * from 'chatwire/${entry}'`)
    expect(text).toMatch(VENDORS[entry] as RegExp)
    for (const [other, words] of Object.entries(VENDORS)) {
      if (other !== entry && !MADE_OF[entry]?.includes(other))
        expect(text, other).not.toMatch(words)
    }
  },
)

test('core holds the words of no vendor, and neither ky nor a URL', async () => {
  const text = await bundle(`export * from 'chatwire/core'`)
  for (const words of Object.values(VENDORS)) expect(text).not.toMatch(words)
  expect(text).not.toMatch(/throwHttpErrors|https:\/\/api/)
})

test('who takes one class from the front door carries no other provider', async () => {
  const text = await bundle(`export { ZhipuLLM } from 'chatwire'`)
  expect(text).not.toMatch(VENDORS['providers/dashscope'] as RegExp)
  expect(text).not.toMatch(VENDORS['providers/openai-like'] as RegExp)
})
