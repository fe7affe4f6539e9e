/**
 * Short-lived tokens, for pages that call a vendor themselves: the long-lived key stays here.
 */
import { redactError } from '../call.ts'
import { createCall } from '../chat/create-call.ts'
import { resolveKey } from '../env.ts'
import { ConfigError, isChatError, ServiceError } from '../errors.ts'
import { post } from '../http/client.ts'
import { readText } from '../http/read-text.ts'
import type { ApiKey, Fetch } from '../options.ts'
import { decodeError } from '../wire/openai/errors.ts'
import { LIFETIME, signToken } from '../wire/zhipu-token.ts'
import type { RelayRoutes } from '../wire/relay-routes.ts'
import { baseOf } from './routes.ts'

/** For whom a token is made, and how long it lives. */
export interface TokenOptions {
  /** The vendors that have such tokens. */
  server: 'dashscope' | 'zhipu'
  /** The long-lived key. Absent: the server's variable, looked up in `env` and then in the process. */
  apiKey?: ApiKey | undefined
  /**
   * How long the token lives, in seconds: 1 to 1800 at DashScope; Zhipu names no limit, so that it is 86,400 here.
   * @default 60 at DashScope, 180 at Zhipu
   */
  expiresIn?: number | undefined
  /** DashScope's address in another region: a token is good in its own only. */
  baseURL?: string | undefined
  /** Variables where there is no process, such as a Worker's `env`. */
  env?: object | undefined
  /**
   * Sends the request to DashScope; Zhipu's tokens are signed here.
   * @default globalThis.fetch
   */
  fetch?: Fetch | undefined
  /** Ends the request; its reason is thrown as it is. */
  signal?: AbortSignal | undefined
}

/** A token as it may be sent to a page: `Response.json(await createToken(…))`. */
export interface Token {
  /** What stands for the key. It can do all that the key can, and cannot be taken back. */
  token: string
  /** When it ends, as `Date.now()` tells the time: milliseconds since 1970. */
  expiresAt: number
}

const VARIABLES = {
  dashscope: ['DASHSCOPE_API_KEY'],
  zhipu: ['ZHIPU_API_KEY', 'ZHIPUAI_API_KEY', 'ZAI_API_KEY'],
}

/** Seconds: the longest, and what holds where nobody says. */
const LIVES = { dashscope: [1800, 60], zhipu: [86_400, LIFETIME / 1000] } as const

/** How long DashScope may think about it, in milliseconds. */
const PATIENCE = 20_000

/** Creates a token at a vendor whose routes it is passed: see `createToken`. */
export async function createTokenFor(
  routes: Readonly<Record<TokenOptions['server'], RelayRoutes>>,
  options: TokenOptions,
): Promise<Token> {
  const { server, apiKey, env, baseURL } = options
  if (!Object.hasOwn(LIVES, server)) {
    throw new ConfigError('unknown_server', 'createToken() knows the servers dashscope and zhipu')
  }
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
    throw new ConfigError('invalid_config', 'A key of Zhipu that can sign has the form id.secret', {
      provider: 'zhipu',
    })
  }
  const { text, expiresAt } = await signToken(id, secret, lifetime)
  return { token: text, expiresAt }
}

async function ask(url: string, key: string, options: TokenOptions): Promise<Token> {
  const call = createCall(
    {
      config: { model: '', fetch: options.fetch, timeout: PATIENCE, idleTimeout: PATIENCE },
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

/** Longest answer that is read, in characters. */
const ANSWER_LENGTH = 10_000

function decode(text: string): Token {
  let answer: { token?: unknown; expires_at?: unknown } | null | undefined
  try {
    answer = JSON.parse(text)
  } catch {
    answer = undefined // a page: told below
  }
  const { token, expires_at: seconds } = answer ?? {}
  if (typeof token === 'string' && token !== '' && typeof seconds === 'number') {
    return { token, expiresAt: seconds * 1000 }
  }
  // Not quoted: it may hold half a token.
  throw new ServiceError('unexpected_response', 'The server answered without a token')
}
