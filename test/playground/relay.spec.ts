import type { RelayTarget } from 'chatwire/gateway'
import type { SimulatedVendor } from 'chatwire/testing'
import { simulate } from 'chatwire/testing'
import { toListener } from '../../examples/node-server/listener.mjs'
import { SIMULATED } from '../../examples/playground/servers.mjs'
import { startServer } from '../../examples/playground/server.mjs'
import { ask, expect, open, pick, test } from './stage.ts'

const KEY = 'sk-a-key-that-must-not-be-in-the-page'

test('every wire format goes through the relay, and no key is in the page', async ({
  page,
  serve,
}) => {
  const services = new Map(SIMULATED.map((vendor) => [vendor, createService(vendor)]))
  const servers: Record<string, RelayTarget> = {}
  for (const [vendor, { handler, apiKey }] of services) {
    servers[vendor] = { apiKey, baseURL: await serve(toListener(handler)) }
  }
  const local = await startServer({ servers })
  const bodies: Promise<string>[] = []
  page.on('response', (response) => bodies.push(response.text().catch(() => '')))
  await open(page, local.url)
  for (const [vendor, { requests }] of services) {
    await pick(page, `relay:${vendor}`)
    const answer = await ask(page, `Are you ${vendor}?`)
    await expect(answer.locator('.prose')).toHaveText('From the real service')
    // Ollama is asked for its models too.
    expect(requests.filter(({ method }) => method === 'POST')).toHaveLength(1)
    expect(local.vendors.get(vendor)?.requests).toHaveLength(0)
  }
  expect((await Promise.all(bodies)).join()).not.toContain(KEY)
  local.close()
})

/** A vendor that takes one key only. */
function createService(vendor: SimulatedVendor) {
  // Zhipu's keys are pairs.
  const apiKey = vendor === 'zhipu' ? `${KEY}.secret` : KEY
  const { handler, requests } = simulate(vendor, 'From the real service', { key: apiKey })
  return { handler, requests, apiKey }
}

test.describe('with a server on the relay', () => {
  test.use({ servers: { openai: { apiKey: KEY, baseURL: 'http://127.0.0.1:1/v1' } } })

  test('it is there first, and the simulated ones are still on offer', async ({ page }) => {
    await expect(page.locator('.model-button')).toHaveText('gpt-5-miniOpenAI')
    await pick(page, 'simulated:zhipu')
    await expect(page.locator('.model-button')).toHaveText('glm-4.7Zhipu (simulated)')
  })

  test('a page of another name for this computer cannot spend the key', async ({ server }) => {
    const response = await fetch(`${server.url}/relay/openai/chat/completions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'sec-fetch-site': 'cross-site',
        origin: 'http://evil.example',
      },
      body: '{}',
    })
    expect(response.status).toBe(403)
  })
})
