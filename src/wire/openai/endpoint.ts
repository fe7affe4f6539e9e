/**
 * Resolves URLs of OpenAI-format servers in any spelling.
 */

/** Location of a server's API. */
export interface ApiLocation {
  /** Base URL, up to and including `/v1` or its equivalent. */
  baseURL: string
  /** Additional hosts of the same vendor, including their subdomains. */
  hosts?: readonly string[]
}

const HOST = /^https?:\/\/([^/?#:]+)/i
const ORIGIN = /^https?:\/\/[^/?#]+/i

/**
 * Returns an endpoint for a base URL in any pasted form: a bare host, a base, a full endpoint, with a query.
 * @param root path to append to a bare host
 */
export function endpoint(base: string, path: string, root = '/v1'): string {
  const [place = '', query] = (base.trim().split('#', 1)[0] as string).split('?')
  let clean = place.replace(/\/+$/, '').replace(/\/(chat\/)?completions$/, '')
  if (ORIGIN.exec(clean)?.[0] === clean) clean += root
  return `${clean}${path}${query ? `?${query}` : ''}`
}

/** Returns the path to append to a bare host: the vendor's own (Groq's is `/openai/v1`), else the usual one. */
export function rootOf(server: ApiLocation, base: string): string {
  return isVendorHost(server, base) ? server.baseURL.replace(ORIGIN, '') : '/v1'
}

/** True for a URL on the vendor's own hosts, which require a key. */
export function isVendorHost(server: ApiLocation, url: string): boolean {
  const host = hostOf(url)
  return host !== undefined && isHostOf(hostsOf(server), host)
}

/** Returns the hosts of a server, each with a dot before it, from its base URL and its list. */
export function hostsOf({ baseURL, hosts = [] }: ApiLocation): readonly string[] {
  return [hostOf(baseURL), ...hosts].filter(Boolean).map((host) => `.${host}`)
}

/** True for one of the hosts of `hostsOf` and for their subdomains. */
export function isHostOf(hosts: readonly string[], host: string): boolean {
  const dotted = `.${host.toLowerCase()}`
  return hosts.some((one) => dotted.endsWith(one))
}

/** Returns the host of a URL. */
export function hostOf(url: string): string | undefined {
  return HOST.exec(url)?.[1]
}
