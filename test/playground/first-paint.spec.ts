/**
 * Measures the first visit on a slow connection and a slow computer. The time in milliseconds is printed; bytes,
 * requests and the time beside that of the same page without its script must hold on any machine.
 */
import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import type { Browser } from '@playwright/test'
import { toListener } from '../../examples/node-server/listener.mjs'
import { OUT } from '../../examples/playground/build.mjs'
import { serveFile } from '../../examples/playground/files.mjs'
import { expect, median, test } from './stage.ts'

/** The first script, in bytes of gzip. */
const MOST_BYTES = 35_000
/** The time until the page can be used, beside that of its shell and its bare bytes: 1.4 to 2.4 on a busy machine. */
const MOST_RATIO = 5
const ROUNDS = 3

/** Lighthouse's slow 4G, in bytes per second and milliseconds, and its slow computer. */
const CONNECTION = { downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 }
const LATENCY = 150
const SLOWER = 4

const script = () => readFile(new URL('playground.js', OUT), 'utf8')

/** A script of the same bytes that only tells when it runs. */
async function createBare(): Promise<Response> {
  const comment = (await script()).replaceAll(/[\n\r\u2028\u2029]/g, ' ')
  const bare = gzipSync(`document.documentElement.dataset.ready = '' // ${comment}`)
  const headers = { 'content-type': 'text/javascript', 'content-encoding': 'gzip' }
  return new Response(bare, { headers })
}

/** Opens a page in an empty browser, and returns when it was ready, in milliseconds. */
async function measure(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    const session = await context.newCDPSession(page)
    await session.send('Network.enable')
    await session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: LATENCY,
      ...CONNECTION,
    })
    await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER })
    await page.addInitScript(() => {
      new MutationObserver((_, observer) => {
        if (document.documentElement.dataset.ready === undefined) return
        observer.disconnect()
        console.info(performance.now())
      }).observe(document, { attributes: true, subtree: true, attributeFilter: ['data-ready'] })
    })
    // A locator would put a script of its own into the page, which takes the slow computer longer than the page does.
    const said = page.waitForEvent('console', (message) => message.type() === 'info')
    await page.goto(url, { waitUntil: 'commit' })
    return Number((await said).text())
  } finally {
    await context.close()
  }
}

test('loads one script of at most 35 kB, and nothing else before it is ready', async ({
  browser,
  server,
}) => {
  const bytes = gzipSync(await script()).length
  console.log(`first script: ${(bytes / 1000).toFixed(1)} kB gzip`)
  expect(bytes).toBeLessThanOrEqual(MOST_BYTES)
  const page = await browser.newPage()
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  await page.goto(server.url)
  expect(asked.slice(0, 3).sort()).toEqual(['/', '/playground.js', '/servers.json'])
  await page.close()
})

test(
  'is ready soon on a slow connection and a slow computer',
  { tag: '@clock' },
  async ({ browser, server, serve }) => {
    const host = await serve(
      toListener((request: Request) =>
        new URL(request.url).pathname === '/playground.js' ? createBare() : serveFile(request),
      ),
    )
    const times: { ready: number; bare: number }[] = []
    // In turns: another program on the machine slows both.
    for (let round = 0; round < ROUNDS; round++) {
      const ready = await measure(browser, server.url)
      times.push({ ready, bare: await measure(browser, host) })
    }
    const ready = median(times.map((each) => each.ready))
    const bare = median(times.map((each) => each.bare))
    console.log(`ready after ${Math.round(ready)} ms, without a script ${Math.round(bare)} ms`)
    expect(ready / bare).toBeLessThan(MOST_RATIO)
  },
)
