import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { simulate } from 'chatwire/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answered, send, useStage } from './page.ts'

const KEY = 'sk-a-key-that-must-not-be-in-the-page'
const vendor = simulate('openai', 'From the real service', { key: KEY })

/** The vendor, on a port. */
const upstream = createServer((incoming, outgoing) => {
  const { port } = upstream.address() as AddressInfo
  const init = {
    method: incoming.method ?? 'GET',
    headers: incoming.headers as Record<string, string>,
    body: Readable.toWeb(incoming) as ReadableStream,
    duplex: 'half' as const,
  }
  void vendor
    .handler(new Request(`http://127.0.0.1:${port}${incoming.url}`, init))
    .then(async (response) => {
      outgoing.writeHead(response.status, Object.fromEntries(response.headers))
      outgoing.end(await response.text())
    })
})

beforeAll(async () => {
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  process.env.OPENAI_API_KEY = KEY
  process.env.OPENAI_API_BASE = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`
})
afterAll(() => {
  upstream.close()
  delete process.env.OPENAI_API_KEY
  delete process.env.OPENAI_API_BASE
})

const stage = useStage()

test('a server whose key is set is there first, and its key stays out of the page', async () => {
  const { page, server } = stage
  expect(await page.locator('.model-button').textContent()).toBe('gpt-5-miniOpenAI')
  const bodies: Promise<string>[] = []
  page.on('response', (response) => bodies.push(response.text().catch(() => '')))
  await send(page, 'Hello')
  const answer = await answered(page)
  expect(await answer.locator('.prose').textContent()).toBe('From the real service\n')
  expect(vendor.requests.at(-1)?.headers.authorization).toBe(`Bearer ${KEY}`)
  expect((await Promise.all(bodies)).join()).not.toContain(KEY)
  expect(server.vendors.get('openai')?.requests).toHaveLength(0)
})

test('a page of another name for this computer cannot spend the key', async () => {
  const { server } = stage
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
