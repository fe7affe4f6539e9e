/**
 * The runtimes that run the cells.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { chromium } from '@playwright/test'
import type { BuildOptions } from 'esbuild'
import { build } from 'esbuild'
import { launch } from 'puppeteer-core'
import { findBrowser } from '../runtimes/browsers.ts'
import { OUT, ROOT } from '../runtimes/build.mjs'
import type { Cell, Outcome } from './cells.ts'

const run = promisify(execFile)
const PROGRAM = path.join(OUT, 'networks/program.mjs')
const node = (major: number) =>
  path.join(ROOT, `test/runtimes/node/node_modules/node${major}/bin/node`)

const DENO = [
  'run',
  '--quiet',
  '--no-config',
  '--no-lock',
  '--no-prompt',
  '--allow-net=127.0.0.1',
  '--allow-env',
]

const COMMANDS: Record<string, [string, ...string[]]> = {
  node: [process.execPath],
  'node 20': [node(20)],
  'node 22': [node(22)],
  'node 24': [node(24)],
  'node 26': [node(26)],
  deno: [path.join(ROOT, 'node_modules/.bin/deno'), ...DENO],
  bun: [path.join(ROOT, 'node_modules/.bin/bun')],
}

/** True for the whole suite: `NETWORKS=all`. */
export const IS_FULL = process.env.NETWORKS === 'all'

const FOUND = [
  ...['node 20', 'node 22', 'node 24', 'node 26'].filter((name) => existsSync(COMMANDS[name]![0])),
  'deno',
  'bun',
  'chromium',
  'firefox',
]
/** Runtimes over HTTP/1.1, and over HTTP/2 with TLS, which Bun does not speak. The short suite runs in two. */
export const RUNTIMES: Record<'h1' | 'h2', readonly string[]> = IS_FULL
  ? { h1: FOUND, h2: FOUND.filter((name) => !['node 20', 'node 22', 'bun'].includes(name)) }
  : { h1: ['node'], h2: ['deno'] }

export async function buildProgram(): Promise<{ pageScript: string }> {
  const shared = {
    bundle: true,
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    logLevel: 'error',
    alias: { chatwire: path.join(ROOT, 'dist/index.js') },
  } satisfies BuildOptions
  const entry = (name: string) => [path.join(import.meta.dirname, name)]
  await build({ ...shared, format: 'esm', entryPoints: entry('program.ts'), outfile: PROGRAM })
  const page = await build({
    ...shared,
    format: 'iife',
    entryPoints: entry('page.ts'),
    write: false,
  })
  return { pageScript: page.outputFiles![0]!.text }
}

/** A runtime that is ready to run cells, each batch at once. */
export interface Runtime {
  run(cells: readonly Cell[]): Promise<Outcome[]>
  close(): Promise<void>
}

/** @param certificate the file of the proxies' certificate */
export async function startRuntime(
  name: string,
  http: 'h1' | 'h2',
  certificate: string,
): Promise<Runtime> {
  if (name === 'chromium') return startChromium()
  if (name === 'firefox') return startFirefox()
  const [program, ...options] = COMMANDS[name]!
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate, DENO_CERT: certificate }
  return {
    async run(cells) {
      const { stdout } = await run(program, [...options, PROGRAM, JSON.stringify(cells), http], {
        timeout: 120_000,
        maxBuffer: 2 ** 24,
        env,
      })
      return JSON.parse(stdout.trim().split('\n').at(-1) as string)
    },
    close: async () => {},
  }
}

type RunCells = (cells: readonly Cell[]) => Promise<Outcome[]>

// Serialized by the drivers: a function of the page's own.
const runInPage: RunCells = (cells) =>
  (globalThis as unknown as { runCells: RunCells }).runCells(cells)

/** The page comes through the proxy too, so that both have one origin. */
const pageOf = ([cell]: readonly Cell[]) => `${cell!.url}/page`

async function startChromium(): Promise<Runtime> {
  const executablePath = existsSync(chromium.executablePath())
    ? undefined
    : await findBrowser('chromium')
  const browser = await chromium.launch({
    ...(executablePath && { executablePath }),
    args: ['--ignore-certificate-errors'],
  })
  const page = await browser.newPage({ ignoreHTTPSErrors: true })
  return {
    async run(cells) {
      await page.goto(pageOf(cells))
      return page.evaluate(runInPage, [...cells])
    },
    close: () => browser.close(),
  }
}

async function startFirefox(): Promise<Runtime> {
  const browser = await launch({
    browser: 'firefox',
    executablePath: await findBrowser('firefox'),
    headless: true,
    acceptInsecureCerts: true,
    protocolTimeout: 120_000,
  })
  const page = await browser.newPage()
  return {
    async run(cells) {
      await page.goto(pageOf(cells))
      return page.evaluate(runInPage, [...cells])
    },
    close: () => browser.close(),
  }
}
