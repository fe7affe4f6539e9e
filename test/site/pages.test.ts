/** The site in Chromium, as it is served below a path. */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { useBrowser } from '../package/browser.ts'

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

const site = inject('site')
const server = createServer(async ({ url = '' }, response) => {
  const file = decodeURI(new URL(url, 'http://localhost').pathname).replace(/^\/docs/, '')
  try {
    const bytes = await readFile(path.join(site, file))
    response.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'image/png' })
    response.end(bytes)
  } catch {
    response.writeHead(404).end()
  }
})
const openTab = useBrowser()

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterAll(() => {
  server.close()
})

async function open(file: string, width = 1280): Promise<Page> {
  const { page, problems } = await openTab()
  await page.setViewportSize({ width, height: 800 })
  const { port } = server.address() as AddressInfo
  await page.goto(`http://127.0.0.1:${port}/docs/${file}`)
  await page.locator('body').waitFor({ state: 'visible' })
  onTestFinished(() => expect(problems).toEqual([]))
  return page
}

const START = 'documents/Getting_started.html'

test('the first screen has the promise, the installation, six lines of streaming and three buttons', async () => {
  const page = await open('index.html')
  const hero = page.locator('.hero')
  const box = await hero.boundingBox()
  expect((box?.y ?? 0) + (box?.height ?? Infinity)).toBeLessThanOrEqual(800)
  await expect
    .poll(() => hero.locator('> p').first().textContent())
    .toMatch(/any JavaScript runtime/)
  expect(await hero.getByRole('tabpanel').innerText()).toContain('npm install chatwire')
  const code = await hero.locator('> pre code').innerText()
  expect(code.trim().split('\n')).toHaveLength(6)
  expect(code).toContain('stream: true')
  const buttons = hero.locator('.buttons a')
  expect(await buttons.allInnerTexts()).toEqual(['Get started', 'Examples', 'API reference'])
  await buttons.first().click()
  await page.waitForURL(/Getting_started/)
})

const FOUND = [
  ['retry', 'Failures'],
  ['retries', 'Failures'],
  ['abort', 'Failures'],
  ['failover', 'Failures'],
  ['rate limit', 'Gateway and relay'],
  ['timeout', /Failures|Time limits in each runtime|Behind a proxy/],
  ['tools', 'Tools'],
  ['structured output', 'Objects'],
  ['cors', 'Browser'],
  ['conversation', 'From useChat'],
  ['重试', '错误与重试'],
  ['网关', '网关与中继'],
  // An exact name is still found first.
  ['chatObject', 'chatwire.chatObject'],
] as const

test('search finds guides first', async () => {
  const page = await open('index.html')
  const results = page.locator('#tsd-search-results li')
  for (const [words, first] of FOUND) {
    await page.locator('#tsd-search-trigger').click()
    await page.locator('#tsd-search-input').fill(words)
    const shown = async () => ((await results.first().textContent()) ?? '').replace(/\s+/g, '')
    const name = typeof first === 'string' ? first.replace(/\s+/g, '') : first
    if (typeof name === 'string') await expect.poll(shown, { message: words }).toBe(name)
    else
      await expect
        .poll(async () => (await results.allInnerTexts()).slice(0, 3).join(), { message: words })
        .toMatch(name)
    await page.keyboard.press('Escape')
  }
  await page.locator('#tsd-search-trigger').click()
  await page.locator('#tsd-search-input').fill('timeout')
  // Both that explain timeouts are among the first three.
  await expect
    .poll(async () => (await results.allInnerTexts()).slice(0, 3).map((text) => text.trim()))
    .toEqual(expect.arrayContaining(['Failures', 'Time limits in each runtime']))
})

test('tabs: one for each runtime, by pointer and by key, kept on the next page', async () => {
  const page = await open(START)
  const [install, serve] = [page.locator('.tabs').first(), page.locator('.tabs').nth(1)]
  expect(await install.getByRole('tab').allInnerTexts()).toEqual([
    'Node',
    'Deno',
    'Bun',
    'Workers',
    'Browser',
  ])
  await install.getByRole('tab', { name: 'Deno' }).click()
  expect(await install.getByRole('tabpanel').innerText()).toContain('deno add npm:chatwire')
  expect(await serve.getByRole('tabpanel').innerText()).toContain('deno serve')
  await page.keyboard.press('ArrowRight')
  expect(await install.getByRole('tabpanel').innerText()).toContain('bun add chatwire')
  expect(
    await install
      .getByRole('tab', { name: 'Bun' })
      .evaluate((tab) => tab === document.activeElement),
  ).toBe(true)
  await page.keyboard.press('Home')
  expect(await install.getByRole('tabpanel').innerText()).toContain('npm install chatwire')
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('ArrowLeft')
  await page.reload()
  const wrangler = page.locator('.tabs').first().getByRole('tabpanel')
  await expect.poll(() => wrangler.innerText()).toContain('wrangler')
  // Where a list has no such tab, its first one is shown.
  await page.goto(page.url().replace('Getting_started', 'Time_limits_in_each_runtime'))
  await expect.poll(() => page.getByRole('tabpanel').innerText()).toContain('undici')
})

test('without scripts every panel is shown below its name', async () => {
  const html = await readFile(path.join(site, START), 'utf8')
  expect(html).toMatch(/<div data-tab="Deno"><p><strong>Deno<\/strong><\/p>\s*<pre/)
  expect(html).not.toMatch(/<!-- \/?tabs -->/)
})

test('code scrolls instead of wrapping, in a column that is wide enough for it', async () => {
  const page = await open(START)
  expect((await page.locator('.col-content').boundingBox())?.width).toBeGreaterThanOrEqual(720)
  const narrow = await open(START, 400)
  const code = narrow
    .locator('pre', { hasText: 'moduleServer' })
    .or(narrow.locator('pre', { hasText: 'modelServer' }))
    .first()
  const [scroll, client, style] = await code.evaluate(
    (pre) => [pre.scrollWidth, pre.clientWidth, getComputedStyle(pre).whiteSpace] as const,
  )
  expect(scroll).toBeGreaterThan(client)
  expect(style).toBe('pre')
  expect(await narrow.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400)
})

test('a guide leads to the one before, the one after and itself in Chinese', async () => {
  const page = await open('documents/Failures.html')
  expect(await page.locator('.page-turns a').allInnerTexts()).toEqual([
    '← Objects',
    'Time limits in each runtime →',
  ])
  await page.locator('.tsd-typography > p').first().getByRole('link').click()
  await page.waitForURL((url) => decodeURI(url.pathname).endsWith('/错误与重试.html'))
  expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN')
  expect(await page.locator('.page-turns a').allInnerTexts()).toEqual([
    '← 结构化对象',
    '各运行环境的时间限制 →',
  ])
  expect(await page.locator('link[hreflang="en"]').getAttribute('href')).toBe('Failures.html')
  await page.locator('.page-turns a').last().click()
  await page.waitForURL((url) => decodeURI(url.pathname).endsWith('/各运行环境的时间限制.html'))
  await page.locator('.tsd-typography > p').first().getByRole('link').click()
  await page.waitForURL(/Time_limits/)
})

test.each([
  ['index.html', 'chatwire', /^A chat SDK/],
  ['documents/Failures.html', 'Failures', /^Errors are thrown where you read/],
  [encodeURI('documents/错误与重试.html'), '错误与重试', /^错误在你读取的地方抛出/],
  ['functions/chatwire.getChatModel.html', 'getChatModel', /\w/],
])('%s has a description and og: tags', async (file, title, words) => {
  const page = await open(file)
  const of = (name: string) => page.locator(name).getAttribute('content')
  expect(await of('meta[name="description"]')).toMatch(words)
  expect(await of('meta[property="og:description"]')).toMatch(words)
  expect(await of('meta[property="og:title"]')).toBe(title)
})

test.each(['light', 'dark'] as const)(
  'axe finds nothing, %s',
  async (colorScheme) => {
    for (const file of [
      'index.html',
      START,
      encodeURI('documents/错误与重试.html'),
      'documents/Examples.html',
    ]) {
      const page = await open(file)
      await page.emulateMedia({ colorScheme })
      const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
      const found = violations.map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .slice(0, 4)
            .map(({ html }) => html.slice(0, 160))
            .join(' · ')}`,
      )
      expect(found, file).toEqual([])
    }
  },
  120_000,
)
