/**
 * Prepares a caller's schema of any library: a JSON Schema to show to models, and a validation.
 * @see https://standardschema.dev
 */
import type { OutputIssue } from '../error-code.ts'
import { ConfigError } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import { loadPart } from '../load-part.ts'
import { checkReferences, checkSchema } from './check-schema.ts'
import { isStandard } from './is-standard.ts'
import type {
  JSONSchema,
  OutputOf,
  Schema,
  StandardConverter,
  StandardResult,
  StandardSchema,
} from './types.ts'
import { validateJSON } from './json-schema.ts'
import { forEachSubschema, KEYWORDS, mapSubschemas } from './keywords.ts'
import { ANNOTATIONS } from './normalize-schema.ts'
import { SchemaIndex, SchemaProblem } from './schema-index.ts'
import { reasonOf } from '../reason-of.ts'

/** A validated value, or its issues. */
export type Outcome<T> = { value: T } | { issues: OutputIssue[] }

/** A schema that is ready for use. */
export interface PreparedSchema<T> {
  /** The JSON Schema of its input, without `$schema`. */
  readonly json: JSONSchema
  /** The same with resolvable references. */
  readonly index: SchemaIndex
  /** Validates a value and applies the schema's defaults and transforms. */
  validate(value: unknown): Promise<Outcome<T>>
}

/**
 * Prepares a schema.
 * @param name name of the schema in errors
 * @throws {ConfigError} `invalid_config` for an unusable schema, with the way out
 */
export async function prepareSchema<S extends Schema>(
  schema: S,
  name = 'The schema',
): Promise<PreparedSchema<OutputOf<S>>> {
  if (isStandard(schema)) {
    const json = await convert(schema, name)
    const index = explain(name, () => {
      const made = new SchemaIndex(json)
      checkReferences(made)
      return made
    })
    const validate = async (value: unknown) => read(await schema['~standard'].validate(value))
    return { json, index, validate: validate as PreparedSchema<OutputOf<S>>['validate'] }
  }
  checkPlain(schema, name)
  const json = withoutDialect(schema as JSONSchema)
  const index = explain(name, () => {
    const made = new SchemaIndex(json)
    checkSchema(made)
    return made
  })
  return {
    json,
    index,
    async validate(value) {
      const issues = validateJSON(index, value)
      return issues.length > 0 ? { issues } : { value: value as OutputOf<S> }
    },
  }
}

/** Keywords that name a schema or its parts, and constrain nothing by themselves. */
const ADDRESSES: ReadonlySet<string> = /* @__PURE__ */ new Set(
  '$id $schema $anchor $dynamicAnchor $comment $vocabulary $defs definitions'.split(' '),
)

/** Rejects an object that is not a JSON Schema but would be treated as one that allows everything. */
function checkPlain(schema: unknown, name: string): void {
  if (!isRecord(schema)) {
    const hint =
      typeof schema === 'function' && 'ast' in schema ? `: pass ${WAYS_OUT.effect as string}` : ''
    throw invalid(
      `${name} must be a Standard Schema (valibot, zod, arktype, …) or a plain JSON Schema${hint}`,
    )
  }
  const prototype: unknown = Object.getPrototypeOf(schema)
  // `Object.prototype` of any realm.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    const { constructor } = schema as { constructor?: { name?: string } }
    const kind = constructor?.name ? `an instance of ${constructor.name}` : 'a class instance'
    throw invalid(
      `${name} is ${kind}, not a Standard Schema or a plain JSON Schema: pass withJSONSchema(validate, json), with a function that returns the valid value and throws for any other`,
    )
  }
  const shape = Object.entries(schema).find(([, value]) => isStandard(value))
  if (shape) {
    throw invalid(
      `${name} is a bare shape: its member "${shape[0]}" is a schema. Wrap it, such as z.object({ … }) or v.object({ … })`,
    )
  }
  const constrains = ([word, value]: [string, unknown]): boolean =>
    value !== undefined && KEYWORDS.has(word) && !ANNOTATIONS.has(word) && !ADDRESSES.has(word)
  if (!Object.entries(schema).some(constrains)) {
    throw invalid(
      `${name} has no keyword of JSON Schema at its root (type, properties, $ref, anyOf, …), so it would allow everything`,
    )
  }
}

async function convert(schema: StandardSchema, name: string): Promise<JSONSchema> {
  const { vendor, validate } = schema['~standard']
  if (typeof validate !== 'function') {
    throw invalid(
      `${name} has no \`validate\`: it is a Standard JSON Schema only. Pass ${WAYS_OUT[vendor] ?? 'the Standard Schema of the library as well'}`,
    )
  }
  const converter = await converterOf(schema)
  if (!converter) throw noConverter(name, WAYS_OUT[vendor] ?? ANY_WAY_OUT)
  let json: JSONSchema
  try {
    json = convertInput(converter)
  } catch (cause) {
    throw new ConfigError('invalid_config', `${name} has no JSON Schema: ${reasonOf(cause)}`, {
      cause,
    })
  }
  if (!isRecord(json)) throw noConverter(name, WAYS_OUT[vendor] ?? ANY_WAY_OUT)
  if (vendor === 'zod' && hasFile(json))
    throw invalid(`${name} has no JSON Schema: JSON cannot express its File; take the text instead`)
  return withoutDialect(json)
}

/** True for `z.file()`, which zod writes as a text although only a File is valid. */
function hasFile(json: JSONSchema): boolean {
  let found = json.format === 'binary' && json.contentEncoding === 'binary'
  forEachSubschema(json, (subschema) => {
    found ||= isRecord(subschema) && hasFile(subschema)
  })
  return found
}

/** Converts what goes in: the model writes the text of a date, and the schema converts it. */
type InputConverter = Pick<StandardConverter, 'input'>

async function converterOf(schema: StandardSchema): Promise<InputConverter | undefined> {
  const { vendor, jsonSchema } = schema['~standard']
  if (vendor === 'arktype') return converterOfArktype(schema)
  if (vendor === 'effect' && jsonSchema) return converterOfEffect(jsonSchema)
  if (vendor !== 'valibot') return jsonSchema
  const converter = jsonSchema ?? (await converterOfValibot(schema))
  const libraryOptions = {
    ignoreActions: [...CHECKED_BY_VALIBOT],
    overrideAction: withoutFlags,
    // Of keys other than texts it refuses what `propertyNames` expresses, such as those of a picklist.
    overrideSchema: ({ valibotSchema, jsonSchema }: ValibotContext) =>
      valibotSchema?.type === 'record' ? jsonSchema : undefined,
  }
  return { input: ({ target }) => converter.input({ target, libraryOptions }) }
}

function convertInput(converter: InputConverter): JSONSchema {
  try {
    return converter.input({ target: 'draft-2020-12' })
  } catch {
    // Some support only the older dialect; any other failure repeats.
    return converter.input({ target: 'draft-07' })
  }
}

const ANY_WAY_OUT =
  '`withJSONSchema(schema, json)` with a JSON Schema of it, or a plain JSON Schema instead'

const WAYS_OUT: Record<string, string> = {
  zod: '`withJSONSchema(schema, z.toJSONSchema(schema, { io: "input" }))`, or a schema of zod 4.2 or newer (not zod/mini)',
  arktype: '`schema.toJsonSchema()`, or a schema of arktype 2.1.28 or newer',
  yup: '`withJSONSchema(schema, convertSchema(schema))` with `convertSchema` of @sodaru/yup-to-json-schema, or a plain JSON Schema instead',
  effect: '`Schema.toStandardJSONSchemaV1(Schema.toStandardSchemaV1(schema))`',
}

function noConverter(name: string, wayOut: string): ConfigError {
  return new ConfigError('invalid_config', `${name} has no JSON Schema converter: pass ${wayOut}`)
}

// Its own Standard JSON Schema is `{}` for types without one, such as `Date` or `bigint`.
function converterOfArktype(schema: StandardSchema): InputConverter | undefined {
  const { in: input } = schema as {
    in?: { toJsonSchema?: (options: object) => Record<string, unknown> }
  }
  if (typeof input?.toJsonSchema !== 'function') return schema['~standard'].jsonSchema
  const keepBase = ({ base }: { base: object }) => base
  const fallback = {
    default: ({ code, domain, proto }: { code: string; domain?: string; proto?: Function }) => {
      const kind = domain ?? proto?.name ?? code
      throw new Error(`JSON cannot express its ${kind}; take the text and use a morph`)
    },
    predicate: keepBase,
    morph: keepBase,
    defaultValue: keepBase,
  }
  return { input: () => input.toJsonSchema?.({ fallback }) as JSONSchema }
}

// A Struct drops unknown members, but its JSON Schema allows them: no vendor would hold a model to it.
function converterOfEffect(converter: StandardConverter): InputConverter {
  const close = ({ additionalProperties, ...node }: JSONSchema): JSONSchema => {
    const isStruct = additionalProperties === true && isRecord(node.properties)
    const more = additionalProperties !== undefined && !isStruct && { additionalProperties }
    return mapSubschemas({ ...node, ...more }, close)
  }
  return { input: (options) => close(converter.input(options)) }
}

// In a separate chunk that only a bare valibot schema loads.
async function converterOfValibot(schema: StandardSchema): Promise<InputConverter> {
  const { toStandardJsonSchema } = await loadPart(() => import('./valibot-converter.ts'))
  return toStandardJsonSchema(schema as never)['~standard'].jsonSchema
}

interface ValibotContext {
  valibotSchema?: { type: string }
  valibotAction?: { type: string; requirement: RegExp }
  jsonSchema: JSONSchema
  errors?: unknown
}

/** Leaves out a pattern that JSON Schema cannot express: one that ignores case, or a second one. */
function withoutFlags({ valibotAction, jsonSchema, errors }: ValibotContext): object | undefined {
  if (!errors || valibotAction?.type !== 'regex') return undefined
  const { pattern: _pattern, ...rest } = jsonSchema
  return /[ims]/.test(valibotAction.requirement.flags) ? rest : jsonSchema
}

/** Actions without a JSON Schema that only narrow what their schema allows: they validate the answer anyway. */
const CHECKED_BY_VALIBOT: readonly string[] = /* @__PURE__ */ (
  'brand flavor readonly check check_items partial_check raw_check every_item some_item excludes finite ' +
  'bytes max_bytes min_bytes not_bytes graphemes max_graphemes min_graphemes not_graphemes not_length ' +
  'words max_words min_words not_words credit_card imei ip not_entries size max_size min_size not_size ' +
  'parse_json stringify_json trim trim_start trim_end to_lower_case to_upper_case normalize args returns'
).split(' ')

// Servers ignore it, and some reject unknown keywords.
function withoutDialect({ $schema: _dialect, ...json }: JSONSchema): JSONSchema {
  return json
}

/** Adds the name of the schema to an error. */
function explain<T>(name: string, use: () => T): T {
  try {
    return use()
  } catch (error) {
    if (error instanceof SchemaProblem) throw invalid(`${name} ${error.message}`)
    throw error
  }
}

function invalid(message: string): ConfigError {
  return new ConfigError('invalid_config', message)
}

function read<T>(result: StandardResult<T>): Outcome<T> {
  if (!result.issues) return { value: result.value }
  return {
    issues: result.issues.map(({ message, path = [] }) => ({
      message,
      // Not `map`, which would create an array of arktype's own class.
      path: Array.from(path, (part) => {
        const key = typeof part === 'object' ? part.key : part
        return typeof key === 'number' ? key : String(key)
      }),
    })),
  }
}
