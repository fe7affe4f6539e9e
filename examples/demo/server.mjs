// @ts-check
// A local server: the page, the built package, and a relay to four wire formats, each simulated, or the real
// service where its key is set (the key stays here).
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRelay } from 'chatwire/gateway'
import { toListener } from '../node-server/listener.mjs'
import { createVendor, SERVERS } from './story.mjs'

const ROOT = new URL('../../', import.meta.url)
const FILES = /** @type {Record<string, [file: string, type: string]>} */ ({
  '/': ['examples/demo/page.html', 'text/html; charset=utf-8'],
  '/chatwire.js': ['dist/cdn.min.js', 'text/javascript; charset=utf-8'],
})

const vendors = new Map(SERVERS.map(({ server }) => [`${server}.simulated`, createVendor(server)]))

const relay = createRelay({
  servers: Object.fromEntries(
    SERVERS.map(({ server, variable, address }) => {
      const apiKey = process.env[variable]
      // The simulated vendor wants a key, as the real one does.
      const simulated = { apiKey: 'demo-key', baseURL: `http://${server}.simulated` }
      return [server, apiKey ? { apiKey, baseURL: process.env[address] } : simulated]
    }),
  ),
  // Only under a name of this machine: a page elsewhere may give its own name to this address.
  authorize: ({ url }) => ['127.0.0.1', 'localhost'].includes(new URL(url).hostname),
  fetch: (url, init) => (vendors.get(new URL(url).hostname) ?? fetch)(url, init),
})

/** @param {number} port 0 for any that is free */
export async function startServer(port = 0) {
  const server = createServer(toListener(answer))
  await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(undefined))
  })
  const { port: bound } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    url: `http://127.0.0.1:${bound}`,
    close: () => (server.closeAllConnections(), server.close()),
  }
}

/** @param {Request} request */
async function answer(request) {
  const { pathname } = new URL(request.url)
  if (pathname.startsWith('/relay/')) return relay(request)
  const file = FILES[pathname]
  if (!file) return new Response('Not found', { status: 404 })
  return new Response(await readFile(new URL(file[0], ROOT)), {
    headers: { 'content-type': file[1] },
  })
}
