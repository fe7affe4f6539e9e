import { afterEach, expect, test, vi } from 'vitest'
import { getChatModel } from '../../../src/builtins.ts'
import type { Script } from '../../../src/testing.ts'
import { simulate } from '../../../src/testing.ts'
import { failure } from '../helpers.ts'

/** A model whose `fetch` has no `body`, as React Native's. */
function model(script: string | { error: { status: number } }, body: null | undefined) {
  const simulated = simulate('openai', script as Script)
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const response = await simulated(url, init)
    const text = await response.text()
    const { ok, status, headers } = response
    return { ok, status, headers, url, body, bodyUsed: false, text: async () => text } as Response
  }
  return getChatModel({ model: 'gpt-5', modelServer: 'openai', apiKey: 'k', fetch, maxRetries: 0 })
}

test.each([null, undefined])('a body that is %s: a complete reply works', async (body) => {
  expect((await model('Hello there', body).chat('Hi')).text).toBe('Hello there')
})

test.each([null, undefined])('a body that is %s: an error keeps its message', async (body) => {
  const error = await failure(() => model({ error: { status: 401 } }, body).chat('Hi'))
  expect(error).toMatchObject({ code: 'authentication', status: 401 })
  expect(error.message).not.toMatch(/empty body/)
})

test.each([null, undefined])('a body that is %s: a stream says what to use', async (body) => {
  const stream = model('Hello', body).chat({ prompt: 'Hi', stream: true })
  expect(await failure(() => stream.result())).toMatchObject({
    code: 'unexpected_response',
    message: expect.stringContaining('expo/fetch'),
  })
})

test.each(['before', 'during'])('a signal without a reason aborts, %s the call', async (when) => {
  const signal = Object.assign(new EventTarget(), { aborted: when === 'before' })
  const chatting = failure(() =>
    model('Hello', null).chat({ prompt: 'Hi', signal: signal as unknown as AbortSignal }),
  )
  signal.aborted = true
  signal.dispatchEvent(new Event('abort'))
  expect(await chatting).toMatchObject({ name: 'AbortError' })
})

afterEach(() => void vi.unstubAllGlobals())

// Hermes has none of these; the simulator needs the others.
test('a complete reply works without the globals that React Native lacks', async () => {
  const llm = model('Hello there', undefined)
  for (const name of [
    'crypto',
    'structuredClone',
    'DOMException',
    'TextDecoderStream',
    'TransformStream',
  ])
    vi.stubGlobal(name, undefined)
  expect((await llm.chat('Hi')).text).toBe('Hello there')
})
