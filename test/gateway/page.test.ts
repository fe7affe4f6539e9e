/**
 * The `openai` client in a page of another origin, in Chromium.
 */
import { chromium } from '@playwright/test'
import type { Browser } from '@playwright/test'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findBrowser } from '../runtimes/browsers.ts'
import type { Place } from './places.ts'
import { JOKE, PLACES, serve, TOKEN } from './places.ts'
import { ROOT } from '../runtimes/workerd.mjs'

const SCRIPT = `
import OpenAI from 'openai'
window.ask = async (baseURL, apiKey, body) => {
  const client = new OpenAI({ baseURL, apiKey, dangerouslyAllowBrowser: true, maxRetries: 0 })
  try {
    const runner = client.chat.completions.stream(body)
    return { text: await runner.finalContent() }
  } catch (error) {
    return { status: error.status, code: error.code, requestID: error.requestID }
  }
}`

let browser: Browser
let script = ''
beforeAll(async () => {
  const executablePath = await findBrowser('chromium')
  browser = await chromium.launch({ executablePath, chromiumSandbox: false })
  const { outputFiles } = await build({
    stdin: { contents: SCRIPT, resolveDir: ROOT },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
  })
  script = outputFiles[0].text
})
afterAll(() => browser?.close())

describe.each(Object.entries(PLACES))('in %s', (_name, start) => {
  let place: Place
  let site: { url: string; close: () => void }
  beforeAll(async () => {
    place = await start()
    site = await serve(() => {
      const html = `<!doctype html><meta charset="utf-8"><script type="module">${script.replaceAll('</script', '<\\/script')}</script>`
      return new Response(html, { headers: { 'content-type': 'text/html' } })
    })
  })
  afterAll(async () => {
    site.close()
    await place.close()
  })

  test('a page of another origin streams, and reads errors with their id', async () => {
    place.vendors.dashscope.use(JOKE)
    const page = await browser.newPage()
    await page.goto(site.url)
    await page.waitForFunction(() => 'ask' in globalThis)
    const ask = (key: string, model: string) =>
      page.evaluate(
        ([base, key, model]) =>
          (globalThis as any).ask(base, key, {
            model,
            messages: [{ role: 'user', content: 'Hi' }],
          }),
        [`${place.url}/v1`, key, model],
      )
    expect(await ask(TOKEN, 'dashscope')).toEqual({ text: JOKE })
    expect(await ask('guessed', 'dashscope')).toMatchObject({ status: 401 })
    expect(await ask(TOKEN, 'none')).toEqual({
      status: 404,
      code: 'model_not_found',
      requestID: expect.stringMatching(/^req_/),
    })
    await page.close()
  })
})
