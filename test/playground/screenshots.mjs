// @ts-check
// Takes the pictures of the playground that the documentation shows, into docs/images/.
// Run it: node test/playground/screenshots.mjs (after `npm run build`; a font for Chinese must be there)
import { mkdir, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { chromium } from '@playwright/test'
import { buildPlayground } from '../../examples/playground/build.mjs'
import { startServer } from '../../examples/playground/server.mjs'

/** Largest picture, in bytes. */
const LIMIT = 200_000

const folder = new URL('../../docs/images/', import.meta.url)
const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'

await mkdir(folder, { recursive: true })
await buildPlayground()
const server = await startServer()
const browser = await chromium.launch({ executablePath })
try {
  const wide = { width: 1120, height: 720 }
  await take('playground-light', { colorScheme: 'light', viewport: wide }, async (page) => {
    await ask(page, 'What time is it in Shanghai? And roll two dice')
    await page.getByRole('button', { name: 'New chat', exact: true }).click()
    await ask(page, 'Show me what you can write')
    await page.locator('.transcript').evaluate((element) => element.scrollTo(0, 0))
  })
  await take('playground-dark', { colorScheme: 'dark', viewport: wide }, async (page) => {
    await ask(page, 'Tell me a joke')
    await page.getByRole('button', { name: 'New chat', exact: true }).click()
    await ask(page, 'What time is it in Shanghai? And roll two dice')
  })
  const narrow = { width: 390, height: 720 }
  await take('playground-narrow', { colorScheme: 'light', viewport: narrow }, async (page) => {
    await ask(page, 'Tell me a joke')
    await ask(page, 'Tell me a story and stop halfway')
  })
  const chinese = { locale: 'zh-CN', colorScheme: /** @type {const} */ ('light'), viewport: narrow }
  await take('playground-chinese', chinese, async (page) => {
    await page.locator('.model-button').click()
    await page.getByRole('dialog').waitFor()
    await page.getByRole('dialog').getByText('qwen-flash').waitFor()
  })
} finally {
  await browser.close()
  server.close()
}

/**
 * @param {string} name
 * @param {import('@playwright/test').BrowserContextOptions} options
 * @param {(page: import('@playwright/test').Page) => Promise<void>} act
 */
async function take(name, options, act) {
  const context = await browser.newContext({ locale: 'en', reducedMotion: 'reduce', ...options })
  const page = await context.newPage()
  await page.goto(server.url)
  await page.locator('html[data-ready]').waitFor({ state: 'attached' })
  await act(page)
  await page.mouse.move(0, 0)
  const path = fileURLToPath(new URL(`${name}.png`, folder))
  await page.screenshot({ path })
  const { size } = await stat(path)
  if (size > LIMIT) throw new Error(`${name}.png has ${size} bytes: the limit is ${LIMIT}`)
  console.log(`docs/images/${name}.png  ${Math.round(size / 1000)} kB`)
  await context.close()
}

/** @param {import('@playwright/test').Page} page @param {string} text */
async function ask(page, text) {
  await page.locator('.composer textarea').fill(text)
  await page.keyboard.press('Enter')
  await page.locator('.turn.assistant').last().locator('.foot .actions').waitFor()
  await page.locator('.composer textarea').blur()
}
