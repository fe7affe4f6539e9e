// @ts-check
// Adapts web-standard handlers to Node's own HTTP server.
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/**
 * Turns a fetch handler, as for Deno, Bun and Workers, into a listener for `createServer`.
 * Drains the rest of a body that a handler leaves unread: on a kept-alive connection the next request waits behind it.
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
      .then(() => drain(incoming))
      .catch(() => outgoing.destroy())
  }
}

/** Most bytes that are drained; beyond it the connection is closed. */
const MOST_DRAINED = 16_777_216

/** @param {import('node:http').IncomingMessage} incoming */
function drain(incoming) {
  if (incoming.complete || incoming.destroyed) return
  let size = 0
  incoming.on('data', (piece) => {
    size += piece.length
    if (size > MOST_DRAINED) incoming.destroy()
  })
  incoming.resume()
}

/** @param {import('node:http').IncomingMessage} incoming @param {AbortSignal} signal */
function toRequest(incoming, signal) {
  const { method = 'GET', headers, url } = incoming
  // Put together by hand: `new URL(url, base)` would take the host out of a path that begins with two slashes.
  const { origin } = new URL(`http://${headers.host}`)
  const body = method === 'GET' || method === 'HEAD' ? null : toBody(incoming)
  const init = { method, headers, signal, body, duplex: 'half' }
  return new Request(origin + url, /** @type {RequestInit} */ (/** @type {unknown} */ (init)))
}

/**
 * Unlike `Readable.toWeb`, cancelling this body leaves the connection open.
 * @param {import('node:http').IncomingMessage} incoming
 */
function toBody(incoming) {
  /** @type {AsyncIterator<Uint8Array> | undefined} */
  let pieces
  return new ReadableStream(
    {
      async pull(controller) {
        pieces ??= incoming.iterator({ destroyOnReturn: false })
        const { done, value } = await pieces.next()
        if (done) controller.close()
        else controller.enqueue(new Uint8Array(value))
      },
      async cancel() {
        await pieces?.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}

/** @param {Response} response @param {import('node:http').ServerResponse} outgoing */
async function send(response, outgoing) {
  outgoing.writeHead(response.status, [...response.headers].flat())
  outgoing.flushHeaders()
  // Backpressure pauses the model; a disconnect ends the request to it.
  const body = /** @type {import('node:stream/web').ReadableStream | null} */ (response.body)
  await pipeline(body ? Readable.fromWeb(body) : [], outgoing)
}
