/**
 * Models that run inside of the page, or of the process: anything that answers in OpenAI's shape without a wire.
 * @see https://github.com/ngxson/wllama
 * @see https://webllm.mlc.ai/docs/user/basic_usage.html
 * @module chatwire/providers/engine
 */
import type { Call } from '../call.ts'
import { BaseChatModel } from '../chat/base.ts'
import { ConfigError } from '../errors.ts'
import type { StreamEvent } from '../event.ts'
import type { Message } from '../message.ts'
import type { ChatOptions, ModelConfig } from '../options.ts'
import { ChatCompletionDecoder } from '../wire/openai/decode.ts'
import type { Dialect } from '../wire/openai/dialect.ts'
import { encodeRequest } from '../wire/openai/encode.ts'
import { toEngineError } from './engine/errors.ts'

/** A request in OpenAI's shape to an answer, or to an async iterable of chunks. */
type Complete = (request: never) => unknown

/** What answers: WebLLM's engine, wllama, or anything with one of these methods. */
export interface Engine {
  /** WebLLM's, and that of every client in OpenAI's manner. */
  chat?: { completions: { create: Complete } }
  /** wllama's. */
  createChatCompletion?: Complete
  /** wllama's, for prompts without a chat template. */
  createCompletion?: Complete
  /** WebLLM's, which knows no `AbortSignal`. */
  interruptGenerate?: () => unknown
}

/** How far the loading of a model has come. */
export interface LoadProgress {
  /** From 0 to 1; absent where the engine does not know. */
  fraction?: number
  /** Bytes so far. */
  loaded?: number
  /** Bytes in all. */
  total?: number
  /** In the engine's own words. */
  text?: string
}

/** What a function that loads an engine is told. */
export interface LoadOptions {
  /** The model of the config. */
  model: string
  /** Fits wllama's `progressCallback` and WebLLM's `initProgressCallback`. */
  onProgress: (progress: object) => void
}

/** The config of `EngineLLM`. */
export interface EngineConfig extends ModelConfig {
  /** The engine, or a function that loads it: called once, by the first call or by `load()`. */
  engine: Engine | ((options: LoadOptions) => Engine | Promise<Engine>)
  /** Told of the loading. */
  onLoadProgress?: ((progress: LoadProgress) => void) | undefined
}

/** llama.cpp's, which wllama is. @see https://github.com/ggml-org/llama.cpp/tree/master/tools/server */
const WLLAMA: Dialect = {
  renamed: { repetitionPenalty: 'repeat_penalty' },
  toolChoice: ['auto', 'none', 'required'],
  reasoningStyle: 'template',
  unsupportedOptions: ['user'],
  unsupportedParts: ['video_url', 'file'],
  dataOnlyParts: ['input_audio'],
}

/** @see https://github.com/mlc-ai/web-llm/blob/main/src/openai_api_protocols/chat_completion.ts */
const WEBLLM: Dialect = {
  toolChoice: ['auto', 'none', 'function'],
  reasoningStyle: 'flag',
  unsupportedOptions: ['topK', 'user', 'parallelToolCalls'],
  unsupportedParts: ['input_audio', 'video_url', 'file'],
}

/**
 * A model inside of the page. No key, no network: what the engine needs is the engine's matter.
 * @throws {ConfigError} `invalid_config`, `unsupported_option`
 * @see https://github.com/ngxson/wllama
 * @see https://webllm.mlc.ai/docs/user/basic_usage.html
 * @example
 * const llm = getChatModel({
 *   modelServer: 'engine',
 *   model: 'Llama-3.2-1B-Instruct-q4f32_1-MLC',
 *   engine: ({ model, onProgress }) => CreateMLCEngine(model, { initProgressCallback: onProgress }),
 *   onLoadProgress: ({ fraction }) => show(fraction),
 * })
 */
export class EngineLLM extends BaseChatModel {
  static override readonly serverName: string = 'engine'
  static override readonly configMembers: readonly string[] = ['engine', 'onLoadProgress']
  #engine: Promise<Engine> | undefined

  /** @throws {ConfigError} `invalid_config` */
  constructor(config: EngineConfig | ModelConfig) {
    super(config)
    const { engine, onLoadProgress } = this.config as EngineConfig
    if (typeof engine !== 'function' && !isEngine(engine)) {
      throw new ConfigError(
        'invalid_config',
        'config.engine must have `chat.completions.create` (WebLLM) or `createChatCompletion` (wllama), or load such',
      )
    }
    if (onLoadProgress !== undefined && typeof onLoadProgress !== 'function') {
      throw new ConfigError('invalid_config', 'config.onLoadProgress must be a function')
    }
  }

  /**
   * Loads the engine, if it is not loaded yet. A load that failed is tried again by the next call.
   * @throws {ChatError} what went wrong
   */
  async load(): Promise<void> {
    await this.#load()
  }

  override supportRawPrompt(): boolean {
    const { engine } = this.config as EngineConfig
    return typeof engine !== 'function' && engine.createCompletion !== undefined
  }

  override supportResponseFormat(
    _type: 'json_object' | 'json_schema',
    _options?: ChatOptions,
  ): boolean {
    return true
  }

  protected override async *_chatStream(
    messages: readonly Message[],
    call: Call,
  ): AsyncGenerator<StreamEvent[]> {
    const decoder = new ChatCompletionDecoder(call)
    const engine = await this.#load()
    call.signal.throwIfAborted()
    const controller = new AbortController()
    const interrupt = () => {
      controller.abort()
      engine.interruptGenerate?.()
    }
    call.signal.addEventListener('abort', interrupt)
    let isRunning = true
    try {
      for await (const chunk of await ask(engine, messages, call, controller.signal)) {
        const events: StreamEvent[] = []
        decoder.read(chunk, events)
        if (events.length > 0) yield events
      }
      isRunning = false
    } catch (error) {
      isRunning = false
      throw toEngineError(error)
    } finally {
      call.signal.removeEventListener('abort', interrupt)
      // The reader left, or a stop word was found: else it would go on for nobody.
      if (isRunning) interrupt()
    }
    const events: StreamEvent[] = []
    decoder.end(events)
    if (events.length > 0) yield events
  }

  #load(): Promise<Engine> {
    this.#engine ??= this.#create().catch((error: unknown) => {
      this.#engine = undefined
      throw toEngineError(error)
    })
    return this.#engine
  }

  async #create(): Promise<Engine> {
    const { model } = this
    const { engine, onLoadProgress } = this.config as EngineConfig
    if (typeof engine !== 'function') return engine
    const onProgress = (progress: object) => onLoadProgress?.(toProgress(progress))
    const loaded = await engine({ model, onProgress })
    if (isEngine(loaded)) return loaded
    throw new ConfigError('invalid_config', 'config.engine gave something that is no engine')
  }
}

function isEngine(value: unknown): value is Engine {
  const engine = value as Engine | null | undefined
  return [engine?.createChatCompletion, engine?.chat?.completions?.create].some(
    (method) => typeof method === 'function',
  )
}

async function ask(
  engine: Engine,
  messages: readonly Message[],
  call: Call,
  abortSignal: AbortSignal,
): Promise<AsyncIterable<unknown>> {
  const isWllama = engine.createChatCompletion !== undefined
  const body = encodeRequest(messages, call, isWllama ? WLLAMA : WEBLLM, true)
  if (!isWllama) {
    return (await engine.chat?.completions.create(
      toWebLLM(body) as never,
    )) as AsyncIterable<unknown>
  }
  const method = call.rawPrompt === undefined ? 'createChatCompletion' : 'createCompletion'
  return fromCallback(async (onData) => {
    await engine[method]?.({ ...body, abortSignal, onData } as never)
  })
}

/** wllama's iterable (3.8) rejects a promise that nobody can catch when it is left and aborted; its callback does not. */
async function* fromCallback(
  run: (onData: (chunk: unknown) => void) => Promise<void>,
): AsyncGenerator {
  const chunks: unknown[] = []
  let wake = () => {}
  let end: { error?: unknown } | undefined
  const settle = (how: { error?: unknown }) => {
    end = how
    wake()
  }
  run((chunk) => {
    chunks.push(chunk)
    wake()
  }).then(
    () => settle({}),
    (error: unknown) => settle({ error }),
  )
  for (;;) {
    while (chunks.length > 0) yield chunks.shift()
    if (end) break
    await new Promise((resolve) => (wake = () => resolve(undefined)))
  }
  if ('error' in end) throw end.error
}

/** WebLLM takes a schema as text, and what is not OpenAI's in `extra_body`. */
function toWebLLM({ enable_thinking, ...body }: Record<string, unknown>): Record<string, unknown> {
  const format = body.response_format as
    | { type: string; json_schema?: { schema: unknown } }
    | undefined
  return {
    ...body,
    ...(format?.json_schema && {
      response_format: { type: 'json_object', schema: JSON.stringify(format.json_schema.schema) },
    }),
    ...(enable_thinking !== undefined && { extra_body: { enable_thinking } }),
  }
}

/** wllama counts bytes, WebLLM tells a fraction. */
function toProgress(raw: object): LoadProgress {
  const { progress, loaded, total, text } = raw as LoadProgress & { progress?: number }
  const fraction = progress ?? (loaded !== undefined && total ? loaded / total : undefined)
  return {
    ...(fraction !== undefined && { fraction }),
    ...(loaded !== undefined && { loaded }),
    ...(total !== undefined && { total }),
    ...(text !== undefined && { text }),
  }
}
