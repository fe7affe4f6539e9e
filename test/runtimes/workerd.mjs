/**
 * A Worker in workerd itself, by its bundle, without miniflare or wrangler; for tests and benchmarks.
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
 * A program as one file, by the options that wrangler gives esbuild, as far as they decide what is taken.
 * @param {string} entry its path, below the root if it is relative
 * @param {{ minify?: boolean }} [options]
 * @returns {Promise<string>}
 */
export async function bundle(entry, { minify = false } = {}) {
  const { outputFiles } = await build({
    entryPoints: [path.resolve(ROOT, entry)],
    bundle: true,
    write: false,
    minify,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    mainFields: ['browser', 'module', 'main'],
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}

/**
 * Starts it on a free port of the loopback.
 * @param {{ code: string, env: Record<string, string>, date?: string, flags?: readonly string[] } & Storage} worker
 * @returns {Promise<{ url: string, pid: number, stop: () => Promise<void> }>}
 */
export async function startWorkerd({
  code,
  env,
  date = '2026-10-01',
  flags = ['enable_request_signal'],
  ...storage
}) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'chatwire-workerd-'))
  await writeFile(path.join(folder, 'worker.js'), code)
  await writeFile(
    path.join(folder, 'config.capnp'),
    configOf(['worker.js'], { env, date, flags, ...storage }),
  )
  await writeFile(path.join(folder, 'kv.js'), KV_NAMESPACE)
  const child = spawn(require('workerd').default, ['serve', '--control-fd=3', 'config.capnp'], {
    cwd: folder,
    // None of the variables here: a key that happens to be set is not the Worker's.
    env: {},
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

/**
 * The port that workerd tells of on its control pipe.
 * @param {AsyncIterable<unknown>} control
 */
export async function portOf(control) {
  let text = ''
  for await (const piece of control) {
    text += String(piece)
    const port = /"event":"listen".*?"port":(\d+)/.exec(text)?.[1]
    if (port) return Number(port)
  }
  return new Promise(() => {}) // it ended: the exit tells why
}

/**
 * Durable Objects by the names of their bindings, and a binding to Workers KV.
 * @typedef {{ objects?: Record<string, string>, kv?: string }} Storage
 */

/** Storage for workerd's KV binding: a map, in place of Cloudflare's servers. */
const KV_NAMESPACE = `
const values = new Map()
export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url)
    const key = decodeURIComponent(pathname)
    if (request.method === 'PUT') {
      const nearest = Date.now() / 1000 + 60
      if (Number(searchParams.get('expiration') ?? Infinity) < nearest)
        return new Response('Expiration times must be at least 60 seconds in the future', { status: 400 })
      values.set(key, await request.text())
    }
    if (request.method === 'DELETE') values.delete(key)
    if (request.method !== 'GET') return new Response()
    const value = values.get(key)
    return value === undefined ? new Response(null, { status: 404 }) : new Response(value)
  },
}`

/**
 * The configuration of one Worker. Loopback counts as private, which is not allowed by default.
 * @param {readonly string[]} modules files beside it, the main one first
 * @param {{ env: Readonly<Record<string, string>>, date: string, flags: readonly string[] } & Storage} worker
 */
export function configOf(modules, { env, date, flags, objects = {}, kv }) {
  const classes = Object.values(objects)
  const bindings = [
    ...Object.entries(env).map(
      ([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`,
    ),
    ...Object.entries(objects).map(
      ([name, className]) => `(name = "${name}", durableObjectNamespace = "${className}")`,
    ),
    ...(kv ? [`(name = "${kv}", kvNamespace = "kv")`] : []),
  ]
  const storage = `
  durableObjectNamespaces = [${classes.map((one) => `(className = "${one}", uniqueKey = "${one}")`).join(', ')}],
  durableObjectStorage = (inMemory = void),`
  const kvService = `
    (name = "kv", worker = (modules = [(name = "kv.js", esModule = embed "kv.js")], compatibilityDate = "${date}")),`
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private"])),${kv ? kvService : ''}
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [${modules.map((file) => `(name = "${file}", esModule = embed "${file}")`).join(', ')}],
  bindings = [${bindings.join(', ')}],
  compatibilityDate = "${date}",
  compatibilityFlags = [${flags.map((flag) => `"${flag}"`).join(', ')}],${classes.length > 0 ? storage : ''}
);
`
}
