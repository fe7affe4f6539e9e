/**
 * A client that leaves stops the model, in every runtime: while it talks, while it is silent, before it answers.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { listen } from '../runtimes/upstream.ts'
import { gateway } from './gateway.mjs'
import { serve, TOKEN } from './places.ts'
import { bundle, ROOT, startWorkerd } from '../runtimes/workerd.mjs'

type Env = Record<string, string>
interface Started {
  url: string
  close: () => unknown
}

const RUNTIMES: Record<string, (env: Env) => Promise<Started>> = {
  node: (env) => serve((request) => gateway(request, env as never)),
  workerd: async (env) => {
    const { url, stop } = await startWorkerd({
      code: await bundle('test/gateway/gateway.mjs'),
      env,
    })
    return { url, close: stop }
  },
  deno: (env) =>
    startProgram(env, 'deno', [
      'run',
      '--quiet',
      '--no-config',
      '--no-lock',
      '--allow-net=127.0.0.1',
    ]),
  bun: (env) => startProgram(env, 'bun', ['run']),
}

async function startProgram(env: Env, name: string, options: string[]): Promise<Started> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'chatwire-gateway-'))
  const file = path.join(folder, 'serve.mjs')
  await writeFile(file, await bundle('test/gateway/serve-process.mjs'))
  const binary = path.join(ROOT, 'node_modules/.bin', name)
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(binary, [...options, file, JSON.stringify(env)], {
    env: { PATH, HOME, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const [line] = await Promise.race([once(child.stdout, 'data'), ended])
  const close = async () => {
    child.kill()
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  return { url: String(line).trim(), close }
}

/**
 * A model that says a word every quarter of a second, is silent after the first or after its head, or does not even begin. Its pace is
 * slow beside what a busy machine takes to tell of a leave.
 */
type Manner = 'slow' | 'silent' | 'head' | 'late'
const PACE = 250

const upstream = { manner: 'slow' as Manner, sent: 0, asked: false, left: false }

function say(response: ServerResponse): void {
  const delta = { content: `word${upstream.sent++} ` }
  const chunk = { id: 'c', model: 'gpt-4o', choices: [{ index: 0, delta, finish_reason: null }] }
  response.write(`data: ${JSON.stringify(chunk)}\n\n`)
}

const createModel = () =>
  createServer((request, response) => {
    upstream.asked = true
    request.resume()
    let timer: ReturnType<typeof setInterval> | undefined
    response.on('close', () => {
      clearInterval(timer)
      upstream.left = true
    })
    if (upstream.manner === 'late') return
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
    if (upstream.manner === 'head') return
    say(response)
    if (upstream.manner === 'slow') timer = setInterval(() => say(response), PACE)
  })

describe.each(Object.entries(RUNTIMES))('in %s', (name, start) => {
  // workerd notices a disconnected client only when it writes, with `enable_request_signal` and
  // `request_signal_passthrough` too (1.20261023.1; https://github.com/cloudflare/workerd/pull/5062): an answer in one
  // piece is fetched to its end there, or to the limit of time. Cloudflare's own servers do notice.
  const ways = name === 'workerd' ? [true] : [true, false]

  let place: Started
  let model: Started
  beforeAll(async () => {
    model = await listen(createModel())
    const env = { OPENAI: `${model.url}/v1`, DASHSCOPE: model.url, ZHIPU: model.url }
    place = await start({ ...env, KEY: 'sk-secret', TOKEN })
  })
  afterAll(async () => {
    await place.close()
    model.close()
  })
  beforeEach(() => Object.assign(upstream, { manner: 'slow', sent: 0, asked: false, left: false }))

  const ask = (stream: boolean, signal: AbortSignal) =>
    fetch(`${place.url}/lively/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'openai',
        messages: [{ role: 'user', content: 'Hi' }],
        stream,
      }),
      signal,
    })

  test('a slow model stops within two chunks', async () => {
    const controller = new AbortController()
    const response = await ask(true, controller.signal)
    const reader = response.body?.getReader()
    let text = ''
    while (!text.includes('word2')) text += Buffer.from((await reader?.read())?.value ?? [])
    const before = upstream.sent
    controller.abort()
    await expect.poll(() => upstream.left, { interval: 5 }).toBe(true)
    expect(upstream.sent - before).toBeLessThanOrEqual(2)
  })

  test('a silent model is let go', async () => {
    upstream.manner = 'silent'
    const controller = new AbortController()
    const reader = (await ask(true, controller.signal)).body?.getReader()
    await reader?.read()
    controller.abort()
    await expect.poll(() => upstream.left, { interval: 5 }).toBe(true)
  })

  test.each(ways)('a model that has not begun is let go, streamed: %s', async (stream) => {
    upstream.manner = 'late'
    const controller = new AbortController()
    const response = ask(stream, controller.signal).catch(() => undefined)
    await expect.poll(() => upstream.asked, { interval: 5 }).toBe(true)
    controller.abort()
    await response
    await expect.poll(() => upstream.left, { interval: 5 }).toBe(true)
  })

  test('a client that stops reading stops the model', async () => {
    const response = await ask(true, new AbortController().signal)
    await response.body?.cancel()
    await expect.poll(() => upstream.left, { interval: 5 }).toBe(true)
  })

  describe('of the relay', () => {
    const askRelay = (signal: AbortSignal, path = '/relay') =>
      fetch(`${place.url}${path}/openai/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'gpt-4o', messages: [], stream: true }),
        signal,
      })

    test('a slow model stops within two chunks', async () => {
      const controller = new AbortController()
      const reader = (await askRelay(controller.signal)).body?.getReader()
      let text = ''
      while (!text.includes('word2')) text += Buffer.from((await reader?.read())?.value ?? [])
      const before = upstream.sent
      controller.abort()
      await expect.poll(() => upstream.left, { interval: 5 }).toBe(true)
      expect(upstream.sent - before).toBeLessThanOrEqual(2)
    })

    // workerd notices by what the relay writes while the model is silent, the others by their signal.
    const path = name === 'workerd' ? '/lively/relay' : '/relay'
    test.each(['late', 'head'] as const)(
      'a model that has not begun is let go, %s',
      async (manner) => {
        upstream.manner = manner
        const controller = new AbortController()
        const response = askRelay(controller.signal, path).catch(() => undefined)
        await expect.poll(() => upstream.asked, { interval: 5 }).toBe(true)
        controller.abort()
        await response
        await expect.poll(() => upstream.left, { interval: 5 }).toBe(true)
      },
    )
  })
})
