/**
 * A Worker in workerd itself, by its bundle; for the tests and for the benchmark.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const require = createRequire(path.join(ROOT, 'package.json'))

/**
 * A program as wrangler bundles it.
 * @param {string} entry its path below the root
 * @param {{ minify?: boolean }} [options]
 * @returns {Promise<string>}
 */
export async function bundle(entry, { minify = false } = {}) {
  const { outputFiles } = await build({
    entryPoints: [path.join(ROOT, entry)],
    bundle: true,
    write: false,
    minify,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker', 'browser'],
    mainFields: ['browser', 'module', 'main'],
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}

/**
 * Starts it on a free port of the loopback.
 * @param {{ code: string, env: Record<string, string>, date?: string, flags?: string[] }} worker
 * @returns {Promise<{ url: string, pid: number, stop: () => Promise<void> }>}
 */
export async function startWorkerd({
  code,
  env,
  date = '2026-10-01',
  flags = ['enable_request_signal'],
}) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'chatwire-workerd-'))
  await writeFile(path.join(folder, 'worker.js'), code)
  await writeFile(path.join(folder, 'config.capnp'), configOf(env, date, flags))
  const child = spawn(require('workerd').default, ['serve', '--control-fd=3', 'config.capnp'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit')
  let words = ''
  child.stderr?.on('data', (piece) => (words += piece))
  const stop = async () => {
    child.kill('SIGKILL') // the polite signal waits for requests that are under way
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  const failed = ended.then(() => {
    throw new Error(`workerd ended: ${words}`)
  })
  failed.catch(() => {}) // it is ended on purpose too
  const port = await Promise.race([portOf(/** @type {any} */ (child.stdio[3])), failed])
  return { url: `http://127.0.0.1:${port}`, pid: /** @type {number} */ (child.pid), stop }
}

/** @param {AsyncIterable<unknown>} control */
async function portOf(control) {
  let text = ''
  for await (const piece of control) {
    text += String(piece)
    const port = /"event":"listen".*?"port":(\d+)/.exec(text)?.[1]
    if (port) return Number(port)
  }
  return new Promise(() => {})
}

/**
 * Loopback counts as private, which is not allowed by default.
 * @param {Record<string, string>} env
 * @param {string} date
 * @param {string[]} flags
 */
function configOf(env, date, flags) {
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
  compatibilityDate = "${date}",
  compatibilityFlags = [${flags.map((flag) => `"${flag}"`).join(', ')}],
);
`
}
