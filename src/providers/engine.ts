/**
 * Models that run inside the page or the process: anything that replies in OpenAI's format without a network.
 * @see https://github.com/ngxson/wllama
 * @see https://webllm.mlc.ai/docs/user/basic_usage.html
 * @module chatwire/providers/engine
 */
import { untilAborted } from '../async/abort.ts'
import type { Call } from '../call.ts'
import { BaseChatModel } from '../chat/base.ts'
import { ConfigError, TimeoutError } from '../errors.ts'
import type { StreamEvent } from '../event.ts'
import { loadPart } from '../load-part.ts'
import type { Message } from '../message.ts'
import type { ChatOptions, ModelConfig } from '../options.ts'
import { checkMembers, duration, func, optional } from '../validation/shape.ts'
import type { Engine } from './engine/types.ts'

export type { Engine } from './engine/types.ts'

/** The progress of loading a model. */
export interface LoadProgress {
  /** From 0 to 1; missing if the engine does not report it. */
  fraction?: number
  /** Bytes loaded. */
  loaded?: number
  /** Total bytes. */
  total?: number
  /** The engine's own description. */
  text?: string
}

/** The argument of a function that loads an engine. */
export interface LoadOptions {
  /** The model in the config. */
  model: string
  /** Pass it as wllama's `progressCallback` or WebLLM's `initProgressCallback`. */
  onProgress: (progress: object) => void
}

/** The config of `EngineLLM`. */
export interface EngineConfig extends ModelConfig {
  /** The engine, or a function that loads it, which the first call or `load()` calls once. */
  engine: Engine | ((options: LoadOptions) => Engine | Promise<Engine>)
  /** Called as the engine loads. */
  onLoadProgress?: ((progress: LoadProgress) => void) | undefined
  /**
   * Longest time without progress while the engine loads, in milliseconds. `false` for no limit.
   * @default 600_000
   * @throws {TimeoutError} `which: 'response'`
   */
  loadTimeout?: number | false | undefined
}

const loadGenerate = () => import('./engine/generate.ts')

const LOAD_TIMEOUT = 600_000

/**
 * A model inside the page. Requires no key and no network, except what the engine itself loads.
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
    const { engine, onLoadProgress, loadTimeout } = this.config as EngineConfig
    if (typeof engine !== 'function' && !isEngine(engine)) {
      throw new ConfigError(
        'invalid_config',
        'config.engine must have `chat.completions.create` (WebLLM) or `createChatCompletion` (wllama), or a function that loads such an engine',
      )
    }
    const shapes = { onLoadProgress: optional(func), loadTimeout: optional(duration) }
    checkMembers(shapes, { onLoadProgress, loadTimeout }, 'invalid_config', 'config')
  }

  /**
   * Loads the engine, unless it is already loaded. Retries after a failed load, and loads again after an unload.
   * @throws {ChatError} the error of the load
   */
  async load(): Promise<void> {
    await this.#load()
  }

  /** True for an engine that completes raw prompts, and for one that is not loaded yet: then the call decides. */
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
    const { generate } = await loadPart(loadGenerate)
    let engine = await this.#loadFor(call)
    const used = this.#engine
    let hasBegun = false
    try {
      for await (const events of generate(engine, messages, call)) {
        hasBegun ||= events.length > 0
        yield events
      }
    } catch (error) {
      const isLoader = typeof (this.config as EngineConfig).engine === 'function'
      const { isUnloaded } = await loadErrors()
      if (hasBegun || !isLoader || !isUnloaded(error)) throw error
      // `wllama.exit()` or WebLLM's `unload()` has unloaded the engine.
      if (this.#engine === used) this.#engine = undefined
      engine = await this.#loadFor(call)
      yield* generate(engine, messages, call)
    }
  }

  protected override loadParts(): Promise<unknown> {
    return loadGenerate()
  }

  /** Loads within a separate limit, since a download takes longer than any reply. */
  async #loadFor(call: Call): Promise<Engine> {
    call.keepsTime = true
    const engine = await untilAborted(this.#load(), call.signal)
    call.keepsTime = false
    call.sentAt = Date.now()
    return engine
  }

  async #load(): Promise<Engine> {
    const seen = this.#engine
    const loaded = await seen
    // Another chat may have begun to load it again.
    if (loaded?.isModelLoaded?.() === false && this.#engine === seen) this.#engine = undefined
    this.#engine ??= this.#create().catch(async (error: unknown) => {
      this.#engine = undefined
      const { toEngineError } = await loadErrors()
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
    let isOver = false
    const restart = () => {
      clearTimeout(timer)
      if (loadTimeout === false || isOver) return
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
      isOver = true
      clearTimeout(timer)
    }
    if (isEngine(loaded)) return loaded
    throw new ConfigError('invalid_config', 'config.engine did not return an engine')
  }
}

const loadErrors = () => loadPart(() => import('./engine/errors.ts'))

function isEngine(value: unknown): value is Engine {
  const engine = value as Engine | null | undefined
  return [engine?.createChatCompletion, engine?.chat?.completions?.create].some(
    (method) => typeof method === 'function',
  )
}

function loadTimedOut(limit: number): TimeoutError {
  const error = new TimeoutError('response', limit)
  error.message = `Loading the engine made no progress for ${limit} ms (raise \`loadTimeout\`)`
  return error
}

/** Converts progress: wllama counts bytes, WebLLM reports a fraction. */
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
