/**
 * Creates Zhipu's short-lived tokens: a JWT signed with the key, using WebCrypto. Used by the provider and the
 * relay.
 * @see https://docs.bigmodel.cn/cn/guide/develop/http/introduction
 */
import { toBase64URL } from '../bytes-to-text.ts'

/** Default lifetime of a token, in milliseconds. */
export const LIFETIME = 180_000
/** Time before expiry at which a token is renewed, in milliseconds. */
const MARGIN = 30_000

export interface SignedToken {
  text: string
  /** As of `Date.now()`. */
  expiresAt: number
}

/** Signs for one model. Reuses its last token until shortly before it expires. */
export class TokenSigner {
  #key: string | undefined
  #token: SignedToken | undefined

  /**
   * Returns a token for a key of the form `id.secret`. A key without a dot cannot sign and is returned unchanged.
   * @param options `fresh` signs a new token even if one is cached
   */
  async sign(key: string, { fresh }: { fresh: boolean } = { fresh: false }): Promise<string> {
    const dot = key.indexOf('.')
    if (dot === -1) return key
    const kept = fresh || key !== this.#key ? undefined : this.#token
    if (kept && kept.expiresAt - MARGIN > Date.now()) return kept.text
    this.#token = await signToken(key.slice(0, dot), key.slice(dot + 1), LIFETIME)
    this.#key = key
    return this.#token.text
  }
}

/**
 * Returns a new token that is valid for `lifetime` milliseconds. Its times are in milliseconds, unlike those of
 * an ordinary JWT.
 */
export async function signToken(
  id: string,
  secret: string,
  lifetime: number,
): Promise<SignedToken> {
  const timestamp = Date.now()
  const expiresAt = timestamp + lifetime
  const bytesOf = (text: string) => new TextEncoder().encode(text)
  const encode = (part: object) => toBase64URL(bytesOf(JSON.stringify(part)))
  const head = encode({ alg: 'HS256', sign_type: 'SIGN' })
  const text = `${head}.${encode({ api_key: id, exp: expiresAt, timestamp })}`
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const hmacKey = await crypto.subtle.importKey('raw', bytesOf(secret), algorithm, false, ['sign'])
  const signature = await crypto.subtle.sign('HMAC', hmacKey, bytesOf(text))
  return { text: `${text}.${toBase64URL(new Uint8Array(signature))}`, expiresAt }
}
