/** The Worker of `gateway-worker.mjs` on Node's own server, in a process of its own. Sends its port to its parent. */
import { createServer } from 'node:http'
import { toListener } from '../examples/node-server/listener.mjs'
import worker from './gateway-worker.mjs'

const env = { OPENAI: process.env.OPENAI ?? '' }
const server = createServer(toListener((request) => worker.fetch(request, env)))
server.listen(0, '127.0.0.1', () => process.send?.(server.address().port))
process.once('disconnect', () => process.exit())
