/**
 * workerd, straight from its package, without miniflare. Without `nodejs_compat` it has no process; the newest
 * dates turn that on by themselves, so they are tested as they come and with it turned off.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { ROOT } from './build.mjs'
import type { Launcher } from './launcher.ts'
import { ENVIRONMENT, placeOf, SUITE_LIMIT } from './launcher.ts'
import { configOf, portOf } from './workerd.mjs'

const require = createRequire(path.join(ROOT, 'package.json'))
const binary: string = require('workerd').default
/** Package versions are 1.YYYYMMDD.n: the newest date that this binary knows. */
const NEWEST = require('workerd/package.json').version.replace(
  /^\d+\.(\d{4})(\d\d)(\d\d)\..*/,
  '$1-$2-$3',
)

/** The bundles that lie beside the configuration. */
const MODULES = ['workerd.mjs', 'suite.mjs']

export const workerdLaunchers: Launcher[] = [
  workerd('workerd 2024-01-01', '2024-01-01'),
  workerd(`workerd ${NEWEST} bare`, NEWEST, ['no_nodejs_compat', 'no_nodejs_compat_v2']),
  workerd(`workerd ${NEWEST}`, NEWEST),
]

function workerd(name: string, date: string, flags: string[] = []): Launcher {
  const hasProcess = date === NEWEST && flags.length === 0
  return {
    name,
    async launch(servers) {
      const file = path.join(servers.folder, `${name.replaceAll(' ', '-')}.capnp`)
      await writeFile(file, configOf(MODULES, { env: ENVIRONMENT, date, flags }))
      const child = spawn(binary, ['serve', '--control-fd=3', file], {
        stdio: ['ignore', 'inherit', 'pipe', 'pipe'],
      })
      // Errors that the cases provoke appear here too: shown only if the run yields no results.
      let words = ''
      child.stderr?.on('data', (piece) => (words += piece))
      try {
        const port = await Promise.race([
          portOf(child.stdio[3] as Readable),
          failed(child, () => words),
        ])
        const answer = await fetch(`http://127.0.0.1:${port}/`, {
          method: 'POST',
          body: JSON.stringify(placeOf(name, servers, hasProcess)),
          signal: AbortSignal.timeout(SUITE_LIMIT),
        })
        const text = await answer.text()
        if (!answer.ok)
          throw new Error(
            `workerd answered ${answer.status}: ${text.slice(0, 500)} ${words.slice(-2000)}`,
          )
        return { version: require('workerd/package.json').version, results: JSON.parse(text) }
      } finally {
        child.kill()
      }
    },
  }
}

async function failed(child: ReturnType<typeof spawn>, words: () => string): Promise<never> {
  const [code] = await once(child, 'exit')
  throw new Error(`workerd ended with ${code}: ${words()}`)
}
