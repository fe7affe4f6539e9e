/**
 * Schemas of callers, whatever made them, in one shape: the JSON Schema that a model is shown, and a validation.
 * @see https://standardschema.dev
 */
import type { OutputIssue } from '../error-code.ts'
import { ConfigError } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import { validateJSON } from './json-schema.ts'

/** What a schema of any library says: the Standard Schema and the Standard JSON Schema, as far as they are read here. */
export interface StandardSchema<Input = unknown, Output = Input> {
  /**
   * What the libraries agreed on.
   * @see https://standardschema.dev
   */
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
    readonly jsonSchema?: StandardConverter | undefined
  }
}

/** Makes a JSON Schema of what goes into a schema, or of what comes out of it. Throws where it cannot. */
export interface StandardConverter {
  /** Of what goes in. */
  readonly input: (options: { target: JSONSchemaTarget }) => Record<string, unknown>
  /** Of what comes out. */
  readonly output: (options: { target: JSONSchemaTarget }) => Record<string, unknown>
}

/** The dialect of a JSON Schema. */
export type JSONSchemaTarget = 'draft-2020-12' | 'draft-07'

/** What a schema says of a value: the value as the schema makes it, or what is wrong with it. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

/** One thing that is wrong with a value. */
export interface StandardIssue {
  /** In the words of the schema. */
  readonly message: string
  /** Where, from the outside in. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** A JSON Schema as plain data. */
export type JSONSchema = Record<string, unknown>

/** A schema of any library that keeps to the Standard Schema (valibot, zod, arktype, …), or a plain JSON Schema. */
export type Schema = StandardSchema<any, any> | JSONSchema

/** What a schema gives. A plain JSON Schema tells the compiler nothing but that it describes an object. */
export type OutputOf<S> = S extends {
  readonly '~standard': { readonly types?: { readonly output: infer Output } | undefined }
}
  ? Output
  : Record<string, unknown>

/** A schema made ready. */
export interface PreparedSchema<T> {
  /** What a model is shown: the input of the schema, without `$schema`. */
  readonly json: JSONSchema
  /** The value as the schema makes it (its defaults and transforms applied), or what is wrong with it. */
  validate(value: unknown): Promise<{ value: T } | { issues: OutputIssue[] }>
}

/**
 * Makes a schema ready.
 * @param name what an error calls the schema
 * @throws {ConfigError} `invalid_config` where no JSON Schema can be had, with the way out
 */
export async function prepareSchema<S extends Schema>(
  schema: S,
  name = 'The schema',
): Promise<PreparedSchema<OutputOf<S>>> {
  if (isStandard(schema)) {
    const json = await convert(schema, name)
    const validate = async (value: unknown) => read(await schema['~standard'].validate(value))
    return { json, validate: validate as PreparedSchema<OutputOf<S>>['validate'] }
  }
  if (!isRecord(schema)) {
    throw new ConfigError(
      'invalid_config',
      `${name} must be a Standard Schema (valibot, zod, arktype, …) or a plain JSON Schema`,
    )
  }
  return {
    json: withoutDialect(schema),
    async validate(value) {
      const issues = validateJSON(schema, value)
      return issues.length > 0 ? { issues } : { value: value as OutputOf<S> }
    },
  }
}

// Those of arktype are functions.
function isStandard(schema: unknown): schema is StandardSchema<any, any> {
  const mayBe = (typeof schema === 'object' && schema !== null) || typeof schema === 'function'
  return mayBe && '~standard' in schema
}

async function convert(schema: StandardSchema, name: string): Promise<JSONSchema> {
  const { vendor } = schema['~standard']
  const converter =
    schema['~standard'].jsonSchema ??
    (vendor === 'valibot' ? await converterOfValibot(schema, name) : undefined)
  if (!converter) throw noConverter(name, WAYS_OUT[vendor] ?? 'a plain JSON Schema instead')
  try {
    return withoutDialect(convertInput(converter))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigError('invalid_config', `${name} has no JSON Schema: ${why}`, { cause })
  }
}

// What goes in, not what comes out: the model writes the text of a date, and the schema makes the date.
function convertInput(converter: StandardConverter): JSONSchema {
  try {
    return converter.input({ target: 'draft-2020-12' })
  } catch {
    // Some know the older dialect only; whatever else is wrong, it says again.
    return converter.input({ target: 'draft-07' })
  }
}

const WAYS_OUT: Record<string, string> = {
  zod: '`z.toJSONSchema(schema)`, or one of zod 4.2 or newer',
  arktype: '`schema.toJsonSchema()`, or one of arktype 2.1.28 or newer',
  valibot: '`toStandardJsonSchema(schema)` of @valibot/to-json-schema, or install that package',
}

function noConverter(name: string, wayOut: string, cause?: unknown): ConfigError {
  return new ConfigError(
    'invalid_config',
    `${name} does not tell its JSON Schema: pass ${wayOut}`,
    {
      cause,
    },
  )
}

// valibot leaves its JSON Schemas to a package of their own, which few users of this one need: an optional peer.
async function converterOfValibot(
  schema: StandardSchema,
  name: string,
): Promise<StandardConverter | undefined> {
  try {
    // In a `try`, so that bundlers go on where it is not installed.
    const { toStandardJsonSchema } = await import(/* optional */ '@valibot/to-json-schema')
    return toStandardJsonSchema(schema as never)['~standard'].jsonSchema
  } catch (cause) {
    throw noConverter(name, WAYS_OUT.valibot as string, cause)
  }
}

// Servers do not read it, and some refuse what they do not read.
function withoutDialect({ $schema: _dialect, ...json }: JSONSchema): JSONSchema {
  return json
}

function read<T>(result: StandardResult<T>): { value: T } | { issues: OutputIssue[] } {
  if (!result.issues) return { value: result.value }
  return {
    issues: result.issues.map(({ message, path = [] }) => ({
      message,
      // Not `map`: the list of arktype would make another of its own kind.
      path: Array.from(path, (part) => {
        const key = typeof part === 'object' ? part.key : part
        return typeof key === 'number' ? key : String(key)
      }),
    })),
  }
}
