import { expect, test } from 'vitest'
import { failure, saying } from '../helpers.ts'

test.each([
  ['too many', Array.from({ length: 65 }, (_, index) => `s${index}`)],
  ['too long', 'a'.repeat(1025)],
  ['one too long', ['a', 'b'.repeat(1025)]],
])('stop sequences that are %s are a ConfigError', async (_what, stop) => {
  const llm = saying(['x'])
  const wrong = { name: 'ConfigError', code: 'unsupported_option' }
  expect(await failure(() => llm.chat({ prompt: 'x', stop }))).toMatchObject(wrong)
})

test('64 stop sequences of 1,024 characters are accepted', async () => {
  const stop = Array.from({ length: 64 }, (_, index) => String(index).padEnd(1024, 'x'))
  expect((await saying(['fine']).chat({ prompt: 'x', stop })).text).toBe('fine')
})
