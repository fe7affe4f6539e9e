/**
 * The documented JSON Schema subset of each vendor, written down a second time: this file shares nothing with
 * `src/schema/vendor-support.ts`, so that a mistake there shows.
 */

type Node = Record<string, any>

/** Lists the objections of a vendor to a schema; empty for one that it accepts. */
export type Rules = (schema: Node) => string[]

interface Visit {
  node: Node
  path: string
  /** The object or array that the schema stands in, by `$ref` once. */
  depth: number
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Every schema in a schema, definitions included. */
function* walk(node: unknown, path = '#', depth = 1): Generator<Visit> {
  if (!isNode(node)) return
  yield { node, path, depth }
  const deeper = node.type === 'object' || node.type === 'array' ? depth + 1 : depth
  for (const [name, each] of Object.entries(node.properties ?? {}))
    yield* walk(each, `${path}/properties/${name}`, deeper)
  for (const [name, each] of Object.entries(node.$defs ?? {}))
    yield* walk(each, `${path}/$defs/${name}`, 1)
  for (const [name, each] of Object.entries(node.patternProperties ?? {}))
    yield* walk(each, `${path}/patternProperties/${name}`, deeper)
  for (const word of ['anyOf', 'oneOf', 'allOf', 'prefixItems']) {
    for (const [index, each] of (Array.isArray(node[word]) ? node[word] : []).entries())
      yield* walk(each, `${path}/${word}/${index}`, word === 'prefixItems' ? deeper : depth)
  }
  for (const word of ['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains'])
    yield* walk(node[word], `${path}/${word}`, deeper)
}

function targetOf(root: Node, reference: string): unknown {
  if (reference === '#') return root
  if (!reference.startsWith('#/')) return undefined
  let target: any = root
  for (const part of reference.slice(2).split('/'))
    target = target?.[decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')]
  return target
}

/** References that lead nowhere. */
function danglingRefs(schema: Node): string[] {
  return [...walk(schema)]
    .filter(({ node }) => typeof node.$ref === 'string')
    .filter(({ node }) => targetOf(schema, node.$ref) === undefined)
    .map(({ node, path }) => `${path}: ${node.$ref} leads nowhere`)
}

/** Tells if a definition leads back to itself. */
function isRecursive(schema: Node, keep: (path: string, node: Node) => boolean = () => true) {
  const visitFrom = (node: unknown, path: string, seen: readonly unknown[]): boolean => {
    if (!isNode(node) || !keep(path, node)) return false
    if (typeof node.$ref === 'string') {
      const target = targetOf(schema, node.$ref)
      return seen.includes(target) || visitFrom(target, '', [...seen, target])
    }
    const required: string[] = node.required ?? []
    return [
      ...Object.entries(node.properties ?? {}).map(
        ([name, each]) => [each, required.includes(name) ? '!' : '?'] as const,
      ),
      ...['anyOf', 'oneOf', 'allOf', 'prefixItems'].flatMap((word) =>
        (Array.isArray(node[word]) ? node[word] : []).map((each: unknown) => [each, ''] as const),
      ),
      [node.items, ''] as const,
      [node.additionalProperties, '?'] as const,
    ].some(([each, mark]) => visitFrom(each, mark, seen))
  }
  return visitFrom(schema, '', [schema])
}

function words(text: string): Set<string> {
  return new Set(text.split(' '))
}

function unknownWords(schema: Node, known: Set<string>): string[] {
  return [...walk(schema)].flatMap(({ node, path }) =>
    Object.keys(node)
      .filter((word) => !known.has(word))
      .map((word) => `${path}: ${word} is not supported`),
  )
}

function wrongFormats(schema: Node, known: Set<string>): string[] {
  return [...walk(schema)]
    .filter(({ node }) => node.format !== undefined && !known.has(node.format))
    .map(({ node, path }) => `${path}: the format ${node.format} is not supported`)
}

function crowdedRefs(schema: Node): string[] {
  return [...walk(schema)]
    .filter(({ node }) => node.$ref !== undefined && Object.keys(node).length > 1)
    .map(({ path }) => `${path}: $ref cannot have keywords beside it`)
}

function openObjects(schema: Node): string[] {
  return [...walk(schema)]
    .filter(({ node }) => node.type === 'object' || node.properties !== undefined)
    .filter(({ node }) => node.additionalProperties !== false)
    .map(({ path }) => `${path}: additionalProperties must be false`)
}

function untyped(schema: Node): string[] {
  return [...walk(schema)]
    .filter(({ node }) => !('type' in node || '$ref' in node || 'anyOf' in node))
    .map(({ path }) => `${path}: must have a type`)
}

function withoutItems(schema: Node): string[] {
  return [...walk(schema)]
    .filter(({ node }) => [node.type].flat().includes('array') && !isNode(node.items))
    .map(({ path }) => `${path}: array schema missing items`)
}

/** Roots of tools and of structured output: an object, and nothing that combines. */
function badRoot(schema: Node): string[] {
  const problems = schema.type === 'object' ? [] : ['the root must have the type "object"']
  for (const word of ['oneOf', 'anyOf', 'allOf', 'enum', 'not', '$ref', 'const'])
    if (word in schema) problems.push(`the root must not have ${word}`)
  return problems
}

/** Lists of types beside values, of which Claude and Gemini take one type. */
function mixedEnums(schema: Node): string[] {
  return [...walk(schema)]
    .filter(({ node }) => Array.isArray(node.type) && ('enum' in node || 'const' in node))
    .map(({ path }) => `${path}: enum value does not match declared type`)
}

/** @see https://github.com/n8n-io/n8n/issues/30590 */
function badNames(schema: Node): string[] {
  return Object.keys(schema.properties ?? {})
    .filter((name) => !/^[a-zA-Z0-9_.-]{1,64}$/.test(name))
    .map((name) => `#/properties/${name}: property keys should match a pattern`)
}

const LOOK_AROUND = /\(\?[=!<]/

function lookAround(schema: Node): string[] {
  return [...walk(schema)]
    .filter(({ node }) => LOOK_AROUND.test(node.pattern ?? ''))
    .map(({ path }) => `${path}: look-around is not supported`)
}

interface Limits {
  depth?: number
  properties?: number
  enumValues?: number
  text?: number
  optional?: number
  unions?: number
  total?: number
}

function overLimits(schema: Node, limits: Limits): string[] {
  const all = [...walk(schema)].map(({ node }) => node)
  const sum = (count: (node: Node) => number) => all.reduce((total, node) => total + count(node), 0)
  const names = (node: Node) => Object.keys(node.properties ?? {})
  const found: Required<Limits> = {
    depth: deepest(schema, schema, []),
    properties: sum((node) => names(node).length),
    enumValues: sum(({ enum: values = [] }) => values.length),
    text: sum(
      (node) =>
        [...names(node), ...Object.keys(node.$defs ?? {}), ...(node.enum ?? []), node.const ?? '']
          .map(String)
          .join('').length,
    ),
    optional: sum((node) => names(node).length - (node.required ?? []).length),
    unions: sum((node) => Number('anyOf' in node || Array.isArray(node.type))),
    total: JSON.stringify(schema).length,
  }
  return Object.entries(limits)
    .filter(([name, limit]) => found[name as keyof Limits] > limit)
    .map(([name, limit]) => `has more ${name} than ${limit}`)
}

function deepest(root: Node, node: unknown, seen: readonly unknown[]): number {
  if (!isNode(node) || seen.includes(node)) return 0
  if (typeof node.$ref === 'string')
    return deepest(root, targetOf(root, node.$ref), [...seen, node])
  const own = node.type === 'object' || node.type === 'array' ? 1 : 0
  const inner = [...Object.values(node.properties ?? {}), node.items, ...(node.anyOf ?? [])]
  return own + Math.max(0, ...inner.map((each) => deepest(root, each, [...seen, node])))
}

function notRequired(schema: Node): string[] {
  return [...walk(schema)].flatMap(({ node, path }) =>
    Object.keys(node.properties ?? {})
      .filter((name) => !(node.required ?? []).includes(name))
      .map((name) => `${path}: required must list ${name}`),
  )
}

const STRUCTURE =
  'type properties required additionalProperties items enum const anyOf $ref $defs title description'

/**
 * Structured output and strict tools of OpenAI.
 * @see https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
export const openaiStrict: Rules = (schema) => [
  ...badRoot(schema),
  ...danglingRefs(schema),
  ...crowdedRefs(schema),
  ...openObjects(schema),
  ...notRequired(schema),
  ...untyped(schema),
  ...withoutItems(schema),
  ...lookAround(schema),
  ...unknownWords(
    schema,
    words(
      `${STRUCTURE} pattern format multipleOf maximum exclusiveMaximum minimum exclusiveMinimum minItems maxItems`,
    ),
  ),
  ...wrongFormats(schema, words('date-time time date duration email hostname ipv4 ipv6 uuid')),
  ...overLimits(schema, { depth: 10, properties: 5000, enumValues: 1000, text: 120_000 }),
]

/**
 * Without `strict`: an object, and arrays that say what is in them.
 * @see https://community.openai.com/t/array-schema-items-is-not-an-object/1048549
 */
export const openaiPlain: Rules = (schema) => [
  ...badRoot(schema),
  ...danglingRefs(schema),
  ...withoutItems(schema),
]

/** @see https://learn.microsoft.com/azure/ai-foundry/openai/how-to/structured-outputs#json-schema-support-and-limitations */
export const azureStrict: Rules = (schema) => [
  ...openaiStrict(schema),
  ...unknownWords(schema, words(STRUCTURE)),
  ...overLimits(schema, { depth: 5, properties: 100 }),
]

/** @see https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations */
export const anthropicStrict: Rules = (schema) => [
  ...badRoot(schema),
  ...danglingRefs(schema),
  ...openObjects(schema),
  ...untyped(schema),
  ...lookAround(schema),
  ...mixedEnums(schema),
  ...(isRecursive(schema) ? ['recursive schemas are not supported'] : []),
  ...unknownWords(schema, words(`${STRUCTURE} default pattern format minItems`)),
  ...wrongFormats(schema, words('date-time time date duration email hostname uri ipv4 ipv6 uuid')),
  ...[...walk(schema)]
    .filter(({ node }) => (node.minItems ?? 0) > 1)
    .map(({ path }) => `${path}: minItems must be 0 or 1`),
  ...overLimits(schema, { optional: 24, unions: 16 }),
]

export const anthropicStrictTool: Rules = (schema) => [
  ...anthropicStrict(schema),
  ...badNames(schema),
]

/** JSON Schema of draft 2020-12 with a plain root. @see https://platform.claude.com/docs/en/api/messages#body-tools-input-schema */
export const anthropicPlain: Rules = (schema) => [
  ...badRoot(schema),
  ...badNames(schema),
  ...danglingRefs(schema),
  ...[...walk(schema)]
    .filter(({ node }) => Array.isArray(node.items) || typeof node.exclusiveMinimum === 'boolean')
    .map(({ path }) => `${path}: is not of draft 2020-12`),
]

/** @see https://ai.google.dev/api/generate-content#FIELDS.response_json_schema */
export const gemini: Rules = (schema) => [
  ...danglingRefs(schema),
  ...crowdedRefs(schema),
  ...unknownWords(
    schema,
    words(
      '$id $defs $ref $anchor type format title description enum items prefixItems minItems maxItems ' +
        'minimum maximum anyOf oneOf properties additionalProperties required propertyOrdering',
    ),
  ),
  ...wrongFormats(schema, words('date-time date time')),
  ...[...walk(schema)]
    .filter(({ node }) =>
      (node.enum ?? []).some((each: unknown) => !/string|number/.test(typeof each)),
    )
    .map(({ path }) => `${path}: enum is of strings and numbers`),
  ...mixedEnums(schema),
  ...(isRecursive(schema, (mark) => mark !== '?')
    ? ['recursion must go through a property that is not required']
    : []),
]

/** @see https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md#json-schemas--gbnf */
export const llamacpp: Rules = (schema) => [
  ...danglingRefs(schema),
  ...[...walk(schema)].flatMap(({ node, path }) => {
    const problems: string[] = []
    if (node.$ref === '#') problems.push('refers to the root')
    if (node.$ref !== undefined && !String(node.$ref).startsWith('#/$defs/'))
      problems.push('refers to something other than a definition')
    if (node.prefixItems !== undefined || Array.isArray(node.items)) problems.push('is a tuple')
    if (Object.keys(node).every((word) => word === 'description' || word === 'title'))
      problems.push('is not recognized')
    const pattern: unknown = node.pattern
    if (typeof pattern === 'string') {
      if (!pattern.startsWith('^') || !pattern.endsWith('$'))
        problems.push('has a pattern without ^ and $')
      if (/\\[dDwWsSbB]|\(\?/.test(pattern)) problems.push('has a pattern that is no grammar')
    }
    for (const word of ['not', 'if', 'patternProperties', 'propertyNames', 'contains'])
      if (word in node) problems.push(`has ${word}, which is passed over`)
    return problems.map((problem) => `${path} ${problem}`)
  }),
]

/** Tools of Ollama and WebLLM go into the prompt by a template. @see https://docs.ollama.com/capabilities/tool-calling */
export const ollamaTools: Rules = (schema) => [...badRoot(schema), ...danglingRefs(schema)]

/** @see https://docs.vllm.ai/en/latest/features/structured_outputs.html */
export const vllm: Rules = (schema) => danglingRefs(schema)

/** @see https://console.groq.com/docs/structured-outputs#schema-requirements */
export const groqStrict: Rules = (schema) => [
  ...badRoot(schema),
  ...danglingRefs(schema),
  ...openObjects(schema),
  ...notRequired(schema),
  ...untyped(schema),
  ...unknownWords(schema, words(STRUCTURE)),
]

/** @see https://inference-docs.cerebras.ai/capabilities/structured-outputs#limitations */
export const cerebrasStrict: Rules = (schema) => [
  ...badRoot(schema),
  ...danglingRefs(schema),
  ...openObjects(schema),
  ...notRequired(schema),
  ...untyped(schema),
  ...withoutItems(schema),
  ...unknownWords(
    schema,
    words(`${STRUCTURE} minimum maximum exclusiveMinimum exclusiveMaximum multipleOf`),
  ),
  ...[...walk(schema)]
    .filter(({ node }) => Array.isArray(node.type) || (node.anyOf ?? []).length > 5)
    .map(({ path }) => `${path}: unions are anyOf, of at most 5`),
  ...(isRecursive(schema) ? ['recursive schemas are not supported'] : []),
  ...overLimits(schema, { depth: 10, properties: 500, enumValues: 500, total: 5000 }),
]

/** @see https://docs.x.ai/docs/guides/structured-outputs#supported-schemas */
export const xai: Rules = (schema) => [
  ...badRoot(schema),
  ...danglingRefs(schema),
  ...[...walk(schema)].flatMap(({ node, path }) =>
    ['minLength', 'maxLength', 'minItems', 'maxItems', 'minContains', 'maxContains', 'allOf']
      .filter((word) => word in node)
      .map((word) => `${path}: ${word} is not supported`),
  ),
]

/** @see https://docs.perplexity.ai/guides/structured-outputs#unsupported-json-schemas */
export const perplexity: Rules = (schema) => [
  ...badRoot(schema),
  ...danglingRefs(schema),
  ...(isRecursive(schema) ? ['recursive schemas are not supported'] : []),
  ...[...walk(schema)]
    .filter(({ node }) => node.type === 'object')
    .filter(({ node }) => node.properties === undefined || Boolean(node.additionalProperties))
    .map(({ path }) => `${path}: unconstrained objects are not supported`),
  ...untyped(schema),
]

/** Chrome compiles schemas with llguidance. @see https://github.com/guidance-ai/llguidance/blob/main/docs/json_schema.md */
export const chrome: Rules = (schema) => [
  ...danglingRefs(schema),
  ...lookAround(schema),
  ...unknownWords(
    schema,
    words(
      `${STRUCTURE} default examples oneOf allOf prefixItems patternProperties minItems maxItems minLength maxLength pattern ` +
        'format minimum maximum exclusiveMinimum exclusiveMaximum multipleOf',
    ),
  ),
]

/**
 * WebLLM compiles schemas with XGrammar: a subset, of which it passes over what it does not know.
 * @see https://github.com/mlc-ai/xgrammar/blob/main/cpp/json_schema_converter.cc
 */
export const xgrammar: Rules = (schema) => [
  ...danglingRefs(schema),
  ...lookAround(schema),
  ...[...walk(schema)].flatMap(({ node, path }) =>
    ['not', 'if', 'dependentRequired', 'dependentSchemas', 'contains', 'uniqueItems']
      .filter((word) => word in node)
      .map((word) => `${path}: ${word} is passed over`),
  ),
]

/** No schema may be on the wire. */
export const none: Rules = () => ['takes no schema']
