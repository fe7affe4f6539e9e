/**
 * The keywords of JSON Schema that each vendor's structured output and strict tools support, as data. Others are
 * not sent: `adapt-schema.ts` rewrites them, moves them to the description, or reports a problem.
 */

/** The name of a row in `VENDOR_SUPPORT`. */
export type SchemaDialect =
  | 'openai'
  | 'azure'
  | 'groq'
  | 'cerebras'
  | 'xai'
  | 'perplexity'
  | 'anthropic'
  | 'gemini'
  | 'llamacpp'
  | 'llguidance'
  | 'vllm'

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
  /** Places where a schema may refer to itself. @default 'anywhere' */
  readonly recursion?: 'anywhere' | 'optional' | 'nowhere'
  /** True if `$ref` must be the only keyword. */
  readonly bareRefs?: true
  /**
   * Supported patterns: without look-around, back references and `\b`, or those that are anchored at both ends as
   * well.
   */
  readonly patterns?: 'plain' | 'anchored'
  /** Where `type` must be a single name, so that `['string', 'null']` becomes a union. @default nowhere */
  readonly singleTypes?: 'always' | 'beside enum'
  /** Maximum number of alternatives of a union. */
  readonly maxAlternatives?: number
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
  /** Maximum number of characters of the schema as JSON. */
  readonly maxLength?: number
  /** True if a schema that fits is sent with `strict: true`. */
  readonly strict?: true
  /** Accepted names of a tool's parameters. Deeper properties may have any name. @default all */
  readonly parameterNames?: RegExp
  /** Maximum number of strict tools in a request. */
  readonly maxStrictTools?: number
  /** Handling of a schema that does not fit: sent without `strict`, or not sent in JSON-schema mode at all. */
  readonly fallback: 'not strict' | 'other mode'
}

const list = (text: string): ReadonlySet<string> => new Set(text.split(' '))

const STRUCTURE =
  'type properties required additionalProperties items enum anyOf $ref $defs title description'

/** Rules that OpenAI's strict mode shares with others. */
const STRICT = {
  closed: true,
  allRequired: true,
  typed: true,
  bareRefs: true,
  patterns: 'plain',
  strict: true,
  fallback: 'not strict',
} as const
const STRICT_WORDS: ReadonlySet<string> = /* @__PURE__ */ list(`${STRUCTURE} const`)

// https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
export const ANTHROPIC: VendorSupport = {
  keywords: /* @__PURE__ */ list(`${STRUCTURE} const default pattern format minItems`),
  formats: /* @__PURE__ */ list('date-time time date duration email hostname uri ipv4 ipv6 uuid'),
  enums: /* @__PURE__ */ list('string number boolean null'),
  closed: true,
  typed: true,
  recursion: 'nowhere',
  bareRefs: true,
  patterns: 'plain',
  // https://github.com/BerriAI/litellm/issues/37881
  singleTypes: 'beside enum',
  maxMinItems: 1,
  maxOptional: 24,
  maxUnions: 16,
  maxStrictTools: 20,
  // https://github.com/n8n-io/n8n/issues/30590
  parameterNames: /^[a-zA-Z0-9_.-]{1,64}$/,
  fallback: 'other mode',
}

// https://ai.google.dev/api/generate-content#FIELDS.response_json_schema
export const GEMINI: VendorSupport = {
  keywords: /* @__PURE__ */ list(
    `${STRUCTURE} format prefixItems minItems maxItems minimum maximum`,
  ),
  formats: /* @__PURE__ */ list('date-time date time'),
  enums: /* @__PURE__ */ list('string number'),
  typed: true,
  recursion: 'optional',
  bareRefs: true,
  singleTypes: 'beside enum',
  fallback: 'other mode',
}

/** The vendors. Made by a function, so that a bundle of one provider leaves the table out. */
export const VENDOR_SUPPORT: Record<SchemaDialect, VendorSupport> = /* @__PURE__ */ (() => ({
  // https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
  openai: {
    keywords: /* @__PURE__ */ list(
      `${STRUCTURE} const pattern format multipleOf minimum maximum exclusiveMinimum exclusiveMaximum minItems maxItems`,
    ),
    formats: /* @__PURE__ */ list('date-time time date duration email hostname ipv4 ipv6 uuid'),
    ...STRICT,
    maxDepth: 10,
    maxProperties: 5000,
    maxEnumValues: 1000,
    maxLongEnum: 15_000,
    maxText: 120_000,
  },
  // https://learn.microsoft.com/azure/ai-foundry/openai/how-to/structured-outputs#json-schema-support-and-limitations
  azure: {
    keywords: STRICT_WORDS,
    ...STRICT,
    maxDepth: 5,
    maxProperties: 100,
    maxEnumValues: 500,
    maxLongEnum: 7500,
    maxText: 15_000,
  },
  // https://console.groq.com/docs/structured-outputs#schema-requirements
  groq: { keywords: STRICT_WORDS, ...STRICT },
  // https://inference-docs.cerebras.ai/capabilities/structured-outputs#schema-limitations
  cerebras: {
    keywords: /* @__PURE__ */ list(
      `${STRUCTURE} const multipleOf minimum maximum exclusiveMinimum exclusiveMaximum`,
    ),
    ...STRICT,
    recursion: 'nowhere',
    singleTypes: 'always',
    maxAlternatives: 5,
    maxDepth: 10,
    maxProperties: 500,
    maxEnumValues: 500,
    maxLongEnum: 7500,
    maxLength: 5000,
  },
  // https://docs.x.ai/docs/guides/structured-outputs#supported-schemas
  xai: {
    keywords: /* @__PURE__ */ list(
      `${STRUCTURE} const pattern format multipleOf minimum maximum exclusiveMinimum exclusiveMaximum`,
    ),
    bareRefs: true,
    patterns: 'plain',
    strict: true,
    fallback: 'other mode',
  },
  // https://docs.perplexity.ai/guides/structured-outputs#unsupported-json-schemas
  perplexity: {
    keywords: /* @__PURE__ */ list(
      `${STRUCTURE} const pattern minimum maximum exclusiveMinimum exclusiveMaximum minItems maxItems`,
    ),
    closed: true,
    typed: true,
    recursion: 'nowhere',
    bareRefs: true,
    patterns: 'plain',
    fallback: 'other mode',
  },
  anthropic: ANTHROPIC,
  gemini: GEMINI,
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
  // Chrome's built-in model: https://github.com/guidance-ai/llguidance/blob/main/docs/json_schema.md
  llguidance: {
    keywords: /* @__PURE__ */ list(
      `${STRUCTURE} const prefixItems pattern format multipleOf minimum maximum exclusiveMinimum exclusiveMaximum ` +
        'minLength maxLength minItems maxItems',
    ),
    formats: /* @__PURE__ */ list('date-time time date duration email hostname ipv4 ipv6 uuid uri'),
    bareRefs: true,
    patterns: 'plain',
    fallback: 'other mode',
  },
  // https://docs.vllm.ai/en/latest/features/structured_outputs.html: depends on the backend
  vllm: { fallback: 'not strict' },
}))()
