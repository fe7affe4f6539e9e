import { expect, test } from 'vitest'
import type { StreamEvent } from '../../../src/event.ts'
import type { ReplySource } from '../../../src/gateway/event-stream.ts'
import { openReply } from '../../../src/gateway/event-stream.ts'
import { finish, text } from '../helpers.ts'

/** A reply of these batches. Its frames are the texts; the end is `$`, a failure `!`. */
function reply(batches: readonly (readonly StreamEvent[])[], more: Partial<ReplySource> = {}) {
  const rest = batches.map((batch) => Promise.resolve(batch))
  const calls: string[] = []
  const source: ReplySource = {
    events: {
      run: {
        pull: (
          onValue: (events: readonly StreamEvent[] | undefined) => unknown,
          onError: (error: unknown) => unknown,
        ) => (rest.shift() ?? Promise.resolve(undefined)).then(onValue, onError),
      },
      settle: (state: string) => void calls.push(state),
    } as unknown as ReplySource['events'],
    createEncoder: () => ({
      encode: (event) => {
        if (event.type === 'text-delta') return event.text
        return event.type === 'finish' ? `${JSON.stringify(event.messageFields ?? {})}$` : ''
      },
    }),
    seal: async (fields) => ({ sealed: Object.keys(fields) }),
    pingInterval: 1000,
    signal: new AbortController().signal,
    onEnd: () => void calls.push('onEnd'),
    onError: (error) => `!${(error as Error).message}`,
    onLeave: () => void calls.push('onLeave'),
    ...more,
  }
  return { source, calls }
}

const sealed: StreamEvent = { ...finish('stop'), messageFields: { secret: 1 } } as StreamEvent

test('answers several reads at once in order, and events without a frame never', async () => {
  const silent: StreamEvent = { type: 'step' } as StreamEvent
  const batches = [[text('a')], [silent], [], [text('b'), text('c')], [silent, text('d')], [sealed]]
  const { source, calls } = reply(batches)
  const reader = (await openReply(source)).getReader()
  const read = async () => new TextDecoder().decode((await reader.read()).value)
  const pieces = await Promise.all([read(), read(), read(), read(), read(), read()])
  expect(pieces).toEqual(['a', 'bc', 'd', '{"sealed":["secret"]}$', '', ''])
  expect(calls).toEqual(['ended', 'onEnd'])
})

test('writes what had arrived before a frame that fails', async () => {
  const seal = () => Promise.reject(new Error('no key'))
  const { source } = reply([[text('a'), text('b'), sealed]], { seal })
  expect(await new Response(await openReply(source)).text()).toBe('ab!no key')
})

test('breaks the body off if the failure cannot be written either', async () => {
  const onError = () => {
    throw new Error('no words')
  }
  const seal = () => Promise.reject(new Error('no key'))
  const { source } = reply([[text('a')], [sealed]], { seal, onError })
  const reader = (await openReply(source)).getReader()
  expect(new TextDecoder().decode((await reader.read()).value)).toBe('a')
  await expect(reader.read()).rejects.toThrow('no words')
})
