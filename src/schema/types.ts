/**
 * Types of schemas: Standard Schemas of any library, plain JSON Schemas, and their output.
 * @see https://standardschema.dev
 */

/** A Standard Schema, with the Standard JSON Schema if the library has it. */
export interface StandardSchema<Input = unknown, Output = Input> {
  /**
   * The properties defined by the standard.
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

/** Converts a schema to a JSON Schema of its input or output. Throws if there is none. */
export interface StandardConverter {
  /** Converts the input. */
  readonly input: (options: ConverterOptions) => Record<string, unknown>
  /** Converts the output. */
  readonly output: (options: ConverterOptions) => Record<string, unknown>
}

/** Options of a converter. */
export interface ConverterOptions {
  /** The dialect to create. */
  readonly target: JSONSchemaTarget
  /** The library's own options. */
  readonly libraryOptions?: Record<string, unknown> | undefined
}

/** The dialect of a JSON Schema. */
export type JSONSchemaTarget = 'draft-2020-12' | 'draft-07'

/** The outcome of a validation: the value with defaults and transforms applied, or the issues. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

/** A validation error. */
export interface StandardIssue {
  /** The library's own message. */
  readonly message: string
  /** The path to the value, outermost key first. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** A JSON Schema as plain data. */
export type JSONSchema = Record<string, unknown>

/** A JSON Schema with another package's type: `JSONSchema7`, TypeBox's, those that valibot and arktype create. */
export interface JSONSchemaLike {
  /** One or more types. */
  readonly type?: unknown
  /** Schemas of the properties. */
  readonly properties?: unknown
  /** Schema of the items. */
  readonly items?: unknown
  /** The allowed values. */
  readonly enum?: unknown
  /** The only allowed value. */
  readonly const?: unknown
  /** Alternatives. */
  readonly anyOf?: unknown
  /** Alternatives that exclude each other. */
  readonly oneOf?: unknown
  /** Schemas that all apply. */
  readonly allOf?: unknown
  /** Reference to another schema. */
  readonly $ref?: unknown
  /** Schemas for references. */
  readonly $defs?: unknown
}

/** A schema of any library with Standard Schema (valibot, zod, arktype, …), or a plain JSON Schema. */
export type Schema = StandardSchema<any, any> | JSONSchema | JSONSchemaLike

/** The type of a validated value. For a plain JSON Schema it is just an object. */
export type OutputOf<S> = S extends {
  readonly '~standard': { readonly types?: { readonly output: infer Output } | undefined }
}
  ? Output
  : PlainOutput<S>

/** The type of a model's output before defaults and transforms. */
export type InputOf<S> = S extends {
  readonly '~standard': { readonly types?: { readonly input: infer Input } | undefined }
}
  ? Input
  : PlainOutput<S>

/** The output of a plain schema: TypeBox 0.34 contains its type, 1.x the names of its kinds. */
type PlainOutput<S> = S extends { readonly static: infer Static; readonly params: unknown[] }
  ? Static
  : S extends { readonly '~kind': string }
    ? TypeBoxOutput<S>
    : Record<string, unknown>

/** The type of a TypeBox 1.x schema. */
type TypeBoxOutput<S> = S extends {
  readonly '~kind': 'Object'
  readonly properties: infer P
}
  ? TypeBoxObject<P>
  : S extends { readonly '~kind': 'Array'; readonly items: infer Item }
    ? TypeBoxOutput<Item>[]
    : S extends { readonly '~kind': 'Union'; readonly anyOf: infer Of extends readonly unknown[] }
      ? TypeBoxOutput<Of[number]>
      : S extends {
            readonly '~kind': 'Intersect'
            readonly allOf: infer Of extends readonly unknown[]
          }
        ? TypeBoxIntersect<Of>
        : S extends {
              readonly '~kind': 'Tuple'
              readonly items: infer Items extends readonly unknown[]
            }
          ? { -readonly [Key in keyof Items]: TypeBoxOutput<Items[Key]> }
          : S extends { readonly const: infer Value }
            ? Value
            : S extends { readonly enum: infer Values extends readonly unknown[] }
              ? Values[number]
              : S extends { readonly '~kind': 'Record'; readonly patternProperties: infer P }
                ? Record<string, TypeBoxOutput<P[keyof P]>>
                : S extends { readonly '~kind': infer Kind extends keyof TypeBoxPrimitives }
                  ? TypeBoxPrimitives[Kind]
                  : unknown

interface TypeBoxPrimitives {
  String: string
  Number: number
  Integer: number
  Boolean: boolean
  Null: null
}

type TypeBoxObject<P> = Flatten<
  {
    -readonly [
      Key in keyof P as P[Key] extends { readonly '~optional': true } ? never : Key
    ]: TypeBoxOutput<P[Key]>
  } & {
    -readonly [
      Key in keyof P as P[Key] extends { readonly '~optional': true } ? Key : never
    ]?: TypeBoxOutput<P[Key]>
  }
>

type TypeBoxIntersect<Of extends readonly unknown[]> = Of extends readonly [
  infer First,
  ...infer Rest,
]
  ? TypeBoxOutput<First> & TypeBoxIntersect<Rest>
  : unknown

type Flatten<T> = { [Key in keyof T]: T[Key] }
