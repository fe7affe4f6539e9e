/**
 * Where DashScope is. Each region has a host of its own, and a key is good at one of them only.
 * @see https://help.aliyun.com/zh/model-studio/regions
 */

/** The shared host of the first region: mainland China. */
export const BEIJING = 'https://dashscope.aliyuncs.com'

const VENDOR_HOST = /^https?:\/\/([\w-]+\.)*aliyuncs\.com(:\d+)?(\/|$)/i

/** The paths behind a host that people paste: of this API, and of the two compatible ones. */
const PASTED = /\/(api\/v1(\/services\/.*)?|(compatible-mode|apps\/anthropic)(\/v1(\/[\w/]+)?)?)$/

/**
 * The address up to and with `/api/v1`, whatever was pasted; the official SDK mends it in this way.
 * A relay forwards the vendor's own paths, so `/api/v1` goes behind its path too.
 * @example resolveBase('https://dashscope-intl.aliyuncs.com/compatible-mode/v1/')
 */
export function resolveBase(address: string): string {
  const place = withoutSlashes(address.trim().split(/[?#]/, 1)[0] as string).replace(PASTED, '')
  // The variable may name a host alone; a page may name a path of its own origin.
  const whole = /^(\w+:)?\//.test(place) || place === '' ? place : `https://${place}`
  return `${withoutSlashes(whole)}/api/v1`
}

/** True for the vendor's own hosts, which answer nobody without a key; a relay puts the key in. */
export function isVendorHost(base: string): boolean {
  return VENDOR_HOST.test(base)
}

function withoutSlashes(address: string): string {
  return address.replace(/\/+$/, '')
}
