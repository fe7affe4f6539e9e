import { defineConfig } from '@playwright/test'
import { findBrowser } from '../runtimes/browsers.ts'

export default defineConfig({
  testMatch: '*.spec.ts',
  outputDir: '../../test-results/playground',
  globalSetup: './setup.ts',
  fullyParallel: true,
  // What is measured is whether, not when: these only end what hangs.
  timeout: 120_000,
  expect: { timeout: 30_000 },
  workers: 2,
  reporter: 'line',
  // What takes times runs alone, after everything else.
  projects: [
    { name: 'pages', grepInvert: /@clock/ },
    { name: 'clocks', grep: /@clock/, dependencies: ['pages'], workers: 1 },
  ],
  use: {
    browserName: 'chromium',
    locale: 'en',
    // What pulses is drawn without end, and on a machine without a graphics card that is dear.
    contextOptions: { reducedMotion: 'reduce' },
    launchOptions: { executablePath: await findBrowser('chromium') },
  },
})
