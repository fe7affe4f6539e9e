import { expect, test } from 'vitest'

// What users can import. A name that goes is a breaking change; a new one belongs into the changelog.
const ENTRIES = [
  '',
  '/core',
  '/gateway',
  '/testing',
  '/providers/openai',
  '/providers/openai-like',
  '/providers/azure-openai',
  '/providers/dashscope',
  '/providers/dashscope-qwen',
  '/providers/zhipu',
  '/providers/anthropic',
  '/providers/gemini',
  '/providers/ollama',
  '/providers/browser',
  '/providers/engine',
]

test.each(ENTRIES)('chatwire%s exports what it did', async (entry) => {
  const names = Object.keys(await import(/* @vite-ignore */ `chatwire${entry}`)).sort()
  expect(names.join('\n')).toMatchSnapshot()
})
