/**
 * A simulated vendor of each wire family on a real port, with faults; and a gateway and a relay of ours in its place.
 * `/<id>/<server>/<fault>/…`: the id names the cell in the record of requests.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Writable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { SimulatedVendor } from 'chatwire/testing'
import { simulate } from 'chatwire/testing'
import type { Fault } from './cells.ts'
import { TEXT } from './cells.ts'
import { createService } from './services.ts'

/** The vendor's record of one cell. */
export interface Seen {
  posts: number
  /** Requests of a gateway or a relay to its model. */
  asked: number
  /** Milliseconds from the first event until the connection closed before the end of the response. */
  stoppedAfter?: number
  /** Answers instead of the vendor. */
  service?: ReturnType<typeof createService>
}

export type Request = IncomingMessage | Http2ServerRequest
export type Response = ServerResponse | Http2ServerResponse

const PAGE = '<!DOCTYPE html><html><head><title>Not Found</title></head><h1>Not Found</h1></html>'
/** Length of a response to a leaving reader, in milliseconds. */
export const LONG_RESPONSE = 5000

export type Vendor = Awaited<ReturnType<typeof startVendor>>

/** @param pageScript what the pages of browsers run */
export async function startVendor(pageScript: string) {
  const cells = new Map<string, Seen>()
  const listener = (request: Request, response: Response) => {
    answer(request, response, { cells, pageScript }).catch(() => response.destroy())
  }
  const server = createServer({ keepAliveTimeout: 60_000 }, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    listener,
    port: (server.address() as AddressInfo).port,
    /** Records a request that never reached the listener. */
    count(url: string) {
      const id = url.split('/')[1] ?? ''
      const seen = cells.get(id) ?? { posts: 0, asked: 0 }
      cells.set(id, seen)
      seen.posts++
    },
    seen: (id: string): Seen => cells.get(id) ?? { posts: 0, asked: 0 },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function answer(
  request: Request,
  response: Response,
  { cells, pageScript }: { cells: Map<string, Seen>; pageScript: string },
): Promise<void> {
  if (request.method === 'GET') {
    const page = `<!DOCTYPE html><meta charset="utf-8"><title>Cells</title><script>${pageScript.replaceAll('</script', '<\\/script')}</script>`
    return write(response, 200, { 'content-type': 'text/html; charset=utf-8' }, page)
  }
  const [, id = '', vendor = '', fault, ...rest] = (request.url ?? '').split('/')
  const path = `/${rest.join('/')}`
  const seen: Seen = cells.get(id) ?? { posts: 0, asked: 0 }
  cells.set(id, seen)
  seen.posts++
  if (vendor === 'gateway' || vendor === 'relay') {
    seen.service ??= createService(vendor, fault as Fault, seen)
    request.url = path
    seen.service.listener(request as IncomingMessage, response as ServerResponse)
    if (fault !== 'closed' || seen.posts > 1) return
    // The connection breaks after the model has been asked, and before it has said anything.
    while (seen.asked === 0 && !response.writableEnded) await pause(5)
    return void request.socket.destroy()
  }
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  if (fault === 'closed' || (fault === 'kept' && seen.posts === 2))
    return void request.socket.destroy()
  if (fault === 'page') return write(response, 404, { 'content-type': 'text/html' }, PAGE)

  const { handler } = simulate(vendor as SimulatedVendor, { text: TEXT, chunkSize: 8 })
  const simulated = await handler(
    new Request(`http://127.0.0.1${path}`, {
      method: 'POST',
      headers: Object.entries(request.headers).flatMap(([name, value]) =>
        typeof value === 'string' && !name.startsWith(':')
          ? [[name, value] as [string, string]]
          : [],
      ),
      body: Buffer.concat(chunks),
    }),
  )
  const body = Buffer.from(await simulated.arrayBuffer())
  const headers = Object.fromEntries(simulated.headers)
  const half = body.subarray(0, body.length / 2)
  if (fault === 'short') {
    begin(response, { ...headers, 'content-length': body.length }).write(half)
    await pause(100)
    request.socket.destroy()
  } else if (fault === 'gzip') {
    // Both the compressed data and the framing look right, except that the data stops.
    const compressed = gzipSync(body)
    begin(response, { ...headers, 'content-encoding': 'gzip' })
    response.end(compressed.subarray(0, compressed.length / 2))
  } else if (fault === 'fin' || fault === 'rst') {
    begin(response, headers).write(half)
    await pause(100)
    if (request.httpVersionMajor === 2) return // the server breaks the session
    if (fault === 'fin') request.socket.destroy()
    else request.socket.resetAndDestroy()
  } else if (fault === 'stall') {
    begin(response, headers).write(half)
    await pause(LONG_RESPONSE)
    request.socket.destroy()
  } else if (fault === 'leaving') await writeSlowly(begin(response, headers), half, seen)
  else write(response, simulated.status, headers, body)
}

// The compatible API of `node:http2` has the same methods with other types.
function begin(response: Response, headers: Record<string, string | number>): ServerResponse {
  const started = response as ServerResponse
  started.writeHead(200, headers)
  return started
}

function write(
  response: Response,
  status: number,
  headers: Record<string, string>,
  body: string | Buffer,
): void {
  const whole = response as ServerResponse
  whole.writeHead(status, headers)
  whole.end(body)
}

async function writeSlowly(response: ServerResponse, body: Buffer, seen: Seen): Promise<void> {
  const began = Date.now()
  // The compatible API of HTTP/2 does not know it, and ends a stream that was reset.
  const { stream } = response as unknown as { stream?: Writable & { aborted: boolean } }
  const connection: Writable = stream ?? response
  connection.on('close', () => {
    if (!connection.writableFinished || stream?.aborted) seen.stoppedAfter = Date.now() - began
  })
  const steps = LONG_RESPONSE / 100
  const size = Math.ceil(body.length / steps)
  for (let step = 0; step < steps && !connection.destroyed; step++) {
    response.write(body.subarray(step * size, (step + 1) * size))
    await pause(100)
  }
  response.end()
}
