import { existsSync, readFileSync } from 'node:fs'
import { LLM_REGISTRY } from 'chatwire'
import { expect, test } from 'vitest'
import { readFixtures } from '../providers/replay.ts'
import { root } from './project.ts'

const readme = readFileSync(`${root}README.md`, 'utf8')

test('the README counts the recorded answers', () => {
  const vendors = ['dashscope', 'zhipu', 'openai', 'anthropic', 'gemini', 'ollama']
  const count = vendors.flatMap((vendor) => readFixtures(vendor)).length
  expect(readme).toContain(`${count} recorded answers`)
})

test('the README lists every server, and none that is not there', () => {
  const table = /## Servers[^]*?\n\n(\|[^]*?)\n\n/.exec(readme)?.[1] ?? ''
  const told = table.split('\n').flatMap((line) => {
    const names = line.split('|')[1] ?? ''
    return [...names.matchAll(/`([\w-]+)`/g)].map(([, name]) => name)
  })
  expect(told.filter((name) => name !== 'modelServer').sort()).toEqual(LLM_REGISTRY.names())
})

test('the README links to files that exist', () => {
  for (const [, link] of readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
    expect(existsSync(`${root}${link}`), link).toBe(true)
  }
})

test('no page of the project names a package registry, or a path of a machine', () => {
  for (const file of [
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'package.json',
    'examples/README.md',
  ]) {
    expect(readFileSync(`${root}${file}`, 'utf8'), file).not.toMatch(
      /registry\.npm|\/root\/|\/work\//,
    )
  }
})
