import { expect, test } from 'vitest'
import { checkTools, prepareTools, tool } from '../../../src/tools/tool.ts'

test('tool() gives back what it takes', () => {
  const settings = { name: 'a_Tool-1', execute: () => 1 }
  expect(tool(settings)).toBe(settings)
})

test.each<[what: string, settings: any, words: RegExp]>([
  ['no object', undefined, /must be an object/],
  ['no name', {}, /A tool name.*undefined/],
  ['a name with a blank', { name: 'my tool' }, /not "my tool"/],
  ['a name with letters of another script', { name: '天气' }, /A tool name/],
  ['a name that is too long', { name: 'a'.repeat(65) }, /up to 64/],
  ['an execute that is none', { name: 'a', execute: 'b' }, /`execute` of the tool "a"/],
  ['a description that is none', { name: 'a', description: 5 }, /`description` of the tool "a"/],
])('tool() refuses %s', (_what, settings, words) => {
  const check = () => tool(settings)
  expect(check).toThrow(words)
  expect(check).toThrow(expect.objectContaining({ name: 'ConfigError', code: 'invalid_config' }))
})

test('names must differ, also from those of tools in the OpenAI format', () => {
  const plain = { type: 'function' as const, function: { name: 'a' } }
  const search = { type: 'web_search' }
  expect(() => checkTools([{ name: 'a' }, plain])).toThrow('Duplicate tool name "a"')
  expect(() => checkTools([{ name: 'b' }, plain, search, search])).not.toThrow()
})

test('a tool without parameters takes none; `strict` goes along', async () => {
  const { definitions } = await prepareTools([{ name: 'a', strict: true }])
  expect(definitions).toEqual([
    {
      type: 'function',
      function: { name: 'a', parameters: { type: 'object', properties: {} }, strict: true },
    },
  ])
})
