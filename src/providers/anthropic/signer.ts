/**
 * Tells whose signatures the thinking of a reply carries. Claude rejects those of other servers with this format.
 * @see https://platform.claude.com/docs/en/build-with-claude/extended-thinking#thinking-encryption
 */

/** Name of the signer in `provider_data`. Missing for Claude itself. */
export const SIGNER = 'anthropic_signer'

/**
 * Platforms of Claude, whose signatures are compatible with each other.
 * @see https://platform.claude.com/docs/en/build-with-claude/extended-thinking#thinking-encryption
 */
const PLATFORMS = /(^|\.)(anthropic\.com|claude\.com|amazonaws\.com|googleapis\.com|azure\.com)$/

/** Returns the signer of a model's thinking at a URL, or `undefined` for Claude on one of its platforms. */
export function signerOf(url: string, model: string): string | undefined {
  const isClaude = /claude/i.test(model)
  const host = hostOf(url)
  if (isClaude && PLATFORMS.test(host)) return undefined
  return isClaude ? `claude at ${host}` : `another model at ${host}`
}

/** Returns the host, or the path of a relay, whose host is the page's. */
function hostOf(url: string): string {
  try {
    return new URL(url).hostname
  } catch {
    return url
  }
}
