/**
 * The upstream and, at another origin, the page that runs the suite: so CORS is real.
 */
import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { buildSuite } from './build.mjs'
import { createUpstream, listen } from './upstream.ts'

export interface Servers {
  /** Folder of the bundled suite. */
  folder: string
  upstream: string
  page: string
  /** A closed port. */
  refused: string
  close(): void
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
}

export async function startServers(): Promise<Servers> {
  const folder = await buildSuite()
  const page = await listen(createPages(folder))
  const upstream = await listen(createUpstream(page.url))
  const refused = `http://127.0.0.1:${await findRefusedPort()}`
  const close = () => [page, upstream].forEach((server) => server.close())
  return { folder, upstream: upstream.url, page: page.url, refused, close }
}

/**
 * A port that is and stays closed: it lies below those that systems assign automatically
 * (from 32768 on Linux). One of those, freed a moment ago, was once given to the workerd under test.
 */
async function findRefusedPort(): Promise<number> {
  for (let port = 20_011; port < 21_000; port++) {
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    })
    if (isFree) return port
  }
  throw new Error('No port from 20011 to 20999 is free')
}

function createPages(folder: string): ReturnType<typeof createServer> {
  return createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://page')
    const file = pathname === '/' ? '/page.html' : path.posix.normalize(pathname)
    const type = TYPES[path.extname(file)]
    if (!type) {
      response.writeHead(404).end()
      return
    }
    const stream = createReadStream(path.join(folder, file))
    stream.once('error', () => response.writeHead(404).end())
    stream.once('open', () => {
      response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' })
      stream.pipe(response)
    })
  })
}
