// @ts-check
// Web-standard handlers in Node's own HTTP server, whose requests and responses are of its own kind.
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/**
 * Turns a fetch handler, as for Deno, Bun and Workers, into a listener for `createServer`.
 * @param {(request: Request) => Promise<Response>} handler
 * @returns {import('node:http').RequestListener}
 */
export function toListener(handler) {
  return (incoming, outgoing) => {
    const left = new AbortController()
    outgoing.once('close', () => left.abort())
    Promise.resolve()
      .then(() => handler(toRequest(incoming, left.signal)))
      .then((response) => send(response, outgoing))
      .catch(() => outgoing.destroy())
  }
}

/** @param {import('node:http').IncomingMessage} incoming @param {AbortSignal} signal */
function toRequest(incoming, signal) {
  const { method = 'GET', headers, url } = incoming
  // Put together by hand: `new URL(url, base)` would take the host out of a path that begins with two slashes.
  const { origin } = new URL(`http://${headers.host}`)
  const body = method === 'GET' || method === 'HEAD' ? null : Readable.toWeb(incoming)
  const init = { method, headers, signal, body, duplex: 'half' }
  return new Request(origin + url, /** @type {RequestInit} */ (/** @type {unknown} */ (init)))
}

/** @param {Response} response @param {import('node:http').ServerResponse} outgoing */
async function send(response, outgoing) {
  outgoing.writeHead(response.status, [...response.headers].flat())
  outgoing.flushHeaders()
  // Backpressure pauses the model; a disconnect ends the request to it.
  const body = /** @type {import('node:stream/web').ReadableStream | null} */ (response.body)
  await pipeline(body ? Readable.fromWeb(body) : [], outgoing)
}
