/**
 * A real llama.cpp inside of a page (wllama), without a network, in two browsers.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { launch } from 'puppeteer-core'
import { expect, inject, onTestFinished, test } from 'vitest'
import { findBrowser } from '../runtimes/browsers.ts'
import { useBrowser } from './browser.ts'
import { ROOT } from './run.ts'
import { serve } from './servers.ts'
import { tinyGguf } from './tiny-gguf.ts'

const dist = path.join(inject('project'), 'node_modules/chatwire/dist')
const wllama = path.join(ROOT, 'node_modules/@wllama/wllama/esm')
const openTab = useBrowser()

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
  tooLong: string
}

/** The page chats, collects, aborts, chats again, and exceeds the context. */
const SCRIPT = `
import { getChatModel } from '/chatwire/cdn.min.js'
import { Wllama } from '/wllama/index.js'
const progress = []
const llm = getChatModel({
  modelServer: 'engine',
  model: 'tiny',
  maxRetries: 0,
  engine: async ({ onProgress }) => {
    const engine = new Wllama({ default: '/wllama/wasm/wllama.wasm' }, { suppressNativeLog: true })
    const url = location.origin + '/tiny.gguf'
    await engine.loadModelFromUrl(url, {
      n_ctx: 256, n_threads: 1, n_gpu_layers: 0, useCache: false, progressCallback: onProgress,
    })
    return engine
  },
  onLoadProgress: (one) => progress.push(one),
})
const ask = { prompt: 'the cat', maxTokens: 24, temperature: 0 }
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
const tooLong = await llm.chat({ prompt: 'the cat '.repeat(300) }).catch((error) => error.code)
window.results = JSON.stringify({
  text, pieces, usage, finishReason, model, progress,
  whole: whole.text, aborted, afterAbort: afterAbort.text, tooLong: String(tooLong),
})`

async function servePage(): Promise<string> {
  const gguf = Uint8Array.from(tinyGguf())
  const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<script>window.results = null; window.onerror = (m) => { window.results = JSON.stringify({ error: String(m) }) }
window.onunhandledrejection = (event) => { window.results = JSON.stringify({ error: String(event.reason) }) }</script>
<script type="module">${SCRIPT}</script>`
  return serve(async (request) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/') return new Response(page, { headers: { 'content-type': 'text/html' } })
    if (pathname === '/tiny.gguf')
      return new Response(gguf, { headers: { 'content-length': String(gguf.length) } })
    const [, folder, ...rest] = pathname.split('/')
    const root = folder === 'chatwire' ? dist : wllama
    const type = pathname.endsWith('.wasm') ? 'application/wasm' : 'text/javascript'
    const file = await readFile(path.join(root, ...rest))
    return new Response(file, { headers: { 'content-type': type } })
  })
}

function check(results: unknown): void {
  const outcome = JSON.parse(String(results)) as Outcome
  expect(outcome).toMatchObject({ finishReason: 'length', aborted: 'enough' })
  expect(outcome.pieces).toBeGreaterThan(3)
  expect(outcome.text.length).toBeGreaterThan(0)
  expect(outcome.whole).toBe(outcome.text)
  expect(outcome.afterAbort).toBe(outcome.text)
  expect(outcome.usage.totalTokens).toBeGreaterThan(24)
  expect(outcome.progress.at(-1)).toMatchObject({ fraction: 1 })
  expect(outcome.tooLong).toBe('context_length')
}

test('a real llama.cpp answers inside of Chromium, without a network', async () => {
  const url = await servePage()
  const tab = await openTab()
  await tab.page.goto(url)
  await tab.page.waitForFunction('window.results !== null', undefined, { timeout: 40_000 })
  check(await tab.page.evaluate('window.results'))
  for (const request of tab.requests)
    expect(request).toMatch(/^(GET|HEAD) (blob:)?http:\/\/127\.0\.0\.1/)
})

test('a real llama.cpp answers inside of Firefox', async () => {
  const url = await servePage()
  const executablePath = await findBrowser('firefox')
  const browser = await launch({ browser: 'firefox', executablePath, headless: true })
  onTestFinished(() => browser.close())
  const page = await browser.newPage()
  await page.goto(url)
  await page.waitForFunction('window.results !== null', { timeout: 40_000 })
  check(await page.evaluate('window.results'))
})

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
    const body = await readFile(path.join(name === 'chatwire' ? dist : wllama, rest))
    const contentType = rest.endsWith('.wasm') ? 'application/wasm' : 'text/javascript'
    await route.fulfill({ body, contentType, headers: { 'access-control-allow-origin': '*' } })
  })
  await tab.page.goto(`${url}/?model=${url}/tiny.gguf`)
  await tab.page.getByRole('button').click()
  // What random weights say may be nothing that is seen.
  await tab.page.locator('output[data-done]').waitFor({ state: 'attached', timeout: 40_000 })
  expect(await tab.page.locator('progress').getAttribute('value')).toBe('1')
})
