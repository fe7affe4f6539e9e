/**
 * The suite in a page and in its module worker, driven by `@playwright/test`.
 */
import { expect, test } from '@playwright/test'
import { gapOf } from './gaps.ts'
import { runInTab, THREADS } from './page.ts'

// Set from what the `webServer` says; see playwright.config.ts.
const {
  CHATWIRE_UPSTREAM: upstream = '',
  CHATWIRE_PAGE: origin = '',
  CHATWIRE_REFUSED: refused = '',
} = process.env

for (const thread of THREADS) {
  test(thread, async ({ page, browser }, info) => {
    const tab = {
      goto: (url: string) => page.goto(url),
      readResults: () => page.evaluate<string | undefined>('window.results'),
    }
    const results = await runInTab(tab, info.project.name, thread, {
      upstream,
      page: origin,
      refused,
    })
    const body = JSON.stringify({ version: browser.version(), results })
    // The table of all runtimes reads it out of the JSON report.
    await info.attach('outcome', { body, contentType: 'application/json' })
    expect(
      results.filter(
        ({ ok, name, error = '' }) => !ok && !gapOf(`${info.project.name} ${thread}`, name, error),
      ),
    ).toEqual([])
  })
}
