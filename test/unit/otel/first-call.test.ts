/** The first traced call, with which the code of the traces loads. One case, since a module loads once. */
import { expect, test, vi } from 'vitest'
import type * as Part from '../../../src/otel/traced-run.ts'
import { traced } from '../../../src/otel.ts'
import { model, text } from '../helpers.ts'
import { recorder } from './recorder.ts'

const { isLoaded, load } = vi.hoisted(() => {
  let open = () => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { isLoaded: opened, load: () => open() }
})
vi.mock('../../../src/otel/traced-run.ts', async (original) => {
  await isLoaded
  return await original<typeof Part>()
})

test('a call that ends while the code loads sends nothing, and has its span', async () => {
  let asked = 0
  const say = async function* () {
    asked++
    yield text('Hello')
  }
  const { options, spans } = recorder()
  const controller = new AbortController()
  const wrapped = traced(model(say), options)
  const reply = wrapped.chat({ prompt: 'Hi', signal: controller.signal })
  const stream = wrapped.chat({ prompt: 'Hi', stream: true })
  const read = stream.events().next()
  const slow = traced(model(say, { totalTimeout: 10 }), options).chat('Hi')
  controller.abort(new Error('enough'))
  stream.cancel(new Error('left'))
  await expect(reply).rejects.toThrow('enough')
  await expect(read).rejects.toThrow('left')
  await expect(slow).rejects.toMatchObject({ code: 'timeout', provider: 'acme' })
  load()
  await expect.poll(() => spans()).toHaveLength(3)
  expect(spans().map(({ attributes }) => attributes['error.type'])).toEqual([
    'Error',
    'Error',
    'timeout',
  ])
  expect((await wrapped.chat('Hi')).text).toBe('Hello')
  expect(asked).toBe(1)
  expect(spans().map(({ name }) => name)).toEqual([
    ...Array.from({ length: 3 }, () => 'chat acme-1'),
    'try acme-1',
    'chat acme-1',
  ])
})
