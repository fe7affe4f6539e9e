import { existsSync } from 'node:fs'
import { defineConfig, firefox, webkit } from '@playwright/test'

/** The system's Chromium if there is one; otherwise Playwright's own. */
const executablePath = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
].find((file) => file !== undefined && existsSync(file))

/** Playwright's own builds of the other two, where they were installed; the system's are driven by other means. */
const OWN = { 'playwright-firefox': firefox, 'playwright-webkit': webkit }

export const OWN_PROJECTS: readonly string[] = Object.entries(OWN)
  .filter(([, browser]) => existsSync(browser.executablePath()))
  .map(([name]) => name)

export default defineConfig({
  testDir: './test/runtimes',
  testMatch: 'browser.spec.ts',
  timeout: 200_000,
  workers: 1,
  reporter: 'line',
  projects: [
    {
      name: 'chromium',
      use: {
        browserName: 'chromium',
        launchOptions: { ...(executablePath && { executablePath }) },
      },
    },
    ...OWN_PROJECTS.map((name) => ({
      name,
      use: { browserName: OWN[name as keyof typeof OWN].name() as 'firefox' | 'webkit' },
    })),
  ],
  webServer: {
    command: 'node test/runtimes/start.mjs serve',
    // Ports are free ones: each group becomes a variable of its name in capitals.
    wait: {
      stdout:
        /upstream=(?<chatwire_upstream>\S+) page=(?<chatwire_page>\S+) refused=(?<chatwire_refused>\S+)/,
    },
    timeout: 30_000,
  },
})
