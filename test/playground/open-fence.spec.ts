import { expect, test } from '@playwright/test'
import type { Tokens } from 'marked'
import { Marked } from 'marked'
import { OpenFence } from '../../examples/playground/src/open-fence.ts'

/** Numbers from 0 to below 1, the same in every run. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

/** Returns the faults of the code that was read so far. */
function findFault(mark: string, text: string, code: string): string | undefined {
  const [block, ...others] = new Marked().lexer(text)
  if (block?.type !== 'code' || others.length > 0) return 'the parser has closed the block'
  const body = text.slice(mark.length + 3)
  if (!body.startsWith(code)) return 'other code than was written'
  if (!(block as Tokens.Code).text.startsWith(code)) return 'other code than the parser reads'
  // A line break, and a line of fence signs, which may become the closing one.
  if (!/^\n? {0,3}[`~]*$/.test(body.slice(code.length))) return 'code that is held back'
  return undefined
}

test('code that grows is read as the parser reads it, in whatever pieces it comes', () => {
  const parts = ['a', ' ', '   ', '\n', '\n\n', '`', '``', '```', '````', '~', '~~~', 'b`']
  const faults: unknown[] = []
  let read = 0
  for (let seed = 1; seed <= 300; seed++) {
    const random = createRandom(seed)
    const pick = () => parts[Math.floor(random() * parts.length)] as string
    const mark = ['```', '````', '~~~'][seed % 3] as string
    let text = `${mark}ts\n`
    const begun = OpenFence.read(text)
    let code = begun?.code ?? ''
    for (let count = 0; count < 30; count++) {
      const piece = pick() + pick()
      const more = begun?.fence.add(piece)
      if (more === undefined) break // left to the parser
      text += piece
      code += more
      read++
      const fault = findFault(mark, text, code)
      if (fault) faults.push({ text, code, fault })
    }
  }
  expect(faults).toEqual([])
  expect(read).toBeGreaterThan(1000)
})

test('a fence that is closed, indented or only begun is left to the parser', () => {
  for (const block of ['```ts', '```ts\na\n```', '~~~\n~~~\n', '  ```\na', '    a', '- ```\n  a'])
    expect(OpenFence.read(block)).toBeUndefined()
  expect(OpenFence.read('```ts\na\n``')?.code).toBe('a')
  expect(OpenFence.read('```ts\na\n``x')?.code).toBe('a\n``x')
})
