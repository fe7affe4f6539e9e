/**
 * Adapts a JSON Schema that the caller passes as `responseFormat`, or in a strict tool.
 */
import { ConfigError } from '../errors.ts'
import type { AdaptedSchema } from './adapt-schema.ts'
import { adaptSchema } from './adapt-schema.ts'
import { checkReferences } from './check-schema.ts'
import { SchemaIndex, SchemaProblem } from './schema-index.ts'
import type { VendorSupport } from './vendor-support.ts'
import { toRootSchema } from './wire-schema.ts'

/** Adapts a schema to one vendor, or reports in `problem` why the vendor would reject it. */
function adaptFormat(
  { $schema: _dialect, ...json }: Record<string, unknown>,
  support: VendorSupport,
): Pick<AdaptedSchema, 'json' | 'problem'> {
  try {
    const index = new SchemaIndex(json)
    checkReferences(index)
    const { flat, isWrapped } = toRootSchema({ index, json })
    if (isWrapped) return { json, problem: 'the root must be an object' }
    return adaptSchema(flat, support)
  } catch (error) {
    if (error instanceof SchemaProblem) return { json, problem: `it ${error.message}` }
    throw error
  }
}

const WAYS_OUT = {
  '`responseFormat`': 'use chatObject(), which puts the schema into the prompt',
  'a strict tool': 'leave `strict` out',
}

/**
 * Adapts a schema, without changing the original.
 * @param at the vendor, and where the schema goes, for the error
 * @throws {ConfigError} `unsupported_option` for a schema that the vendor would reject, or that would lose its meaning
 */
export function encodeSchema(
  schema: Record<string, unknown>,
  support: VendorSupport,
  at: { vendor: string; place?: keyof typeof WAYS_OUT | undefined },
): Record<string, unknown> {
  const { json, problem } = adaptFormat(schema, support)
  if (problem === undefined) return json
  const { vendor, place = '`responseFormat`' } = at
  throw new ConfigError(
    'unsupported_option',
    `${vendor} does not accept this schema in ${place}: ${problem}; ${WAYS_OUT[place]}`,
  )
}
