import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { codeOf, sources } from './project.ts'

/** Ranks of the layers: a file imports only from its own layer or from lower ranks. */
const RANKS: Record<string, number> = {
  nouns: 0,
  async: 0,
  json: 1,
  validation: 1,
  tokens: 1,
  http: 1,
  schema: 2,
  wire: 2,
  stream: 2,
  chat: 3,
  tools: 4,
  objects: 4,
  prompted: 4,
  failover: 4,
  registry: 5,
  providers: 5,
  edge: 5,
  testing: 5,
  conversation: 6,
  otel: 6,
  mcp: 6,
  gateway: 6,
  server: 7,
  relay: 6,
  builtins: 7,
  entries: 8,
}

const ROOT_FILES: Record<string, string> = {
  'registry.ts': 'registry',
  'builtins.ts': 'builtins',
  'index.ts': 'entries',
  'core.ts': 'entries',
  'conversation.ts': 'entries',
  'gateway.ts': 'entries',
  'server.ts': 'entries',
  'testing.ts': 'entries',
  'otel.ts': 'entries',
  'mcp.ts': 'entries',
}

function layerOf(file: string): string {
  return file.includes('/') ? (file.split('/')[0] as string) : (ROOT_FILES[file] ?? 'nouns')
}

const files = sources()
const edges: [from: string, to: string][] = []
const packages: [file: string, name: string][] = []
for (const [file, text] of files) {
  for (const [, specifier] of codeOf(text).matchAll(/\bfrom '([^']+)'/g)) {
    const name = specifier as string
    if (name.startsWith('.')) edges.push([file, join(dirname(file), name)])
    else packages.push([file, name])
  }
}

test('imports point from a layer to a lower one, or stay inside it', () => {
  const wrong = edges.filter(([from, to]) => {
    const [here, there] = [layerOf(from), layerOf(to)]
    return here !== there && (RANKS[here] as number) <= (RANKS[there] as number)
  })
  expect(wrong).toEqual([])
})

test('chat and its features import neither http nor wire; gateway, relay, server and edge import no provider', () => {
  const bytes = ['http', 'wire']
  const locked: Record<string, string[]> = {
    chat: bytes,
    tools: bytes,
    objects: bytes,
    prompted: bytes,
    failover: bytes,
    gateway: ['providers'],
    server: ['providers'],
    relay: ['providers'],
    edge: ['providers'],
  }
  expect(edges.filter(([from, to]) => locked[layerOf(from)]?.includes(layerOf(to)))).toEqual([])
})

test('a folder beside a file of the same name is private to that file', () => {
  // The Qwen class extends DashScope's and reads its table of models: the one declared exception.
  const declared = new Set(['providers/dashscope-qwen.ts > providers/dashscope/models.ts'])
  const reaching = edges.filter(([from, to]) => {
    const folder = dirname(to)
    const isPrivate = folder !== '.' && files.has(`${folder}.ts`)
    if (!isPrivate || from === `${folder}.ts` || from.startsWith(`${folder}/`)) return false
    return !['entries', 'builtins'].includes(layerOf(from)) && !declared.has(`${from} > ${to}`)
  })
  expect(reaching).toEqual([])
})

test('every import names an existing file, with its extension', () => {
  expect(edges.filter(([, to]) => !files.has(to))).toEqual([])
})

test('there are no import cycles', () => {
  const state = new Map<string, 'open' | 'done'>()
  const cycles: string[] = []
  const visit = (file: string, path: string[]): void => {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open') {
      cycles.push([...path.slice(path.indexOf(file)), file].join(' > '))
      return
    }
    state.set(file, 'open')
    for (const [from, to] of edges) if (from === file) visit(to, [...path, file])
    state.set(file, 'done')
  }
  for (const file of files.keys()) visit(file, [])
  expect(cycles).toEqual([])
})

test('each dependency is imported by one layer only', () => {
  const allowed: Record<string, RegExp> = {
    ky: /^http\//,
    'eventsource-parser': /^http\//,
    valibot: /^(validation|gateway)\//,
    '@opentelemetry/api': /^otel\//,
    // Bundled into a chunk of its own.
    '@valibot/to-json-schema': /^schema\/valibot-converter\.ts$/,
  }
  expect(packages.filter(([file, name]) => !allowed[name]?.test(file))).toEqual([])
})
