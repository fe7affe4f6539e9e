/**
 * Calls the caller's callbacks for one chat call.
 */
import { untilAborted } from '../async/abort.ts'
import { ConfigError } from '../errors.ts'
import type { StreamEvent } from '../event.ts'
import type { CallInfo, Callbacks, ModelConfig } from '../options.ts'

type Payload<Name extends keyof Callbacks> = Omit<
  Parameters<NonNullable<Callbacks[Name]>>[0],
  keyof CallInfo
>

/**
 * The callbacks of one call. An error thrown by a callback fails the call; waiting for one ends with the call's
 * signal.
 */
export class CallbackRunner {
  #list: readonly Callbacks[]
  #info: CallInfo
  #signal: AbortSignal
  /** True if a callback listens for pieces of text. Without one, pieces skip the callbacks entirely. */
  readonly hasTokenListener: boolean

  constructor(callbacks: ModelConfig['callbacks'], info: CallInfo, signal: AbortSignal) {
    this.#list = [callbacks ?? []].flat()
    for (const one of this.#list) checkNames(one)
    this.#info = info
    this.#signal = signal
    this.hasTokenListener = this.#list.some((callbacks) => callbacks.onLLMNewToken)
  }

  async emit<Name extends keyof Callbacks>(name: Name, payload: Payload<Name>): Promise<void> {
    if (this.#list.length === 0) return
    const info = Object.freeze({ ...this.#info, ...payload })
    for (const callbacks of this.#list) await this.#invoke(callbacks[name] as Callback, info)
  }

  /** Emits `onLLMError`. Drops what a callback throws, which must not hide the error itself. */
  async emitError(error: unknown): Promise<void> {
    const info = Object.freeze({ ...this.#info, error })
    for (const { onLLMError } of this.#list) {
      try {
        await this.#invoke(onLLMError as Callback, info)
      } catch {
        // The caller gets `error`.
      }
    }
  }

  async emitTokens(events: readonly StreamEvent[]): Promise<void> {
    for (const event of events)
      if (event.type === 'text-delta') await this.emit('onLLMNewToken', { text: event.text })
  }

  async #invoke(callback: Callback, info: unknown): Promise<void> {
    if (!callback) return
    const isOver = this.#signal.aborted
    const returned = callback(info)
    // The call has ended, so nothing could stop the wait.
    if (isOver) Promise.resolve(returned).catch(() => {})
    else await untilAborted(returned, this.#signal)
  }
}

/** The names of all callbacks. */
const NAMES: (keyof Callbacks)[] = [
  'onLLMStart',
  'onLLMNewToken',
  'onLLMEnd',
  'onLLMError',
  'onLLMRetry',
]

/**
 * Rejects a function whose name nothing calls, such as `onToken`. Other members are the caller's own.
 * @throws {ConfigError} `invalid_config`
 */
function checkNames(callbacks: Callbacks): void {
  for (const [name, value] of Object.entries(callbacks)) {
    if (typeof value !== 'function' || !/^on[A-Z]/.test(name) || NAMES.includes(name as never))
      continue
    throw new ConfigError('invalid_config', `callbacks.${name} is not one of ${NAMES.join(', ')}`)
  }
}

type Callback = ((info: unknown) => unknown) | undefined
