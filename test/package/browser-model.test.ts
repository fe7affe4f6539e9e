import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Page } from '@playwright/test'
import { expect, inject, test } from 'vitest'
import type { FakeOptions } from '../providers/fake-prompt-api.ts'
import { installFake } from '../providers/fake-prompt-api.ts'
import type { Tab } from './browser.ts'
import { useBrowser } from './browser.ts'
import { serveFiles } from './servers.ts'

const project = inject('project')
const dist = path.join(project, 'node_modules/chatwire/dist')
const openTab = useBrowser()

const PAGE = `<!doctype html><link rel="icon" href="data:,"><script type="module">
  import * as chatwire from './cdn.min.js'
  globalThis.llm = new chatwire.BrowserLLM({ model: 'built-in', maxRetries: 0 })
</script>`
const WORKER = `import { BrowserLLM } from './cdn.min.js'
const llm = new BrowserLLM({ model: 'built-in' })
llm.chat('Hi').catch(({ code, message }) => postMessage({ code, message }))`

/** Opens a page with the package and, optionally, a fake model. */
async function openPage(fake?: FakeOptions): Promise<Tab> {
  const { url } = await serveFiles(dist, { '/page.html': PAGE, '/worker.js': WORKER })
  const tab = await openTab()
  if (fake) await tab.page.addInitScript(installFake, fake)
  await tab.page.goto(`${url}/page.html`)
  await tab.page.waitForFunction('globalThis.llm')
  return tab
}

/** The package where the CDN has it. */
async function serveCdn(page: Page): Promise<void> {
  const body = await readFile(path.join(dist, 'cdn.min.js'))
  const headers = { 'access-control-allow-origin': '*' }
  await page.route('https://cdn.jsdelivr.net/**', (route) =>
    route.fulfill({ body, contentType: 'application/javascript', headers }),
  )
}

test('the real LanguageModel of Chromium is unavailable, and that is a clear error', async () => {
  const { page, problems } = await openPage()
  expect(await page.evaluate('typeof LanguageModel')).toBe('function')
  expect(await page.evaluate('llm.availability()')).toBe('unavailable')
  const error = await page.evaluate('llm.chat("Hi").catch((error) => error.toJSON())')
  expect(error).toMatchObject({
    name: 'ConfigError',
    code: 'invalid_config',
    provider: 'browser',
    message: expect.stringMatching(
      /No built-in model.*service is not running.*lacks the model service/,
    ) as string,
  })
  expect(problems).toEqual([])
})

test('the fake of these tests has the members of the real one that are used', async () => {
  const { page } = await openPage()
  const names = (what: string) => page.evaluate(`Object.getOwnPropertyNames(${what})`)
  expect(await names('LanguageModel')).toEqual(expect.arrayContaining(['availability', 'create']))
  expect(await names('LanguageModel.prototype')).toEqual(
    expect.arrayContaining(['promptStreaming', 'destroy', 'contextUsage', 'measureContextUsage']),
  )
  const created = page.evaluate('LanguageModel.create().catch(({ name }) => name)')
  expect(await created).toBe('NotSupportedError')
})

test('a worker of Chromium gets an error that points to the page', async () => {
  const { page } = await openPage()
  const error = await page.evaluate(`new Promise((resolve) => {
    const worker = new Worker('worker.js', { type: 'module' })
    worker.onmessage = ({ data }) => resolve(data)
    worker.onerror = ({ message }) => resolve(message)
  })`)
  expect(error).toMatchObject({
    code: 'invalid_config',
    message: expect.stringMatching(/not in workers/) as string,
  })
})

test('a frame of another origin, which may not ask, gets the same error', async () => {
  const { url } = await serveFiles(dist, { '/frame.html': PAGE })
  const { page } = await openPage()
  await page.evaluate(
    (source) => {
      document.body.append(Object.assign(document.createElement('iframe'), { src: source }))
    },
    `${url.replace('127.0.0.1', 'localhost')}/frame.html`,
  )
  await page.waitForFunction('document.querySelector("iframe")')
  await expect.poll(() => page.frames().length).toBe(2)
  const frame = page.frames()[1]!
  await frame.waitForFunction('globalThis.llm')
  expect(await frame.evaluate('llm.availability()')).toBe('unavailable')
  const code = await frame.evaluate('llm.chat("Hi").catch(({ code }) => code)')
  expect(code).toBe('invalid_config')
})

test('a page streams from a model, and keeps it to a schema', async () => {
  const { page, problems } = await openPage({ pieces: ['{"a"', ':1', '}'] })
  const outcome = await page.evaluate(`(async () => {
    const json_schema = { name: 'a', schema: { type: 'object' } }
    const responseFormat = { type: 'json_schema', json_schema }
    const stream = llm.chat({ prompt: 'Hi there', responseFormat, stream: true })
    const pieces = []
    for await (const piece of stream) pieces.push(piece)
    const { usage } = await stream.result()
    const { asked, sessions } = fakeLog
    const [{ input, options }] = asked
    const [{ destroyed }] = sessions
    return { pieces, usage, input, schema: options.responseConstraint, destroyed }
  })()`)
  expect(outcome).toEqual({
    pieces: ['{"a"', ':1', '}'],
    usage: { promptTokens: 2, completionTokens: 1, totalTokens: 3 },
    input: 'Hi there',
    schema: { type: 'object' },
    destroyed: true,
  })
  expect(problems).toEqual([])
})

test('a page shows a picture and the progress of a download', async () => {
  const progress = [{ loaded: 0 }, { loaded: 1 }]
  const { page } = await openPage({ availability: 'downloadable', progress })
  const outcome = await page.evaluate(`(async () => {
    const told = []
    const model = new llm.constructor({ model: 'x', onDownloadProgress: (part) => told.push(part) })
    const url = 'data:image/png;base64,iVBORw=='
    const content = [{ type: 'text', text: 'What?' }, { type: 'image_url', image_url: { url } }]
    const { text } = await model.chat({ messages: [{ role: 'user', content }] })
    const [, { value }] = fakeLog.asked[0].input[0].content
    return { text, told, size: value.size, type: value.type }
  })()`)
  expect(outcome).toEqual({ text: 'Hello \u{1F600}', told: [0, 1], size: 4, type: 'image/png' })
})

test('examples/browser-model asks the model of the browser', async () => {
  const { url } = await serveFiles(path.join(project, 'browser-model'))
  const { page, problems, requests } = await openTab()
  await serveCdn(page)
  const progress = [{ loaded: 0 }, { loaded: 1 }]
  await page.addInitScript(installFake, { availability: 'downloadable', progress } as FakeOptions)
  await page.goto(`${url}/index.html`)
  await page.getByText('The model is downloadable').waitFor()
  await page.getByRole('button').click()
  await page.getByText('Hello \u{1F600}').waitFor()
  expect(await page.getByRole('progressbar').getAttribute('value')).toBe('1')
  expect(problems).toEqual([])
  expect(requests).toHaveLength(2)
})

test('examples/browser-model says why it cannot', async () => {
  const { url } = await serveFiles(path.join(project, 'browser-model'))
  const { page } = await openTab()
  await serveCdn(page)
  await page.goto(`${url}/index.html`)
  await page.getByText('The model is unavailable').waitFor()
  await page.getByRole('button').click()
  await page.getByText('No built-in model').waitFor()
})

test('a page stops the model', async () => {
  const { page, problems } = await openPage({ stallsAfter: 2 })
  const outcome = await page.evaluate(`(async () => {
    const controller = new AbortController()
    const stream = llm.chat({ prompt: 'Hi', signal: controller.signal, stream: true })
    let text = ''
    try {
      for await (const piece of stream) {
        text += piece
        if (text === 'Hello ') setTimeout(() => controller.abort('enough'), 20)
      }
    } catch (reason) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      const [{ destroyed, signal }] = fakeLog.sessions
      return { text, reason, destroyed, aborted: signal.aborted }
    }
  })()`)
  expect(outcome).toEqual({ text: 'Hello ', reason: 'enough', destroyed: true, aborted: true })
  expect(problems).toEqual([])
})
