/**
 * Resolves the API's URL, whatever was pasted.
 */

const VENDOR = 'https://generativelanguage.googleapis.com'
const VENDOR_HOST = /^https:\/\/([\w-]+\.)*googleapis\.com(:\d+)?(\/|$)/i

/** Text after the base in a pasted URL: an endpoint, a list, the OpenAI endpoint. */
const PASTED = /\/+((models|openai|tunedModels)(\/.*)?)?$/

/**
 * Returns the URL of a model's method. A relay or proxy forwards the vendor's own paths, so the version is
 * appended to its path too, unless the URL already has one.
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

/** Streams, as a JSON array unless the query has `alt=sse`. */
export const STREAM = 'streamGenerateContent'
/** Returns a complete reply. */
export const WHOLE = 'generateContent'

/** True for the vendor's own hosts, which require a key. A relay adds the key itself. */
export function isVendorHost(url: string): boolean {
  return VENDOR_HOST.test(url)
}
