/**
 * Wraps the browser's Prompt API across versions: names, events, errors, and one session per call.
 * @see https://webmachinelearning.github.io/prompt-api/
 */
import type { Call } from '../../call.ts'
import { ConfigError, ServiceError, StreamError, TimeoutError } from '../../errors.ts'
import type { Clock } from '../../errors.ts'

/** Availability of the model: never, after a download, after the current download, or now. */
export type Availability = 'unavailable' | 'downloadable' | 'downloading' | 'available'

/** One turn in the API's format. */
export interface Prompt {
  role: 'system' | 'user' | 'assistant'
  content: string | PromptPart[]
  prefix?: true
}

/** A part of a turn with more than text. */
export type PromptPart = { type: 'text'; value: string } | { type: 'image' | 'audio'; value: Blob }

/** The properties of a session that are used, under their current names and those from before 2026. */
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
  /** The API of 2024. */
  capabilities?(): Promise<{ available: string }>
  create(options: object): Promise<Session>
  params?(): Promise<Params | null>
}

/** Sampling parameters of the model; available in extensions and origin trials only. */
interface Params {
  defaultTemperature: number
  defaultTopK: number
}

/** Returns the API, under its current name or that of 2024. */
export function findApi(): Api | undefined {
  const world = globalThis as { LanguageModel?: Api; ai?: { languageModel?: Api } }
  return world.LanguageModel ?? world.ai?.languageModel
}

/** Names of the states in 2024. */
const OLD_WORDS: Record<string, Availability> = {
  no: 'unavailable',
  'after-download': 'downloadable',
  readily: 'available',
}

/** @param options those of `create`: a model may lack a language, or image input */
export async function askAvailability(options: object): Promise<Availability> {
  const api = findApi()
  const word = api?.availability
    ? await api.availability(options)
    : (await api?.capabilities?.())?.available
  if (word === undefined) return 'unavailable'
  return Object.hasOwn(OLD_WORDS, word) ? (OLD_WORDS[word] as Availability) : (word as Availability)
}

/**
 * Returns the error for a browser without a model, with the reason as far as it is known.
 * @param cause what the browser threw, if anything
 */
export function unavailable(provider: string, cause?: unknown): ConfigError {
  const { message } = (cause ?? {}) as { message?: unknown }
  const words = typeof message === 'string' && message ? ` (${message.replace(/\.$/, '')})` : ''
  const why = findApi()
    ? `the browser reports it as unavailable${words}: ${reasonOf(words)}`
    : typeof document === 'undefined'
      ? 'it exists in pages only, not in workers or on servers'
      : 'this browser has none or hides it: it exists in desktop Chrome 148 and later, in pages over https or on ' +
        'localhost, and in frames with allow="language-model"'
  return new ConfigError('invalid_config', `No built-in model: ${why}`, {
    provider,
    ...(cause !== undefined && { cause }),
  })
}

function reasonOf(words: string): string {
  return /service is not running/i.test(words)
    ? 'this build of Chromium lacks the model service that Chrome and Edge have'
    : 'the device lacks memory or disk space, or the model does not support such input'
}

/**
 * Asks a browser whose model is unavailable why: `create` names the reason, `availability` does not.
 * @returns what `create` threw
 */
export async function askReason(options: object): Promise<unknown> {
  try {
    const session = await findApi()?.create(options)
    session?.destroy()
    return undefined
  } catch (error) {
    return error
  }
}

/** Bounds the waiting for the browser: by an abort, a timeout, or an error in a listener. */
export class Watch {
  readonly #controller = new AbortController()
  readonly #call: Call
  readonly #onAbort = (): void => this.end(this.#call.signal.reason)

  constructor(call: Call) {
    this.#call = call
    if (call.signal.aborted) this.#onAbort()
    else call.signal.addEventListener('abort', this.#onAbort)
  }

  /** The signal for everything that the browser does for this call. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  end(reason: unknown): void {
    this.#controller.abort(reason)
  }

  /** Removes the listener from the caller's signal. */
  release(): void {
    this.#call.signal.removeEventListener('abort', this.#onAbort)
  }

  /** Awaits a promise within a time limit and until the end of the call, since the browser may be slow to abort. */
  async wait<T>(promise: Promise<T>, which: Clock, limit: number | false): Promise<T> {
    promise.catch(() => {}) // it may reject when nothing awaits it any more
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

/** Maps the names of the browser's errors. @see https://webmachinelearning.github.io/prompt-api/#errors */
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
  // The reply does not match the schema.
  SyntaxError: ['server_error', true],
  OperationError: ['server_error', true],
  InvalidStateError: ['server_error', true],
  UnknownError: ['server_error', true],
}

/** A prompt that exceeds the context. Newer browsers report the size. */
interface QuotaError extends Error {
  requested: number
  quota: number
}

/** Converts an error of the browser. */
export function toError(error: unknown): unknown {
  const { name = '', message, requested, quota } = Object(error) as Partial<QuotaError>
  if (name === 'NetworkError') {
    const words = `The download of the model failed: ${message}`
    return new StreamError('connection_failed', words, { cause: error })
  }
  // Not aborted by the caller: the browser ended the session, for lack of memory or because the page closes.
  if (name === 'AbortError') {
    const words = `The browser ended the session: ${message}`
    return new StreamError('connection_lost', words, { cause: error })
  }
  const known = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined
  if (!known) return error
  const [code, retryable] = known
  const size = quota === undefined ? '' : ` (${requested} tokens, the limit is ${quota})`
  const hint = name === 'NotAllowedError' ? HINT : size
  return new ServiceError(code, `${message || name}${hint}`, {
    vendorCode: name,
    retryable,
    cause: error,
  })
}

const HINT =
  ' (the first use, which downloads the model, requires a click or key press; a frame requires allow="language-model")'
