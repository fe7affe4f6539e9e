/**
 * The keywords of JSON Schema by type of their value: draft 2020-12, and those of drafts 6 to 2019-09 that it
 * renamed.
 * @see https://json-schema.org/draft/2020-12/json-schema-core
 * @see https://json-schema.org/draft/2020-12/json-schema-validation
 */
import { isRecord } from '../is-record.ts'

/** The type of a keyword's value. */
export type KeywordKind =
  | 'schema'
  | 'schemas'
  | 'schemaMap'
  | 'items'
  | 'dependencies'
  | 'count'
  | 'number'
  | 'step'
  | 'flag'
  | 'text'
  | 'pattern'
  | 'names'
  | 'namesMap'
  | 'type'
  | 'values'
  | 'any'

const BY_KIND: Record<KeywordKind, string> = {
  schema:
    'additionalProperties additionalItems contains not if then else propertyNames unevaluatedItems unevaluatedProperties contentSchema',
  schemas: 'allOf anyOf oneOf prefixItems',
  schemaMap: 'properties patternProperties dependentSchemas $defs definitions',
  items: 'items',
  dependencies: 'dependencies',
  count:
    'minLength maxLength minItems maxItems minContains maxContains minProperties maxProperties',
  number: 'minimum maximum exclusiveMinimum exclusiveMaximum',
  step: 'multipleOf',
  flag: 'uniqueItems nullable deprecated readOnly writeOnly',
  text: '$id $schema $ref $anchor $dynamicRef $dynamicAnchor $comment title description format contentEncoding contentMediaType',
  pattern: 'pattern',
  names: 'required',
  namesMap: 'dependentRequired',
  type: 'type',
  values: 'enum',
  any: 'const default examples $vocabulary',
}

/** Maps each keyword to the type of its value. */
export const KEYWORDS: ReadonlyMap<string, KeywordKind> = /* @__PURE__ */ new Map(
  Object.entries(BY_KIND).flatMap(([kind, words]) =>
    words.split(' ').map((word) => [word, kind as KeywordKind] as const),
  ),
)

/** The names of types. */
export const TYPES: ReadonlySet<unknown> = /* @__PURE__ */ new Set([
  'string',
  'number',
  'integer',
  'boolean',
  'array',
  'object',
  'null',
])

/** Calls back for each direct subschema of a schema, with its path as JSON Pointer tokens. */
export function forEachSubschema(
  schema: Record<string, unknown>,
  visit: (subschema: unknown, path: string) => void,
): void {
  for (const [word, value] of Object.entries(schema)) {
    const kind = KEYWORDS.get(word)
    if (kind === 'schema' || (kind === 'items' && !Array.isArray(value))) visit(value, word)
    else if ((kind === 'schemas' || kind === 'items') && Array.isArray(value)) {
      for (const [index, each] of value.entries()) visit(each, `${word}/${index}`)
    } else if (isMap(kind) && typeof value === 'object' && value !== null) {
      for (const [name, each] of Object.entries(value)) {
        // Draft 7's `dependencies` may contain lists of names too.
        if (!Array.isArray(each)) visit(each, `${word}/${escapeToken(name)}`)
      }
    }
  }
}

function isMap(kind: KeywordKind | undefined): boolean {
  return kind === 'schemaMap' || kind === 'dependencies'
}

/** Copies a schema with each direct subschema replaced. */
export function mapSubschemas(
  schema: Record<string, unknown>,
  replace: (subschema: Record<string, unknown>) => unknown,
): Record<string, unknown> {
  const replaceAny = (value: unknown): unknown => (isRecord(value) ? replace(value) : value)
  const copied = Object.entries(schema).map(([word, value]) => {
    const kind = KEYWORDS.get(word)
    const isList = kind === 'schemas' || kind === 'items'
    if (isList && Array.isArray(value)) return [word, value.map(replaceAny)] as const
    if (kind === 'schema' || kind === 'items') return [word, replaceAny(value)] as const
    if (!isMap(kind) || !isRecord(value)) return [word, value] as const
    const map = Object.entries(value).map(([name, each]) => [name, replaceAny(each)] as const)
    return [word, Object.fromEntries(map)] as const
  })
  return Object.fromEntries(copied)
}

/** Encodes a name as a JSON Pointer token. */
function escapeToken(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
