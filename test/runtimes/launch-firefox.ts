/**
 * Firefox as the system has it, through WebDriver BiDi: Playwright's driver needs Playwright's own build.
 */
import { launch } from 'puppeteer-core'
import type { Launcher } from './launcher.ts'
import { findBrowser } from './browsers.ts'
import { runInTab, THREADS } from './page.ts'

export const firefoxLaunchers: Launcher[] = THREADS.map((thread) => ({
  name: `firefox ${thread}`,
  async launch(servers) {
    const browser = await launch({
      browser: 'firefox',
      executablePath: await findBrowser('firefox'),
      headless: true,
    })
    try {
      const page = await browser.newPage()
      const tab = {
        goto: (url: string) => page.goto(url),
        readResults: () => page.evaluate('window.results') as Promise<string | undefined>,
      }
      const results = await runInTab(tab, 'firefox', thread, servers)
      return { version: (await browser.version()).replace(/^\D+/, ''), results }
    } finally {
      await browser.close()
    }
  },
}))
