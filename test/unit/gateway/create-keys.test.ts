import { expect, test } from 'vitest'
import { createKeys } from '../../../src/gateway/create-keys.ts'
import type { KeysOptions } from '../../../src/gateway/create-keys.ts'
import type { KeyPolicy } from '../../../src/gateway/key-policy.ts'
import type { GatewayOptions } from '../../../src/gateway/create-gateway.ts'
import { createSlimGateway } from '../../../src/gateway/create-gateway.ts'
import type { GatewayEnd } from '../../../src/gateway/hooks.ts'
import {
  admitByBinding,
  cacheInCacheAPI,
  cacheInDenoKv,
  cacheInWorkersKV,
} from '../../../src/gateway/adapters.ts'
import { keysInDenoKv } from '../../../src/gateway/key-stores/deno-kv.ts'
import { keysInDurableObjects } from '../../../src/gateway/key-stores/durable-objects.ts'
import { keysInMemory } from '../../../src/gateway/key-stores/memory.ts'
import { keysInRedis } from '../../../src/gateway/key-stores/redis.ts'
import { keysInWorkersKV } from '../../../src/gateway/key-stores/workers-kv.ts'
import { repliesInDenoKv } from '../../../src/server/reply-stores/deno-kv.ts'
import { repliesInDurableObjects } from '../../../src/server/reply-stores/durable-objects.ts'
import { repliesInMemory } from '../../../src/server/reply-stores/memory.ts'
import { repliesInRedis } from '../../../src/server/reply-stores/redis.ts'
import { repliesInWorkersKV } from '../../../src/server/reply-stores/workers-kv.ts'
import { finish, model, saying, text } from '../helpers.ts'

const usage = { promptTokens: 10, completionTokens: 20, totalTokens: 30 }
const hello = saying([text('Hello'), { type: 'usage', usage }, finish()])
/** 10 + 2 · 20 = 50 units a request. */
const prices = { fast: { input: 1_000_000, output: 2_000_000 } }

function create(
  options: Partial<KeysOptions<any>> = {},
  more: Partial<GatewayOptions<any, any>> = {},
) {
  const keys = createKeys({ store: keysInMemory(), prices, ...options })
  const ends: GatewayEnd[] = []
  const gateway = createSlimGateway({
    models: { fast: hello, other: hello },
    prices,
    ...keys.hooks,
    onEnd: (end) => void ends.push(end),
    ...more,
  })
  const call = (path: string, headers: Record<string, string>, body?: object) =>
    gateway(
      new Request(`https://gateway.example/v1/${path}`, {
        method: body ? 'POST' : 'GET',
        headers: { 'content-type': 'application/json', ...headers },
        ...(body && { body: JSON.stringify(body) }),
      }),
    )
  const messages = [{ role: 'user', content: 'Hi' }]
  const ask = (key: string, body: object = {}) =>
    call(
      'chat/completions',
      { authorization: `Bearer ${key}` },
      { model: 'fast', messages, max_tokens: 20, ...body },
    )
  const withKey = async (policy: KeyPolicy) => {
    const { id, key } = await keys.create(policy)
    return { id, key, ask: (body?: object) => ask(key, body) }
  }
  return { keys, ask, call, ends, withKey }
}

const codeOf = async (response: Response) => (await response.json()).error.code

test('a key admits, by either header, and hooks receive its id and name', async () => {
  const { call, ends, withKey } = create()
  const { id, key } = await withKey({ name: 'ann' })
  expect((await call('models', { authorization: `Bearer ${key}` })).status).toBe(200)
  expect((await call('models', { 'x-api-key': key })).status).toBe(200)
  expect(ends.map(({ caller }) => caller)).toEqual([
    { id, name: 'ann' },
    { id, name: 'ann' },
  ])
  expect(JSON.stringify(ends)).not.toContain(key)
})

test.each(['', 'undefined', 'null', 'cw-'])('%j is no key', async (key) => {
  const { ask, withKey } = create()
  await withKey({})
  expect((await ask(key)).status).toBe(401)
  expect((await ask(key.repeat(200))).status).toBe(401)
})

test('the store never holds the key, and its id does not open', async () => {
  const written: string[] = []
  const memory = keysInMemory()
  const store = {
    ...memory,
    set: async (id: string, value: string) => void written.push(id, value),
  }
  const { keys, ask } = create({ store })
  const { id, key } = await keys.create({ name: 'ann' })
  expect(written.join()).not.toContain(key.slice(3))
  expect((await ask(id)).status).toBe(401)
})

test('an expired key and a revoked key do not open', async () => {
  const { keys, withKey } = create()
  const soon = await withKey({ expiresAt: Date.now() - 1 })
  expect((await soon.ask()).status).toBe(401)
  const revoked = await withKey({})
  await keys.revoke(revoked.id)
  expect((await revoked.ask()).status).toBe(401)
})

test('a key that is revoked while it answers leaves no counters', async () => {
  const { keys, withKey } = create()
  const { id, ask } = await withKey({ budget: 100, tokensPerMinute: 1000 })
  const response = await ask({ stream: true })
  await keys.revoke(id)
  await response.text()
  expect(await keys.usage(id)).toEqual({ requests: 0, tokens: 0, cost: 0 })
})

test('models of others are neither listed nor served', async () => {
  const { call, withKey } = create()
  const { key, ask } = await withKey({ models: ['fast'] })
  const list = await (await call('models', { authorization: `Bearer ${key}` })).json()
  expect(list.data.map(({ id }: { id: string }) => id)).toEqual(['fast'])
  expect((await call('models/other', { authorization: `Bearer ${key}` })).status).toBe(404)
  const refused = await ask({ model: 'other' })
  expect([refused.status, await codeOf(refused)]).toEqual([404, 'model_not_found'])
  expect((await ask()).status).toBe(200)
})

test('requests per minute are bounded, also in parallel', async () => {
  const { withKey } = create()
  const { ask } = await withKey({ requestsPerMinute: 3 })
  const responses = await Promise.all(Array.from({ length: 10 }, () => ask()))
  const statuses = responses.map(({ status }) => status)
  expect(statuses.filter((status) => status === 200)).toHaveLength(3)
  const refused = responses.find(({ status }) => status === 429) as Response
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60)
  expect(await codeOf(refused)).toBe('rate_limit_exceeded')
})

test('tokens per minute: the reservation is replaced by the usage', async () => {
  const { keys, withKey } = create()
  const { id, ask } = await withKey({ tokensPerMinute: 100 })
  expect((await ask()).status).toBe(200)
  await expect.poll(async () => (await keys.usage(id)).tokens).toBe(30)
  expect((await ask({ max_tokens: 2000 })).status).toBe(429)
  expect((await ask()).status).toBe(200)
  await expect.poll(async () => (await keys.usage(id)).tokens).toBe(60)
})

test('a prompt larger than the minute is refused for good', async () => {
  const { withKey } = create()
  const { ask } = await withKey({ tokensPerMinute: 20 })
  const response = await ask({ messages: [{ role: 'user', content: 'word '.repeat(50) }] })
  expect([response.status, response.headers.get('x-should-retry')]).toEqual([429, 'false'])
})

test('a budget is not overspent by parallel requests', async () => {
  const { keys, withKey } = create()
  const { id, ask } = await withKey({ budget: 220 })
  const responses = await Promise.all(Array.from({ length: 20 }, () => ask()))
  const admitted = responses.filter(({ status }) => status === 200)
  expect(admitted).toHaveLength(4) // a reservation is 5 + 2 · 20, a reply costs 10 + 2 · 20
  await expect.poll(async () => (await keys.usage(id)).cost).toBe(200)
  const refused = await ask()
  expect([refused.status, refused.headers.get('x-should-retry')]).toEqual([429, 'false'])
  expect(await codeOf(refused)).toBe('insufficient_quota')
  await keys.update(id, { budget: 1000 })
  expect((await ask()).status).toBe(200)
})

test('a request that fails costs nothing; a cached one neither', async () => {
  const store = new Map<string, string>()
  const cache = {
    get: (key: string) => store.get(key),
    set: (key: string, value: string) => store.set(key, value),
  }
  const fails = model(() => {
    throw new Error('down')
  })
  const { keys, withKey } = create({}, { models: { fast: hello, other: fails }, cache })
  const { id, ask } = await withKey({ budget: 1000, models: ['fast'] })
  await ask()
  await expect.poll(() => store.size).toBe(1)
  expect((await ask()).headers.get('x-chatwire-cache')).toBe('hit')
  await expect.poll(async () => (await keys.usage(id)).cost).toBe(50)
  const second = await withKey({ tokensPerMinute: 1000 })
  expect((await second.ask({ model: 'other' })).status).toBe(502)
  await expect.poll(async () => (await keys.usage(second.id)).tokens).toBe(0)
})

test('a budget needs a price, of the keys and of the model', async () => {
  const { withKey, ends } = create()
  const { ask } = await withKey({ budget: 5 })
  expect((await ask({ model: 'other' })).status).toBe(500)
  expect(ends.at(-1)?.error).toMatchObject({ code: 'invalid_config' })
  const { keys } = create({ prices: undefined })
  await expect(keys.create({ budget: 5 })).rejects.toMatchObject({ code: 'invalid_config' })
})

test('a store that cannot count refuses limits when the key is made', async () => {
  const { count: _count, ...store } = keysInMemory()
  const { keys, withKey } = create({ store })
  await expect(keys.create({ requestsPerMinute: 1 })).rejects.toMatchObject({
    code: 'invalid_config',
  })
  expect((await (await withKey({ models: ['fast'] })).ask()).status).toBe(200)
})

test.each([
  [{ budget: 0 }, 'budget must be'],
  [{ budget: Number.NaN }, 'budget must be'],
  [{ requestsPerMinute: 1.5 }, 'requestsPerMinute must be'],
  [{ budgetPeriod: 'week' }, 'budgetPeriod must be'],
  [{ models: 'fast' }, 'models must be'],
  [{ expiresAt: '2027-01-01' }, 'expiresAt must be'],
  [{ expiresAt: 1_800_000_000 }, 'expiresAt must be'],
  [{ rpm: 1 }, 'rpm is not a known member'],
])('the policy %j is refused', async (policy, words) => {
  const { keys } = create()
  await expect(keys.create(policy as never)).rejects.toThrow(words)
})

test('a store that is down admits nobody', async () => {
  const down = async () => {
    throw new Error('down')
  }
  const memory = keysInMemory()
  const one = create({ store: { ...memory, count: down } })
  const { ask } = await one.withKey({ requestsPerMinute: 5 })
  expect((await ask()).status).toBe(500)
  const two = create({ store: { ...memory, get: down } })
  expect((await two.ask('cw-1')).status).toBe(500)
})

test.each<(binding: never) => unknown>([
  admitByBinding,
  cacheInDenoKv,
  cacheInWorkersKV,
  keysInDenoKv,
  keysInDurableObjects,
  keysInRedis,
  keysInWorkersKV,
  repliesInDenoKv,
  repliesInDurableObjects,
  repliesInRedis,
  repliesInWorkersKV,
])('%o fails when it is made without its binding', (adapter) => {
  for (const binding of [undefined, null, {}, Promise.resolve()]) {
    const message = expect.stringMatching(
      `^${adapter.name}\\(\\) takes .*, not (undefined|null|object)$`,
    )
    expect(() => adapter(binding as never)).toThrow(
      expect.objectContaining({ code: 'invalid_config', message }),
    )
  }
})

const get = (async () => null) as never
test.each<[make: (options: never) => unknown, name: string, other: unknown]>([
  [cacheInCacheAPI, 'maxAge', '60'],
  [(options) => cacheInDenoKv({ get, set: async () => {} }, options), 'maxAge', Number.NaN],
  [(options) => cacheInWorkersKV(get, options), 'maxAge', null],
  [(options) => keysInRedis(get, options), 'prefix', 5],
  [repliesInMemory, 'maxSize', Number.NaN],
  [(options) => repliesInRedis(get, options), 'prefix', 5],
])('%o takes one option and nothing in its place', (make, name, other) => {
  const message = expect.stringContaining(`are { ${name} }, a `)
  for (const options of [null, 60, 'app', [], { [name]: other }, { [`${name}s`]: 60 }])
    expect(() => make(options as never)).toThrow(
      expect.objectContaining({ code: 'invalid_config', message }),
    )
  expect(make({ [name]: undefined } as never)).toBeTruthy()
})

test('adapters name a binding that `env` lacks', async () => {
  const request = { env: {}, caller: 'a' } as never
  const kv = cacheInWorkersKV((env) => env.REPLIES)
  const message = expect.stringContaining('must return a KV namespace')
  await expect(kv.get('a', request)).rejects.toMatchObject({ code: 'invalid_config', message })
  await expect(kv.set('a', 'b', request)).rejects.toMatchObject({ code: 'invalid_config', message })
  await expect(admitByBinding((env) => env.LIMITER)(request)).rejects.toMatchObject({
    message: expect.stringContaining('must return a rate limit'),
  })
})
