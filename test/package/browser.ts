/**
 * One Chromium for a file of tests, and a fresh tab for each of them.
 */
import type { Browser, Page } from '@playwright/test'
import { chromium } from '@playwright/test'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { findBrowser } from '../runtimes/browsers.ts'

/** Longest wait for something in a page, in milliseconds. */
const PATIENCE = 20_000

/** Starts Chromium before the tests of this file. @returns what opens a tab */
export function useBrowser(): () => Promise<Tab> {
  let browser: Browser | undefined
  beforeAll(async () => {
    // Its sandbox cannot start for root, as which containers run.
    const executablePath = await findBrowser('chromium')
    browser = await chromium.launch({ executablePath, chromiumSandbox: false })
  }, 60_000)
  afterAll(() => browser?.close())
  return async () => {
    const page = await (browser as Browser).newPage()
    page.setDefaultTimeout(PATIENCE)
    onTestFinished(() => page.close())
    const tab: Tab = { page, requests: [], problems: [] }
    page.on('request', (request) => tab.requests.push(`${request.method()} ${request.url()}`))
    page.on('pageerror', (error) => tab.problems.push(String(error)))
    page.on('console', (message) => {
      if (message.type() === 'error') tab.problems.push(message.text())
    })
    return tab
  }
}

export interface Tab {
  page: Page
  /** Method and URL of everything that the page asked for; preflights are not shown. */
  requests: string[]
  /** Errors of the page, and of its console. */
  problems: string[]
}
