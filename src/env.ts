/**
 * The world around: variables, keys, pages. Looks at `globalThis` only, so that it loads everywhere.
 */
import { ConfigError } from './errors.ts'
import type { ApiKey, ModelConfig } from './options.ts'

interface World {
  process?: { env?: Record<string, string | undefined> }
  Deno?: { env: { get(name: string): string | undefined } }
  window?: unknown
  document?: unknown
  location?: { origin: string; href: string }
}

const world = globalThis as World

/** The first of these variables that is set: in `env` (a Worker's), in the process, in Deno. */
export function readEnv(names: readonly string[], env?: object): string | undefined {
  for (const name of names) {
    const value = (env as Record<string, unknown> | undefined)?.[name] ?? readProcess(name)
    if (typeof value === 'string' && value.trim() !== '') return value.trim()
  }
  return undefined
}

function readProcess(name: string): string | undefined {
  try {
    // Node, Bun, and workerd with `nodejs_compat`; Deno has `process` too and asks for its permission here.
    return world.process?.env?.[name] ?? world.Deno?.env.get(name)
  } catch {
    // Deno without `--allow-env` throws NotCapable: the variable is as good as unset.
    return undefined
  }
}

/** True in a web page, where a key can be read by anyone. A worker has no `document`. */
function isPage(): boolean {
  return typeof world.window === 'object' && typeof world.document === 'object'
}

/** True for a URL of the page's own origin, such as a relay's; always false outside of a page. */
export function isOwnOrigin(url: string): boolean {
  if (!world.location?.origin) return false
  try {
    return new URL(url, world.location.href).origin === world.location.origin
  } catch {
    return false
  }
}

/** True in a page or its worker for a URL of another origin; always false where there are no pages. */
export function isForeignOrigin(url: string): boolean {
  return world.location !== undefined && !isOwnOrigin(url)
}

/** What `resolveKey` needs to know of a server. */
export interface KeyRequest {
  config: ModelConfig
  /** The server's name, for the error. */
  provider: string
  /** Variables that may hold the key, the best known first. */
  variables: readonly string[]
  /** Where the key will go. */
  url: string
  /** False where the server answers without a key. */
  required: boolean
  /** The start of keys that expire by themselves and may stand in a page. */
  temporaryPrefix?: string
}

/**
 * The key for one request: `apiKey`, else the server's variable.
 * @throws {ConfigError} `missing_api_key`, `browser_key`, or `invalid_config` for a key that cannot stand in a header
 */
export async function resolveKey(request: KeyRequest): Promise<string | undefined> {
  const { config, provider, variables, url, required } = request
  const given = config.apiKey
  // An empty `apiKey` is an answer: no key, whatever the variables hold.
  const own: unknown = typeof given === 'function' ? await given() : given
  if (own !== undefined && typeof own !== 'string') {
    throw new ConfigError('invalid_config', `The \`apiKey\` for "${provider}" gave no string`, {
      provider,
    })
  }
  const key = own === undefined ? readEnv(variables, config.env) : own.trim()
  if (!key) {
    if (!required) return undefined
    throw new ConfigError(
      'missing_api_key',
      `No API key for "${provider}": pass \`apiKey\`${variables[0] ? ` or set ${variables[0]}` : ''}`,
      { provider },
    )
  }
  // `fetch` would refuse such a header with an error that shows the key.
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new ConfigError(
      'invalid_config',
      `The API key for "${provider}" holds characters that cannot stand in a header: copy it again`,
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
  if (!isPage() || isOwnOrigin(url)) return
  throw new ConfigError(
    'browser_key',
    `A long-lived key for "${provider}" must not be in a page, where anyone can read it: ` +
      'send the calls through a relay of your own (`baseURL: "/relay/…"`, see createRelay), ' +
      'pass a function that fetches a short-lived token as `apiKey`, or set `dangerouslyAllowBrowser: true`',
    { provider },
  )
}
