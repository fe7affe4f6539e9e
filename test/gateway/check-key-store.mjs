/**
 * Checks the contract of key stores, in any runtime: throws at the first difference.
 */
import { createGateway, createKeys } from 'chatwire/gateway'
import { simulate } from 'chatwire/testing'

/**
 * @param {unknown} actual
 * @param {unknown} expected
 */
function equal(actual, expected) {
  const [given, wanted] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (given !== wanted) throw new Error(`${given} is not ${wanted}`)
}

/** A prompt of 1 unit a token and a reply of 10: 10 + 5 · 10 = 60 units a request. */
const prices = { fast: { input: 1_000_000, output: 10_000_000 } }
const usage = { promptTokens: 10, completionTokens: 5, totalTokens: 15 }

/** @param {import('chatwire/gateway').KeyStore} store */
export async function checkKeyStore(store) {
  const { count } = store
  if (!count) throw new Error('The store does not count')
  const id = crypto.randomUUID()
  equal((await store.get(id)) ?? null, null)
  await store.set(id, '{"name":"ann"}', undefined)
  equal(await store.get(id), '{"name":"ann"}')
  await store.set(id, '{"name":"bob"}', Date.now() + 3_600_000)
  equal(await store.get(id), '{"name":"bob"}')

  // Parallel increments stop exactly at the limit.
  const results = await Promise.all(
    Array.from({ length: 30 }, () => count(id, [{ name: 'a', by: 1, limit: 7 }])),
  )
  equal(results.filter(({ exceeded }) => !exceeded).length, 7)
  equal(results.find(({ exceeded }) => exceeded)?.exceeded, 'a')
  // All or nothing.
  const both = [
    { name: 'b', by: 2 },
    { name: 'a', by: 1, limit: 7 },
  ]
  equal((await count(id, both)).exceeded, 'a')
  const now = Date.now()
  const read = [
    { name: 'a', by: 0 },
    { name: 'b', by: 0 },
  ]
  equal((await count(id, read)).values, [7, 0])
  // A correction passes, large numbers are exact, and what has expired begins at 0.
  const large = 8_999_999_999_999_999
  const mixed = [
    { name: 'a', by: -3 },
    { name: 'b', by: large },
    { name: 'c', by: 5, expiresAt: now - 1 },
  ]
  equal((await count(id, mixed)).values, [4, large, 5])
  equal((await count(id, [...read, { name: 'c', by: 0 }])).values, [4, large, 0])
  await store.delete(id)
  equal((await store.get(id)) ?? null, null)
  equal((await count(id, read)).values, [0, 0])
  return checkGateway(store)
}

/**
 * A gateway that is asked by many at once does not overspend a budget.
 * @param {import('chatwire/gateway').KeyStore} store
 */
async function checkGateway(store) {
  const keys = createKeys({ store, prices })
  const fetch = simulate('openai', { text: 'Hi', usage })
  const fast = { modelServer: 'openai', model: 'gpt-4o', apiKey: 'sk-1', fetch }
  const gateway = createGateway({
    models: { fast },
    ...keys.hooks,
    prices,
    limits: { maxTokens: 5 },
  })
  const { id, key } = await keys.create({
    budget: 400,
    requestsPerMinute: 1000,
    tokensPerMinute: 9000,
  })
  /** @type {Promise<unknown>[]} */
  const late = []
  const context = { waitUntil: (/** @type {Promise<unknown>} */ work) => void late.push(work) }
  const ask = async () => {
    const request = new Request('http://gateway.example/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: '{"model":"fast","messages":[{"role":"user","content":"Hi"}]}',
    })
    const response = await gateway(request, {}, context)
    await response.text()
    return response.status
  }
  const minute = () => Math.floor(Date.now() / 60_000)
  const began = minute()
  const statuses = await Promise.all(Array.from({ length: 20 }, ask))
  await Promise.all(late)
  const answered = statuses.filter((status) => status === 200).length
  const { cost, tokens } = await keys.usage(id)
  equal(cost, answered * 60)
  // Tokens are those of the minute, which may have changed.
  if (minute() === began) equal(tokens, answered * 15)
  if (answered < 6 || cost > 420) throw new Error(`${answered} replies cost ${cost} of 400`)
  await keys.revoke(id)
  equal(await ask(), 401)
  return { answered, cost }
}
