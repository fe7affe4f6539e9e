/**
 * The gateway as a program for Deno and Bun, bundled first. It takes its `env` as JSON and prints its address.
 */
import { gateway } from './gateway.mjs'

/** @type {any} */
const { Deno, Bun, process } = globalThis
const env = JSON.parse(Deno ? Deno.args[0] : process.argv.at(-1))
/** @param {Request} request */
const fetch = (request) => gateway(request, env)

if (Deno) {
  // oxlint-disable-next-line no-console -- its one line
  const onListen = ({ port }) => console.log(`http://127.0.0.1:${port}`)
  Deno.serve({ port: 0, hostname: '127.0.0.1', onListen }, fetch)
} else {
  const { port } = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, fetch })
  console.log(`http://127.0.0.1:${port}`)
}
