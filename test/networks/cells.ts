/**
 * One chat per cell, run inside each runtime. Knows no test runner.
 */
import { getChatModel, isChatError } from 'chatwire'

/** Faults of a response on its way. */
export type Fault =
  | 'whole'
  | 'fin'
  | 'rst'
  | 'short'
  | 'gzip'
  | 'stall'
  | 'page'
  | 'large'
  | 'huge'
  | 'closed'
  | 'kept'
  | 'refused'
  | 'goaway'
  | 'leaving'

export interface Cell {
  id: string
  /** A wire family, or our own `gateway` or `relay` in the vendor's place. */
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
/** The wire families. */
export const MODELS: Record<string, { model: string; path: string; key: string }> = {
  openai: { model: 'gpt-4o-mini', path: '/v1', key: 'sk-test-key' },
  zhipu: { model: 'glm-4.7', path: '/api/paas/v4', key: 'id1234.secret5678' },
  dashscope: { model: 'qwen-plus', path: '/api/v1', key: 'sk-test-key' },
  gemini: { model: 'gemini-3-flash-preview', path: '/v1beta', key: 'AIza-test-key' },
  ollama: { model: 'llama3.1', path: '', key: 'sk-test-key' },
  anthropic: { model: 'claude-sonnet-4-6', path: '/v1', key: 'sk-ant-test-key' },
}
const SERVICES: Record<string, { server: string; model: string; path: string; key: string }> = {
  gateway: { server: 'openai', model: 'slow', path: '/v1', key: 'let-me-in' },
  relay: { server: 'dashscope', model: 'qwen-plus', path: '/relay/dashscope', key: 'let-me-in' },
}

/** Lengths of a message, in characters. The first is over nginx's default limit of 1 MB. */
const LENGTHS: Partial<Record<Fault, number>> = { large: 2_000_000, huge: 20_000_000 }
/** When a reader leaves to whom a proxy has shown nothing, in milliseconds. Others leave at the first piece. */
const LEAVES_AFTER = 2500
/** Longer than the silence between two pings of the gateway, shorter than that of its model. Milliseconds. */
const PATIENCE = 900

export async function runCell({ id, server, fault, stream, url }: Cell): Promise<Outcome> {
  const isService = server in SERVICES
  const { model, path, key } = (isService ? SERVICES : MODELS)[server]!
  const llm = getChatModel({
    model,
    modelServer: SERVICES[server]?.server ?? server,
    apiKey: key,
    baseURL: `${url}/${id}/${server}/${fault}${path}`,
    // A service answers a resent request at no cost.
    maxRetries: isService && fault === 'closed' ? 2 : 0,
    ...(server === 'relay' && { idempotencyKey: true }),
    ...(fault === 'stall' || server === 'gateway' ? { idleTimeout: PATIENCE } : {}),
  })
  const content = 'x'.repeat(LENGTHS[fault] ?? 5)
  const controller = new AbortController()
  const messages = [{ role: 'user' as const, content }]
  const { signal } = controller
  const chat = async () => {
    if (!stream) return (await llm.chat({ messages, signal })).text
    const reply = llm.chat({ messages, signal, stream: true })
    if (fault === 'leaving') for await (const _text of reply) controller.abort()
    return (await reply.result()).text
  }
  const timer = fault === 'leaving' ? setTimeout(() => controller.abort(), LEAVES_AFTER) : undefined
  try {
    if (fault === 'kept') await chat()
    return { id, code: 'ok', text: await chat() }
  } catch (error) {
    if (!isChatError(error))
      return { id, code: signal.aborted ? 'aborted' : String(error), text: '' }
    return { id, code: error.code, text: error.partial?.text ?? '', message: error.message }
  } finally {
    clearTimeout(timer)
  }
}
