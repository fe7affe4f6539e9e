import { describe, expect, test } from 'vitest'
import { simulate, type Fault, type Reply } from '../../../src/testing.ts'
import { chunks, post, user } from './read.ts'

const ask = { model: 'gpt-4o', messages: [user], stream: true }
const send = (fault: Fault | Fault[], reply: Reply = { text: 'one two' }, body: object = ask) =>
  post(simulate('openai', { ...reply, fault }), body)
const plain = (await chunks(await send([]))) as string[]

describe('faults', () => {
  test('split cuts the body at any byte, across frames, and loses none', async () => {
    expect(plain).toHaveLength(5)
    const single = await chunks(await send({ kind: 'split', bytes: 1 }))
    expect(single).toEqual(plain.join('').split(''))
    const mixed = await chunks(await send({ kind: 'split', bytes: [1000, 3] }))
    expect(mixed[0]).toHaveLength(plain.join('').length < 1000 ? plain.join('').length : 1000)
    expect(mixed.join('')).toBe(plain.join(''))
    const emoji = await send({ kind: 'split', bytes: 1 }, { text: '👍 é' })
    expect(await emoji.text()).toContain('👍')
  })

  test('cut ends the body after a frame, before the last one, or at a byte', async () => {
    expect(await chunks(await send({ kind: 'cut', after: 2 }))).toEqual(plain.slice(0, 2))
    expect(await chunks(await send({ kind: 'cut', after: -1 }))).toEqual(plain.slice(0, -1))
    expect(await (await send({ kind: 'cut', after: 0 })).text()).toBe('')
    const at = plain[0]!.length + 10
    const torn = await (await send({ kind: 'cut', atByte: at })).text()
    expect(torn).toBe(plain.join('').slice(0, at))
    expect(await (await send({ kind: 'cut', after: 99 })).text()).toBe(plain.join(''))
  })

  test('cut halves an answer that is not streamed', async () => {
    const cut = await send({ kind: 'cut' }, { text: '👍👍👍' }, { ...ask, stream: false })
    const text = await cut.text()
    expect(() => JSON.parse(text)).toThrow()
    expect(text.length).toBeGreaterThan(50)
  })

  test('reset breaks the body with a TypeError', async () => {
    const reader = (await send({ kind: 'reset', after: 1 })).body!.getReader()
    await reader.read()
    await expect(reader.read()).rejects.toThrow(TypeError)
  })

  test('stall gives nothing more and no end', async () => {
    const reader = (await send({ kind: 'stall', after: 1 })).body!.getReader()
    await reader.read()
    const silent = reader.read().then(() => 'something')
    const late = new Promise((resolve) => setTimeout(resolve, 20, 'nothing'))
    expect(await Promise.race([silent, late])).toBe('nothing')
    await reader.cancel()
  })

  test('garbage is a frame that is not JSON, and the rest follows', async () => {
    const read = await chunks(await send({ kind: 'garbage', after: 1 }))
    expect(read).toHaveLength(plain.length + 1)
    expect(() => JSON.parse(read[1]!.slice(5))).toThrow()
    const own = await chunks(await send({ kind: 'garbage', after: -1, text: 'error: {}\n\n' }))
    expect(own.at(-2)).toBe('error: {}\n\n')
  })

  test('keepAlive sends comments for ever, or so many times', async () => {
    const reader = (await send({ kind: 'keepAlive', after: 1, everyMs: 1 })).body!.getReader()
    const read = []
    for (let i = 0; i < 4; i++) read.push(new TextDecoder().decode((await reader.read()).value))
    expect(read.slice(1)).toEqual(Array(3).fill(': keep-alive\n\n'))
    await reader.cancel()
    const twice = await chunks(await send({ kind: 'keepAlive', after: 1, everyMs: 1, times: 2 }))
    expect(twice).toHaveLength(plain.length + 2)
    const json = { ...ask, stream: false }
    const blank = await send({ kind: 'keepAlive', after: 0, everyMs: 1, times: 2 }, {}, json)
    expect(await blank.text()).toMatch(/^\n\n\{/)
  })

  test('html and empty come under status 200', async () => {
    const page = await send({ kind: 'html' })
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html'])
    expect(await page.text()).toContain('<html>')
    expect((await send({ kind: 'html', status: 502 })).status).toBe(502)
    const empty = await send({ kind: 'empty' })
    expect(empty.headers.get('content-type')).toContain('text/event-stream')
    expect(await empty.text()).toBe('')
  })

  test('refuse rejects as fetch does, and is a 502 through the handler', async () => {
    await expect(send({ kind: 'refuse' })).rejects.toThrow(TypeError)
    const { handler } = simulate('openai', { fault: { kind: 'refuse' } })
    const request = new Request('https://vendor.test/chat/completions', {
      method: 'POST',
      headers: { authorization: 'Bearer k', 'content-type': 'application/json' },
      body: JSON.stringify(ask),
    })
    expect((await handler(request)).status).toBe(502)
  })

  test('several faults add up', async () => {
    const both = await chunks(
      await send([
        { kind: 'split', bytes: 7 },
        { kind: 'cut', after: 2 },
      ]),
    )
    expect(both.join('')).toBe(plain.slice(0, 2).join(''))
    expect(both[0]).toHaveLength(7)
    const endless: Fault[] = [
      { kind: 'keepAlive', everyMs: 1 },
      { kind: 'cut', after: -1 },
    ]
    const reader = (await send(endless)).body!.getReader()
    await reader.read()
    await reader.cancel()
  })
})
