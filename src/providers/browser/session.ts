/**
 * The browser's Prompt API as it is and as it was: names, events, errors, and one session for one call.
 * @see https://webmachinelearning.github.io/prompt-api/
 */
import type { Call } from '../../call.ts'
import { ConfigError, ServiceError, StreamError, TimeoutError } from '../../errors.ts'
import type { Clock } from '../../errors.ts'

/** True if the model can be used: not at all, once it is downloaded, once its download is over, or now. */
export type Availability = 'unavailable' | 'downloadable' | 'downloading' | 'available'

/** One turn, as the API takes it. */
export interface Prompt {
  role: 'system' | 'user' | 'assistant'
  content: string | PromptPart[]
  prefix?: true
}

/** One piece of a turn that is more than text. */
export type PromptPart = { type: 'text'; value: string } | { type: 'image' | 'audio'; value: Blob }

/** The members that are used of a session, by their new names and by those of before 2026. */
export interface Session {
  promptStreaming(input: string | Prompt[], options: object): ReadableStream<string>
  measureContextUsage?(input: string | Prompt[], options: object): Promise<number>
  measureInputUsage?(input: string | Prompt[], options: object): Promise<number>
  contextUsage?: number
  inputUsage?: number
  destroy(): void
}

interface Api {
  availability?(options: object): Promise<string>
  /** Of 2024. */
  capabilities?(): Promise<{ available: string }>
  create(options: object): Promise<Session>
  params?(): Promise<Params | null>
}

/** What a model can be told of its sampling; in extensions and experiments only. */
interface Params {
  defaultTemperature: number
  defaultTopK: number
}

/** The entry of the API, by its name or by that of 2024. */
export function findApi(): Api | undefined {
  const world = globalThis as { LanguageModel?: Api; ai?: { languageModel?: Api } }
  return world.LanguageModel ?? world.ai?.languageModel
}

/** What the states were called in 2024. */
const OLD_WORDS: Record<string, Availability> = {
  no: 'unavailable',
  'after-download': 'downloadable',
  readily: 'available',
}

/** @param options those of `create`: a model may speak no other language, and see no pictures */
export async function askAvailability(options: object): Promise<Availability> {
  const api = findApi()
  const word = api?.availability
    ? await api.availability(options)
    : (await api?.capabilities?.())?.available
  if (word === undefined) return 'unavailable'
  return Object.hasOwn(OLD_WORDS, word) ? (OLD_WORDS[word] as Availability) : (word as Availability)
}

/** The error where there is no model, with the reason as far as it can be told. */
export function unavailable(provider: string, cause?: unknown): ConfigError {
  const why = findApi()
    ? 'the browser says that it is unavailable: this computer is too small for it, its disk is full, or it does not ' +
      'take such input'
    : typeof document === 'undefined'
      ? 'it is in pages only, not in workers or on servers: ask it from the page'
      : 'this browser has none, or hides it: it is in Chrome 148 and later on desktops, in pages over https or of ' +
        'localhost, and in frames with allow="language-model"'
  return new ConfigError('invalid_config', `There is no built-in model here: ${why}`, {
    provider,
    ...(cause !== undefined && { cause }),
  })
}

/** What a call of the browser waits for, and what ends it: an abort, a clock, a broken listener. */
export class Watch {
  readonly #controller = new AbortController()
  readonly #call: Call
  readonly #onAbort = (): void => this.end(this.#call.signal.reason)

  constructor(call: Call) {
    this.#call = call
    if (call.signal.aborted) this.#onAbort()
    else call.signal.addEventListener('abort', this.#onAbort)
  }

  /** Of everything that the browser is asked to do for this call. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  end(reason: unknown): void {
    this.#controller.abort(reason)
  }

  /** Lets go of the caller's signal. */
  release(): void {
    this.#call.signal.removeEventListener('abort', this.#onAbort)
  }

  /** Waits, but no longer than this, and not past the end: the browser may be slow to heed it. */
  async wait<T>(promise: Promise<T>, which: Clock, limit: number | false): Promise<T> {
    promise.catch(() => {}) // it may fail when nobody waits any more
    const { signal } = this
    let timer: ReturnType<typeof setTimeout> | undefined
    let onEnd = () => {}
    const ended = new Promise<never>((_resolve, reject) => {
      onEnd = () => reject(signal.reason)
      if (signal.aborted) return onEnd()
      signal.addEventListener('abort', onEnd)
      if (limit !== false) timer = setTimeout(() => this.end(new TimeoutError(which, limit)), limit)
    })
    try {
      return await Promise.race([promise, ended])
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', onEnd)
    }
  }
}

/** What the names of the browser's errors mean. @see https://webmachinelearning.github.io/prompt-api/#errors */
const NAMES: Record<string, readonly [code: ServiceError['code'], retryable: boolean]> = {
  NotAllowedError: ['permission', false],
  NotReadableError: ['content_filter', false],
  QuotaExceededError: ['context_length', false],
  NotSupportedError: ['bad_request', false],
  SecurityError: ['bad_request', false],
  EncodingError: ['bad_request', false],
  DataError: ['bad_request', false],
  TypeError: ['bad_request', false],
  RangeError: ['bad_request', false],
  // The model did not keep to the schema.
  SyntaxError: ['server_error', true],
  OperationError: ['server_error', true],
  InvalidStateError: ['server_error', true],
  UnknownError: ['server_error', true],
}

/** A prompt that does not fit: newer browsers tell how much. */
interface QuotaError extends Error {
  requested: number
  quota: number
}

/** What the browser threw, in our words. */
export function toError(error: unknown): unknown {
  const { name = '', message, requested, quota } = Object(error) as Partial<QuotaError>
  if (name === 'NetworkError') {
    const words = `The download of the model failed: ${message}`
    return new StreamError('connection_failed', words, { cause: error })
  }
  // Nobody aborted: the browser took the session away, for want of memory or because the page goes.
  if (name === 'AbortError') {
    const words = `The browser ended the session: ${message}`
    return new StreamError('connection_lost', words, { cause: error })
  }
  const known = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined
  if (!known) return error
  const [code, retryable] = known
  const size = quota === undefined ? '' : ` (${requested} tokens, where there is room for ${quota})`
  const hint = name === 'NotAllowedError' ? HINT : size
  return new ServiceError(code, `${message || name}${hint}`, {
    vendorCode: name,
    retryable,
    cause: error,
  })
}

const HINT =
  ' (the first use, which downloads the model, must come from a click or a key; a frame needs allow="language-model")'
