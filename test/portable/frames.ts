/**
 * Frames as an OpenAI-like server writes them, for what a simulator cannot do: cuts, floods, garbage.
 */
import type { ModelConfig } from 'chatwire'
import { getChatModel } from 'chatwire'
import type { Lane } from './connect.ts'

type Model = ReturnType<typeof getChatModel>

/** A model at a lane. Keys are allowed in pages here: what a page may do has cases of its own. */
export function modelAt(lane: Pick<Lane, 'url'>, settings: Partial<ModelConfig> = {}): Model {
  return getChatModel({
    model: 'gpt-test',
    modelServer: 'openai',
    baseURL: lane.url,
    apiKey: 'sk-test-key',
    maxRetries: 0,
    dangerouslyAllowBrowser: true,
    ...settings,
  })
}

/** One chunk of a streamed answer. */
export function delta(
  members: Record<string, unknown>,
  finishReason: string | null = null,
): string {
  const choice = { index: 0, delta: members, finish_reason: finishReason }
  return frame({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-test',
    choices: [choice],
  })
}

export function frame(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`
}

export function text(content: string): string {
  return delta({ content })
}

export const USAGE = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }

/** The good end of a stream: finish, usage, mark. */
export const END =
  delta({}, 'stop') +
  frame({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-test',
    choices: [],
    usage: USAGE,
  }) +
  'data: [DONE]\n\n'

/** A whole answer that was not streamed. */
export function whole(content: string): string {
  const message = { role: 'assistant', content }
  const choices = [{ index: 0, message, finish_reason: 'stop' }]
  return JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-test',
    choices,
    usage: USAGE,
  })
}

export const JSON_TYPE = { 'content-type': 'application/json' }

/** An error as OpenAI words it. */
export function failure(
  message: string,
  type = 'server_error',
  code: string | null = null,
): string {
  return JSON.stringify({ error: { message, type, code, param: null } })
}

/** All pieces that a reader gets. */
export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const pieces: T[] = []
  for await (const piece of source) pieces.push(piece)
  return pieces
}

/** All pieces of a `ReadableStream`, read by hand: Safari cannot iterate one. */
export async function drain<T>(stream: ReadableStream<T>): Promise<T[]> {
  const reader = stream.getReader()
  const pieces: T[] = []
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return pieces
    pieces.push(value)
  }
}
