/**
 * Adapts the schema of a `responseFormat` to structured outputs.
 * @see https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
 */
import { ConfigError } from '../../errors.ts'
import { adaptFormat } from '../../schema/adapt-format.ts'
import { ANTHROPIC } from '../../schema/vendor-support.ts'

type Schema = Record<string, unknown>
type SchemaPlace = '`responseFormat`' | 'a strict tool'

const WAYS_OUT: Record<SchemaPlace, string> = {
  '`responseFormat`': 'use chatObject(), which puts the schema into the prompt',
  'a strict tool': 'leave `strict` out',
}

/**
 * Closes every object, as required, and moves unsupported bounds to the description. Does not change the original.
 * @param place where the schema goes, for the error
 * @throws {ConfigError} `unsupported_option` for a schema that Anthropic would reject, or that would lose its meaning
 */
export function encodeSchema(schema: Schema, place: SchemaPlace = '`responseFormat`'): Schema {
  const { json, problem } = adaptFormat(schema, ANTHROPIC)
  if (problem === undefined) return json
  throw new ConfigError(
    'unsupported_option',
    `Anthropic does not accept this schema in ${place}: ${problem}; ${WAYS_OUT[place]}`,
  )
}
