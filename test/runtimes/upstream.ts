/**
 * The server at the other end: it says what the cases tell it to, in the way they tell it to, and remembers
 * requests and disconnects. `/plan/<id>` and `/seen/<id>` are for the cases, `/lane/<id>/…` is for the models.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Reply, Seen, Simulated, Step } from '../portable/connect.ts'
import { relaySimulator } from './relay-simulator.ts'

interface Lane {
  replies: (Reply | Simulated)[]
  seen: Seen[]
  startedAt: number
  /** Of the simulator, kept since it counts its requests. */
  handler?: (request: Request) => Promise<Response> | Response
}

/** Request headers that a page may send: the safe ones, and what the vendors themselves demand. */
const ALLOWED_HEADERS =
  'authorization, content-type, x-dashscope-sse, x-goog-api-key, ' +
  'x-api-key, anthropic-version, anthropic-dangerous-direct-browser-access, traceparent'
const EXPOSED_HEADERS = 'retry-after, retry-after-ms, x-request-id'
/** As vendors send them. What may be cached is read ahead by Chromium, without end. */
const STREAM = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' }

/** A server on a free port of the loopback. */
export async function listen(server: Server): Promise<{ url: string; close: () => void }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}

/** @param pageOrigin the one origin whose pages may read the answers */
export function createUpstream(pageOrigin: string): Server {
  const lanes = new Map<string, Lane>()
  const server = createServer(async (request, response) => {
    response.setHeader('access-control-allow-origin', pageOrigin)
    response.setHeader('access-control-expose-headers', EXPOSED_HEADERS)
    if (request.method === 'OPTIONS') {
      response
        .writeHead(204, {
          'access-control-allow-headers': ALLOWED_HEADERS,
          'access-control-max-age': '600',
        })
        .end()
      return
    }
    const [, kind, id, ...rest] = (request.url ?? '').split('/')
    if (kind === 'plan') {
      lanes.set(id, { replies: JSON.parse(await readBody(request)), seen: [], startedAt: 0 })
      response.end()
      return
    }
    const lane = lanes.get(id)
    if (!lane) response.writeHead(404).end(`no lane ${id}`)
    else if (kind === 'seen') response.end(JSON.stringify(lane.seen))
    else await answer(lane, `/${rest.join('/')}`, request, response)
  })
  // Answers that never come are asked for on purpose.
  server.requestTimeout = 0
  return server
}

async function answer(
  lane: Lane,
  url: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  lane.startedAt ||= Date.now()
  const { method = '' } = request
  const seen: Seen = {
    method,
    url,
    headers: request.headers as Record<string, string>,
    body: '',
    at: Date.now() - lane.startedAt,
    sent: 0,
    left: false,
  }
  const reply = lane.replies[Math.min(lane.seen.length, lane.replies.length - 1)]
  lane.seen.push(seen)
  const controller = new AbortController()
  response.on('close', () => {
    if (response.writableFinished || controller.signal.aborted) return
    seen.left = true
    controller.abort()
  })
  seen.body = await readBody(request)
  if ('simulate' in reply) await relaySimulator(lane, reply, seen, response, controller.signal)
  else await perform(reply, seen, response, controller)
}

async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

async function perform(
  reply: Reply,
  seen: Seen,
  response: ServerResponse,
  end: AbortController,
): Promise<void> {
  const { status = 200, headers = STREAM, delay = 0, steps = [] } = reply
  if (delay === false) return
  if (delay) await pause(delay)
  response.writeHead(status, headers)
  response.flushHeaders()
  for (const step of steps) {
    if (end.signal.aborted) return
    if ('end' in step) return breakOff(step.end, response, end)
    await performStep(step, seen, response, end.signal)
  }
  response.end()
}

async function performStep(
  step: Exclude<Step, { end: string }>,
  seen: Seen,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  if ('wait' in step) return pause(step.wait)
  if ('text' in step) return void (await write(step.text, seen, response))
  if ('bytes' in step) {
    for (const byte of Buffer.from(step.bytes)) await write(Buffer.of(byte), seen, response)
    return
  }
  const left = new Promise<false>((resolve) =>
    signal.addEventListener('abort', () => resolve(false)),
  )
  while (seen.sent < step.limit && !signal.aborted) {
    const isWritten = await Promise.race([write(step.flood, seen, response), left])
    // Another write would fail at once, and Node would never come to tell that the client has left.
    if (!isWritten) await left
    else if (step.every) await pause(step.every)
  }
}

/** Waits until the system accepted it, so that the server notices backpressure. Returns false where the write failed. */
async function write(
  text: string | Buffer,
  seen: Seen,
  response: ServerResponse,
): Promise<boolean> {
  const failed = await new Promise<unknown>((resolve) => response.write(text, resolve))
  if (!failed) seen.sent += text.length
  return !failed
}

async function breakOff(
  end: string,
  response: ServerResponse,
  controller: AbortController,
): Promise<void> {
  if (end === 'never') return
  // From here on the server closes the connection.
  controller.abort()
  const socket = response.socket as Socket
  // A chunk is announced with 255 bytes, and ends after a few.
  if (end === 'half')
    await new Promise((resolve) => socket.write('ff\r\ndata: {"id":"chat', resolve))
  if (end === 'reset') socket.resetAndDestroy()
  else socket.end()
}
