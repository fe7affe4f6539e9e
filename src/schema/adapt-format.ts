/**
 * Adapts a JSON Schema that the caller passes as `responseFormat`.
 */
import type { AdaptedSchema } from './adapt-schema.ts'
import { adaptSchema } from './adapt-schema.ts'
import { checkReferences } from './check-schema.ts'
import { SchemaIndex, SchemaProblem } from './schema-index.ts'
import type { VendorSupport } from './vendor-support.ts'
import { toRootSchema } from './wire-schema.ts'

/** Adapts a schema to one vendor, or reports in `problem` why the vendor would reject it. */
export function adaptFormat(
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
