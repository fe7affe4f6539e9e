/** Builders that the unit tests share. */
import type { Call } from '../../src/call.ts'
import { BaseChatModel } from '../../src/chat/base.ts'
import type { StreamEvent } from '../../src/event.ts'
import type { ModelConfig } from '../../src/options.ts'

// Loaded in advance: fake timers do not wait for code.
await import('../../src/chat/chat-run.ts')

const encoder = new TextEncoder()

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Bytes cut at these places; without places, cut at every byte. */
export function cut(bytes: Uint8Array, places?: readonly number[]): Uint8Array[] {
  const at = places ?? Array.from({ length: bytes.length }, (_, index) => index)
  const inside = at.map((place) => place % (bytes.length + 1))
  const borders = [...new Set([0, ...inside, bytes.length])].sort((a, b) => a - b)
  return borders.slice(1).map((border, index) => bytes.slice(borders[index], border))
}

/** A text cut the same way. */
export function cutText(text: string, places?: readonly number[]): string[] {
  const at = places ?? Array.from({ length: text.length }, (_, index) => index)
  const borders = [...new Set([0, ...at.map((place) => place % (text.length + 1)), text.length])]
  borders.sort((a, b) => a - b)
  return borders.slice(1).map((border, index) => text.slice(borders[index], border))
}

export interface Source<T> {
  stream: ReadableStream<T>
  /** Number of chunks pulled. */
  pulls: number
  /** Why it was cancelled, in a box. */
  cancelled: { reason: unknown } | undefined
}

/** A stream of chunks that records its use. `end`: what follows the last chunk. */
export function source<T>(
  pieces: readonly T[],
  end: 'close' | 'stall' | Error = 'close',
): Source<T> {
  let at = 0
  const made: Source<T> = {
    pulls: 0,
    cancelled: undefined,
    stream: new ReadableStream<T>(
      {
        pull(controller) {
          made.pulls++
          if (at < pieces.length) return controller.enqueue(pieces[at++] as T)
          if (end === 'close') return controller.close()
          if (end === 'stall') return new Promise(() => {})
          controller.error(end)
        },
        cancel(reason) {
          made.cancelled = { reason }
        },
      },
      { highWaterMark: 0 },
    ),
  }
  return made
}

/** An answer with this body, in one piece or cut. */
export function respond(
  body: string | Uint8Array,
  cuts: readonly number[] = [],
  init?: ResponseInit,
): Response {
  const bytes = typeof body === 'string' ? bytesOf(body) : body
  return new Response(source(cut(bytes, cuts)).stream, init)
}

export function call(members: Partial<Call> = {}): Call {
  return {
    stream: true,
    stop: [],
    signal: new AbortController().signal,
    provider: 'acme',
    model: 'acme-1',
    fetch: () => Promise.reject(new Error('no fetch in this test')),
    headers: {},
    timeout: 10_000,
    idleTimeout: 10_000,
    maxFrameLength: 1_000_000,
    maxResponseSize: 2 ** 26,
    sentAt: Date.now(),
    complete: false,
    keepsTime: false,
    failsOver: false,
    secrets: [],
    ...members,
  }
}

type Members = Record<string, unknown> & {
  _chatStream: (this: BaseChatModel, messages: any, call: Call) => unknown
}

/** A custom model with these methods. */
export function model(
  members: Members | Members['_chatStream'],
  config: Partial<ModelConfig> = {},
): BaseChatModel {
  class Custom extends (BaseChatModel as any) {}
  const methods = typeof members === 'function' ? { _chatStream: members } : members
  Object.assign(Custom.prototype, methods)
  return new (Custom as any)({ model: 'acme-1', modelServer: 'acme', ...config })
}

/** A model that yields these chunks. */
export function saying(
  chunks: readonly unknown[],
  config: Partial<ModelConfig> = {},
): BaseChatModel {
  return model(async function* () {
    yield* chunks
  }, config)
}

export async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of iterable) items.push(item)
  return items
}

/** Returns the error that `run` throws, at once or later. */
export async function failure(run: () => unknown): Promise<any> {
  let value: unknown
  try {
    value = await run()
  } catch (error) {
    return error
  }
  throw new Error(`expected a failure, got ${JSON.stringify(value)}`)
}

/** A text that keeps what all its parts say, an error's hidden ones too. */
export function everythingOf(error: unknown, depth = 0): string {
  if (depth > 6) return ''
  if (typeof error !== 'object' || error === null) return String(error)
  let text = String(error)
  for (const key of Reflect.ownKeys(error)) {
    if (key === 'stack') text += String((error as any).stack)
    else text += `\n${String(key)}: ${everythingOf((error as any)[key], depth + 1)}`
  }
  if (error instanceof Request) text += JSON.stringify([...error.headers])
  return text
}

export const text = (text: string): StreamEvent => ({ type: 'text-delta', text })
export const finish = (finishReason: any = 'stop', more = {}): StreamEvent => ({
  type: 'finish',
  finishReason,
  rawFinishReason: finishReason,
  ...more,
})
export const usage = { promptTokens: 3, completionTokens: 4, totalTokens: 7 }
export const weather: StreamEvent[] = [
  { type: 'tool-call-delta', index: 0, id: 'call_1', name: 'weather', argumentsDelta: '{"ci' },
  { type: 'tool-call-delta', index: 0, argumentsDelta: 'ty":"Oslo"}' },
]

/** A signal that counts its listeners. */
export function countedSignal(): { controller: AbortController; listeners: () => number } {
  const controller = new AbortController()
  const { signal } = controller
  const held = new Set<unknown>()
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = (type: string, listener: any, options?: any) => {
    held.add(listener)
    addEventListener.call(signal, type, listener, options)
  }
  signal.removeEventListener = (type: string, listener: any, options?: any) => {
    held.delete(listener)
    removeEventListener.call(signal, type, listener, options)
  }
  return { controller, listeners: () => held.size }
}

export const tick = (ms = 0): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
