import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { ChatError } from 'chatwire'
import { cachedKey, getChatModel } from 'chatwire'
import { simulate } from 'chatwire/testing'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { listen } from '../runtimes/upstream.ts'
import { environment, tool } from './run.ts'
import { JOKE, KEY, serve, serveModel, STALLED } from './servers.ts'
import { bundle } from '../runtimes/workerd.mjs'
import { startWorker } from './workerd.ts'

const project = inject('project')
const TOKEN = 'of-the-app'
const ZHIPU_KEY = 'id12345.secret67890'

/** The examples that serve a relay, as their first lines say to run them. @returns the origin */
const SERVERS: Record<string, (env: Record<string, string>) => Promise<string>> = {
  'node-server': (env) =>
    startProgram(process.execPath, ['node-server/main.mjs'], { ...env, PORT: '0' }),
  'bun-server': (env) =>
    startProgram(tool('.bin/bun'), ['bun-server/main.ts'], { ...env, PORT: '0' }),
  'deno-server': (env) => {
    const rights = ['--allow-net=127.0.0.1', '--allow-env', '--no-prompt', '--no-lock']
    const place = ['--node-modules-dir=manual', '--host', '127.0.0.1', '--port', '0']
    const options = ['serve', ...place, ...rights, 'deno-server/main.ts']
    return startProgram(tool('.bin/deno'), options, env)
  },
  'cloudflare-worker': async (env) => {
    const folder = path.join(project, 'cloudflare-worker')
    const settings = parseJSONC(await readFile(path.join(folder, 'wrangler.jsonc'), 'utf8'))
    return startWorker({
      code: await bundle(path.join(folder, settings.main)),
      compatibilityDate: settings.compatibility_date,
      compatibilityFlags: settings.compatibility_flags,
      env,
    })
  },
}

describe.each(Object.entries(SERVERS))('examples/%s', (name, start) => {
  test('streams through its relay, and puts the key in', async () => {
    const { url: model, requests } = await serveModel('dashscope')
    const llm = modelAt(await start(variables(model)))
    const stream = llm.chat({ prompt: 'Hi', stream: true })
    let text = ''
    for await (const piece of stream) text += piece
    expect(text).toBe(JOKE)
    expect(String(await llm.chat('Hi'))).toBe(JOKE)
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(
      Array(2).fill(`Bearer ${KEY}`),
    )
    expect(Object.keys(requests[0].headers)).not.toContain('x-forwarded-for')
  })

  test('serves no stranger, and forwards nothing else', async () => {
    const { url: model, requests } = await serveModel('dashscope')
    const origin = await start(variables(model))
    const error = (await modelAt(origin, 'guessed')
      .chat('Hi')
      .catch((thrown: unknown) => thrown)) as ChatError
    expect(error.code).toBe('authentication')
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
    for (const place of ['/api/v1/tokens', '//evil.example/x', '/%2e%2e/x', '/api/v1%2ftokens']) {
      const init = { method: 'POST', headers, body: '{}' }
      const answer = await fetch(`${origin}/relay/dashscope${place}`, init)
      expect(answer.status, place).toBe(403)
      await answer.body?.cancel()
    }
    expect(requests).toEqual([])
  })

  test('stops a slow model within two pieces once its client has left', async () => {
    const upstream = await serveSlowly()
    const llm = modelAt(await start(variables(upstream.url)))
    const stream = llm.chat({ prompt: 'Hi', stream: true })
    for await (const text of stream) {
      expect(text).toBe('more ')
      if (upstream.sent >= 3) break
    }
    const atLeave = upstream.sent
    await upstream.left
    expect(upstream.sent - atLeave).toBeLessThanOrEqual(2)
  })

  // workerd notices a reset connection at once, and a properly closed one only at the next
  // piece, with `enable_request_signal` too (1.20261023.1).
  const leave = name === 'cloudflare-worker' ? 'resetAndDestroy' : 'destroy'

  test.each([
    ['has fallen silent', true],
    ['has not begun to answer', false],
  ])('lets a model go that %s when its client leaves', async (_what, begins) => {
    let onLeave = () => {}
    const left = new Promise<void>((resolve) => (onLeave = resolve))
    let onAsk = () => {}
    const asked = new Promise<void>((resolve) => (onAsk = resolve))
    const { handler } = simulate('dashscope', STALLED)
    const model = await serve((request) => {
      onAsk()
      return begins ? handler(request) : new Promise(() => {})
    }, onLeave)
    const socket = askBare(await start(variables(model)))
    await asked
    if (begins) await once(socket, 'data')
    socket[leave]()
    await left
  })

  if (name === 'bun-server') {
    test('rejects a request without a valid Host, and shows no source', async () => {
      const { port } = new URL(await start(variables('http://127.0.0.1:1')))
      const socket = connect(Number(port), '127.0.0.1')
      socket.end('GET /relay/ HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n')
      const answer = await text(socket)
      expect(answer).toMatch(/^HTTP\/1\.1 400 /)
      expect(answer).not.toContain('URL')
    })
  }

  if (name === 'cloudflare-worker') {
    test('lends a key that ends by itself', async () => {
      const { url: model } = await serveModel('zhipu', { key: ZHIPU_KEY })
      const origin = await start(variables('http://127.0.0.1:1'))
      expect((await fetch(`${origin}/token`)).status).toBe(401)
      const headers = { authorization: `Bearer ${TOKEN}` }
      const llm = getChatModel({
        modelServer: 'zhipu',
        model: 'glm-4.7',
        baseURL: model,
        apiKey: cachedKey(async () => (await fetch(`${origin}/token`, { headers })).json()),
      })
      expect(String(await llm.chat('Hi'))).toBe(JOKE)
    })
  }
})

function modelAt(origin: string, apiKey = TOKEN) {
  const baseURL = `${origin}/relay/dashscope`
  return getChatModel({ modelServer: 'dashscope', model: 'qwen-plus', baseURL, apiKey })
}

function variables(model: string): Record<string, string> {
  return {
    APP_TOKEN: TOKEN,
    DASHSCOPE_API_KEY: KEY,
    DASHSCOPE_HTTP_BASE_URL: model,
    ZHIPU_API_KEY: ZHIPU_KEY,
  }
}

/** A request by a socket of its own, so that it can be left in either way. */
function askBare(origin: string): Socket {
  const body = JSON.stringify({ model: 'qwen-plus', input: { messages: MESSAGES }, parameters: {} })
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  const lines = [
    'POST /relay/dashscope/api/v1/services/aigc/text-generation/generation HTTP/1.1',
    `host: ${new URL(origin).host}`,
    `authorization: Bearer ${TOKEN}`,
    'content-type: application/json',
    'x-dashscope-sse: enable',
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
  return socket
}

const MESSAGES = [{ role: 'user', content: 'Hi' }]

/** A program in the project that tells its port, until the test is over. */
async function startProgram(
  file: string,
  parameters: readonly string[],
  env: Record<string, string>,
): Promise<string> {
  const child = spawn(file, parameters, { cwd: project, env: environment(env) })
  const ended = once(child, 'exit')
  onTestFinished(async () => {
    child.kill()
    await ended
  })
  let words = ''
  return new Promise((resolve, reject) => {
    for (const output of [child.stdout, child.stderr]) {
      createInterface(output).on('line', (line) => {
        words += `${line}\n`
        const port = /port: (\d+)|http:\/\/[\w.]+:(\d+)/.exec(line)
        if (port) resolve(`http://127.0.0.1:${port[1] ?? port[2]}`)
      })
    }
    child.once('exit', () => reject(new Error(`${file} ended: ${words}`)))
  })
}

/** Pause between two pieces of a slow model, in milliseconds: long beside what a busy machine takes to tell of a leave. */
const PAUSE = 250

/** A model that says "more" until it is left. */
async function serveSlowly() {
  const frame = {
    output: {
      choices: [{ message: { role: 'assistant', content: 'more ' }, finish_reason: 'null' }],
    },
  }
  let onLeave = () => {}
  const upstream = {
    url: '',
    sent: 0,
    left: new Promise<void>((resolve) => (onLeave = resolve)),
  }
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const timer = setInterval(() => {
      upstream.sent++
      response.write(`data:${JSON.stringify(frame)}\n\n`)
    }, PAUSE)
    response.once('close', () => {
      clearInterval(timer)
      onLeave()
    })
  })
  const { url, close } = await listen(server)
  onTestFinished(close)
  return Object.assign(upstream, { url })
}

/** JSON with comments and a comma too many, as wrangler has it. */
function parseJSONC(text: string) {
  return JSON.parse(text.replace(/^\s*\/\/.*$/gm, '').replace(/,(\s*[}\]])/g, '$1'))
}
