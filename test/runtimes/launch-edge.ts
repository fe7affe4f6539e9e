/**
 * Vercel's edge-runtime: the host's engine with few globals, no `eval`, and scripts instead of modules.
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { EdgeRuntime } from 'edge-runtime'
import { transform } from 'esbuild'
import { ROOT } from './build.mjs'
import type { Launcher } from './launcher.ts'
import { placeOf } from './launcher.ts'

const { version } = createRequire(path.join(ROOT, 'package.json'))('edge-runtime/package.json')

export const edgeLauncher: Launcher = {
  name: 'edge-runtime',
  async launch(servers) {
    const suite = await readFile(path.join(servers.folder, 'suite.mjs'), 'utf8')
    const script = await transform(suite, {
      format: 'iife',
      globalName: 'chatwireSuite',
      sourcefile: 'suite.mjs',
    })
    const start = await readFile(path.join(servers.folder, 'edge.js'), 'utf8')
    // `var` of a script is a global only outside of a function, and this is one.
    const runtime = new EdgeRuntime({
      initialCode: `${script.code}\nglobalThis.chatwireSuite = chatwireSuite\n${start}`,
    })
    const answer = await runtime.dispatchFetch('http://127.0.0.1/', {
      method: 'POST',
      body: JSON.stringify(placeOf('edge-runtime', servers)),
    })
    if (!answer.ok)
      throw new Error(`edge-runtime answered ${answer.status}: ${await answer.text()}`)
    return { version, results: await answer.json() }
  },
}
