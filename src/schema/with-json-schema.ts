/**
 * Pairs schemas of libraries with JSON Schemas.
 */
import { isError } from '../is-record.ts'
import { ConfigError } from '../errors.ts'
import { isStandard } from './is-standard.ts'
import type { JSONSchema, StandardIssue, StandardResult, StandardSchema } from './types.ts'

/**
 * Pairs a validation with a JSON Schema, for libraries that have no JSON Schema or keep it apart. The validation is a
 * Standard Schema (zod/mini, yup), or a function that returns the valid value and throws for any other (superstruct).
 * @throws {ConfigError} `invalid_config` for anything else
 * @example chatObject(llm, { prompt, schema: withJSONSchema(schema, z.toJSONSchema(schema, { io: 'input' })) })
 * @example withJSONSchema((value) => create(value, City), json)
 */
export function withJSONSchema<Input, Output>(
  schema: StandardSchema<Input, Output>,
  json: object,
): StandardSchema<Input, Output>
export function withJSONSchema<Output>(
  parse: (value: unknown) => Output,
  json: object,
): StandardSchema<Awaited<Output>>
export function withJSONSchema(
  schema: StandardSchema | ((value: unknown) => unknown),
  json: object,
): StandardSchema {
  if (!isStandard(schema)) {
    if (typeof schema !== 'function')
      throw new ConfigError(
        'invalid_config',
        'withJSONSchema() needs a Standard Schema or a function that validates',
      )
    return withJSONSchema({ '~standard': fromFunction(schema) }, json)
  }
  const make = () => json as JSONSchema
  const { version, vendor, validate } = schema['~standard']
  return { '~standard': { version, vendor, validate, jsonSchema: { input: make, output: make } } }
}

function fromFunction(parse: (value: unknown) => unknown): StandardSchema['~standard'] {
  const validate = async (value: unknown): Promise<StandardResult<unknown>> => {
    try {
      return { value: await parse(value) }
    } catch (error) {
      return { issues: [toIssue(error)] }
    }
  }
  return { version: 1, vendor: 'custom', validate }
}

/** Reads the message and the path of an error, as superstruct throws it. */
function toIssue(error: unknown): StandardIssue {
  if (!isError(error)) return { message: String(error) }
  const { path } = error as { path?: unknown }
  return { message: error.message, ...(Array.isArray(path) && { path: path as PropertyKey[] }) }
}
