import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ZhipuLLM } from '../../src/providers/zhipu.ts'
import type { Answer } from './replay.ts'
import { jsonAnswer, replayFetch } from './replay.ts'

const OK = jsonAnswer({ choices: [{ message: { content: 'ok' }, finish_reason: 'stop' }] })
const EXPIRED = jsonAnswer({ error: { code: '1003', message: 'Authorization Token已过期' } }, 401)
const SECRET = 'se+cret/=.with-a.dot'

function create(
  answers: Answer | Answer[] = OK,
  apiKey: string | (() => string) = `id123.${SECRET}`,
) {
  const fetch = replayFetch(answers)
  const llm = new ZhipuLLM({ model: 'glm-4.7', auth: 'jwt', apiKey, fetch, maxRetries: 0 })
  const tokens = () =>
    fetch.requests.map(({ headers }) => headers.get('authorization')!.slice('Bearer '.length))
  return { llm, tokens }
}

function bytesOf(part: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (char) =>
    char.charCodeAt(0),
  )
}

const partsOf = (token: string) => token.split('.') as [string, string, string]
const read = (part: string) => JSON.parse(new TextDecoder().decode(bytesOf(part)))

async function isSigned(token: string, secret: string): Promise<boolean> {
  const [head, payload, signature] = partsOf(token)
  const encoder = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, [
    'verify',
  ])
  return crypto.subtle.verify('HMAC', key, bytesOf(signature), encoder.encode(`${head}.${payload}`))
}

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'], now: 1_790_000_000_000 }))
afterEach(() => vi.useRealTimers())

describe('the token', () => {
  test('is signed with the secret as it is written, its times in milliseconds, without padding', async () => {
    const { llm, tokens } = create()
    await llm.chat('Hi')
    const [token] = tokens() as [string]
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]{43}$/)
    const [head, payload] = partsOf(token)
    expect(read(head)).toEqual({ alg: 'HS256', sign_type: 'SIGN' })
    expect(read(payload)).toEqual({
      api_key: 'id123',
      timestamp: Date.now(),
      exp: Date.now() + 180_000,
    })
    expect(await isSigned(token, SECRET)).toBe(true)
    expect(await isSigned(token, 'another')).toBe(false)
    expect(token).not.toContain(SECRET)
  })

  test('is kept, and renewed before it expires', async () => {
    const { llm, tokens } = create()
    for (const wait of [0, 100_000, 49_000, 2000, 100_000]) {
      vi.setSystemTime(Date.now() + wait)
      await llm.chat('Hi')
      expect(read(partsOf(tokens().at(-1)!)[1]).exp - Date.now()).toBeGreaterThan(28_000)
    }
    const [a, b, c, d, e] = tokens()
    expect([b, c]).toEqual([a, a])
    expect(d).not.toBe(a)
    expect(e).toBe(d)
  })

  test('is signed again when the key changes', async () => {
    let key = 'id1.s1'
    const { llm, tokens } = create(OK, () => key)
    await llm.chat('Hi')
    key = 'id2.s2'
    await llm.chat('Hi')
    expect(tokens().map((token) => read(partsOf(token)[1]).api_key)).toEqual(['id1', 'id2'])
  })

  test('is the key itself where that cannot sign', async () => {
    const { llm, tokens } = create(OK, 'nodot')
    await llm.chat('Hi')
    expect(tokens()).toEqual(['nodot'])
  })
})

describe('code 1003', () => {
  test('is answered by one more token, at no cost', async () => {
    const fetch = replayFetch([EXPIRED, OK])
    const late = (url: string, init: RequestInit) => {
      vi.setSystemTime(Date.now() + 1000)
      return fetch(url, init)
    }
    const llm = new ZhipuLLM({
      model: 'glm-4.7',
      auth: 'jwt',
      apiKey: 'id.secret',
      fetch: late,
      maxRetries: 0,
    })
    const result = await llm.chat('Hi')
    expect(result.text).toBe('ok')
    expect(result.attempts).toHaveLength(1)
    const [first, second] = fetch.requests.map(({ headers }) => headers.get('authorization'))
    expect(second).not.toBe(first)
  })

  test('twice is an error', async () => {
    const { llm, tokens } = create([EXPIRED, EXPIRED, OK])
    await expect(llm.chat('Hi')).rejects.toMatchObject({
      code: 'authentication',
      vendorCode: '1003',
      retryable: false,
    })
    expect(tokens()).toHaveLength(2)
  })

  test('and another code, or a raw key, are errors at once', async () => {
    const { llm, tokens } = create([jsonAnswer({ error: { code: '1002', message: 'm' } }, 401), OK])
    await expect(llm.chat('Hi')).rejects.toMatchObject({ vendorCode: '1002' })
    expect(tokens()).toHaveLength(1)
    const fetch = replayFetch([EXPIRED, OK])
    const raw = new ZhipuLLM({ model: 'glm-4.7', apiKey: 'id.secret', fetch, maxRetries: 0 })
    await expect(raw.chat('Hi')).rejects.toMatchObject({ vendorCode: '1003' })
    expect(fetch.requests).toHaveLength(1)
  })

  test('neither key nor token stand in the error', async () => {
    const fetch = async (_url: string, { headers }: RequestInit) => {
      const token = new Headers(headers).get('authorization')
      return new Response(
        JSON.stringify({ error: { code: '1002', message: `${token} id.secret` } }),
        { status: 401 },
      )
    }
    const llm = new ZhipuLLM({
      model: 'glm-4.7',
      auth: 'jwt',
      apiKey: 'id.secret',
      fetch,
      maxRetries: 0,
    })
    const error = await llm.chat('Hi').catch((thrown: unknown) => thrown)
    expect((error as Error).message).toBe('Bearer *** ***')
  })
})
