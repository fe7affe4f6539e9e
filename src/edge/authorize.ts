/**
 * Who may ask: the gateway and the relay are closed unless they are told.
 */
import { ConfigError } from '../errors.ts'

/** What a runtime hands to a `fetch` handler besides the request. Only `waitUntil` is used, where it is there. */
export interface ServeContext {
  /** Keeps the runtime awake until the work is done. */
  waitUntil?: ((work: Promise<unknown>) => void) | undefined
}

/**
 * Decides about a request, of which it may read everything but the body. Something true lets it in: `true`, or who
 * is asking (an id, an object), which the hooks are told. Anything else is answered with 401, a throw with 500.
 */
export type AuthorizeFunction<Env, Caller> = (
  request: Request,
  env: Env,
  context: ServeContext | undefined,
) => Caller | boolean | null | undefined | Promise<Caller | boolean | null | undefined>

/** A function, or `'public'` to let everyone in on purpose. */
export type Authorize<Env, Caller> = 'public' | AuthorizeFunction<Env, Caller>

/** @throws {ConfigError} `invalid_config` where nothing says who may ask */
export function checkAuthorize(authorize: unknown, maker: string): void {
  if (authorize === 'public' || typeof authorize === 'function') return
  throw new ConfigError(
    'invalid_config',
    `${maker}() needs \`authorize\`: a function that says who may ask, or 'public' for everyone`,
  )
}

/** Who is asking: `true` where that is all that is known, something false for a stranger. */
export async function findCaller<Env, Caller>(
  authorize: Authorize<Env, Caller>,
  request: Request,
  env: Env,
  context?: ServeContext,
): Promise<Caller | boolean | null | undefined> {
  return authorize === 'public' ? true : await authorize(request, env, context)
}
