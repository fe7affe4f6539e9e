/**
 * Where an Ollama server is, in all the ways that people write it.
 * @see https://docs.ollama.com/faq
 */
import { readEnv } from '../../env.ts'
import { ConfigError } from '../../errors.ts'
import type { ModelConfig } from '../../options.ts'
import type { ApiLocation } from '../../wire/openai/endpoint.ts'

/** The vendor's own service, which answers nobody without a key. */
export const CLOUD: ApiLocation = { baseURL: 'https://ollama.com' }
const LOCAL = 'http://localhost:11434'

/**
 * The root of the server: `baseURL`, else `OLLAMA_HOST`, else the local one.
 * @throws {ConfigError} `invalid_config` for a variable that is no address
 */
export function resolveRoot({ baseURL, env }: ModelConfig): string {
  const url = baseURL ?? readHost(readEnv(['OLLAMA_HOST'], env)) ?? LOCAL
  // Also what is pasted: an endpoint, or the base of the other API that the server has.
  return url
    .trim()
    .replace(/\/*([?#].*)?$/, '')
    .replace(/\/(api(\/\w+)?|v1)$/, '')
}

/**
 * The variable as the server itself reads it: `host`, `host:port`, `:port`, with a scheme or a path. Without a scheme
 * the port is 11434.
 */
function readHost(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const text = value.replace(/^["']|["']$/g, '').trim()
  const bare = text.startsWith(':') ? `localhost${text}` : text
  const hasScheme = bare.includes('://')
  try {
    const url = new URL(hasScheme ? bare : `http://${bare}`)
    if (!/^https?:$/.test(url.protocol) || url.username || url.password) throw new TypeError()
    if (!hasScheme && !url.port && !/:80(\/|$)/.test(bare)) url.port = '11434'
    // Where a server listens on everything; nobody can be called there.
    if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1'
    if (url.hostname === '[::]') url.hostname = '[::1]'
    return url.href
  } catch (cause) {
    throw new ConfigError(
      'invalid_config',
      'OLLAMA_HOST must be an address such as 127.0.0.1:11434 or https://host',
      { cause },
    )
  }
}
