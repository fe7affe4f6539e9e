/** The first call with `content`, with which the code that records it loads. One case, since a module loads once. */
import { expect, test, vi } from 'vitest'
import type * as Part from '../../../src/otel/content.ts'
import { traced } from '../../../src/otel.ts'
import { model, text } from '../helpers.ts'
import { recorder } from './recorder.ts'

const { isLoaded, load } = vi.hoisted(() => {
  let open = () => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { isLoaded: opened, load: () => open() }
})
vi.mock('../../../src/otel/content.ts', async (original) => {
  await isLoaded
  return await original<typeof Part>()
})

test('what records content loads beside the chat: spans wait for it, a failure does not', async () => {
  let asked = 0
  const say = async function* () {
    asked++
    yield text('Hello')
    await new Promise((resolve) => setTimeout(resolve))
  }
  const { options, spans } = recorder()
  const controller = new AbortController()
  const wrapped = traced(model(say), { ...options, content: true })
  const stuck = async function* () {
    await new Promise(() => {})
    yield text('Hello')
  }
  const messages = [{ role: 'user' as const, content: 'Hi' }]
  const reply = wrapped.chat({ messages })
  const stream = traced(model(say), { ...options, content: true }).chat({ messages, stream: true })
  const read = stream.result()
  const hanging = traced(model(stuck), { ...options, content: true })
  const aborted = hanging.chat({ prompt: 'Hi', signal: controller.signal })
  controller.abort(new Error('enough'))
  await expect(aborted).rejects.toThrow('enough')
  const left = hanging.chat({ prompt: 'Hi', stream: true })
  const first = left.events().next()
  left.cancel(new Error('left'))
  await expect(first).rejects.toThrow('left')
  const slow = traced(model(stuck, { totalTimeout: 10 }), { ...options, content: true }).chat('Hi')
  await expect(slow).rejects.toMatchObject({ code: 'timeout', provider: 'acme' })
  const ended = () => spans().filter(({ name }) => name === 'chat acme-1')
  expect(ended()).toEqual([])
  load()
  expect((await reply).text).toBe('Hello')
  expect((await read).text).toBe('Hello')
  await expect.poll(ended).toHaveLength(5)
  const chats = ended()
  expect(
    chats
      .map(({ attributes }) => String(attributes['error.type']))
      .sort((a, b) => a.localeCompare(b)),
  ).toEqual(['Error', 'Error', 'timeout', 'undefined', 'undefined'])
  for (const { attributes } of chats)
    expect(attributes['gen_ai.input.messages']).toBe(
      JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }]),
    )
  expect(chats.filter(({ attributes }) => attributes['gen_ai.output.messages'])).not.toEqual([])
  expect(asked).toBe(2)
  // Without `content` nothing is recorded, although the code has loaded.
  const { options: silent, spans: others } = recorder()
  await traced(model(say), silent).chat('S3CRET')
  expect(JSON.stringify(others())).not.toContain('S3CRET')
})
