/**
 * Functions of the caller's that observe a call.
 */
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
  /** Whether anyone listens to pieces of text: without listeners a piece costs nothing here. */
  readonly hasTokenListener: boolean

  constructor(callbacks: ModelConfig['callbacks'], info: CallInfo) {
    this.#list =
      callbacks === undefined ? [] : Array.isArray(callbacks) ? callbacks : [callbacks as Callbacks]
    this.#info = info
    this.hasTokenListener = this.#list.some((callbacks) => callbacks.onLLMNewToken)
  }

  async emit<Name extends keyof Callbacks>(name: Name, payload: Payload<Name>): Promise<void> {
    if (this.#list.length === 0) return
    const told = Object.freeze({ ...this.#info, ...payload })
    for (const callbacks of this.#list) {
      await (callbacks[name] as ((payload: unknown) => unknown) | undefined)?.(told)
    }
  }

  async emitTokens(events: readonly StreamEvent[]): Promise<void> {
    for (const event of events)
      if (event.type === 'text-delta') await this.emit('onLLMNewToken', { text: event.text })
  }
}
