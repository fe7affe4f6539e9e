import { type } from 'arktype'
import type { BaseChatModel } from 'chatwire'
import { chatObject, tool, withJSONSchema } from 'chatwire'
import { toJsonSchema, toStandardJsonSchema } from '@valibot/to-json-schema'
import { Type as Type034 } from '@sinclair/typebox'
import type { JSONSchema7 } from 'json-schema'
import { create, object as struct, string } from 'superstruct'
import { Type } from 'typebox'
import * as v from 'valibot'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'

const llm = {} as BaseChatModel
const prompt = 'Tell me of a city'

interface City {
  city: string
  size?: number
  tags: string[]
}

// Judged by the type checker: TypeScript 7 in `npm run check`, 5.9 and 6 in `test/schemas/compilers.test.ts`.
test('TypeBox infers the object, and the arguments of a tool', () => {
  const one = Type.Object({
    city: Type.String(),
    size: Type.Optional(Type.Number()),
    tags: Type.Array(Type.String()),
  })
  const old = Type034.Object({
    city: Type034.String(),
    size: Type034.Optional(Type034.Number()),
    tags: Type034.Array(Type034.String()),
  })
  const ask = async () => {
    expectTypeOf((await chatObject(llm, { prompt, schema: one })).object).toEqualTypeOf<City>()
    expectTypeOf((await chatObject(llm, { prompt, schema: old })).object).toEqualTypeOf<City>()
  }
  tool({ name: 'a', parameters: one, execute: (city) => expectTypeOf(city).toEqualTypeOf<City>() })
  expectTypeOf(ask).toBeFunction()
})

test('JSON Schemas of other packages’ types are schemas', () => {
  const ask = async () => {
    const json: JSONSchema7 = { type: 'object', properties: { city: { type: 'string' } } }
    const { object } = await chatObject(llm, { prompt, schema: json })
    expectTypeOf(object).toEqualTypeOf<Record<string, unknown>>()
    await chatObject(llm, { prompt, schema: toJsonSchema(v.object({ city: v.string() })) })
    await chatObject(llm, { prompt, schema: type({ city: 'string' }).toJsonSchema() })
    await chatObject(llm, { prompt, schema: z.toJSONSchema(z.object({ city: z.string() })) })
    tool({ name: 'a', parameters: json, execute: () => 'ok' })
  }
  expectTypeOf(ask).toBeFunction()
})

test('wrapped schemas keep their types', () => {
  const ask = async () => {
    const wrapped = toStandardJsonSchema(v.object({ city: v.string() }))
    const { object } = await chatObject(llm, { prompt, schema: wrapped })
    expectTypeOf(object).toEqualTypeOf<{ city: string }>()
    const City = struct({ city: string() })
    const paired = withJSONSchema((value) => create(value, City), { type: 'object' })
    const answer = await chatObject(llm, { prompt, schema: paired })
    expectTypeOf(answer.object).toEqualTypeOf<{ city: string }>()
    const zod = withJSONSchema(z.object({ city: z.string() }), { type: 'object' })
    expectTypeOf((await chatObject(llm, { prompt, schema: zod })).object).toEqualTypeOf<{
      city: string
    }>()
  }
  expectTypeOf(ask).toBeFunction()
})
