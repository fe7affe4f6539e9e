import { simulate } from 'chatwire/testing'
import { toListener } from '../../examples/node-server/listener.mjs'
import { SIMULATED } from '../../examples/playground/servers.mjs'
import { startServer } from '../../examples/playground/server.mjs'
import { serve } from './serve.ts'
import { ask, expect, open, pick, test } from './stage.ts'

const KEY = 'sk-a-key-that-must-not-be-in-the-page'
const SECRET = 'and-its-secret'

for (const vendor of SIMULATED) {
  test(`${vendor} is asked through the relay, and its key stays out of the page`, async ({
    page,
    server,
  }) => {
    // Zhipu's keys are pairs.
    const apiKey = vendor === 'zhipu' ? `${KEY}.${SECRET}` : KEY
    const service = simulate(vendor, 'From the real service', { key: apiKey })
    await using upstream = await serve(toListener(service.handler))
    const local = await startServer({ servers: { [vendor]: { apiKey, baseURL: upstream.url } } })
    const bodies: Promise<string>[] = []
    page.on('response', (response) => bodies.push(response.text().catch(() => '')))
    await open(page, local.url)
    await expect(page.locator('.model-place')).not.toContainText('simulated')
    const answer = await ask(page, 'Hello')
    await expect(answer.locator('.prose')).toHaveText('From the real service')
    expect(service.requests).toHaveLength(1)
    expect((await Promise.all(bodies)).join()).not.toContain(KEY)
    expect(server.vendors.get(vendor)?.requests).toHaveLength(0)
    local.close()
  })
}

test.describe('with a server behind the relay', () => {
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
