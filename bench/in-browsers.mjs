/**
 * Measures the time of a streamed chunk in a page of each browser, in the OpenAI format, with one event a read and with
 * ten. All read the same bytes, in turn. Browsers tell no CPU time and their clocks are coarse, so a run is long.
 */
import { createServer } from 'node:http'
import { rmSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { build } from 'esbuild'
import { BASELINE, buildBaseline } from './baseline.mjs'
import { quantile, spread } from './measure.mjs'
import { bundle, CHATS, createFolder, HERE, ROOT } from './programs.mjs'
import { round, tell, withSpread } from './result.mjs'

const QUICK = process.env.BENCH_QUICK === '1'
const ROUNDS = QUICK ? 5 : 25
const WARM_UPS = 5
/** Longest time that a browser may take, in milliseconds. */
const LIMIT = 240_000

/** What no client can do without, as a program like the others. */
const BARE_LOOP = `import { createParser } from 'eventsource-parser'
export const create = (fetch) => fetch
export async function chat(fetch) {
  let whole = ''
  const parser = createParser({
    onEvent({ data }) {
      if (data !== '[DONE]') whole += JSON.parse(data).choices[0]?.delta.content ?? ''
    },
  })
  const body = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }], stream: true })
  const headers = { authorization: 'Bearer sk-test', 'content-type': 'application/json' }
  const response = await fetch('http://localhost/v1/chat/completions', { method: 'POST', headers, body })
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return whole
    parser.feed(decoder.decode(value, { stream: true }))
  }
}`

/** The same, with its texts one by one: the least that an API for `for await` costs. */
const BARE_ITERATOR = `import { createParser } from 'eventsource-parser'
export const create = (fetch) => fetch
async function open(fetch) {
  const texts = []
  const parser = createParser({
    onEvent({ data }) {
      if (data !== '[DONE]') texts.push(JSON.parse(data).choices[0]?.delta.content ?? '')
    },
  })
  const body = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }], stream: true })
  const headers = { authorization: 'Bearer sk-test', 'content-type': 'application/json' }
  const response = await fetch('http://localhost/v1/chat/completions', { method: 'POST', headers, body })
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let at = 0
  const read = async () => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return { done: true, value: undefined }
      texts.length = at = 0
      parser.feed(decoder.decode(value, { stream: true }))
      if (at < texts.length) return { done: false, value: texts[at++] }
    }
  }
  const next = () => at < texts.length ? Promise.resolve({ done: false, value: texts[at++] }) : read()
  return { [Symbol.asyncIterator]: () => ({ next }) }
}
export async function chat(fetch) {
  let whole = ''
  for await (const text of await open(fetch)) whole += text
  return whole
}`

const OWN = 'chatwire, one provider'
const baseline = buildBaseline()
/** So many chunks that a run of each takes long enough for a clock of one millisecond. */
const ENTRANTS = [
  ['bare loop', await bundle(BARE_LOOP), 20_000],
  ['chatwire', await bundle(CHATS[OWN]), 20_000],
  ['bare loop, `for await`', await bundle(BARE_ITERATOR), 20_000],
  ['openai', await bundle(CHATS.openai), 5000],
  ['ai', await bundle(CHATS.ai), 300],
  ...(baseline ? [[`chatwire of ${BASELINE}`, await bundle(CHATS[OWN], baseline), 20_000]] : []),
]

/** Runs in the page: the microseconds of a chunk, by entrant and round. */
const PAGE = `
import { feed, wireOf } from '/wires.mjs'
const wire = wireOf('openai')
const chunks = ${JSON.stringify(ENTRANTS.map(([, , count]) => count))}
async function run() {
  const programs = await Promise.all(chunks.map((_, index) => import('/' + index + '.js')))
  const times = { 1: chunks.map(() => []), 10: chunks.map(() => []) }
  const whole = {}
  for (const perRead of [1, 10]) {
    for (let round = 0; round < ${WARM_UPS + ROUNDS}; round++) {
      for (const place of chunks.keys()) {
        const index = (place + round) % chunks.length
        const fetch = feed(wire, { chunks: chunks[index], perRead })
        const client = programs[index].create(fetch)
        const began = performance.now()
        const text = await programs[index].chat(client)
        const took = performance.now() - began
        if (text !== (whole[[perRead, chunks[index]]] ??= text)) throw new Error(index + ' lost a part')
        if (round >= ${WARM_UPS}) times[perRead][index].push((took * 1000) / chunks[index])
        await new Promise((resolve) => setTimeout(resolve))
      }
    }
  }
  return times
}
run().then(
  (times) => { window.results = JSON.stringify({ times }) },
  (error) => { window.results = JSON.stringify({ error: String(error?.stack ?? error) }) },
)`

const files = {
  '/': ['text/html', '<!doctype html><script type="module" src="/page.js"></script>'],
  '/page.js': ['text/javascript', PAGE],
  '/wires.mjs': ['text/javascript', await bundle(`export * from '${HERE}wires.mjs'`)],
  ...Object.fromEntries(
    ENTRANTS.map(([, code], index) => [`/${index}.js`, ['text/javascript', code]]),
  ),
}
const server = createServer(({ url }, response) => {
  const [type, body] = files[url] ?? ['text/plain', '']
  response.writeHead(body ? 200 : 404, { 'content-type': type }).end(body)
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))

/** The drivers of the tests, which are written in TypeScript. */
const folder = createFolder()
writeFileSync(`${folder}/drivers.mjs`, await bundleDrivers())
const { chromium, launch, findBrowser, openWebKit } = await import(`${folder}/drivers.mjs`)

const rows = []
const figures = []
try {
  for (const [name, open] of Object.entries({
    Chromium: openChromium,
    Firefox: openFirefox,
    WebKit: () => openWebKit('webkit'),
  })) {
    const { times, version } = await measure(open)
    const of = (perRead) =>
      times[perRead].map((samples) => ({
        value: quantile(samples, 0.5),
        ratio: spread(samples.map((sample, index) => sample / times[perRead][0][index])),
      }))
    const [one, ten] = [of(1), of(10)]
    for (const [index, [entrant]] of ENTRANTS.entries())
      rows.push([
        `${name} ${version}, ${entrant}`,
        round(one[index].value),
        withSpread(one[index].ratio),
        round(ten[index].value),
        withSpread(ten[index].ratio),
      ])
    figures.push(
      { what: `${name}, one event a read, × bare loop`, value: one[1].ratio.median, limit: 1 },
      { what: `${name}, ten events a read, × bare loop`, value: ten[1].ratio.median, limit: 1 },
    )
  }
} finally {
  server.close()
  rmSync(folder, { recursive: true })
}
tell({
  title: 'Cost of a streamed chunk, in each browser',
  note: 'Time per chunk in a page, and how many times that of the bare loop in the same browser and round.',
  head: ['', 'one a read, µs', '× bare', 'ten a read, µs', '× bare'],
  rows,
  figures,
})

/** @param {() => Promise<{ version: string, goto: Function, readResults: Function, close: Function }>} open */
async function measure(open) {
  const browser = await open()
  try {
    await browser.goto(`http://127.0.0.1:${server.address().port}/`)
    for (const end = Date.now() + LIMIT; Date.now() < end; await pause(500)) {
      const results = await browser.readResults()
      if (!results) continue
      const { error, times } = JSON.parse(results)
      if (error) throw new Error(error)
      return { times, version: browser.version.replace(/^\D+/, '').replace(/\.0.*/, '') }
    }
    throw new Error(`not done after ${LIMIT} ms`)
  } finally {
    await browser.close()
  }
}

async function openChromium() {
  const executablePath = await findBrowser('chromium')
  return toTab(await chromium.launch({ executablePath, chromiumSandbox: false }))
}

async function openFirefox() {
  const executablePath = await findBrowser('firefox')
  return toTab(await launch({ browser: 'firefox', executablePath, headless: true }))
}

async function toTab(browser) {
  const page = await browser.newPage()
  return {
    version: await browser.version(),
    goto: (url) => page.goto(url),
    readResults: () => page.evaluate('window.results'),
    close: () => browser.close(),
  }
}

async function bundleDrivers() {
  const { outputFiles } = await build({
    stdin: {
      contents: `export { chromium } from '@playwright/test'
export { launch } from 'puppeteer-core'
export { findBrowser } from './test/runtimes/browsers.ts'
export { openWebKit } from './test/runtimes/webdriver.ts'`,
      resolveDir: ROOT,
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    write: false,
  })
  return outputFiles[0].text
}
