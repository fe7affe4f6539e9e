import { expect, test } from 'vitest'
import { prepareSchema } from '../../../src/schema/standard-schema.ts'
import type { Schema } from '../../../src/schema/types.ts'

let nested: unknown = 'x'
for (let depth = 0; depth < 300; depth++) nested = [nested]
const chain = Object.fromEntries(
  Array.from({ length: 202 }, (_, at) => [`d${at}`, { $ref: `#/$defs/d${at + 1}` }]),
)

test.each<[schema: object, problem: string]>([
  [{ anyOf: [] }, '`anyOf` that must be a non-empty list of schemas'],
  [{ anyOf: [1] }, '`anyOf` that must be a schema'],
  [{ properties: [] }, '`properties` that must be an object of schemas'],
  [{ dependencies: [] }, '`dependencies` that must be an object'],
  [{ dependencies: { a: [1] } }, '`dependencies` that must be a list of names'],
  [{ dependentRequired: [] }, '`dependentRequired` that must be an object of lists'],
  [{ required: 'a' }, '`required` that must be a list of names'],
  [{ minLength: -1 }, '`minLength` that must be a whole number from 0'],
  [{ minimum: '1' }, '`minimum` that must be a number'],
  [{ multipleOf: 0 }, '`multipleOf` that must be a number above 0'],
  [{ uniqueItems: 'yes' }, '`uniqueItems` that must be true or false'],
  [{ $ref: 1 }, 'refers to 1'],
  [{ pattern: 1 }, '`pattern` that must be a string'],
  [{ pattern: '(' }, '`pattern` that is not a JavaScript regular expression'],
  [{ type: 'text' }, '`type` that must be'],
  [{ enum: 'a' }, '`enum` that must be a list'],
  [{ const: nested }, '`const` that is nested too deeply'],
  [{ const: Symbol('a') }, '`const` that contains a symbol'],
  [{ $ref: '#/$defs/d0', $defs: { ...chain, d202: {} } }, 'too long a chain of references'],
])('%j is refused', async (schema, problem) => {
  await expect(prepareSchema(schema as Schema)).rejects.toMatchObject({
    code: 'invalid_config',
    message: expect.stringContaining(problem),
  })
})

test('a keyword whose value is undefined is none', async () => {
  const { validate } = await prepareSchema({ type: 'string', minLength: undefined } as Schema)
  expect(await validate('')).toEqual({ value: '' })
})
