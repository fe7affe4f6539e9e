/**
 * Creates short-lived tokens for pages that call a vendor directly. The long-lived key stays on the server.
 */
import { redactError } from '../redact.ts'
import { createCall } from '../chat/create-call.ts'
import { resolveKey } from '../api-key.ts'
import { ConfigError, isChatError, ServiceError } from '../errors.ts'
import { post } from '../http/late-post.ts'
import { readText } from '../http/read-text.ts'
import type { ApiKey, Fetch } from '../options.ts'
import { isURL, signal } from '../validation/input.ts'
import type { Shape } from '../validation/shape.ts'
import { ANYTHING, checkMembers, func, once, optional, record, rule } from '../validation/shape.ts'
import { decodeError } from '../wire/openai/errors.ts'
import { LIFETIME, signToken } from '../wire/zhipu-token.ts'
import type { RelayRoutes } from '../wire/relay-routes.ts'
import { baseOf } from './routes.ts'
import { parseJSON } from '../parse-json.ts'

/** Options of `createToken`. */
export interface TokenOptions {
  /** A vendor with short-lived tokens. */
  server: 'dashscope' | 'zhipu'
  /**
   * The long-lived key. Defaults to the server's variable, looked up in `env` and then in the process
   * environment.
   */
  apiKey?: ApiKey | undefined
  /**
   * Lifetime of the token in seconds. DashScope allows 1 to 1800. Zhipu documents no limit; 86,400 here.
   * @default 60 for DashScope, 180 for Zhipu
   */
  expiresIn?: number | undefined
  /** DashScope's URL in another region. A token is valid in its own region only. */
  baseURL?: string | undefined
  /** Variables for runtimes without a process environment, such as a Worker's `env`. */
  env?: object | undefined
  /**
   * Sends the request to DashScope. Zhipu's tokens are signed locally.
   * @default globalThis.fetch
   */
  fetch?: Fetch | undefined
  /** Aborts the request. Its reason is thrown unchanged. */
  signal?: AbortSignal | undefined
}

/** A token that may be sent to a page: `Response.json(await createToken(…))`. */
export interface Token {
  /** Replaces the key. It grants the same access and cannot be revoked. */
  token: string
  /** Expiry time, in milliseconds since 1970, as of `Date.now()`. */
  expiresAt: number
}

const VARIABLES = {
  dashscope: ['DASHSCOPE_API_KEY'],
  zhipu: ['ZHIPU_API_KEY', 'ZHIPUAI_API_KEY', 'ZAI_API_KEY'],
}

/** In seconds: the longest lifetime, and the default. */
const LIVES = { dashscope: [1800, 60], zhipu: [86_400, LIFETIME / 1000] } as const

/** Timeout of the request to DashScope, in milliseconds. */
const TIMEOUT = 20_000

const members = once((): Record<keyof TokenOptions, Shape> => ({
  server: ANYTHING,
  apiKey: ANYTHING,
  expiresIn: ANYTHING,
  baseURL: optional(rule('must be a URL such as https://host', isURL)),
  env: optional(record),
  fetch: optional(func),
  signal: optional(signal),
}))

/** Creates a token for a vendor with the given routes: see `createToken`. */
export async function createTokenFor(
  routes: Readonly<Record<TokenOptions['server'], RelayRoutes>>,
  options: TokenOptions,
): Promise<Token> {
  const { server, apiKey, env, baseURL }: Partial<TokenOptions> = options ?? {}
  if (server === undefined || !Object.hasOwn(LIVES, server)) {
    throw new ConfigError(
      'unknown_server',
      "createToken() takes { server: 'dashscope' } or { server: 'zhipu' }",
    )
  }
  checkMembers(members(), options, 'invalid_config', 'options')
  const [longest, usual] = LIVES[server]
  const { expiresIn = usual } = options
  if (!Number.isInteger(expiresIn) || expiresIn < 1 || expiresIn > longest) {
    const problem = `expiresIn must be a whole number of seconds from 1 to ${longest} for "${server}"`
    throw new ConfigError('invalid_config', problem, { provider: server })
  }
  const url = baseOf(routes[server], baseURL)
  const key = (await resolveKey({
    config: { model: '', apiKey, env },
    provider: server,
    variables: VARIABLES[server],
    url,
    required: true,
  })) as string
  return server === 'zhipu'
    ? sign(key, expiresIn * 1000)
    : ask(`${url}/tokens?expire_in_seconds=${expiresIn}`, key, options)
}

async function sign(key: string, lifetime: number): Promise<Token> {
  const [, id, secret] = /^([^.]+)\.(.+)$/.exec(key) ?? []
  if (!id || !secret) {
    throw new ConfigError(
      'invalid_config',
      'A Zhipu key that signs tokens has the form id.secret',
      {
        provider: 'zhipu',
      },
    )
  }
  const { text, expiresAt } = await signToken(id, secret, lifetime)
  return { token: text, expiresAt }
}

async function ask(url: string, key: string, options: TokenOptions): Promise<Token> {
  const call = createCall(
    {
      config: { model: '', fetch: options.fetch, timeout: TIMEOUT, idleTimeout: TIMEOUT },
      provider: 'dashscope',
      model: '',
      request: { messages: [], options: {}, stream: false },
      rawPrompt: undefined,
    },
    options.signal ?? new AbortController().signal,
  )
  call.secrets.push(key)
  try {
    const headers = { authorization: `Bearer ${key}` }
    const response = await post(url, { body: undefined, headers, decodeError }, call)
    return decode(await readText(response, call, ANSWER_LENGTH))
  } catch (error) {
    if (isChatError(error)) {
      error.provider ??= 'dashscope'
      redactError(error, call.secrets)
    }
    throw error
  }
}

/** Maximum length of a response, in characters. */
const ANSWER_LENGTH = 10_000

function decode(text: string): Token {
  const answer = parseJSON(text) as { token?: unknown; expires_at?: unknown } | null | undefined
  const { token, expires_at: seconds } = answer ?? {}
  if (typeof token === 'string' && token !== '' && typeof seconds === 'number') {
    return { token, expiresAt: seconds * 1000 }
  }
  // Not quoted: it may contain part of a token.
  throw new ServiceError('unexpected_response', 'The response contains no token')
}
