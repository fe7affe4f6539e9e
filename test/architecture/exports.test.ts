import { readdirSync, readFileSync } from 'node:fs'
import * as main from 'chatwire'
import { OPENAI_LIKE } from 'chatwire/providers/openai-like'
import { expect, test } from 'vitest'
import { root } from './project.ts'

const readJSON = (file: string) => JSON.parse(readFileSync(`${root}${file}`, 'utf8'))
const entries = Object.keys(readJSON('package.json').exports)
  .filter((entry) => entry !== './package.json')
  .map((entry) => entry.slice(1))

// Removing a name is a breaking change; a new one needs a line in the changelog.
test.each(entries)('chatwire%s exports the names of its snapshot', async (entry) => {
  const names = Object.keys(await import(/* @vite-ignore */ `chatwire${entry}`)).sort()
  expect(names.join('\n')).toMatchSnapshot()
})

test('jsr.json has the entries of package.json, as sources', () => {
  const sources = entries.map((entry) => [`.${entry}`, `./src/${entry.slice(1) || 'index'}.ts`])
  expect(readJSON('jsr.json').exports).toEqual(Object.fromEntries(sources))
})

test('every provider is an entry, and the main entry exports every built-in class', () => {
  const providers = readdirSync(`${root}src/providers`).filter((name) => name.endsWith('.ts'))
  expect(entries).toEqual(
    expect.arrayContaining(providers.map((name) => `/providers/${name.slice(0, -3)}`)),
  )
  const exported = new Set<unknown>(Object.values(main))
  const native = main.LLM_REGISTRY.names().filter(
    (name) => !Object.hasOwn(OPENAI_LIKE, name) && !name.endsWith('_responses'),
  )
  expect(native.filter((name) => !exported.has(main.LLM_REGISTRY.resolve(name, '')))).toEqual([])
})
