/**
 * A real llama.cpp inside of a page (wllama), without a network, in two browsers.
 */
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { launch } from 'puppeteer-core'
import { afterAll, expect, inject, onTestFinished, test } from 'vitest'
import { findBrowser } from '../runtimes/browsers.ts'
import { useBrowser } from './browser.ts'
import { ROOT } from './run.ts'
import { serve } from './servers.ts'
import { tinyGguf } from './tiny-gguf.ts'
import { PATCHES, tinyMmproj } from './tiny-mmproj.ts'

const dist = path.join(inject('project'), 'node_modules/chatwire/dist')
const openTab = useBrowser()

const NEWEST = { version: '3.13.0', release: '@wllama/wllama' }
/** The oldest release that is still tried. */
const OLDEST = { version: '3.8.1', release: 'wllama-oldest' }

/** The report of a page or of its worker. */
interface Outcome {
  text: string
  pieces: number
  usage: { totalTokens: number }
  finishReason: string
  model: string
  progress: { fraction: number }[]
  whole: string
  aborted: string
  afterAbort: string
  reloaded: string
  loads: number
  tooLong: string
  refused: string
  picture: string
  sound: string
  pictureTokens: number[]
  timeout: string
}

/** A picture of one pixel. */
const PNG =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/**
 * Chats, collects, aborts, chats again, unloads, shows pictures to the model that it loads then, and fails in each way.
 * Runs in a page and in a worker, where `report` is given the outcome.
 */
const SCRIPT = `
import { getChatModel } from '/chatwire/cdn.min.js'
import { Wllama } from '/wllama/index.js'
const progress = []
let loads = 0
let engine
const config = {
  modelServer: 'engine',
  model: 'tiny',
  maxRetries: 0,
  engine: async ({ onProgress }) => {
    loads++
    engine = new Wllama(
      { default: new URL('/wllama/wasm/wllama.wasm', location.origin).href },
      { suppressNativeLog: true },
    )
    const source = { url: location.origin + '/tiny.gguf' }
    if (loads > 1) source.mmprojUrl = location.origin + '/mmproj.gguf'
    await engine.loadModelFromUrl(source, {
      n_ctx: 256, n_threads: 1, n_gpu_layers: 0, useCache: false, progressCallback: onProgress,
    })
    return engine
  },
  onLoadProgress: (one) => progress.push(one),
}
const llm = getChatModel(config)
const ask = { prompt: 'the cat', maxTokens: 24, temperature: 0 }
const codeOf = (chat) => chat.then(() => 'answered', (error) => error.code)
async function run() {
  const stream = llm.chat({ ...ask, stream: true })
  let pieces = 0
  for await (const piece of stream) pieces++
  const { text, usage, finishReason, model } = await stream.result()
  const whole = await llm.chat(ask)
  const controller = new AbortController()
  let aborted = 'ended'
  let seen = 0
  const long = { ...ask, maxTokens: 150, stream: true, signal: controller.signal }
  try {
    for await (const piece of llm.chat(long)) if (++seen === 3) controller.abort(new Error('enough'))
  } catch (error) {
    aborted = error.message
  }
  const afterAbort = await llm.chat(ask)
  const tooLong = await codeOf(llm.chat({ prompt: 'the cat '.repeat(300) }))
  const schema = { $ref: '#/$defs/nowhere' }
  const format = { type: 'json_schema', json_schema: { name: 'x', schema } }
  const refused = await codeOf(llm.chat({ ...ask, extraBody: { response_format: format } }))
  const image = { type: 'image_url', image_url: { url: '${PNG}' } }
  const show = (...content) => llm.chat({ messages: [{ role: 'user', content }], maxTokens: 2 })
  const picture = await codeOf(show(image))
  const firstLoad = progress.length
  await engine.exit()
  const reloaded = await llm.chat(ask)
  const say = { type: 'text', text: 'the cat' }
  const shown = [await show(say), await show(say, image)]
  const pictureTokens = shown.map(({ usage }) => usage.promptTokens)
  const sound = await codeOf(show({ type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } }))
  const quick = getChatModel({ ...config, engine, timeout: 10_000, idleTimeout: 1 })
  const timeout = await codeOf(quick.chat({ ...ask, maxTokens: 100 }))
  return JSON.stringify({
    text, pieces, usage, finishReason, model, loads, aborted, tooLong, refused, picture, sound, timeout,
    pictureTokens, progress: progress.slice(0, firstLoad),
    whole: whole.text, afterAbort: afterAbort.text, reloaded: reloaded.text,
  })
}
run().then(report, (error) => report(JSON.stringify({ error: String(error?.stack ?? error) })))`

/** Code of the guide: a page starts the workers that its worker asks for, since in Firefox a worker must not. */
const [START_WORKERS = '', ASK_FOR_WORKERS = ''] =
  readFileSync(path.join(ROOT, 'docs/guides/browser.md'), 'utf8')
    .split('wllama starts a worker of its own')[1]
    ?.match(/(?<=```js no-run\n)[^`]+/g) ?? []

const PAGE = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<script>window.results = null; window.report = (text) => { window.results = text }
window.onunhandledrejection = (event) => report(JSON.stringify({ error: String(event.reason) }))</script>
<script type="module">
if (location.search !== '?page') {
  ${START_WORKERS.replace("'/chat.js'", "'/talk.js' + location.search")}
  worker.onmessage = ({ data }) => data.startWorker || report(data)
  worker.onerror = ({ message }) => report(JSON.stringify({ error: message }))
} else await import('/talk.js')
</script>`

/** Serves the page, the package, a release of wllama and the weights. */
async function servePage(release: string): Promise<string> {
  const models: Record<string, Uint8Array<ArrayBuffer>> = {
    '/tiny.gguf': Uint8Array.from(tinyGguf()),
    '/mmproj.gguf': Uint8Array.from(tinyMmproj()),
  }
  return serve(async (request) => {
    const { pathname, search } = new URL(request.url)
    if (pathname === '/') return new Response(PAGE, { headers: { 'content-type': 'text/html' } })
    if (pathname === '/talk.js') {
      let prelude = search ? 'const report = (text) => postMessage(text)\n' : ''
      if (search === '?firefox-worker') prelude += ASK_FOR_WORKERS
      return new Response(prelude + SCRIPT, { headers: { 'content-type': 'text/javascript' } })
    }
    const model = models[pathname]
    if (model) return new Response(model, { headers: { 'content-length': String(model.length) } })
    const [, folder, ...rest] = pathname.split('/')
    const root = folder === 'chatwire' ? dist : esmOf(release)
    const type = pathname.endsWith('.wasm') ? 'application/wasm' : 'text/javascript'
    const file = await readFile(path.join(root, ...rest))
    return new Response(file, { headers: { 'content-type': type } })
  })
}

function esmOf(release: string): string {
  return path.join(ROOT, 'node_modules', release, 'esm')
}

function check(results: unknown): void {
  const outcome = JSON.parse(String(results)) as Outcome
  expect(outcome).toMatchObject({
    finishReason: 'length',
    aborted: 'enough',
    tooLong: 'context_length',
    refused: 'bad_request',
    picture: 'unsupported_option',
    sound: 'unsupported_option',
    timeout: 'timeout',
    loads: 2,
  })
  expect(outcome.pieces).toBeGreaterThan(3)
  expect(outcome.text.length).toBeGreaterThan(0)
  expect(outcome.whole).toBe(outcome.text)
  expect(outcome.afterAbort).toBe(outcome.text)
  expect(outcome.reloaded).toBe(outcome.text)
  const [without = 0, shown = 0] = outcome.pictureTokens
  expect(shown - without).toBeGreaterThanOrEqual(PATCHES)
  expect(outcome.usage.totalTokens).toBeGreaterThan(24)
  expect(outcome.progress.at(-1)).toMatchObject({ fraction: 1 })
}

const places = [
  { ...NEWEST, place: 'page' },
  { ...NEWEST, place: 'worker' },
  { ...OLDEST, place: 'page' },
]

test.each(places)('wllama $version answers in a $place of Chromium', async ({ release, place }) => {
  const url = await servePage(release)
  const tab = await openTab()
  await tab.page.goto(`${url}/?${place}`)
  await tab.page.waitForFunction('window.results !== null', undefined, { timeout: 55_000 })
  check(await tab.page.evaluate('window.results'))
  for (const request of tab.requests)
    expect(request).toMatch(/^(GET|HEAD) (blob:)?http:\/\/127\.0\.0\.1/)
})

let firefox: ReturnType<typeof launchFirefox> | undefined

async function launchFirefox() {
  const executablePath = await findBrowser('firefox')
  return await launch({ browser: 'firefox', executablePath, headless: true })
}
afterAll(async () => await (await firefox)?.close())

test.each(places)(
  'wllama $version answers in a $place of Firefox',
  async ({ release, place }) => {
    firefox ??= launchFirefox()
    const page = await (await firefox).newPage()
    onTestFinished(() => page.close())
    // A worker of Firefox must not start workers: the browser guide.
    const search = place === 'worker' ? '?firefox-worker' : '?page'
    await page.goto(`${await servePage(release)}/${search}`)
    await page.waitForFunction('window.results !== null', { timeout: 90_000 })
    check(await page.evaluate('window.results'))
  },
  120_000,
)

test('examples/in-page-model loads its engine and answers', async () => {
  const gguf = Uint8Array.from(tinyGguf())
  const page = await readFile(path.join(inject('project'), 'in-page-model/index.html'))
  const url = await serve((request) => {
    const isModel = new URL(request.url).pathname === '/tiny.gguf'
    const type = isModel ? 'application/octet-stream' : 'text/html'
    const headers = { 'content-type': type, ...(isModel && { 'content-length': `${gguf.length}` }) }
    return new Response(isModel ? gguf : page, { headers })
  })
  const tab = await openTab()
  await tab.page.route('https://cdn.jsdelivr.net/npm/**', async (route) => {
    const [, name, rest = ''] =
      /npm\/(chatwire|@wllama\/wllama)@[\d.]+\/(?:dist|esm)\/(.*)$/.exec(route.request().url()) ??
      []
    const body = await readFile(path.join(name === 'chatwire' ? dist : esmOf(OLDEST.release), rest))
    const contentType = rest.endsWith('.wasm') ? 'application/wasm' : 'text/javascript'
    await route.fulfill({ body, contentType, headers: { 'access-control-allow-origin': '*' } })
  })
  await tab.page.goto(`${url}/?model=${url}/tiny.gguf`)
  await tab.page.getByRole('button').click()
  // What random weights say may be nothing that is seen.
  await tab.page.locator('output[data-done]').waitFor({ state: 'attached', timeout: 40_000 })
  expect(await tab.page.locator('progress').getAttribute('value')).toBe('1')
})
