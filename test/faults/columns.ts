/**
 * The columns of the matrix: every server of the registry that is reached over HTTP.
 */
import { LLM_REGISTRY } from 'chatwire'

/** Whose simulator speaks for a column. */
export type Family =
  | 'dashscope'
  | 'zhipu'
  | 'anthropic'
  | 'gemini'
  | 'ollama'
  | 'openai'
  | 'openai_responses'

/** One server as the matrix asks it. */
export interface Column {
  name: string
  /** The name under which the class is registered. */
  server: string
  family: Family
  model: string
  key: string
  /** The path prefix of the vendor's API. */
  path: string
  /** Takes no tools. */
  toolless?: true
}

const OPENAI: Omit<Column, 'name' | 'server'> = {
  family: 'openai',
  model: 'acme-large',
  key: 'sk-MatrixSecret0123456789',
  path: '/v1',
}
const DASHSCOPE: Omit<Column, 'name' | 'server'> = {
  ...OPENAI,
  family: 'dashscope',
  model: 'qwen-plus',
  path: '/api/v1',
}

/** Servers that are asked in a way of their own; a server may have several columns. */
const OWN: Record<string, Partial<Column>[]> = {
  dashscope: [{ ...DASHSCOPE, model: 'deepseek-v3.1' }],
  dashscope_qwen: [
    { ...DASHSCOPE, name: 'dashscope_qwen', server: 'dashscope' },
    { ...DASHSCOPE, name: 'dashscope (images)', server: 'dashscope', model: 'qwen-vl-max' },
  ],
  zhipu: [
    { family: 'zhipu', model: 'glm-4.7', path: '/api/paas/v4', key: 'id1234.MatrixSecret56789' },
  ],
  gemini: [
    {
      family: 'gemini',
      model: 'gemini-2.5-flash',
      path: '/v1beta',
      key: 'AIzaMatrixSecret0123456789',
    },
  ],
  anthropic: [
    { family: 'anthropic', model: 'claude-sonnet-4-6', key: 'sk-ant-MatrixSecret0123456789' },
  ],
  azure_openai: [{ path: '' }],
  ollama: [{ family: 'ollama', model: 'llama3.1', path: '' }],
  groq: [{ path: '/openai/v1' }],
  perplexity: [{ toolless: true }],
}

/** Servers that no socket leads to: a model inside of the page is asked by calling it. */
export const WITHOUT_HTTP: ReadonlySet<string> = new Set(['browser', 'engine'])

/** All columns. A server that is registered tomorrow has one at once. */
export function createColumns(): Column[] {
  const names = LLM_REGISTRY.names().filter((name) => !WITHOUT_HTTP.has(name))
  const columns = names.flatMap((server) => {
    // The Responses API of a server is at the same path as its Chat Completions.
    const base = server.replace(/_responses$/, '')
    const family = base === server ? 'openai' : 'openai_responses'
    return (OWN[base] ?? [{}]).map((own): Column => {
      return { ...OPENAI, family, name: server, server, ...own }
    })
  })
  // The vendors' own formats first.
  return columns.sort((one, other) => RANK[one.family] - RANK[other.family])
}

const RANK: Record<Family, number> = {
  dashscope: 0,
  zhipu: 1,
  anthropic: 2,
  gemini: 3,
  ollama: 4,
  openai: 5,
  openai_responses: 6,
}
