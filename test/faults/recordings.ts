/**
 * The recorded answers as bytes, and a call that gets them in any pieces.
 */
import type { BaseChatModel } from '../../src/chat/base.ts'
import type { ChatResult, StreamEvent } from '../../src/event.ts'
import type { Fetch, ModelConfig } from '../../src/options.ts'
import { AnthropicLLM } from '../../src/providers/anthropic.ts'
import { DashScopeLLM } from '../../src/providers/dashscope.ts'
import { GeminiLLM } from '../../src/providers/gemini.ts'
import { OllamaLLM } from '../../src/providers/ollama.ts'
import { OpenAiLLM } from '../../src/providers/openai.ts'
import { OPENAI_LIKE, openAiLike } from '../../src/providers/openai-like.ts'
import { OpenAiResponsesLLM } from '../../src/providers/openai-responses.ts'
import { ZhipuLLM } from '../../src/providers/zhipu.ts'
import type { ChatModelClass } from '../../src/registry.ts'
import type { Fixture } from '../providers/replay.ts'
import { readFixtures } from '../providers/replay.ts'

/** A recording, and a model that asks for it. */
export interface Recording extends Fixture {
  create(config: Partial<ModelConfig>): BaseChatModel
}

const KEY = { apiKey: 'sk-test-key', maxRetries: 0 }

/** The classes that read the recordings of a folder; the rest is of the OpenAI format. */
const CLASSES: Record<string, ChatModelClass> = {
  dashscope: DashScopeLLM,
  zhipu: ZhipuLLM,
  anthropic: AnthropicLLM,
  gemini: GeminiLLM,
  ollama: OllamaLLM,
  'openai-responses': OpenAiResponsesLLM,
}

const FOLDERS = [...Object.keys(CLASSES), 'openai']

/** Every recording of every wire format. */
export const RECORDINGS: readonly Recording[] = FOLDERS.flatMap((folder) =>
  readFixtures(folder).map((fixture): Recording => {
    const { model, modelServer, extraBody } = fixture.expected
    const row = OPENAI_LIKE[modelServer ?? '']
    const Model = CLASSES[folder] ?? (row ? openAiLike(row, modelServer) : OpenAiLLM)
    return { ...fixture, create: (config) => new Model({ model, extraBody, ...KEY, ...config }) }
  }),
)

/** Those of streams, and those that end well. */
export const STREAMS: readonly Recording[] = RECORDINGS.filter(({ expected }) => expected.stream)
export const WHOLE_STREAMS: readonly Recording[] = STREAMS.filter(({ expected }) => !expected.error)

/** The outcome of a call. */
export interface Outcome {
  events: StreamEvent[]
  result?: ChatResult
  /** The thrown value, boxed. */
  thrown?: { error: any }
  /** Everything that had arrived. */
  partial?: ChatResult
}

/** A `fetch` that answers with these pieces, one for each read. */
export function fetchOf(pieces: readonly Uint8Array[], init: ResponseInit = {}): Fetch {
  return async () => {
    let at = 0
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const piece = pieces[at++]
          if (piece) controller.enqueue(piece)
          else controller.close()
        },
      },
      { highWaterMark: 0 },
    )
    // A status without a body must have none.
    return new Response(init.status === 204 ? null : body, init)
  }
}

/** Asks, streamed or not, and keeps whatever happens. */
export async function ask(llm: BaseChatModel, stream = true): Promise<Outcome> {
  const outcome: Outcome = { events: [] }
  try {
    if (!stream) return { ...outcome, result: await llm.chat('Hello') }
    const chat = llm.chat({ prompt: 'Hello', stream: true })
    try {
      for await (const event of chat.events()) outcome.events.push(event)
      outcome.result = await chat.result()
    } finally {
      outcome.partial = chat.partial
    }
  } catch (error) {
    outcome.thrown = { error }
    outcome.partial ??= (error as { partial?: ChatResult }).partial
  }
  return outcome
}

/** Without what differs from one run to the next: times, and ids that are made here. */
export function steady(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (name, member: unknown) => {
      if (name === 'durationMs') return 0
      const isMade = typeof member === 'string' && /^call_[0-9a-z]{16}$/.test(member)
      return isMade ? 'call_made' : member
    }),
  )
}
