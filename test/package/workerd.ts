/**
 * Runs a bundled Worker in workerd itself, without miniflare or wrangler.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { build } from 'esbuild'
import { onTestFinished } from 'vitest'
import { portOf } from '../runtimes/launch-workerd.ts'
import { environment, ROOT } from './run.ts'

/** The path of the native program. */
const binary: string = createRequire(path.join(ROOT, 'package.json'))('workerd').default

interface Worker {
  /** The bundle. */
  code: string
  compatibilityDate: string
  compatibilityFlags?: readonly string[]
  /** Its variables and secrets. */
  env: Record<string, string>
}

/** Starts a Worker, until the test is over. @returns its origin */
export async function startWorker(project: string, worker: Worker): Promise<string> {
  const folder = await mkdtemp(path.join(project, 'workerd-'))
  await writeFile(path.join(folder, 'worker.js'), worker.code)
  await writeFile(path.join(folder, 'config.capnp'), configOf(worker))
  const child = spawn(binary, ['serve', '--control-fd=3', 'config.capnp'], {
    cwd: folder,
    env: environment(),
    stdio: ['ignore', 'inherit', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit')
  onTestFinished(async () => {
    child.kill()
    await ended
  })
  let words = ''
  child.stderr?.on('data', (piece) => (words += piece))
  const failed = ended.then(([code]): never => {
    throw new Error(`workerd ended with ${code}: ${words}`)
  })
  const port = await Promise.race([portOf(child.stdio[3] as Readable), failed])
  failed.catch(() => {}) // from here on the test ends it
  return `http://127.0.0.1:${port}`
}

/** A Worker as one file, by the options that wrangler gives esbuild, as far as they decide what is taken. */
export async function bundleWorker(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    mainFields: ['browser', 'module', 'main'],
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}

/** Loopback counts as private, which is not allowed by default. */
function configOf({ compatibilityDate, compatibilityFlags = [], env }: Worker): string {
  const bindings = Object.entries(env).map(
    ([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`,
  )
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  bindings = [${bindings.join(', ')}],
  compatibilityDate = "${compatibilityDate}",
  compatibilityFlags = [${compatibilityFlags.map((flag) => `"${flag}"`).join(', ')}],
);
`
}
