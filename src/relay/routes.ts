/**
 * The calls that a relay forwards, by server: those that this package's own providers make, and no others.
 * A test runs every provider against this table, so that the two cannot drift apart.
 */

/** What a relay knows of a server. */
export interface RelayServer {
  /** Its base; absent where every customer has one of their own. What follows the host is its root. */
  baseURL?: string
  /** Whether the root also goes behind a base that has a path (a proxy's), as with the native APIs. */
  appendRoot?: boolean
  /** What people paste behind the root, of the vendor's other APIs. */
  strippableSuffix?: RegExp
  /** The calls, as method and path below the base. A group named `model` tells which model is meant. */
  calls: readonly RegExp[]
  /** Calls that are made at another address of the vendor's, by their path. */
  pathOverrides?: Readonly<Record<string, string>>
  /** The header of the key. @default 'authorization', behind `Bearer` */
  keyHeader?: string
  /** Keys that go behind `Bearer` although others have a header of their own. */
  bearer?: RegExp
  /** False for a self-hosted server that asks for no key. @default true */
  requiresKey?: boolean
  /** Request headers that are passed on, besides `accept` and `content-type`. */
  headers?: readonly string[]
  /** What may stand in the query, by name. */
  query?: Readonly<Record<string, RegExp>>
}

const CHAT = /^POST \/chat\/completions$/
const COMPLETIONS = /^POST \/completions$/
const RESPONSES = /^POST \/responses$/

/** A server of the OpenAI format, at its base. */
function like(baseURL: string, more: Partial<RelayServer> = {}): RelayServer {
  return { baseURL, calls: [CHAT], ...more }
}

const RAW = { calls: [CHAT, COMPLETIONS] }
const ALL = { calls: [CHAT, COMPLETIONS, RESPONSES] }
const BOTH = { calls: [CHAT, RESPONSES] }
const LOCAL = { ...ALL, requiresKey: false }

/** By the names under which their providers are registered. */
export const RELAY_SERVERS: Readonly<Record<string, RelayServer>> = {
  dashscope: {
    baseURL: 'https://dashscope.aliyuncs.com/api/v1',
    appendRoot: true,
    // Its two other surfaces; the official SDK mends such addresses too.
    strippableSuffix: /\/(compatible-mode|apps\/anthropic)(\/.*)?$/,
    calls: [/^POST \/services\/aigc\/(text|multimodal)-generation\/generation$/],
    // The workspace is none of them: it says who pays.
    headers: ['x-dashscope-sse', 'x-dashscope-ossresourceresolve'],
  },
  zhipu: like('https://open.bigmodel.cn/api/paas/v4'),
  openai: like('https://api.openai.com/v1', ALL),
  azure_openai: {
    strippableSuffix: /\/openai(\/.*)?$/,
    // Letters, digits and signs, never a dot first: no deployment leads out of its folder.
    calls: [
      /^POST \/openai\/deployments\/(?<model>[\w-][\w.-]*)\/(chat\/)?completions$/,
      /^POST \/openai\/v1\/((chat\/)?completions|responses)$/,
    ],
    keyHeader: 'api-key',
    bearer: /^eyJ/, // a token of Entra
    query: { 'api-version': /^[\w-]{1,40}$/ },
  },
  anthropic: {
    baseURL: 'https://api.anthropic.com/v1',
    appendRoot: true,
    calls: [/^POST \/messages$/],
    keyHeader: 'x-api-key',
    bearer: /^sk-ant-oat/,
    headers: ['anthropic-version', 'anthropic-beta'],
  },
  gemini: {
    baseURL: 'https://generativelanguage.googleapis.com/v1beta',
    appendRoot: true,
    calls: [
      /^POST \/(models|tunedModels)\/(?<model>[\w-][\w.-]*):(generateContent|streamGenerateContent)$/,
    ],
    keyHeader: 'x-goog-api-key',
    query: { alt: /^sse$/ },
  },
  ollama: {
    baseURL: 'http://localhost:11434',
    appendRoot: true,
    // Not `/api/pull`: strangers could fill the disk.
    calls: [/^POST \/api\/(chat|generate)$/, /^GET \/api\/tags$/],
    requiresKey: false,
  },
  'vllm-server': like('http://localhost:8000/v1', LOCAL),
  lmstudio: like('http://localhost:1234/v1', LOCAL),
  llamacpp: like('http://localhost:8080/v1', LOCAL),
  modelscope: like('https://api-inference.modelscope.cn/v1'),
  deepseek: like('https://api.deepseek.com/v1', {
    ...RAW,
    pathOverrides: { '/completions': 'https://api.deepseek.com/beta/completions' },
  }),
  moonshot: like('https://api.moonshot.ai/v1'),
  siliconflow: like('https://api.siliconflow.cn/v1'),
  openrouter: like('https://openrouter.ai/api/v1', ALL),
  groq: like('https://api.groq.com/openai/v1', BOTH),
  mistral: like('https://api.mistral.ai/v1'),
  xai: like('https://api.x.ai/v1', BOTH),
  perplexity: like('https://api.perplexity.ai'),
  cerebras: like('https://api.cerebras.ai/v1', RAW),
}

const HOST = /^https?:\/\/[^/?#]+/i

/** What stands behind the host of a server's base: `/v1`. */
export function rootOf({ baseURL = '' }: RelayServer): string {
  return baseURL.replace(HOST, '')
}

/** The base at an address of one's own: another region, a proxy, a local server. */
export function baseOf(server: RelayServer, given: string = server.baseURL ?? ''): string {
  const place = given.replace(/\/+$/, '')
  const base = server.strippableSuffix ? place.replace(server.strippableSuffix, '') : place
  const path = base.replace(HOST, '')
  const isWhole = path !== '' && (!server.appendRoot || /\/v\d\w*$/.test(path))
  return isWhole ? base : base + rootOf(server)
}
