/**
 * The runtimes that run the cells.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
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
  'node 24': [node(24)],
  deno: [path.join(ROOT, 'node_modules/.bin/deno'), ...DENO],
  bun: [path.join(ROOT, 'node_modules/.bin/bun')],
}

/** `NETWORKS=all` runs every runtime, otherwise only the one that runs the tests. */
export const RUNTIMES =
  process.env.NETWORKS === 'all'
    ? ['node 20', 'node 24', 'deno', 'bun'].filter((name) => existsSync(COMMANDS[name]![0]))
    : ['node']

export async function buildProgram(): Promise<void> {
  await build({
    entryPoints: [path.join(import.meta.dirname, 'program.ts')],
    outfile: PROGRAM,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    logLevel: 'error',
    alias: { chatwire: path.join(ROOT, 'dist/index.js') },
  })
}

export async function runCells(runtime: string, cells: readonly Cell[]): Promise<Outcome[]> {
  const [program, ...options] = COMMANDS[runtime]!
  const { stdout } = await run(program, [...options, PROGRAM, JSON.stringify(cells)], {
    timeout: 120_000,
    maxBuffer: 2 ** 24,
  })
  return JSON.parse(stdout.trim().split('\n').at(-1) as string)
}
