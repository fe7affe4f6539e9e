/**
 * The guides in the order in which they are listed, each with the words that find it beside its headings.
 * @type {Record<string, string>}
 */
export const GUIDES = {
  'getting-started': 'install quickstart usage token options history',
  browser: 'cors api key page',
  workers: 'cloudflare wrangler env',
  deno: '',
  react: 'next hook',
  resuming: 'reload reconnect store redis',
  'page-protocols': 'copilotkit tanstack',
  hono: '',
  extension: 'chrome',
  'react-native': 'expo',
  commonjs: 'require',
  'custom-provider': 'registerLLM BaseChatModel',
  tools: 'function call agent approval prompted react',
  objects: 'structured output json schema zod valibot',
  failures:
    'error code retry retries backoff timeout rate limit 429 abort cancel failover fallback hooks',
  'time-limits': 'timeout slow',
  'behind-a-proxy': 'nginx timeout buffering',
  gateway: 'rate limit quota budget key cors cache token openai server',
  'coding-agents': '',
  mcp: 'model context protocol',
  opentelemetry: 'tracing metrics log',
  testing: 'mock simulate simulator fault',
  'from-modelscope-agent': 'migrate migration',
  'from-openai': 'migrate migration',
  'from-ai-sdk': 'migrate migration vercel',
  'from-use-chat': 'conversation createConversation chat page state store vue svelte solid migrate',
}

/** Those that are in Chinese too. */
export const TRANSLATED = [
  'getting-started',
  'browser',
  'workers',
  'react',
  'custom-provider',
  'tools',
  'objects',
  'failures',
  'time-limits',
  'gateway',
  'coding-agents',
  'from-use-chat',
]

/** The group of all pages in Chinese. */
export const CHINESE = '简体中文'

/**
 * The guide and the language of a document, or undefined if it is none.
 * @param {string} [path] of its Markdown file
 */
export function guideOf(path = '') {
  const [, zh, name] = /\/docs\/guides\/(zh\/)?([^/]+)\.md$/.exec(path) ?? []
  return name ? { name, lang: zh ? 'zh-CN' : 'en' } : undefined
}
