/**
 * The simulators against the matrix: each accepts what this package sends, and OpenAI's refuses in strict mode what
 * the rules of the matrix refuse.
 */
import { expect, test } from 'vitest'
import { getChatModel } from '../../src/builtins.ts'
import { chatObject } from '../../src/objects/chat-object.ts'
import { strictSchemaProblem } from '../../src/testing/strict-schema.ts'
import { simulate } from '../../src/testing/simulator.ts'
import { runTools } from '../../src/tools/run-tools.ts'
import { tool } from '../../src/tools/tool.ts'
import { jsonSchema } from './libraries/json-schema.ts'
import { zod } from './libraries/zod.ts'
import { openaiStrict } from './rules.ts'
import { VENDORS } from './vendors.ts'

const SIMULATED = [
  'openai',
  'openai_responses',
  'anthropic',
  'gemini',
  'ollama',
  'dashscope',
  'zhipu',
] as const

/** Every spelling of zod's and of JSON Schema: the other libraries convert to the same. */
const SCHEMAS = [...Object.entries(zod), ...Object.entries(jsonSchema)]

test.each(SIMULATED)('%s accepts what is sent', { timeout: 120_000 }, async (vendor) => {
  const refused: string[] = []
  for (const [construct, schema] of SCHEMAS) {
    const ask = async (use: string, run: (llm: ReturnType<typeof getChatModel>) => unknown) => {
      const simulated = simulate(vendor, 'Hi')
      const fetch = async (...args: Parameters<typeof simulated>) => {
        const response = await simulated(...args)
        if (response.status === 400) refused.push(`${construct}, ${use}: ${await response.text()}`)
        return new Response('{}', { status: 400 })
      }
      const model = VENDORS[vendor]!.model
      const llm = getChatModel({
        model,
        modelServer: vendor,
        apiKey: 'id.key',
        fetch,
        maxRetries: 0,
      })
      await Promise.resolve(run(llm)).catch(() => {})
    }
    await ask('object', (llm) => chatObject(llm, { prompt: 'p', schema: schema as never }))
    for (const strict of [undefined, true]) {
      await ask(strict ? 'strict tool' : 'tool', (llm) => {
        const definition = { name: 't', parameters: schema as never, strict, execute: () => 'ok' }
        return runTools(llm, { prompt: 'p', tools: [tool(definition)] })
      })
    }
  }
  expect(refused).toEqual([])
})

test('strict mode: the simulator and the matrix refuse the same schemas', () => {
  const disagreements = Object.entries(jsonSchema).flatMap(([construct, schema]) => {
    const problem = strictSchemaProblem(schema)
    const objections = openaiStrict(schema as never)
    if ((problem === undefined) === (objections.length === 0)) return []
    return [`${construct}: ${problem ?? 'accepted'}, but ${objections[0] ?? 'accepted'}`]
  })
  expect(disagreements).toEqual([])
})
