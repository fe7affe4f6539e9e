/**
 * An object under way in a stream.
 */
import type { OutputError } from '../errors.ts'
import { isChatError } from '../errors.ts'
import type { ChatResult, StreamEvent } from '../event.ts'
import { pullFrom } from '../async/pull.ts'
import type { ChatStream } from '../stream/chat-stream.ts'
import type { Run } from '../stream/event-iterator.ts'
import type { BaseChatModel } from '../chat/base.ts'
import { toEvents } from '../chat/normalize-output.ts'
import type { ObjectTask } from './object-task.ts'

type Batch = readonly StreamEvent[]

/** Cold: nothing happens before the first `pull()`. */
export class ObjectRun implements Run {
  #llm: BaseChatModel
  #task: ObjectTask
  #events = this.#run()
  readonly pull: Run['pull'] = pullFrom(this.#events)
  /** The answer that is read. */
  #answer: ChatStream | undefined
  #result: ChatResult | undefined
  /** Why the run was ended from outside, in a box. */
  #cancelled: { reason: unknown } | undefined

  constructor(llm: BaseChatModel, task: ObjectTask) {
    this.#llm = llm
    this.#task = task
  }

  return(): Promise<unknown> {
    return this.#events.return(undefined)
  }

  cancel(reason: unknown): void {
    this.#cancelled = { reason }
    this.#answer?.cancel(reason)
  }

  result(): ChatResult {
    return this.#result ?? this.#task.sum(this.#answer?.partial)
  }

  async *#run(): AsyncGenerator<Batch, undefined> {
    try {
      for (;;) {
        const answer = yield* this.#ask()
        const result = await this.#task.judge(answer)
        this.#throwIfCancelled()
        if (result) {
          this.#result = result
          // Told of the whole run, so only here.
          return yield toEvents(result).filter(isLast)
        }
        this.#answer = undefined
        // A paused reply goes on: what was shown stands.
        if (this.#task.problem) yield [this.#announceRepair(answer)]
      }
    } catch (error) {
      if (isChatError(error)) this.#result = error.partial
      throw error
    }
  }

  async *#ask(): AsyncGenerator<Batch, ChatResult> {
    const request = await this.#task.request()
    this.#throwIfCancelled()
    const answer = this.#llm.chat({ ...request, stream: true })
    this.#answer = answer
    try {
      for await (const event of answer.events()) if (!isLast(event)) yield [event]
      return await answer.result()
    } catch (error) {
      throw this.#task.sumError(error)
    }
  }

  /** To whoever reads the events: what was shown is void. */
  #announceRepair({ attempts }: ChatResult): StreamEvent {
    const { provider, model } = this.#llm
    const error = (this.#task.problem as OutputError).toJSON()
    return { type: 'failover', action: 'restart', provider, model, error, attempts }
  }

  #throwIfCancelled(): void {
    if (this.#cancelled) throw this.#cancelled.reason
  }
}

function isLast({ type }: StreamEvent): boolean {
  return type === 'usage' || type === 'finish'
}
