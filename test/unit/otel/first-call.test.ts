/** The first traced call, with which the code of the traces loads. One case, since a module loads once. */
import { expect, test, vi } from 'vitest'
import { traced } from '../../../src/otel.ts'
import { model, text } from '../helpers.ts'
import { recorder } from './recorder.ts'

test('a call that is aborted while the code loads sends nothing, and ends its span', async () => {
  let asked = 0
  const llm = model({
    async *_chatStream() {
      asked++
      yield text('Hello')
    },
  } as never)
  const { options, spans } = recorder()
  const controller = new AbortController()
  const wrapped = traced(llm, options)
  const reply = wrapped.chat({ prompt: 'Hi', signal: controller.signal })
  const stream = wrapped.chat({ prompt: 'Hi', stream: true })
  const read = stream.events().next()
  controller.abort(new Error('enough'))
  stream.cancel(new Error('left'))
  await expect(reply).rejects.toThrow('enough')
  await expect(read).rejects.toThrow('left')
  await vi.waitFor(() => expect(spans()).toHaveLength(2))
  expect(spans().map(({ name, failed }) => [name, failed])).toEqual([
    ['chat acme-1', true],
    ['chat acme-1', true],
  ])
  expect((await wrapped.chat('Hi')).text).toBe('Hello')
  expect(asked).toBe(1)
  expect(spans()).toHaveLength(4)
})
