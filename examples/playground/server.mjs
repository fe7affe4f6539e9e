// @ts-check
// The local server of the playground: the built page, the relay for every server whose key is set, the simulated models,
// and replies that go on without the page. Run it: npm start (or node examples/playground/server.mjs after a build)
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { toListener } from '../node-server/listener.mjs'
import { buildPlayground } from './build.mjs'
import { serveFile } from './files.mjs'
import { createKeyRelay, findServers } from './relay.mjs'
import { createReplies, listModels } from './replies.mjs'
import { SIMULATED } from './servers.mjs'
import { createVendor } from './simulated.mjs'

/** @typedef {(request: Request) => Promise<Response>} Handler */

/**
 * @typedef {object} ServerOptions
 * @property {number} [port] 0 for any that is free
 * @property {import('./relay.mjs').RelayTable} [servers] the servers of the relay
 * @property {number} [pace] how fast the simulated models write, as a factor
 */

/** @param {ServerOptions} [options] */
export async function startServer({ port = 0, servers = findServers(), pace = 1 } = {}) {
  const vendors = new Map(SIMULATED.map((name) => [name, createVendor(name, pace)]))
  const server = createServer(toListener(createHandler(vendors, servers)))
  await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(undefined))
  })
  const { port: bound } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    url: `http://127.0.0.1:${bound}`,
    /** The simulated ones: what they were asked, and for scripts of one's own. */
    vendors,
    close: () => (server.closeAllConnections(), server.close()),
  }
}

/**
 * @param {import('./replies.mjs').Vendors} vendors
 * @param {import('./relay.mjs').RelayTable} servers
 * @returns {Handler}
 */
function createHandler(vendors, servers) {
  const relay = createKeyRelay(servers)
  const replies = createReplies(vendors, servers)
  return async (request) => {
    const { pathname } = new URL(request.url)
    const [, place = '', name = ''] = pathname.split('/')
    if (pathname === '/servers.json') {
      const relayed = Object.keys(servers)
      return Response.json({ simulated: SIMULATED, relay: relayed, chat: listModels(relayed) })
    }
    if (place === 'simulated') return vendors.get(name)?.handler(request) ?? missing()
    if (place === 'relay') return relay(request)
    if (pathname === '/chat') return replies(request)
    return serveFile(request)
  }
}

const missing = () => new Response('Not found', { status: 404 })

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildPlayground()
  const { url } = await startServer({ port: Number(process.env.PORT ?? 8787) })
  console.log(`The playground is at ${url} (Ctrl+C ends)`)
}
