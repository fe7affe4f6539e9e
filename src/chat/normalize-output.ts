/**
 * Normalizes the output of a model's class. Custom classes may return strings, events, streams or results.
 */
import { ServiceError } from '../errors.ts'
import type { ChatResult, StreamEvent, TextDelta } from '../event.ts'
import { isRecord } from '../is-record.ts'
import type { ToolCall } from '../message.ts'
import type { Pull } from '../async/pull.ts'
import { isResponse, toEvents } from './to-events.ts'

/** Values that `_chatStream` may yield: text, an event, or several events that arrived together. */
export type Chunk = string | StreamEvent | readonly StreamEvent[]

/** Values that `_chatStream` may return: an async generator or other async iterable, or a `ReadableStream`. */
export type ChunkStream = AsyncIterable<Chunk> | ReadableStream<Chunk>

/** Values that `_chatNoStream` may return: the text, a complete result, or chunks to collect. */
export type WholeReply = Promise<string | ChatResult> | ChunkStream

/** Checks the properties needed to assemble a reply. A new event type does not compile until it is listed here. */
const CHECKS: {
  readonly [Type in StreamEvent['type']]: (event: Extract<StreamEvent, { type: Type }>) => boolean
} = {
  'text-delta': ({ text }) => typeof text === 'string',
  'reasoning-delta': ({ text }) => typeof text === 'string',
  'tool-call-delta': () => true,
  'tool-call': ({ toolCall }) => isToolCall(toolCall ?? {}),
  source: () => true,
  retry: () => true,
  failover: ({ attempts }) => Array.isArray(attempts),
  step: () => true,
  'tool-result': ({ toolCallId }) => typeof toolCallId === 'string',
  usage: () => true,
  finish: ({ response }) => !response || isResponse(response),
}

/** An iterator over the output of a class. That of a response body has `pull`, and heeds the call's signal. */
export interface Chunks extends AsyncIterator<Chunk> {
  pull?: Pull<StreamEvent[]>
}

/** Returns an iterator over the output of a class. */
export function toChunks(source: ChunkStream | WholeReply, provider: string): Chunks {
  if (typeof source === 'object' && source !== null) {
    // Checked first: some runtimes make a `ReadableStream` iterable, Safari does not.
    if ('getReader' in source) return iterateStream(source)
    if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]()
    if (typeof source.then === 'function') return iterateWhole(source, provider)
  }
  throw unknownShape(source, provider, 'return an async iterable or a ReadableStream')
}

/** @throws {ServiceError} `unexpected_response` for anything but text and events */
export function checkChunk(chunk: unknown, provider: string): asserts chunk is Chunk {
  if (typeof chunk === 'string') return
  if (!Array.isArray(chunk)) return checkEvent(chunk, provider)
  for (const event of chunk) checkEvent(event, provider)
}

function checkEvent(event: unknown, provider: string): void {
  const delta = event as TextDelta | undefined | null
  if (delta?.type === 'text-delta' && typeof delta.text === 'string') return // by far the most common
  if (isRecord(event) && Object.hasOwn(CHECKS, String(event.type))) {
    const check = CHECKS[event.type as StreamEvent['type']] as (event: unknown) => boolean
    if (check(event)) return
  }
  throw unknownShape(
    event,
    provider,
    "yield strings or StreamEvents such as { type: 'text-delta', text }",
  )
}

function isToolCall({ id, name, arguments: members, argumentsText }: Partial<ToolCall>): boolean {
  return (
    [id, name, argumentsText].every((one) => typeof one === 'string') && typeof members === 'object'
  )
}

function unknownShape(value: unknown, provider: string, wayOut: string): ServiceError {
  let shown: string | undefined
  try {
    shown = JSON.stringify(value)
  } catch {
    // A circular value is shown by its type alone.
  }
  return new ServiceError(
    'unexpected_response',
    `"${provider}" returned ${(shown ?? typeof value).slice(0, 80)}: ${wayOut}`,
  )
}

// Written by hand: a generator's `return()` would wait for a read that may never settle.
function iterateStream(stream: ReadableStream<Chunk>): AsyncIterator<Chunk> {
  const reader = stream.getReader()
  return {
    next: () => reader.read() as Promise<IteratorResult<Chunk>>,
    async return() {
      await reader.cancel()
      return { done: true, value: undefined }
    },
  }
}

async function* iterateWhole(
  reply: Promise<string | ChatResult>,
  provider: string,
): AsyncGenerator<Chunk> {
  const result = await reply
  if (typeof result === 'string') yield result
  else if (typeof result?.text === 'string') yield toEvents(result)
  else throw unknownShape(result, provider, 'return a string or a ChatResult')
}
