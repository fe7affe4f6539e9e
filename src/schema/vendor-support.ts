/**
 * What each vendor's structured output and strict tools accept of JSON Schema, as data. Keywords that are not listed
 * are not sent: `adapt-schema.ts` rewrites them, moves them to the description, or reports that it cannot.
 */

/** Names a row of `VENDOR_SUPPORT`. */
export type SchemaDialect = 'openai' | 'anthropic' | 'gemini' | 'llamacpp' | 'vllm'

/** What one vendor accepts. */
export interface VendorSupport {
  /** The keywords that it accepts. Absent: all. */
  readonly keywords?: ReadonlySet<string>
  /** The values of `format` that it accepts. */
  readonly formats?: ReadonlySet<unknown>
  /** Types of values in `enum`. @default all */
  readonly enums?: ReadonlySet<string>
  /** Whether every object must be closed (`additionalProperties: false`), so that records cannot be described. */
  readonly closed?: true
  /** Whether every property must be required. */
  readonly allRequired?: true
  /** Whether every schema must say its type, so that `{}` cannot be described. */
  readonly typed?: true
  /** Where a schema may refer to itself. @default 'anywhere' */
  readonly recursion?: 'anywhere' | 'optional' | 'nowhere'
  /** Whether `$ref` must stand alone. */
  readonly bareRefs?: true
  /** Which patterns it accepts: without look-around, back references and `\b`, or those anchored at both ends too. */
  readonly patterns?: 'plain' | 'anchored'
  /** Largest `minItems`. */
  readonly maxMinItems?: number
  /** Largest count in any keyword. */
  readonly maxCount?: number
  /** Most levels of objects and arrays. */
  readonly maxDepth?: number
  /** Most properties of all objects together. */
  readonly maxProperties?: number
  /** Most optional properties of all objects together. */
  readonly maxOptional?: number
  /** Most unions: `anyOf`, and lists of types. */
  readonly maxUnions?: number
  /** Most values of all `enum`s together. */
  readonly maxEnumValues?: number
  /** Most characters of a string `enum` of more than 250 values. */
  readonly maxLongEnum?: number
  /** Most characters of all names and values together. */
  readonly maxText?: number
  /** Most strict tools in a request. */
  readonly maxStrictTools?: number
  /** What happens to a schema that does not fit: sent without `strict`, or not by the JSON-schema mode at all. */
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
  // https://docs.vllm.ai/en/latest/features/structured_outputs.html: its backends take what they can
  vllm: { fallback: 'not strict' },
}
