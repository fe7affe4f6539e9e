/**
 * A model before an upstream that no one here wrote, and what became of a call to it.
 */
import type {
  ChatCompletionRequest,
  FixtureFileResponse,
  FixtureOpts,
  LLMock,
} from '@copilotkit/aimock'
import type { BaseChatModel, ChatRequest, ChatResult, ModelConfig, StreamEvent } from 'chatwire'
import { ChatError, getChatModel } from 'chatwire'
import { expect } from 'vitest'

/** A provider as it is asked here. */
export interface Upstream {
  server: string
  /** The path after the host. */
  path: string
  model: string
  /** Number of frames of a streamed text before its first text. */
  opening: number
}

/** The four providers whose wire aimock speaks. Its strict mode knows which models think. */
export const UPSTREAMS: readonly Upstream[] = [
  { server: 'openai', path: '/v1', model: 'gpt-5-mini', opening: 1 },
  { server: 'ollama', path: '', model: 'qwen3:8b', opening: 0 },
  { server: 'anthropic', path: '', model: 'claude-sonnet-4-5', opening: 2 },
  { server: 'gemini', path: '/v1beta', model: 'gemini-2.5-flash', opening: 0 },
]

/** The mode of a call. */
export type Mode = 'streamed' | 'whole'

export interface Cell extends Upstream {
  mode: Mode
}

/** Every provider in both modes. */
export const CELLS: readonly Cell[] = UPSTREAMS.flatMap((upstream) =>
  (['streamed', 'whole'] as const).map((mode) => ({ ...upstream, mode })),
)

/** The text of most replies, and the pieces that it comes in. */
export const PIECES = ['Hello', ' ther', 'e, ho', 'w are', ' you?'] as const
export const TEXT = PIECES.join('')

/** The tool of most calls. */
export const WEATHER = {
  type: 'function' as const,
  function: {
    name: 'weather',
    description: 'The weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
}

/** The result of a call, or its error. */
export interface Outcome {
  result?: ChatResult
  events: StreamEvent[]
  thrown?: unknown
}

let lanes = 0

/** One test's own part of the server: its fixtures, its requests, its model. */
export class Lane {
  /** The user's words, which no other lane has. */
  readonly prompt: string
  readonly llm: BaseChatModel
  /** Every request that left. */
  readonly sent: Request[] = []
  readonly #mock: LLMock
  readonly #cell: Cell
  /** By which aimock tells the lanes apart. */
  readonly id: string

  constructor(mock: LLMock, cell: Cell, settings: Partial<ModelConfig> = {}) {
    this.#mock = mock
    this.#cell = cell
    this.id = `lane-${++lanes}`
    this.prompt = `Say hello to ${this.id}.`
    this.llm = getChatModel({
      model: cell.model,
      modelServer: cell.server,
      apiKey: 'key-of-the-test',
      baseURL: `${mock.url}${cell.path}`,
      maxRetries: 1,
      timeout: 60_000,
      idleTimeout: 60_000,
      totalTimeout: 60_000,
      ...settings,
      headers: { 'x-test-id': this.id, ...settings.headers },
      fetch: (url, init) => {
        this.sent.push(new Request(url, init))
        return fetch(url, init)
      },
    })
  }

  /** Adds an answer for this lane. */
  on(response: FixtureFileResponse, options: FixtureOpts & { match?: object } = {}): this {
    const { match, ...rest } = options
    this.#mock.on({ userMessage: this.prompt, ...match }, response, { chunkSize: 5, ...rest })
    return this
  }

  /** Each request as aimock understood it, as a chat completion. */
  get understood(): ChatCompletionRequest[] {
    return this.#mock
      .getRequests()
      .filter(({ headers }) => headers['x-test-id'] === this.id)
      .map(({ body }) => body as ChatCompletionRequest)
  }

  /** Asks, and keeps what is thrown. */
  async ask(request: ChatRequest = {}): Promise<Outcome> {
    const outcome: Outcome = { events: [] }
    const asked = { ...(!request.messages && { prompt: this.prompt }), ...request }
    try {
      if (this.#cell.mode === 'whole') {
        outcome.result = await this.llm.chat({ ...asked, stream: false })
        return outcome
      }
      const stream = this.llm.chat({ ...asked, stream: true })
      for await (const event of stream.events()) outcome.events.push(event)
      outcome.result = await stream.result()
    } catch (thrown) {
      outcome.thrown = thrown
    }
    return outcome
  }

  /** Asks for a reply that must come. */
  async reply(request?: ChatRequest): Promise<ChatResult> {
    const { result, events, thrown } = await this.ask(request)
    if (!result) throw thrown
    if (this.#cell.mode === 'streamed') {
      expect(textOf(events)).toBe(result.text)
      expect(events.filter(({ type }) => type === 'finish')).toHaveLength(1)
      expect(events.at(-1)?.type).toBe('finish')
    }
    return result
  }

  /** Asks for a failure. */
  async failure(request?: ChatRequest): Promise<ChatError & { events: StreamEvent[] }> {
    const { result, events, thrown } = await this.ask(request)
    if (!(thrown instanceof ChatError))
      throw new Error(`No error of ours, but ${JSON.stringify(result?.text)}`, { cause: thrown })
    expect(textOf(events)).toBe(this.#cell.mode === 'streamed' ? thrown.partial?.text : '')
    expect(events.some(({ type }) => type === 'finish')).toBe(false)
    return Object.assign(thrown, { events })
  }
}

/** The text that events hold. */
export function textOf(events: readonly StreamEvent[]): string {
  return events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('')
}
