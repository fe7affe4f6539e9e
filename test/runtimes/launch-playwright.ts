/**
 * Chromium, by `@playwright/test` and the playwright.config.ts at the top; and Playwright's own Firefox and WebKit
 * on machines that have them.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { chromium } from '@playwright/test'
import { OWN_PROJECTS } from '../../playwright.config.ts'
import { findBrowser } from './browsers.ts'
import { ROOT } from './build.mjs'
import type { Launcher, Outcome } from './launcher.ts'
import { SUITE_LIMIT } from './launcher.ts'
import { THREADS } from './page.ts'

export const playwrightLaunchers: Launcher[] = ['chromium', ...OWN_PROJECTS].flatMap((project) =>
  THREADS.map((thread) => ({
    name: `${project} ${thread}`,
    async launch() {
      // The system's, installed first if it can be; Playwright's own will do as well.
      if (project === 'chromium' && !existsSync(chromium.executablePath()))
        await findBrowser('chromium')
      return findOutcome(await test(project, thread))
    },
  })),
)

/** The JSON report. A failing case fails the test, but the report is still read. */
async function test(project: string, thread: string): Promise<string> {
  const cli = path.join(ROOT, 'node_modules/@playwright/test/cli.js')
  const options = ['test', `--project=${project}`, `--grep=${thread}$`, '--reporter=json']
  return new Promise((resolve) => {
    const settings = { cwd: ROOT, timeout: SUITE_LIMIT, maxBuffer: 2 ** 26 }
    execFile(process.execPath, [cli, ...options], settings, (_error, stdout, stderr) =>
      resolve(stdout || stderr),
    )
  })
}

interface Report {
  errors?: { message: string }[]
  suites?: {
    specs: {
      tests: { results: { errors: { message: string }[]; attachments: Attachment[] }[] }[]
    }[]
  }[]
}

interface Attachment {
  name: string
  /** Base64. */
  body?: string
}

function findOutcome(text: string): Outcome {
  let report: Report
  try {
    report = JSON.parse(text)
  } catch (cause) {
    throw new Error(`Playwright gave no report: ${text.slice(0, 2000)}`, { cause })
  }
  const result = report.suites?.[0]?.specs[0]?.tests[0]?.results.at(-1)
  const body = result?.attachments.find((attachment) => attachment.name === 'outcome')?.body
  if (body) return JSON.parse(Buffer.from(body, 'base64').toString())
  const errors = [...(report.errors ?? []), ...(result?.errors ?? [])].map((error) => error.message)
  throw new Error(errors.join('\n') || 'Playwright ran no test')
}
