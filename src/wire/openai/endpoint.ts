/**
 * Where the servers of the OpenAI format are, whatever way their addresses are written.
 */

/** A server's own place. */
export interface ApiLocation {
  /** Its base, up to and including `/v1` or what stands there instead. */
  baseURL: string
  /** Further hosts of the same vendor; their subdomains count as well. */
  hosts?: readonly string[]
}

const HOST = /^https?:\/\/([^/?#:]+)/i
const ORIGIN = /^https?:\/\/[^/?#]+/i

/**
 * An endpoint below a base in any form that people paste: bare host, base, a whole endpoint, a query behind it.
 * @param root what a bare host is followed by
 */
export function endpoint(base: string, path: string, root = '/v1'): string {
  const [place = '', query] = (base.trim().split('#', 1)[0] as string).split('?')
  let clean = place.replace(/\/+$/, '').replace(/\/(chat\/)?completions$/, '')
  if (ORIGIN.exec(clean)?.[0] === clean) clean += root
  return `${clean}${path}${query ? `?${query}` : ''}`
}

/** What follows a bare host: with the vendor's own its own path (Groq's is `/openai/v1`), else the usual one. */
export function rootOf(server: ApiLocation, base: string): string {
  return isVendorHost(server, base) ? server.baseURL.replace(ORIGIN, '') : '/v1'
}

/** True if a URL leads to a host of the vendor's own, which answers nobody without a key. */
export function isVendorHost({ baseURL, hosts = [] }: ApiLocation, url: string): boolean {
  const host = HOST.exec(url)?.[1]?.toLowerCase()
  const own = HOST.exec(baseURL)?.[1]
  return [own, ...hosts].some((one) => host && one && `.${host}`.endsWith(`.${one}`))
}
