/**
 * Keeps secrets out of errors.
 */
import { isError } from './is-record.ts'

/** Limits the chain of causes: in some runtimes an error can be its own cause. */
const MAX_CAUSES = 8

/** Set by this package, never by a server: redacting a key such as `ollama` would garble them. */
const OWN_WORDS: ReadonlySet<string> = /* @__PURE__ */ new Set(['name', 'code', 'provider'])

/** Redacts secrets in an error and its causes, since a server may echo a key in any message. */
export function redactError(error: Error, secrets: readonly string[], depth = 0): void {
  for (const name of Object.getOwnPropertyNames(error)) {
    if (OWN_WORDS.has(name)) continue
    const value = (error as unknown as Record<string, unknown>)[name]
    if (typeof value === 'string') {
      const clean = redact(value, secrets)
      if (clean !== value) Reflect.defineProperty(error, name, { value: clean })
    } else if (isError(value) && depth < MAX_CAUSES) redactError(value, secrets, depth + 1)
  }
}

/** Replaces every secret in a text with `***`. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text
  for (const secret of secrets) if (secret.length > 3) clean = clean.replaceAll(secret, '***')
  return clean
}

/** Header names that carry a secret, such as `x-api-key` and `x-foo-key`. */
const SECRET =
  /(?:^|[-_])(?:authorization|auth|(?:api)?key|token|secret|password|credentials?|cookie)$/i
/** Key-like header names that are not secret. */
const PUBLIC_KEY =
  /(?:^|[-_])(?:idempotency|cache|session|request|trace|correlation|user|group|routing|partition|sort|shard)[-_]?key$/i

/** Shorter cookies, such as `theme=dark`, are settings. */
const MIN_COOKIE = 8

/** Returns the secrets in headers, without the scheme (`Bearer`), and each long cookie by itself too. */
export function secretsOf(headers: Record<string, string>): string[] {
  return Object.keys(headers)
    .filter((name) => SECRET.test(name) && !PUBLIC_KEY.test(name))
    .flatMap((name) => {
      const value = headers[name] as string
      if (!/cookie$/i.test(name)) return value.replace(/^\w+ /, '')
      const cookies = value.split(/; */).map((pair) => pair.slice(pair.indexOf('=') + 1))
      return [value, ...cookies.filter(({ length }) => length >= MIN_COOKIE)]
    })
}
