/**
 * Zhipu's short-lived tokens: a JWT that the key signs, by WebCrypto. The provider signs, and so does the gateway.
 * @see https://docs.bigmodel.cn/cn/guide/develop/http/introduction
 */

/** How long a token lives where nobody says, in milliseconds. */
export const LIFETIME = 180_000
/** How long before its end a token is renewed, in milliseconds. */
const MARGIN = 30_000

export interface SignedToken {
  text: string
  /** As `Date.now()` tells the time. */
  expiresAt: number
}

/** Signs for one model. Keeps its last token until shortly before it expires. */
export class TokenSigner {
  #key: string | undefined
  #token: SignedToken | undefined

  /**
   * A token for a key of the form `id.secret`; a key without a dot cannot sign and is given back as it is.
   * @param fresh sign anew, whatever is kept
   */
  async sign(key: string, fresh = false): Promise<string> {
    const dot = key.indexOf('.')
    if (dot === -1) return key
    const kept = fresh || key !== this.#key ? undefined : this.#token
    if (kept && kept.expiresAt - MARGIN > Date.now()) return kept.text
    this.#token = await signToken(key.slice(0, dot), key.slice(dot + 1), LIFETIME)
    this.#key = key
    return this.#token.text
  }
}

/** A new token that lives for `lifetime` milliseconds. Its times are in milliseconds, unlike those of an ordinary JWT. */
export async function signToken(
  id: string,
  secret: string,
  lifetime: number,
): Promise<SignedToken> {
  const timestamp = Date.now()
  const expiresAt = timestamp + lifetime
  const head = encode(JSON.stringify({ alg: 'HS256', sign_type: 'SIGN' }))
  const payload = encode(JSON.stringify({ api_key: id, exp: expiresAt, timestamp }))
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const bytes = new TextEncoder()
  const hmacKey = await crypto.subtle.importKey('raw', bytes.encode(secret), algorithm, false, [
    'sign',
  ])
  const signature = await crypto.subtle.sign('HMAC', hmacKey, bytes.encode(`${head}.${payload}`))
  return {
    text: `${head}.${payload}.${encode(String.fromCharCode(...new Uint8Array(signature)))}`,
    expiresAt,
  }
}

/** base64url without padding, of text in Latin-1. */
function encode(text: string): string {
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}
