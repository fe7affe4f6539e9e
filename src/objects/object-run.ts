/**
 * Streams the request for an object, repairs included.
 */
import type { OutputError } from '../errors.ts'
import { isChatError } from '../errors.ts'
import type { ChatResult, StreamEvent } from '../event.ts'
import type { ChatStream } from '../stream/chat-stream.ts'
import { GeneratorRun } from '../stream/generator-run.ts'
import type { BaseChatModel } from '../chat/base.ts'
import { toEvents } from '../chat/to-events.ts'
import type { ObjectTask } from './object-task.ts'

type Batch = readonly StreamEvent[]

/** An object request in progress. */
export class ObjectRun extends GeneratorRun {
  #llm: BaseChatModel
  #task: ObjectTask
  /** The reply being read. */
  #answer: ChatStream | undefined
  #result: ChatResult | undefined

  constructor(llm: BaseChatModel, task: ObjectTask) {
    super(task.callerSignal)
    this.#llm = llm
    this.#task = task
  }

  override cancel(reason: unknown): void {
    super.cancel(reason)
    this.#answer?.cancel(reason)
  }

  result(): ChatResult {
    return this.#result ?? this.#task.sum(this.#answer?.partial)
  }

  protected override async *run(): AsyncGenerator<Batch, undefined> {
    try {
      for (;;) {
        const answer = yield* this.#ask()
        const result = await this.#task.judge(answer, this.signal)
        if (result) {
          this.#result = result
          // Once, for all replies together.
          return yield toEvents(result).filter(isLast)
        }
        this.#answer = undefined
        // A paused reply is continued, so what was shown remains valid.
        if (this.#task.problem) yield [this.#announceRepair(answer)]
      }
    } catch (error) {
      if (isChatError(error)) this.#result = error.partial
      throw error
    }
  }

  async *#ask(): AsyncGenerator<Batch, ChatResult> {
    const request = await this.#task.request(this.signal)
    const answer = this.#llm.chat({ ...request, stream: true })
    this.#answer = answer
    try {
      for await (const event of answer.events()) if (!isLast(event)) yield [event]
      return await answer.result()
    } catch (error) {
      throw this.#task.sumError(error)
    }
  }

  /** Returns the event on which the reader discards what was shown. */
  #announceRepair({ attempts }: ChatResult): StreamEvent {
    const { provider, model } = this.#llm
    const error = (this.#task.problem as OutputError).toJSON()
    return { type: 'failover', action: 'restart', provider, model, error, attempts }
  }
}

function isLast({ type }: StreamEvent): boolean {
  return type === 'usage' || type === 'finish'
}
