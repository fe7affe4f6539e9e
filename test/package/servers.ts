/**
 * Web-standard handlers on free ports of the loopback.
 */
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { Script, SimulatedVendor, Simulator } from 'chatwire/testing'
import { simulate } from 'chatwire/testing'
import { onTestFinished } from 'vitest'
import { listen } from '../runtimes/upstream.ts'

/** The reply of every simulated model: several chunks, one of them not ASCII. */
export const JOKE = 'Why do tokens never get lost? They always come in a stream. 顺流而下'

/** The only key that the simulated services take. */
export const KEY = 'sk-of-the-package-tests'

/** The start of the joke, then silence: for clients that disconnect. */
export const STALLED = { text: JOKE, fault: { kind: 'stall', after: 3 } } satisfies Script

type Handler = (request: Request) => Response | Promise<Response>

/** Serves until the test is over, and reports clients that disconnect early. @returns the origin */
export async function serve(handler: Handler, onLeave = () => {}): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    outgoing.once('close', () => outgoing.writableFinished || onLeave())
    answer(handler, incoming, outgoing).catch(() => outgoing.destroy())
  })
  const { url, close } = await listen(server)
  onTestFinished(close)
  return url
}

async function answer(
  handler: Handler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { method = 'GET', url = '/' } = incoming
  const headers = incoming.headers as Record<string, string>
  const body = method === 'POST' ? await buffer(incoming) : null
  const response = await handler(
    new Request(new URL(url, `http://${headers.host}`), { method, headers, body }),
  )
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  const reader = response.body?.getReader()
  outgoing.once('close', () => void reader?.cancel().catch(() => {})) // it may be over already
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
    if (done) break
    outgoing.write(value)
  }
  outgoing.end()
}

interface Model {
  url: string
  requests: Simulator['requests']
  /** Resolves when a client leaves before the end of its answer. */
  left: Promise<void>
}

/** A simulated service that tells the joke, and its address. */
export async function serveModel(
  vendor: SimulatedVendor,
  { script = JOKE, ...options }: { script?: Script; key?: string | false; cors?: boolean } = {},
): Promise<Model> {
  const { handler, requests } = simulate(vendor, script, { key: KEY, ...options })
  let onLeave = () => {}
  const left = new Promise<void>((resolve) => (onLeave = resolve))
  return { url: await serve(handler, onLeave), requests, left }
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
}

/**
 * Serves files of a folder, and pages given as text. @returns the origin, and the paths asked for
 */
export async function serveFiles(
  folder: string,
  pages: Record<string, string> = {},
): Promise<{ url: string; paths: string[] }> {
  const paths: string[] = []
  const url = await serve(async (request) => {
    const { pathname } = new URL(request.url)
    paths.push(pathname)
    const headers = { 'content-type': TYPES[path.extname(pathname)] ?? 'text/plain' }
    if (pages[pathname]) return new Response(pages[pathname], { headers })
    try {
      return new Response(await readFile(path.join(folder, pathname)), { headers })
    } catch {
      return new Response('Not found', { status: 404 })
    }
  })
  return { url, paths }
}
