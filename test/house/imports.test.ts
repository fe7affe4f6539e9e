import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { codeOf, sources } from './project.ts'

/** Who may import whom: only what stands further left. Rooms of one rank do not see each other. */
const RANKS: Record<string, number> = {
  nouns: 0,
  http: 1,
  wire: 2,
  stream: 2,
  chat: 3,
  registry: 4,
  providers: 4,
  gateway: 4,
  testing: 4,
  builtins: 5,
  doors: 6,
}

const ROOT_FILES: Record<string, string> = {
  'registry.ts': 'registry',
  'builtins.ts': 'builtins',
  'index.ts': 'doors',
  'core.ts': 'doors',
  'gateway.ts': 'doors',
  'testing.ts': 'doors',
}

function roomOf(file: string): string {
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

test('imports point from a room to a lower one, or stay inside it', () => {
  const wrong = edges.filter(([from, to]) => {
    const [here, there] = [roomOf(from), roomOf(to)]
    return here !== there && (RANKS[here] as number) <= (RANKS[there] as number)
  })
  expect(wrong).toEqual([])
})

test('chat/ knows neither bytes nor a spelling, and gateway/ no vendor', () => {
  const locked: Record<string, string[]> = { chat: ['http', 'wire'], gateway: ['providers'] }
  expect(edges.filter(([from, to]) => locked[roomOf(from)]?.includes(roomOf(to)))).toEqual([])
})

test('every import names a file that exists, with its ending', () => {
  expect(edges.filter(([, to]) => !files.has(to))).toEqual([])
})

test('nothing imports itself through others', () => {
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

test('each dependency is known to one room', () => {
  const allowed: Record<string, RegExp> = {
    ky: /^http\//,
    'eventsource-parser': /^http\//,
    valibot: /^(chat\/check|gateway\/)/,
  }
  expect(packages.filter(([file, name]) => !allowed[name]?.test(file))).toEqual([])
})
