/**
 * One chat per cell, run inside each runtime. Knows no test runner.
 */
import { getChatModel, isChatError } from 'chatwire'

/** What happens to the response on its way. */
export type Fault =
  | 'whole'
  | 'fin'
  | 'rst'
  | 'closed'
  | 'page'
  | 'short'
  | 'gzip'
  | 'large'
  | 'leaving'

export interface Cell {
  id: string
  server: string
  fault: Fault
  stream: boolean
  /** Address of the proxy. */
  url: string
}

export interface Outcome {
  id: string
  /** `ok`, an error code, or `aborted`. */
  code: string
  /** The text received, also before a failure. */
  text: string
  message?: string
}

export const TEXT =
  'Grüße, 世界! A reply long enough to be cut in the middle of its events. '.repeat(4)
export const MODELS: Record<string, { model: string; path: string; key: string }> = {
  openai: { model: 'gpt-4o-mini', path: '/v1', key: 'sk-test-key' },
  zhipu: { model: 'glm-4.7', path: '/api/paas/v4', key: 'id1234.secret5678' },
  dashscope: { model: 'qwen-plus', path: '/api/v1', key: 'sk-test-key' },
  gemini: { model: 'gemini-3-flash-preview', path: '/v1beta', key: 'AIza-test-key' },
  ollama: { model: 'llama3.1', path: '', key: 'sk-test-key' },
  anthropic: { model: 'claude-sonnet-4-6', path: '/v1', key: 'sk-ant-test-key' },
}

/** Over nginx's default limit of 1 MB. */
const LARGE = 2_000_000
/** When a leaving reader leaves, in milliseconds. */
const LEAVES_AFTER = 700

export async function runCell({ id, server, fault, stream, url }: Cell): Promise<Outcome> {
  const { model, path, key } = MODELS[server]!
  const llm = getChatModel({
    model,
    modelServer: server,
    apiKey: key,
    baseURL: `${url}/${id}/${server}/${fault}${path}`,
    maxRetries: 0,
  })
  const content = fault === 'large' ? 'x'.repeat(LARGE) : 'Hello'
  const controller = new AbortController()
  const messages = [{ role: 'user' as const, content }]
  const { signal } = controller
  const timer = fault === 'leaving' ? setTimeout(() => controller.abort(), LEAVES_AFTER) : undefined
  try {
    const { text } = stream
      ? await llm.chat({ messages, signal, stream: true }).result()
      : await llm.chat({ messages, signal, stream: false })
    return { id, code: 'ok', text }
  } catch (error) {
    if (!isChatError(error))
      return { id, code: signal.aborted ? 'aborted' : String(error), text: '' }
    return { id, code: error.code, text: error.partial?.text ?? '', message: error.message }
  } finally {
    clearTimeout(timer)
  }
}
