/**
 * WebKit twice, through its own WebDriver: WebKitGTK of today, and WPE 2.38, which is what Safari 16 was.
 */
import type { Launcher } from './launcher.ts'
import { runInTab, THREADS } from './page.ts'
import { openWebKit } from './webdriver.ts'

export const webkitLaunchers: Launcher[] = (['webkit', 'wpe'] as const).flatMap((kind) =>
  THREADS.map((thread) => ({
    name: `${kind} ${thread}`,
    async launch(servers) {
      const browser = await openWebKit(kind)
      try {
        const results = await runInTab(browser, kind, thread, servers)
        return { version: browser.version, results }
      } finally {
        await browser.close()
      }
    },
  })),
)
