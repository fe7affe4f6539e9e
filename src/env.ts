/**
 * Environment variables, API keys, and whether the code runs in a page. Uses `globalThis` only, so it loads everywhere.
 */
import { ConfigError } from './errors.ts'
import type { ApiKey, ModelConfig } from './options.ts'

interface Globals {
  process?: { env?: Record<string, string | undefined> }
  Deno?: {
    env: { get(name: string): string | undefined }
    permissions?: {
      querySync?(descriptor: { name: 'env'; variable: string }): { state: string }
    }
  }
  window?: unknown
  document?: unknown
  location?: { origin: string; href: string }
}

const globals = globalThis as Globals

/** Returns the first variable that is set, in `env` (a Worker's), the process, or Deno. */
export function readEnv(names: readonly string[], env?: object): string | undefined {
  for (const name of names) {
    const value = (env as Record<string, unknown> | undefined)?.[name] ?? readProcess(name)
    if (typeof value === 'string' && value.trim() !== '') return value.trim()
  }
  return undefined
}

function readProcess(name: string): string | undefined {
  if (isEnvDenied(name)) return undefined
  try {
    // Node, Bun, and workerd with `nodejs_compat`; Deno has `process` too.
    return globals.process?.env?.[name] ?? globals.Deno?.env.get(name)
  } catch {
    // Deno before 2 has no `querySync` everywhere and throws without the permission.
    return undefined
  }
}

/** True in Deno without the permission to read a variable. Reading it there would stop and prompt in a terminal. */
function isEnvDenied(name: string): boolean {
  const { permissions } = globals.Deno ?? {}
  try {
    return (
      (permissions?.querySync?.({ name: 'env', variable: name }).state ?? 'granted') !== 'granted'
    )
  } catch {
    return false
  }
}

/** True in a web page, where anyone can read a key. A worker has no `document`. */
function isPage(): boolean {
  return typeof globals.window === 'object' && typeof globals.document === 'object'
}

/** True for a URL of the page's own origin, such as a relay's; always false outside a page. */
export function isOwnOrigin(url: string): boolean {
  if (!globals.location?.origin) return false
  try {
    return new URL(url, globals.location.href).origin === globals.location.origin
  } catch {
    return false
  }
}

/** True in a page or its worker for a URL of another origin; always false elsewhere. */
export function isForeignOrigin(url: string): boolean {
  return globals.location !== undefined && !isOwnOrigin(url)
}

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
}

/**
 * Returns the key for one request: `apiKey`, else the server's environment variable.
 * @throws {ConfigError} `missing_api_key`, `browser_key`, or `invalid_config` for a key that is not a valid header value
 */
export async function resolveKey(request: KeyRequest): Promise<string | undefined> {
  const { config, provider, variables, url, required } = request
  const given = config.apiKey
  // An empty `apiKey` means no key, even if a variable is set.
  const own: unknown = typeof given === 'function' ? await given() : given
  if (own !== undefined && typeof own !== 'string') {
    throw new ConfigError(
      'invalid_config',
      `The \`apiKey\` function for "${provider}" must return a string`,
      {
        provider,
      },
    )
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
      `The API key for "${provider}" contains characters that are invalid in a header: copy it again`,
      { provider },
    )
  }
  guardPage(request, given, key, url)
  return key
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
