/**
 * Where the API is, whatever was pasted.
 */

const VENDOR = 'https://generativelanguage.googleapis.com'
const VENDOR_HOST = /^https:\/\/([\w-]+\.)*googleapis\.com(:\d+)?(\/|$)/i

/** What stands behind the base in an address that was copied: an endpoint, a list, the OpenAI surface. */
const PASTED = /\/+((models|openai|tunedModels)(\/.*)?)?$/

/**
 * The URL of a model's method. A relay or proxy forwards the vendor's own paths, so the version goes behind
 * its path too; an address that has one already stays as it is.
 */
export function endpoint(baseURL: string | undefined, model: string, method: string): string {
  const [place = '', query] = ((baseURL ?? VENDOR).trim().split('#', 1)[0] as string).split('?')
  const base = place.replace(PASTED, '')
  const version = /\/v\d\w*(\/|$)/.test(base) ? '' : '/v1beta'
  const name = /^(models|tunedModels|publishers|projects)\//.test(model) ? model : `models/${model}`
  const path = name.split('/').map(encodeURIComponent).join('/')
  const search = [query, method === STREAM ? 'alt=sse' : ''].filter(Boolean).join('&')
  return `${base}${version}/${path}:${method}${search && `?${search}`}`
}

/** Streams, as a JSON array unless the query says `alt=sse`. */
export const STREAM = 'streamGenerateContent'
/** Gives the whole answer. */
export const WHOLE = 'generateContent'

/** True for the vendor's own hosts, which answer nobody without a key; a relay puts the key in. */
export function isVendorHost(url: string): boolean {
  return VENDOR_HOST.test(url)
}
