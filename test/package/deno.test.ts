import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { expect, inject, onTestFinished, test } from 'vitest'
import { environment, run, tool } from './run.ts'
import { JOKE, KEY, serve, serveFiles, serveModel, STALLED } from './servers.ts'

const project = inject('project')
const deno = tool('.bin/deno')
/** `npm:chatwire` is what lies in the project's `node_modules`. */
const FROM_TARBALL = ['--no-lock', '--no-prompt', '--node-modules-dir=manual']
/** Runs the examples, with access to the loopback only. */
const RIGHTS = ['--allow-net=127.0.0.1', '--allow-env']

test('examples/deno-script runs with one request for the CDN file, and no other', async () => {
  const { url: model, requests } = await serveModel('dashscope')
  const cdn = await serveFiles(path.join(project, 'node_modules/chatwire/dist'))
  const cwd = await mkdtemp(path.join(project, 'deno-'))
  const imports = { 'https://cdn.jsdelivr.net/npm/chatwire@0.1/dist/': `${cdn.url}/` }
  await writeFile(path.join(cwd, 'import-map.json'), JSON.stringify({ imports }))
  const place = ['--no-config', '--no-lock', '--no-prompt', '--import-map=import-map.json']
  const options = ['run', ...place, '--allow-import=127.0.0.1', ...RIGHTS]
  const { stdout } = await run(deno, [...options, '../deno-script/main.ts', 'Hi'], {
    cwd,
    env: environment({
      DASHSCOPE_API_KEY: KEY,
      DASHSCOPE_HTTP_BASE_URL: model,
      // Nothing is cached, and registries would be seen.
      DENO_DIR: cwd,
      NPM_CONFIG_REGISTRY: `${cdn.url}/npm/`,
      JSR_URL: `${cdn.url}/jsr/`,
    }),
  })
  expect(stdout).toMatch(/\n\(\d+ tokens, ended by stop\)\n$/)
  expect(stdout.split('\n')[0]).toBe(JOKE)
  expect(cdn.paths).toEqual(['/cdn.min.js'])
  expect(requests).toHaveLength(1)
})

test('examples/deno-server streams with `npm:chatwire`', async () => {
  const { url: model, requests } = await serveModel('dashscope')
  const url = await startServer(model)
  expect((await fetch(url, { method: 'POST', body: 'Hi' })).status).toBe(401)
  expect((await fetch(url, { headers })).status).toBe(405)
  const response = await fetch(url, { method: 'POST', body: 'Hi', headers })
  expect(response.headers.get('content-type')).toMatch(/^text\/plain/)
  expect(await response.text()).toBe(JOKE)
  expect(requests).toHaveLength(1)
})

test('examples/deno-server lets the model go when the caller leaves', async () => {
  const { url: model, left } = await serveModel('dashscope', { script: STALLED })
  const response = await fetch(await startServer(model), { method: 'POST', body: 'Hi', headers })
  const reader = response.body?.getReader()
  expect((await reader?.read())?.done).toBe(false)
  await reader?.cancel()
  await left
})

test('examples/custom-provider runs in Deno too', async () => {
  const line = { message: { content: JOKE }, done: true }
  const url = await serve(() => Response.json(line))
  const env = environment({ OLLAMA_URL: url })
  const options = ['run', ...FROM_TARBALL, ...RIGHTS, '--allow-read=.']
  const { stdout } = await run(deno, [...options, 'custom-provider/main.ts'], { cwd: project, env })
  expect(stdout.split('\n')[0]).toBe(JOKE)
})

test('deno check accepts the examples, and every entry', async () => {
  const files = ['deno-script/main.ts', 'deno-server/main.ts', 'types.ts']
  await run(deno, ['check', '--no-lock', '--node-modules-dir=manual', ...files], { cwd: project })
})

const headers = { authorization: 'Bearer token' }

/** Starts the example with `deno serve`, until the test is over. @returns the origin it tells */
async function startServer(model: string): Promise<string> {
  const place = ['--host', '127.0.0.1', '--port', '0']
  const child = spawn(
    deno,
    ['serve', ...FROM_TARBALL, ...place, ...RIGHTS, 'deno-server/main.ts'],
    {
      cwd: project,
      env: environment({
        APP_TOKEN: 'token',
        DASHSCOPE_API_KEY: KEY,
        DASHSCOPE_HTTP_BASE_URL: model,
      }),
      stdio: ['ignore', 'inherit', 'pipe'],
    },
  )
  const ended = once(child, 'exit')
  onTestFinished(async () => {
    child.kill()
    await ended
  })
  let words = ''
  for await (const line of createInterface(child.stderr)) {
    words += `${line}\n`
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0]
    if (url) return url
  }
  throw new Error(`deno serve ended: ${words}`)
}
