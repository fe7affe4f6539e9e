import { mkdtempSync, rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root, sources } from '../architecture/project.ts'
import type { Problem } from './check.ts'
import { check } from './check.ts'
import { examplesOf } from './pages.ts'

const files = [...sources()]
  .map(([name, text]) => ({ name, blocks: examplesOf(text) }))
  // What is not exported needs no words for users.
  .filter(({ name, blocks }) => blocks.length > 0 && name !== 'providers/dashscope/endpoint.ts')

/** Names that examples may use without declaring them. */
const AROUND = [
  `import * as v from 'valibot'`,
  `import * as z from 'zod'`,
  'declare const schema: z.ZodType',
  `import type { AzureConfig } from 'chatwire'`,
  'declare const apiKey: string, prompt: string, url: string, error: unknown',
  'declare const llm: BaseChatModel, qwen: BaseChatModel, glm: BaseChatModel',
  'declare const stream: ChatStream, weather: ReturnType<typeof tool>',
  'declare const show: (...values: unknown[]) => void',
  'declare const messages: { role: "user"; content: string }[], history: typeof messages',
  'declare const tools: { type: "function"; function: { name: string } }[]',
  'declare const bar: HTMLProgressElement, EchoLLM: typeof OpenAiLLM, CreateMLCEngine: any',
  'declare const authorize: (request: Request) => boolean, isMember: typeof authorize',
  'declare const request: Request',
  'declare const create: any, City: any, json: object',
  'declare const client: any, prices: any, models: any, log: (...values: unknown[]) => void',
  'declare const isUserOf: (env: unknown, request: Request) => boolean',
  'declare const confirm: (name: string, args: object) => Promise<boolean>',
]

let folder: string
let problems: Problem[]

beforeAll(async () => {
  folder = mkdtempSync(`${root}test/docs/run-`)
  const others = ['conversation', 'gateway', 'mcp', 'otel', 'server', 'testing']
  const entries = ['chatwire', ...others.map((name) => `chatwire/${name}`)]
  const imports = entries.map(async (entry) => {
    const names = Object.keys(await import(/* @vite-ignore */ entry))
    return `import { ${names.join(', ')} } from '${entry}'`
  })
  const prelude = [...(await Promise.all(imports)), ...AROUND].join('; ')
  problems = await check(folder, files, `${prelude}; `)
}, 180_000)

afterAll(() => rmSync(folder, { recursive: true }))

test.each(files)('the examples in the comments of $name are typed as they say', ({ name }) => {
  expect(problems.filter(({ page }) => page === name)).toEqual([])
})
