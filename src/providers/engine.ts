/**
 * Models that run inside of the page, or of the process: anything that answers in OpenAI's shape without a wire.
 * @see https://github.com/ngxson/wllama
 * @see https://webllm.mlc.ai/docs/user/basic_usage.html
 * @module chatwire/providers/engine
 */
import type { Call } from '../call.ts'
import { BaseChatModel } from '../chat/base.ts'
import { onAbort, untilAborted } from '../async/abort.ts'
import { ConfigError, TimeoutError } from '../errors.ts'
import type { StreamEvent } from '../event.ts'
import type { Message } from '../message.ts'
import type { ChatOptions, ModelConfig } from '../options.ts'
import { ChatCompletionDecoder } from '../wire/openai/decode.ts'
import type { Dialect } from '../wire/openai/dialect.ts'
import { encodeRequest } from '../wire/openai/encode.ts'
import { unsupported } from '../wire/openai/dialect.ts'
import { isUnloaded, toEngineError } from './engine/errors.ts'
import { toWllama } from './engine/wllama-media.ts'

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
  /** wllama's: whether a model is loaded. */
  isModelLoaded?: () => boolean
  /** wllama's (3.9 and later): whether the loaded model accepts pictures or sound. */
  supportInputModality?: (modality: never) => boolean
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
  /** Called as the engine loads. */
  onLoadProgress?: ((progress: LoadProgress) => void) | undefined
  /**
   * Longest time without progress while the engine loads, in milliseconds. `false` waits for ever.
   * @default 600_000
   * @throws {TimeoutError} `which: 'response'`
   */
  loadTimeout?: number | false | undefined
}

const LOAD_TIMEOUT = 600_000

/** llama.cpp's, which wllama is. @see https://github.com/ggml-org/llama.cpp/tree/master/tools/server */
const WLLAMA: Dialect = {
  renamed: { repetitionPenalty: 'repeat_penalty' },
  toolChoice: ['auto', 'none', 'required'],
  reasoningStyle: 'template',
  unsupportedOptions: ['user'],
  unsupportedParts: ['video_url', 'file'],
  dataOnlyParts: ['image_url', 'input_audio'],
  hidesSchema: true,
}

/** @see https://github.com/mlc-ai/web-llm/blob/main/src/openai_api_protocols/chat_completion.ts */
const WEBLLM: Dialect = {
  toolChoice: ['auto', 'none', 'function'],
  reasoningStyle: 'flag',
  unsupportedOptions: ['topK', 'user', 'parallelToolCalls'],
  unsupportedParts: ['input_audio', 'video_url', 'file'],
  hidesSchema: true,
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
  override schemaDialects = (): readonly ['llamacpp'] => ['llamacpp']
  static override readonly configMembers: readonly string[] = [
    'engine',
    'onLoadProgress',
    'loadTimeout',
  ]
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
   * Loads the engine, unless it is loaded. A load that failed, and an engine that was unloaded since, are loaded again.
   * @throws {ChatError} what went wrong
   */
  async load(): Promise<void> {
    await this.#load()
  }

  /** True for an engine that completes raw prompts, and for one that is not loaded yet: the call tells. */
  override supportRawPrompt(): boolean {
    const { engine } = this.config as EngineConfig
    return typeof engine === 'function' || engine.createCompletion !== undefined
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
    let engine = await this.#loadFor(call)
    let hasBegun = false
    try {
      for await (const events of generate(engine, messages, call)) {
        hasBegun = true
        yield events
      }
    } catch (error) {
      const isLoader = typeof (this.config as EngineConfig).engine === 'function'
      if (hasBegun || !isLoader || !isUnloaded(error)) throw error
      // `wllama.exit()` or WebLLM's `unload()` ended the engine since it was loaded.
      this.#engine = undefined
      engine = await this.#loadFor(call)
      yield* generate(engine, messages, call)
    }
  }

  /** Loading has a limit of its own: a download takes longer than any answer. */
  async #loadFor(call: Call): Promise<Engine> {
    call.keepsTime = true
    const engine = await untilAborted(this.#load(), call.signal)
    call.keepsTime = false
    call.sentAt = Date.now()
    return engine
  }

  async #load(): Promise<Engine> {
    const loaded = await this.#engine
    if (loaded && loaded.isModelLoaded?.() === false) this.#engine = undefined
    this.#engine ??= this.#create().catch((error: unknown) => {
      this.#engine = undefined
      throw toEngineError(error)
    })
    return await this.#engine
  }

  async #create(): Promise<Engine> {
    const { model } = this
    const { engine, onLoadProgress } = this.config as EngineConfig
    if (typeof engine !== 'function') return engine
    const { loadTimeout = LOAD_TIMEOUT } = this.config as EngineConfig
    let timer: ReturnType<typeof setTimeout> | undefined
    const silence = new AbortController()
    const restart = () => {
      clearTimeout(timer)
      if (loadTimeout === false) return
      const fail = () => silence.abort(loadTimedOut(loadTimeout))
      timer = setTimeout(fail, loadTimeout)
    }
    const onProgress = (progress: object) => {
      restart()
      onLoadProgress?.(toProgress(progress))
    }
    restart()
    let loaded: unknown
    try {
      loaded = await untilAborted(engine({ model, onProgress }), silence.signal)
    } finally {
      clearTimeout(timer)
    }
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

function loadTimedOut(limit: number): TimeoutError {
  const error = new TimeoutError('response', limit)
  error.message = `The engine made no progress in loading for ${limit} ms (raise \`loadTimeout\`)`
  return error
}

/** One generation of an engine, as events. */
async function* generate(
  engine: Engine,
  messages: readonly Message[],
  call: Call,
): AsyncGenerator<StreamEvent[]> {
  const decoder = new ChatCompletionDecoder(call)
  const release = await takeTurn(engine, call)
  const controller = new AbortController()
  // Once: a second time it would cut whatever the engine does next.
  const stop = () => {
    if (!controller.signal.aborted) engine.interruptGenerate?.()
    controller.abort()
  }
  let stopListening = () => {}
  let chunks: AsyncIterator<unknown> | undefined
  let isRunning = true
  try {
    stopListening = onAbort(call.signal, stop)
    call.signal.throwIfAborted()
    const answer = await ask(engine, messages, call, controller.signal)
    chunks = answer[Symbol.asyncIterator]()
    for (;;) {
      const { done, value } = await chunks.next()
      if (done) break
      const events: StreamEvent[] = []
      decoder.read(value, events)
      if (events.length > 0) yield events
    }
    isRunning = false
  } catch (error) {
    throw toEngineError(error)
  } finally {
    stopListening()
    // The reader left, or a stop sequence was found. WebLLM holds its lock until its last chunk is taken.
    if (isRunning) stop()
    if (!isRunning || !chunks) release()
    else {
      // An engine that does not heed its flag must not keep all others waiting.
      const timer = setTimeout(release, DRAIN_LIMIT)
      void drain(chunks).finally(() => {
        clearTimeout(timer)
        release()
      })
    }
  }
  const events: StreamEvent[] = []
  decoder.end(events)
  if (events.length > 0) yield events
}

/** Longest wait for the end of a generation that was stopped, in milliseconds. */
const DRAIN_LIMIT = 5000

async function drain(chunks: AsyncIterator<unknown>): Promise<void> {
  try {
    while (!(await chunks.next()).done);
  } catch {
    // Whatever an interrupted generation ends with, its caller has left.
  }
}

/** The end of the last generation of each engine. */
const turns = /* @__PURE__ */ new WeakMap<Engine, Promise<void>>()

/**
 * Waits until an engine that is stopped by a flag (WebLLM's `interruptGenerate`) is free: it has one flag for all its
 * generations, so that stopping one would cut another that is under way or about to begin.
 */
async function takeTurn(engine: Engine, call: Call): Promise<() => void> {
  if (!engine.interruptGenerate) return () => {}
  const before = turns.get(engine)
  let release = () => {}
  const mine = new Promise<void>((resolve) => (release = resolve))
  turns.set(
    engine,
    Promise.resolve(before).then(() => mine),
  )
  if (!before) return release
  call.keepsTime = true // the one before it may take its time
  try {
    await untilAborted(before, call.signal)
  } catch (reason) {
    release()
    throw reason
  }
  call.keepsTime = false
  call.sentAt = Date.now()
  return release
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
    if (call.rawPrompt !== undefined) throw unsupported(call, 'raw prompts')
    return (await engine.chat?.completions.create(
      toWebLLM(body) as never,
    )) as AsyncIterable<unknown>
  }
  const method = call.rawPrompt === undefined ? 'createChatCompletion' : 'createCompletion'
  if (!engine[method]) throw unsupported(call, 'raw prompts')
  const request = toWllama(body, engine, call)
  return fromCallback(async (onData) => {
    await engine[method]?.({ ...request, abortSignal, onData } as never)
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
