import * as v from 'valibot'
import { expect, test } from 'vitest'
import { chatObject } from '../../../src/objects/chat-object.ts'
import { cutText, saying } from '../helpers.ts'

const city = v.object({ city: v.string(), hot: v.boolean() })
const list = v.array(v.number())
const oslo = { city: 'Oslo', hot: false }

test.each([
  ['single quotes', "{'city': 'Oslo', 'hot': false}"],
  ['Python literals', '{"city": "Oslo", "hot": False}'],
  ['a trailing comma', '{"city": "Oslo", "hot": false,}'],
  ['an example first', 'Not {"city": "Name"}, but {"city": "Oslo", "hot": false}'],
  ['a broken start', '{"city": "Os\n\nSorry, again:\n{"city": "Oslo", "hot": false}'],
])('%s cost no repair', async (_what, text) => {
  for (const pieces of [[text], cutText(text)]) {
    const llm = saying(pieces)
    const options = { prompt: 'x', schema: city, repairs: 0 } as const
    const broken = text.startsWith('{"city": "Os\n')
    const ask = () => chatObject(llm, options)
    if (broken) await expect(ask()).rejects.toMatchObject({ code: 'invalid_output' })
    else {
      expect((await ask()).object).toEqual(oslo)
      expect((await chatObject(llm, { ...options, stream: true }).result()).object).toEqual(oslo)
    }
  }
})

test('a citation is not the answer', async () => {
  for (const text of ['As source [1] says: [2, 3, 5]', 'As [1] says:\n{"value": [2, 3, 5]}']) {
    for (const pieces of [[text], cutText(text)]) {
      const options = { prompt: 'x', schema: list, repairs: 0 } as const
      expect((await chatObject(saying(pieces), options)).object).toEqual([2, 3, 5])
      const stream = chatObject(saying(pieces), { ...options, stream: true })
      const shown: unknown[] = []
      for await (const partial of stream) shown.push([...partial])
      expect((await stream.result()).object).toEqual([2, 3, 5])
      expect(shown).not.toContainEqual([1])
    }
  }
})
