/**
 * Finds the API key of a request, and guards it in pages.
 */
import { isEnvDenied, isOwnOrigin, readEnv } from './env.ts'
import type { Call } from './call.ts'
import { ConfigError, isChatError } from './errors.ts'
import type { ApiKey, ModelConfig } from './options.ts'
import { reasonOf } from './reason-of.ts'

/** Input of `resolveKey`. */
export interface KeyRequest {
  config: ModelConfig
  /** Name of the server, for errors. */
  provider: string
  /** Environment variables that may hold the key, in order of preference. */
  variables: readonly string[]
  /** Destination of the key. */
  url: string
  /** False if the server works without a key. */
  required: boolean
  /** Prefix of short-lived keys, which are allowed in a page. */
  temporaryPrefix?: string
  /** The call whose errors must not contain the key. */
  call?: Call
}

/** A key that a function returned, and whether no request has used it yet. */
interface FetchedKey {
  key: string
  isNew?: boolean
}

/** The last one of each call, by its list of secrets, which copies of the call share. */
const FETCHED = /* @__PURE__ */ new WeakMap<readonly string[], FetchedKey>()

/** Returns the key of the last request, if a function returned it. Other secrets may have been sent with it. */
export function fetchedKey({ secrets }: Call): string | undefined {
  return FETCHED.get(secrets)?.key
}

/** Uses a key for the next request of a call instead of asking for one. */
export function offerKey({ secrets }: Call, key: string): void {
  FETCHED.set(secrets, { key, isNew: true })
}

/**
 * Returns the key for one request: `apiKey`, else the server's environment variable.
 * @throws {ConfigError} `missing_api_key` (also if the function of `apiKey` fails), `browser_key`, or `invalid_config` for a key that is not a valid header value
 */
export async function resolveKey(request: KeyRequest): Promise<string | undefined> {
  const { config, provider, variables, url, required, call } = request
  const given = config.apiKey
  const fetched = call && FETCHED.get(call.secrets)
  // An empty `apiKey` means no key, even if a variable is set.
  const own: unknown =
    typeof given !== 'function' ? given : fetched?.isNew ? fetched.key : await askForKey(given)
  if (own !== undefined && typeof own !== 'string') {
    throw new ConfigError('invalid_config', 'config.apiKey must return a string', { provider })
  }
  const key = own === undefined ? readEnv(variables, config.env) : own.trim()
  if (!key) {
    if (!required) return undefined
    const [name] = variables
    const hint =
      name === undefined
        ? ''
        : ` or set ${name}${isEnvDenied(name) ? ' and run Deno with --allow-env' : ''}`
    throw new ConfigError(
      'missing_api_key',
      `No API key for "${provider}": pass \`apiKey\`${hint}`,
      { provider },
    )
  }
  // `fetch` would reject such a header with an error that shows the key.
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new ConfigError(
      'invalid_config',
      `The API key for "${provider}" contains blanks or other characters that a key cannot have: copy it again, without "Bearer"`,
      { provider },
    )
  }
  guardPage(request, given, key, url)
  if (call) {
    addSecret(call, key)
    if (typeof given === 'function') FETCHED.set(call.secrets, { key })
  }
  return key
}

/** Calls a key function. An error of this package passes, so that a function may ask for another try. */
async function askForKey(ask: () => string | Promise<string>): Promise<string> {
  try {
    return await ask()
  } catch (cause) {
    if (isChatError(cause)) throw cause
    const message = `config.apiKey failed: ${reasonOf(cause)}`
    throw new ConfigError('missing_api_key', message, { cause })
  }
}

/** Adds to the list itself, since a class may have passed a copy of its call. */
function addSecret({ secrets }: Call, secret: string): void {
  // A list that is pushed to reserves room for 17: too much for each of many open streams.
  if (secrets[0] === '') secrets[0] = secret
  else secrets.push(secret)
}

function guardPage(request: KeyRequest, given: ApiKey | undefined, key: string, url: string): void {
  const { config, provider, temporaryPrefix } = request
  if (config.dangerouslyAllowBrowser || typeof given === 'function') return
  if (temporaryPrefix && key.startsWith(temporaryPrefix)) return
  if (!isPage() || isOwnOrigin(url) || isSimulated(config.fetch)) return
  throw new ConfigError(
    'browser_key',
    `A page must not send a long-lived key to "${provider}", since anyone can read it: ` +
      'use a relay (`baseURL: "/relay/…"`, see createRelay), pass a function that fetches a short-lived token as ' +
      '`apiKey`, or set `dangerouslyAllowBrowser: true`',
    { provider },
  )
}

/** Marks the `fetch` of `simulate`, which sends nothing. */
const SIMULATED = Symbol.for('chatwire.simulated')

/** Marks a `fetch` that never leaves the process. */
export function markSimulated<Function extends object>(fetch: Function): Function {
  return Object.defineProperty(fetch, SIMULATED, { value: true })
}

function isSimulated(fetch: unknown): boolean {
  return typeof fetch === 'function' && SIMULATED in fetch
}

/** True in a web page, where anyone can read a key. A worker has no `document`. */
function isPage(): boolean {
  const { window, document } = globalThis as { window?: unknown; document?: unknown }
  return typeof window === 'object' && typeof document === 'object'
}
