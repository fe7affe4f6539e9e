import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { createRelay } from 'chatwire/gateway'
import type { SimulatedVendor } from 'chatwire/testing'
import { expect, inject, test } from 'vitest'
import { useBrowser } from './browser.ts'
import { JOKE, KEY, serve, serveModel, STALLED } from './servers.ts'

const dist = path.join(inject('project'), 'node_modules/chatwire/dist')
const openTab = useBrowser()

const MODELS: [server: SimulatedVendor, model: string][] = [
  ['dashscope', 'qwen-plus'],
  ['zhipu', 'glm-4.7'],
  ['openai', 'gpt-5-mini'],
]

/** The page's code: a model without a key, at a path of its own origin. */
const PAGE = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><output></output>
<script type="module">
import { getChatModel } from '/chatwire.js'
const output = document.querySelector('output')
window.ask = async (modelServer, model, words = Infinity) => {
  output.textContent = ''
  const llm = getChatModel({ modelServer, model, baseURL: '/relay/' + modelServer, maxRetries: 0 })
  const stream = llm.chat({ prompt: 'Hi', stream: true })
  try {
    for await (const text of stream) {
      output.append(text)
      if (--words === 0) return 'left'
    }
    return 'whole'
  } catch (error) {
    return error.code
  }
}
window.ready = true
</script>`

/** A web app: its page, the package, and a relay for whoever is logged in. */
async function serveApp(relay: (request: Request) => Promise<Response>): Promise<string> {
  const code = await readFile(path.join(dist, 'cdn.min.js'))
  return serve((request) => {
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/relay/')) return relay(request)
    if (pathname === '/chatwire.js')
      return new Response(code, { headers: { 'content-type': 'text/javascript' } })
    const headers = {
      'content-type': 'text/html; charset=utf-8',
      'set-cookie': 'session=of-a-member; HttpOnly; SameSite=Lax',
    }
    return new Response(PAGE, { headers })
  })
}

declare global {
  interface Window {
    ready?: boolean
    ask(server: string, model: string, words?: number): Promise<string>
  }
}

const isMember = (request: Request) =>
  request.headers.get('cookie')?.includes('session=of-a-member') === true

test.each(MODELS)(
  'a page chats with %s through a relay, and never sees the key',
  async (server, model) => {
    const { url: baseURL, requests } = await serveModel(server)
    const servers = { [server]: { apiKey: KEY, baseURL } }
    const url = await serveApp(createRelay({ servers, authorize: isMember }))
    const { page, requests: asked, problems } = await openTab()
    const seen: string[] = []
    page.on('response', (response) => seen.push(JSON.stringify(response.headers())))
    await page.goto(url)
    await page.waitForFunction(() => window.ready)
    expect(await page.evaluate(([a, b]) => window.ask(a, b), [server, model])).toBe('whole')
    expect(await page.textContent('output')).toBe(JOKE)
    expect(problems).toEqual([])
    expect(asked.filter((request) => !request.includes(` ${url}/`))).toEqual([])
    expect(seen.join('\n') + (await page.content())).not.toContain(KEY)
    expect(requests).toMatchObject([{ headers: { authorization: `Bearer ${KEY}` } }])
    const passed = Object.keys(requests[0].headers)
    expect(passed.filter((name) => /cookie|origin|referer|^sec-ch-|forwarded/.test(name))).toEqual(
      [],
    )
  },
)

test.each(MODELS)(
  'a page that leaves its loop stops %s through the relay',
  async (server, model) => {
    const { url: baseURL, left } = await serveModel(server, { script: STALLED })
    const servers = { [server]: { apiKey: KEY, baseURL } }
    const url = await serveApp(createRelay({ servers, authorize: isMember }))
    const { page, problems } = await openTab()
    await page.goto(url)
    await page.waitForFunction(() => window.ready)
    expect(await page.evaluate(([a, b]) => window.ask(a, b, 1), [server, model])).toBe('left')
    await left
    expect(problems).toEqual([])
  },
)

test('a page whose visitor is not logged in gets an error', async () => {
  const { url: baseURL, requests } = await serveModel('dashscope')
  const servers = { dashscope: { apiKey: KEY, baseURL } }
  const url = await serveApp(createRelay({ servers, authorize: isMember }))
  const { page } = await openTab()
  await page.goto(url)
  await page.waitForFunction(() => window.ready)
  await page.context().clearCookies()
  expect(await page.evaluate(() => window.ask('dashscope', 'qwen-plus'))).toBe('authentication')
  expect(requests).toEqual([])
})

test('a page of another origin is refused by the browser and by the relay, unless it is named', async () => {
  const { url: baseURL, requests } = await serveModel('dashscope')
  const servers = { dashscope: { apiKey: KEY, baseURL } }
  const closed = createRelay({ servers, authorize: 'public' })
  const api = await serve(closed)
  const path = '/relay/dashscope/api/v1/services/aigc/text-generation/generation'
  const { page } = await openTab()
  const app = await serveApp(closed)
  await page.goto(app)
  const ask = (url: string, type: string) =>
    page.evaluate(
      async ([url, type]) => {
        const init = { method: 'POST', body: '{}', headers: { 'content-type': type } }
        return fetch(url, init).then(
          ({ status }) => status,
          () => 'refused',
        )
      },
      [url, type],
    )
  expect(await ask(api + path, 'application/json')).toBe('refused')
  expect(await ask(api + path, 'text/plain')).toBe('refused') // asks without a preflight
  expect(requests).toEqual([])
  const open = await serve(createRelay({ servers, authorize: 'public', origins: [app] }))
  expect(await ask(open + path, 'application/json')).toBe(400) // the vendor's own opinion of `{}`
  expect(requests).toHaveLength(1)
})
