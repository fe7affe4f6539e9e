/**
 * The keywords of JSON Schema that each vendor's structured output and strict tools support, as data. Others are
 * not sent: `adapt-schema.ts` rewrites them, moves them to the description, or reports a problem.
 */

/** The name of a row in `VENDOR_SUPPORT`. */
export type SchemaDialect = 'openai' | 'anthropic' | 'gemini' | 'llamacpp' | 'vllm'

/** The keywords and limits of one vendor. */
export interface VendorSupport {
  /** Supported keywords. @default all */
  readonly keywords?: ReadonlySet<string>
  /** Supported values of `format`. */
  readonly formats?: ReadonlySet<unknown>
  /** Types of values in `enum`. @default all */
  readonly enums?: ReadonlySet<string>
  /** True if every object must be closed (`additionalProperties: false`), which rules out records. */
  readonly closed?: true
  /** True if every property must be required. */
  readonly allRequired?: true
  /** True if every schema must have a type, which rules out `{}`. */
  readonly typed?: true
  /** Where a schema may refer to itself. @default 'anywhere' */
  readonly recursion?: 'anywhere' | 'optional' | 'nowhere'
  /** True if `$ref` must be the only keyword. */
  readonly bareRefs?: true
  /**
   * Supported patterns: without look-around, back references and `\b`, or those that are anchored at both ends as
   * well.
   */
  readonly patterns?: 'plain' | 'anchored'
  /** Maximum `minItems`. */
  readonly maxMinItems?: number
  /** Maximum count in any keyword. */
  readonly maxCount?: number
  /** Maximum nesting of objects and arrays. */
  readonly maxDepth?: number
  /** Maximum number of properties of all objects together. */
  readonly maxProperties?: number
  /** Maximum number of optional properties of all objects together. */
  readonly maxOptional?: number
  /** Maximum number of unions: `anyOf`, and lists of types. */
  readonly maxUnions?: number
  /** Maximum number of values of all `enum`s together. */
  readonly maxEnumValues?: number
  /** Maximum number of characters of a string `enum` with more than 250 values. */
  readonly maxLongEnum?: number
  /** Maximum number of characters of all names and values together. */
  readonly maxText?: number
  /** Maximum number of strict tools in a request. */
  readonly maxStrictTools?: number
  /** Handling of a schema that does not fit: sent without `strict`, or not sent in JSON-schema mode at all. */
  readonly fallback: 'not strict' | 'other mode'
}

const list = (text: string): ReadonlySet<string> => new Set(text.split(' '))

const STRUCTURE =
  'type properties required additionalProperties items enum anyOf $ref $defs title description'

/** The vendors. */
export const VENDOR_SUPPORT: Record<SchemaDialect, VendorSupport> = {
  // https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
  openai: {
    keywords: /* @__PURE__ */ list(
      `${STRUCTURE} const pattern format multipleOf minimum maximum exclusiveMinimum exclusiveMaximum minItems maxItems`,
    ),
    formats: /* @__PURE__ */ list('date-time time date duration email hostname ipv4 ipv6 uuid'),
    closed: true,
    allRequired: true,
    typed: true,
    bareRefs: true,
    patterns: 'plain',
    maxDepth: 10,
    maxProperties: 5000,
    maxEnumValues: 1000,
    maxLongEnum: 15_000,
    maxText: 120_000,
    fallback: 'not strict',
  },
  // https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
  anthropic: {
    keywords: /* @__PURE__ */ list(`${STRUCTURE} const default pattern format minItems`),
    formats: /* @__PURE__ */ list('date-time time date duration email hostname uri ipv4 ipv6 uuid'),
    enums: /* @__PURE__ */ list('string number boolean null'),
    closed: true,
    typed: true,
    recursion: 'nowhere',
    bareRefs: true,
    patterns: 'plain',
    maxMinItems: 1,
    maxOptional: 24,
    maxUnions: 16,
    maxStrictTools: 20,
    fallback: 'other mode',
  },
  // https://ai.google.dev/api/generate-content#FIELDS.response_json_schema
  gemini: {
    keywords: /* @__PURE__ */ list(
      `${STRUCTURE} format prefixItems minItems maxItems minimum maximum`,
    ),
    formats: /* @__PURE__ */ list('date-time date time'),
    enums: /* @__PURE__ */ list('string number'),
    typed: true,
    recursion: 'optional',
    bareRefs: true,
    fallback: 'other mode',
  },
  // https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md#json-schemas--gbnf, also in Ollama, LM Studio
  // and wllama
  llamacpp: {
    keywords: /* @__PURE__ */ list(
      `${STRUCTURE} const pattern format minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength minItems maxItems`,
    ),
    formats: /* @__PURE__ */ list('date time date-time uuid'),
    typed: true,
    bareRefs: true,
    patterns: 'anchored',
    maxCount: 2000,
    fallback: 'other mode',
  },
  // https://docs.vllm.ai/en/latest/features/structured_outputs.html: depends on the backend
  vllm: { fallback: 'not strict' },
}
