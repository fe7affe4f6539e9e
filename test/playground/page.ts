/**
 * The playground in Chromium, its local server beside it: what every test here drives.
 */
import type { Browser, BrowserContextOptions, Locator, Page } from '@playwright/test'
import { chromium } from '@playwright/test'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { startServer } from '../../examples/playground/server.mjs'
import { findBrowser } from '../runtimes/browsers.ts'

/** What a test is given. */
export interface Stage {
  browser: Browser
  page: Page
  server: Awaited<ReturnType<typeof startServer>>
  /** What the page complained of. A test that means it empties it. */
  complaints: string[]
}

/** Sets a page up before each test of a file, and sees to it that nothing was complained of. */
export function useStage(options: BrowserContextOptions = {}): Stage {
  const stage = {} as Stage
  beforeAll(async () => {
    stage.browser = await chromium.launch({ executablePath: await findBrowser('chromium') })
  })
  afterAll(() => stage.browser?.close())
  beforeEach(async () => {
    stage.server = await startServer()
    stage.complaints = []
    const context = await stage.browser.newContext({ locale: 'en', ...options })
    stage.page = await context.newPage()
    watch(stage.page, stage.complaints)
    await open(stage.page, stage.server.url)
  })
  afterEach(async () => {
    await stage.page?.context().close()
    stage.server?.close()
    expect(stage.complaints).toEqual([])
  })
  return stage
}

/** Opens the playground, and waits until it is drawn. */
export async function open(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await page.locator('html[data-ready]').waitFor({ state: 'attached' })
}

/** The same again. */
export async function reload(page: Page): Promise<void> {
  await open(page, page.url())
}

/** Notes what goes wrong in a page. */
export function watch(page: Page, complaints: string[]): void {
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
}

export function messageField(page: Page): Locator {
  return page.locator('.composer textarea')
}

/** Sends a message as a person does. */
export async function send(page: Page, text: string): Promise<void> {
  await messageField(page).fill(text)
  await messageField(page).press('Enter')
}

/** The last answer, once it is over. */
export async function answered(page: Page): Promise<Locator> {
  const answer = page.locator('.turn.assistant').last()
  await answer.locator('.foot .actions').waitFor()
  return answer
}

/** Picks a model in the settings. */
export async function pick(page: Page, place: string): Promise<void> {
  await page.locator('.model-button').click()
  await page.getByLabel('Where').selectOption(place)
  await page.keyboard.press('Escape')
}
