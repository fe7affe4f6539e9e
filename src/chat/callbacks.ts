/**
 * Functions of the caller's that observe a call.
 */
import { untilAborted } from '../async/abort.ts'
import type { StreamEvent } from '../event.ts'
import type { CallInfo, Callbacks, ModelConfig } from '../options.ts'

type Payload<Name extends keyof Callbacks> = Omit<
  Parameters<NonNullable<Callbacks[Name]>>[0],
  keyof CallInfo
>

/** The observers of one call. What one of them throws fails the call. */
export class CallbackRunner {
  #list: readonly Callbacks[]
  #info: CallInfo
  #signal: AbortSignal
  /** True if anyone listens to pieces of text: without listeners a piece costs nothing here. */
  readonly hasTokenListener: boolean

  /** @param signal ends the wait for an observer, with its reason */
  constructor(callbacks: ModelConfig['callbacks'], info: CallInfo, signal: AbortSignal) {
    this.#signal = signal
    this.#list =
      callbacks === undefined ? [] : Array.isArray(callbacks) ? callbacks : [callbacks as Callbacks]
    this.#info = info
    this.hasTokenListener = this.#list.some((callbacks) => callbacks.onLLMNewToken)
  }

  async emit<Name extends keyof Callbacks>(name: Name, payload: Payload<Name>): Promise<void> {
    if (this.#list.length === 0) return
    const told = Object.freeze({ ...this.#info, ...payload })
    for (const callbacks of this.#list) {
      const returned = (callbacks[name] as ((payload: unknown) => unknown) | undefined)?.(told)
      if (isPromise(returned)) await untilAborted(returned, this.#signal)
    }
  }

  async emitTokens(events: readonly StreamEvent[]): Promise<void> {
    for (const event of events)
      if (event.type === 'text-delta') await this.emit('onLLMNewToken', { text: event.text })
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'
}
