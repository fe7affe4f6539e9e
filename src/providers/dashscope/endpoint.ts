/**
 * Resolves DashScope's URL. Each region has its own host, and a key is valid in only one of them.
 * @see https://help.aliyun.com/zh/model-studio/regions
 */

/** The shared host of the first region: mainland China. */
export const BEIJING = 'https://dashscope.aliyuncs.com'

const VENDOR_HOST = /^https?:\/\/([\w-]+\.)*aliyuncs\.com(:\d+)?(\/|$)/i

/** Paths that users paste along with the host: of this API, and of the two compatible ones. */
const PASTED = /\/(api\/v1(\/services\/.*)?|(compatible-mode|apps\/anthropic)(\/v1(\/[\w/]+)?)?)$/

/**
 * Returns the URL up to and including `/api/v1`, whatever was pasted, as the official SDK does. A relay forwards
 * the vendor's own paths, so `/api/v1` is appended to its path too.
 * @example resolveBase('https://dashscope-intl.aliyuncs.com/compatible-mode/v1/')
 */
export function resolveBase(address: string): string {
  const place = withoutSlashes(address.trim().split(/[?#]/, 1)[0] as string).replace(PASTED, '')
  // The variable may be a bare host; a page may use a path of its own origin.
  const whole = /^(\w+:)?\//.test(place) || place === '' ? place : `https://${place}`
  return `${withoutSlashes(whole)}/api/v1`
}

/** True for the vendor's own hosts, which require a key. A relay adds the key itself. */
export function isVendorHost(base: string): boolean {
  return VENDOR_HOST.test(base)
}

function withoutSlashes(address: string): string {
  return address.replace(/\/+$/, '')
}
