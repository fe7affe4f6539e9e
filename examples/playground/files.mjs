// @ts-check
// The built files of the playground, compressed, with what a browser may keep of them.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { OUT } from './build.mjs'

const TYPES = /** @type {Record<string, string>} */ ({
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  map: 'application/json',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  woff2: 'font/woff2',
})

/** A name with a hash in it: what it names never changes. */
const HASHED = /-[A-Z0-9]{8}\.\w+$/

/** @typedef {{ bytes: Uint8Array, etag: string }} Encoded */
/** @type {Map<string, Promise<Encoded | undefined>>} */
const kept = new Map()

/** @param {Request} request */
export async function serveFile(request) {
  const { pathname } = new URL(request.url)
  const name = pathname === '/' ? 'index.html' : pathname.slice(1)
  const type = TYPES[name.split('.').at(-1) ?? '']
  // Plain names only: nothing leads out of the folder.
  if (!type || !/^[\w-]+(\.[\w-]+)*$/.test(name)) return missing()
  const encoding = encodingFor(request, type)
  const key = `${encoding} ${name}`
  const reading = kept.get(key) ?? read(name, encoding)
  kept.set(key, reading)
  const file = await reading
  if (!file) {
    kept.delete(key)
    return missing()
  }
  const headers = {
    'content-type': type,
    'cache-control': HASHED.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag: file.etag,
    vary: 'accept-encoding',
    ...(encoding && { 'content-encoding': encoding }),
  }
  if (request.headers.get('if-none-match') === file.etag)
    return new Response(null, { status: 304, headers })
  return new Response(/** @type {BodyInit} */ (file.bytes), { headers })
}

const missing = () => new Response('Not found', { status: 404 })

/** @param {Request} request @param {string} type @returns {'br' | 'gzip' | ''} */
function encodingFor(request, type) {
  if (type.startsWith('font/')) return '' // compressed already
  const accepted = request.headers.get('accept-encoding') ?? ''
  if (/\bbr\b/.test(accepted)) return 'br'
  return /\bgzip\b/.test(accepted) ? 'gzip' : ''
}

/** @param {string} name @param {'br' | 'gzip' | ''} encoding @returns {Promise<Encoded | undefined>} */
async function read(name, encoding) {
  const file = await readFile(new URL(name, OUT)).catch(() => undefined)
  if (!file) return undefined
  const etag = `"${createHash('sha256').update(file).update(encoding).digest('base64url').slice(0, 22)}"`
  const params = { [constants.BROTLI_PARAM_QUALITY]: 5 }
  if (encoding === 'br') return { bytes: await promisify(brotliCompress)(file, { params }), etag }
  return { bytes: encoding === 'gzip' ? await promisify(gzip)(file) : file, etag }
}
