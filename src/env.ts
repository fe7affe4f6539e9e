/**
 * Environment variables, and the origin of a page. Uses `globalThis` only, so it loads everywhere.
 */

interface Globals {
  process?: { env?: Record<string, string | undefined> }
  Deno?: {
    env: { get(name: string): string | undefined }
    permissions?: {
      querySync?(descriptor: { name: 'env'; variable: string }): { state: string }
    }
  }
  location?: { origin: string; href: string }
}

const globals = globalThis as Globals

/** Returns the first variable that is set, in `env` (a Worker's), Deno, or the process. */
export function readEnv(names: readonly string[], env?: object): string | undefined {
  for (const name of names) {
    const value = (env as Record<string, unknown> | undefined)?.[name] ?? readProcess(name)
    if (typeof value === 'string' && value.trim() !== '') return value.trim()
  }
  return undefined
}

function readProcess(name: string): string | undefined {
  if (isEnvDenied(name)) return undefined
  const deno = globals.Deno?.env
  try {
    // Deno has `process` too, like Node, Bun, and workerd with `nodejs_compat`. Looking at it there loads its layer for
    // Node: 20 ms and 2 MB (2.9).
    return deno ? deno.get(name) : globals.process?.env?.[name]
  } catch {
    // Deno before 2 has no `querySync` everywhere and throws without the permission.
    return undefined
  }
}

/** True in Deno without the permission to read a variable. Reading it there would stop and prompt in a terminal. */
export function isEnvDenied(name: string): boolean {
  const { permissions } = globals.Deno ?? {}
  try {
    return (
      (permissions?.querySync?.({ name: 'env', variable: name }).state ?? 'granted') !== 'granted'
    )
  } catch {
    return false
  }
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
