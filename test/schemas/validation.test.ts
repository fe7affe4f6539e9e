import { describe, expect, test } from 'vitest'
import { getChatModel } from '../../src/builtins.ts'
import { chatObject } from '../../src/objects/chat-object.ts'
import { prepareSchema } from '../../src/schema/standard-schema.ts'
import type { Schema } from '../../src/schema/types.ts'
import { toRootSchema } from '../../src/schema/wire-schema.ts'
import { runTools } from '../../src/tools/run-tools.ts'
import { tool } from '../../src/tools/tool.ts'
import type { Construct, ConstructName } from './constructs.ts'
import { CONSTRUCTS } from './constructs.ts'
import { LIBRARIES } from './matrix.ts'

/** Answers with each message in turn. */
function answer(...messages: object[]) {
  return getChatModel({
    model: 'gpt-5.4',
    modelServer: 'openai',
    apiKey: 'sk-test',
    fetch: async () => {
      const message = { role: 'assistant', content: null, ...messages.shift() }
      const finish_reason = 'tool_calls' in message ? 'tool_calls' : 'stop'
      const choices = [{ index: 0, message, finish_reason }]
      return Response.json({ id: '1', object: 'chat.completion', model: 'gpt-5.4', choices })
    },
  })
}

async function asObject(schema: Schema, json: string): Promise<string> {
  return await chatObject(answer({ content: json }), { prompt: 'p', schema, repairs: 0 }).then(
    () => 'accepted',
    (error: { code?: string }) => error.code ?? String(error),
  )
}

async function asArguments(schema: Schema, json: string): Promise<string> {
  let outcome = 'invalid_output'
  const execute = () => void (outcome = 'accepted')
  const tools = [tool({ name: 't', parameters: schema, execute })]
  const call = { id: '1', type: 'function', function: { name: 't', arguments: json } }
  await runTools(answer({ tool_calls: [call] }, { content: 'done' }), { prompt: 'p', tools })
  return outcome
}

describe.each(Object.entries(LIBRARIES))('%s', (library, schemas) => {
  test('what is valid is accepted, and what is not is refused, in answers and in tools', async () => {
    const wrong: string[] = []
    for (const [name, schema] of Object.entries(schemas) as [ConstructName, Schema][]) {
      const prepared = await prepareSchema(schema).catch(() => undefined)
      if (!prepared) continue
      const { isWrapped } = toRootSchema(prepared)
      const { valid, invalid }: Construct = CONSTRUCTS[name]
      for (const [values, expected] of [
        [valid, 'accepted'],
        [invalid, 'invalid_output'],
      ] as const) {
        for (const value of values) {
          const json = JSON.stringify(isWrapped ? { value } : value)
          const outcomes = [await asObject(schema, json), await asArguments(schema, json)]
          if (outcomes.some((outcome) => outcome !== expected))
            wrong.push(`${name}: ${json.slice(0, 80)} should be ${expected}: ${outcomes.join()}`)
        }
      }
    }
    expect(wrong).toEqual([])
  })

  test('schemas that cannot be used are refused', async () => {
    const refused: string[] = []
    for (const [name, schema] of Object.entries(schemas)) {
      const error = await prepareSchema(schema as Schema).then(
        () => undefined,
        (thrown: { code?: string }) => thrown,
      )
      if (error) refused.push(name)
      if (error) expect(error.code).toBe('invalid_config')
    }
    expect(refused).toEqual(REFUSED[library] ?? [])
  })
})

const REFUSED: Record<string, string[]> = {
  zod: ['native date', 'bigint'],
  valibot: ['native date', 'bigint'],
  arktype: ['native date', 'bigint'],
  TypeBox: ['bigint'],
  'TypeBox 0.34': ['native date', 'bigint'],
  sury: ['native date', 'bigint'],
  joi: ['root recursion'],
  superstruct: Object.keys(LIBRARIES.superstruct ?? {}),
}
