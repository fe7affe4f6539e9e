// @ts-check
// A local server: the page, the built package, and the wire formats below /dashscope, /zhipu, /openai and /anthropic,
// simulated, or passed on to the real service where its key is set (the key stays here).
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { createVendor, SERVERS } from './story.mjs'

const ROOT = new URL('../../', import.meta.url)
const FILES = /** @type {Record<string, [file: string, type: string]>} */ ({
  '/': ['examples/demo/page.html', 'text/html; charset=utf-8'],
  '/chatwire.js': ['dist/cdn.min.js', 'text/javascript; charset=utf-8'],
})

const vendors = new Map(SERVERS.map(({ server }) => [server, createVendor(server)]))

/** @param {number} port 0 for any that is free */
export async function startServer(port = 0) {
  const server = createServer((incoming, outgoing) => {
    answer(toRequest(incoming, outgoing))
      .then((response) => send(response, outgoing))
      .catch(() => outgoing.destroy())
  })
  await new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(undefined)))
  const { port: bound } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    url: `http://127.0.0.1:${bound}`,
    close: () => (server.closeAllConnections(), server.close()),
  }
}

/** @param {Request} request */
async function answer(request) {
  const { pathname } = new URL(request.url)
  const file = FILES[pathname]
  if (file) {
    return new Response(await readFile(new URL(file[0], ROOT)), {
      headers: { 'content-type': file[1] },
    })
  }
  const row = SERVERS.find(({ server }) => pathname.startsWith(`/${server}/`))
  if (!row) return new Response('Not found', { status: 404 })
  const key = process.env[row.variable]
  if (key) return passOn(request, row, key)
  // A page sends no key of its own; the simulated vendor wants one, as the real one does.
  const headers = new Headers(request.headers)
  if (!headers.has('authorization')) headers.set('authorization', 'Bearer demo-key')
  const vendor = vendors.get(row.server)
  return vendor
    ? vendor.handler(new Request(request, { headers }))
    : new Response(null, { status: 404 })
}

/** @param {Request} request @param {typeof SERVERS[number]} row @param {string} key */
function passOn(request, { server, vendor }, key) {
  const { pathname, search } = new URL(request.url)
  const base = (server === 'openai' && process.env.OPENAI_API_BASE) || vendor
  const { signal, body, method } = request
  const headers = new Headers(
    server === 'anthropic' ? { 'x-api-key': key } : { authorization: `Bearer ${key}` },
  )
  for (const name of ['content-type', 'accept', 'x-dashscope-sse', 'anthropic-version']) {
    const value = request.headers.get(name)
    if (value) headers.set(name, value)
  }
  const init = {
    method,
    headers,
    body,
    signal,
    duplex: 'half',
    redirect: /** @type {const} */ ('manual'),
  }
  return fetch(`${base.replace(/\/+$/, '')}${pathname.slice(server.length + 1)}${search}`, init)
}

/** @param {import('node:http').IncomingMessage} incoming @param {import('node:http').ServerResponse} outgoing */
function toRequest(incoming, outgoing) {
  const left = new AbortController()
  outgoing.on('close', () => left.abort())
  const headers = new Headers(/** @type {Record<string, string>} */ (incoming.headers))
  const method = incoming.method ?? 'GET'
  const body = method === 'POST' ? { body: Readable.toWeb(incoming), duplex: 'half' } : {}
  const init = /** @type {RequestInit} */ ({ method, headers, signal: left.signal, ...body })
  return new Request(`http://${incoming.headers.host}${incoming.url}`, init)
}

/** @param {Response} response @param {import('node:http').ServerResponse} outgoing */
async function send(response, outgoing) {
  const headers = Object.fromEntries(response.headers)
  delete headers['content-encoding'] // `fetch` has unpacked it
  delete headers['content-length']
  outgoing.writeHead(response.status, headers)
  if (!response.body) return void outgoing.end()
  const reader = response.body.getReader()
  outgoing.on('close', () => void reader.cancel().catch(() => {}))
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return void outgoing.end()
    if (!outgoing.write(value)) await new Promise((resolve) => outgoing.once('drain', resolve))
  }
}
