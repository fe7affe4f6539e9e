/**
 * Runtimes that are a program: Node, Deno, Bun.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from './build.mjs'
import type { Launcher } from './launcher.ts'
import { ENVIRONMENT, placeOf, SUITE_LIMIT } from './launcher.ts'

const run = promisify(execFile)

/** Only the loopback and one variable: whatever else the package touched would end in `NotCapable`. */
const DENO_RIGHTS = [
  'run',
  '--quiet',
  '--no-config',
  '--no-lock',
  '--no-prompt',
  '--allow-net=127.0.0.1',
  '--allow-env=OPENAI_API_KEY',
]

export const processLaunchers: Launcher[] = [
  program('node 20', () => nodeBinary(20), ['--unhandled-rejections=warn']),
  program('node 22', () => nodeBinary(22), ['--unhandled-rejections=warn']),
  program('node 24', () => nodeBinary(24), ['--unhandled-rejections=warn']),
  program('node 26', () => nodeBinary(26), ['--unhandled-rejections=warn']),
  program('deno', () => path.join(ROOT, 'node_modules/.bin/deno'), DENO_RIGHTS),
  program('bun', () => path.join(ROOT, 'node_modules/.bin/bun')),
]

function program(name: string, find: () => string, options: string[] = []): Launcher {
  return {
    name,
    async launch(servers) {
      const place = JSON.stringify(placeOf(name, servers, true))
      const { PATH, HOME } = process.env
      const { stdout } = await run(
        find(),
        [...options, path.join(servers.folder, 'process.mjs'), place],
        {
          env: { PATH, HOME, DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1', ...ENVIRONMENT },
          timeout: SUITE_LIMIT,
          maxBuffer: 2 ** 24,
        },
      )
      return JSON.parse(stdout.trim().split('\n').at(-1) as string)
    },
  }
}

/**
 * Node of one major version: the private package in `node/`, or the one that runs this.
 * The package is only for Linux on x64; elsewhere `NODE_20` and the like may name a binary.
 */
function nodeBinary(major: number): string {
  const named = process.env[`NODE_${major}`]
  if (named) return named
  const file = path.join(ROOT, `test/runtimes/node/node_modules/node${major}/bin/node`)
  if (existsSync(file)) return file
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath
  throw new Error(
    `There is no Node ${major}: set NODE_${major} to its binary (npm ci brings it on Linux x64)`,
  )
}
