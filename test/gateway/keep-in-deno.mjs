/**
 * A gateway with each of Deno's two caches: prints how often the model was asked and what came out.
 */
import { cacheInCacheAPI, cacheInDenoKv, createGateway } from 'chatwire/gateway'
import { simulate } from 'chatwire/testing'

/** @type {any} */
const { Deno } = globalThis
const kv = await Deno.openKv(':memory:')
const told = []
for (const cache of [cacheInCacheAPI(), cacheInDenoKv(kv)]) {
  const fetch = simulate('openai', [crypto.randomUUID(), 'again'])
  const config = { modelServer: 'openai', model: 'gpt-4o', apiKey: 'sk-test', fetch }
  const gateway = createGateway({ models: { fast: config }, authorize: 'public', cache })
  const texts = []
  const content = crypto.randomUUID() // the Cache API outlives the program
  for (let time = 0; time < 2; time++) {
    const body = JSON.stringify({ model: 'fast', messages: [{ role: 'user', content }] })
    const headers = { 'content-type': 'application/json' }
    const request = new Request('http://x.example/v1/chat/completions', {
      method: 'POST',
      headers,
      body,
    })
    /** @type {Promise<unknown>[]} */
    const late = []
    const context = { waitUntil: (/** @type {Promise<unknown>} */ work) => void late.push(work) }
    texts.push((await (await gateway(request, {}, context)).json()).choices[0].message.content)
    await Promise.all(late) // replies do not wait for the cache
  }
  told.push({ asked: fetch.requests.length, same: texts[0] === texts[1] })
}
kv.close()
// oxlint-disable-next-line no-console -- what the test reads
console.log(JSON.stringify(told))
