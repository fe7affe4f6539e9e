/**
 * Resolves the URL of an Ollama server from any of its common spellings.
 * @see https://docs.ollama.com/faq
 */
import { readEnv } from '../../env.ts'
import { ConfigError } from '../../errors.ts'
import type { ModelConfig } from '../../options.ts'
import type { ApiLocation } from '../../wire/openai/endpoint.ts'

/** The vendor's own service, which requires a key. */
export const CLOUD: ApiLocation = { baseURL: 'https://ollama.com' }
const LOCAL = 'http://localhost:11434'

/**
 * Returns the root of the server: `baseURL`, else `OLLAMA_HOST`, else the local one.
 * @throws {ConfigError} `invalid_config` for an invalid variable
 */
export function resolveRoot({ baseURL, env }: ModelConfig): string {
  const url = baseURL ?? readHost(readEnv(['OLLAMA_HOST'], env)) ?? LOCAL
  // Accepts pasted endpoints, and the base of the server's OpenAI endpoint.
  return url
    .trim()
    .replace(/\/*([?#].*)?$/, '')
    .replace(/\/(api(\/\w+)?|v1)$/, '')
}

/**
 * Parses the variable as the server does: `host`, `host:port`, `:port`, with a scheme or a path. Without a scheme
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
    // The address to listen on all interfaces, which cannot be called.
    if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1'
    if (url.hostname === '[::]') url.hostname = '[::1]'
    return url.href
  } catch (cause) {
    throw new ConfigError(
      'invalid_config',
      'OLLAMA_HOST must be a host or URL such as 127.0.0.1:11434 or https://host',
      { cause },
    )
  }
}
