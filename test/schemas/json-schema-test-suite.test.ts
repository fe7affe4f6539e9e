import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { checkSchema } from '../../src/schema/check-schema.ts'
import { validateJSON } from '../../src/schema/json-schema.ts'
import type { SchemaNode } from '../../src/schema/schema-index.ts'
import { SchemaIndex, SchemaProblem } from '../../src/schema/schema-index.ts'

const folder = fileURLToPath(new URL('fixtures/json-schema-test-suite/', import.meta.url))

interface Group {
  description: string
  schema: SchemaNode | boolean
  tests: { description: string; data: unknown; valid: boolean }[]
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(folder + file, 'utf8'))
}

function list(under: string): string[] {
  const files = readdirSync(folder + under, { recursive: true, encoding: 'utf8' })
  return files.filter((file) => file.endsWith('.json')).sort()
}

// The suite wants these at their addresses. Remote schemas are not fetched, so they are embedded: section 9.3 of the core
// specification calls that bundling.
const remotes = Object.fromEntries(
  list('remotes').map((file) => {
    const isShared = /^(different-id|urn-|nested-absolute)/.test(file)
    const address = `http://localhost:1234/${isShared ? '' : 'draft2020-12/'}${file}`
    return [address, { $id: address, ...(read(`remotes/${file}`) as SchemaNode) }]
  }),
)

function prepare(schema: SchemaNode | boolean): SchemaIndex | string {
  try {
    const index = new SchemaIndex(schema)
    checkSchema(index)
    return index
  } catch (error) {
    if (error instanceof SchemaProblem) return error.message
    throw error
  }
}

function bundle(schema: SchemaNode | boolean): SchemaNode | boolean {
  if (typeof schema === 'boolean') return schema
  return { ...schema, $defs: { ...(schema.$defs as object), ...structuredClone(remotes) } }
}

/** Runs every required test, and sorts the outcomes. */
function runSuite() {
  const outcome = { total: 0, passed: 0, accepted: [] as string[], failed: [] as string[] }
  const refused: Record<string, string> = {}
  for (const file of list('tests')) {
    for (const { description, schema, tests } of read(`tests/${file}`) as Group[]) {
      let index = prepare(schema)
      if (typeof index === 'string') index = prepare(bundle(schema))
      outcome.total += tests.length
      if (typeof index === 'string') {
        refused[`${file}: ${description} (${tests.length})`] = index
        continue
      }
      for (const each of tests) {
        const isValid = validateJSON(index, each.data).length === 0
        const name = `${file}: ${description}: ${each.description}`
        if (isValid === each.valid) outcome.passed++
        else (isValid ? outcome.accepted : outcome.failed).push(name)
      }
    }
  }
  return { ...outcome, refused }
}

const { total, passed, accepted, failed, refused } = runSuite()

test('at least 97 % of the required tests of draft 2020-12 pass', () => {
  expect({ total, passed }).toEqual({ total: 1176, passed: 1150 })
  expect(passed / total).toBeGreaterThanOrEqual(0.97)
})

test('no invalid value is accepted', () => {
  expect(accepted).toEqual([])
})

test('the schemas that are refused before they are used, with the reason', () => {
  expect(refused).toMatchInlineSnapshot(`
    {
      "anchor.json: invalid anchors (3)": "refers to "https://json-schema.org/draft/2020-12/schema", which it does not define; remote references are not fetched",
      "defs.json: validate definition against metaschema (2)": "refers to "https://json-schema.org/draft/2020-12/schema", which it does not define; remote references are not fetched",
      "id.json: Invalid use of fragments in location-independent $id (7)": "refers to "https://json-schema.org/draft/2020-12/schema", which it does not define; remote references are not fetched",
      "id.json: Unnormalized $ids are allowed but discouraged (4)": "refers to "https://json-schema.org/draft/2020-12/schema", which it does not define; remote references are not fetched",
      "id.json: Valid use of empty fragments in location-independent $id (2)": "refers to "https://json-schema.org/draft/2020-12/schema", which it does not define; remote references are not fetched",
      "ref.json: URN base URI with f-component (1)": "refers to "https://json-schema.org/draft/2020-12/schema", which it does not define; remote references are not fetched",
      "ref.json: remote ref, containing refs itself (2)": "refers to "https://json-schema.org/draft/2020-12/schema", which it does not define; remote references are not fetched",
      "refRemote.json: remote HTTP ref with different $id (2)": "refers to "http://localhost:1234/different-id-ref-string.json", which it does not define; remote references are not fetched",
      "refRemote.json: remote HTTP ref with different URN $id (2)": "refers to "http://localhost:1234/urn-ref-string.json", which it does not define; remote references are not fetched",
    }
  `)
})

test('a vocabulary that leaves out validation is not known: its keywords are checked all the same', () => {
  expect(failed).toMatchInlineSnapshot(`
    [
      "vocabulary.json: schema that uses custom metaschema with with no validation vocabulary: no validation: invalid number, but it still validates",
    ]
  `)
})
