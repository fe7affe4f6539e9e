/**
 * Runs one call from its first request to its end: timeouts, retries, the reply, callbacks.
 */
import { untilAborted } from '../async/abort.ts'
import { Aborter } from '../aborter.ts'
import type { Call, CallObserver } from '../call.ts'
import type { ChatError } from '../errors.ts'
import { isChatError, TimeoutError } from '../errors.ts'
import type { Attempt, ChatResult, ResponseInfo, StreamEvent } from '../event.ts'
import type { Message } from '../message.ts'
import { DEFAULTS } from '../options.ts'
import type { Run } from '../stream/event-iterator.ts'
import { Reply } from '../stream/reply.ts'
import { TextFilter } from '../stream/text-filter.ts'
import { CallbackRunner } from './callbacks.ts'
import type { Chunk, Chunks } from './normalize-output.ts'
import { checkChunk, toChunks } from './normalize-output.ts'
import type { RunOptions } from './create-call.ts'
import { createCall } from './create-call.ts'
import { checkClass, checkTools } from './check-call.ts'
import { inlineMedia } from './inline-media.ts'
import { refreshApiKey } from './refresh-api-key.ts'
import { templateOpensThinkTag } from './implicit-think-tag.ts'
import { toAttempt, toResponse } from './response-info.ts'
import { retryDelay, wait } from './retry.ts'
import { startDeadline } from '../async/deadline.ts'
import { normalizeError, startRun } from './normalize-error.ts'

type Batch = readonly StreamEvent[]

const ignore = () => {}
const totalTimeout = (limit: number) => new TimeoutError('total', limit)

/** Result of one pull: events, end of stream, or the thrown value (boxed, since anything can be thrown). */
interface Outcome {
  events?: StreamEvent[] | undefined
  thrown?: { error: unknown }
}

/**
 * A call in progress. Nothing happens before the first `pull()`. Written by hand: nested generators would cost
 * several microtasks per piece.
 */
export class ChatRun implements Run {
  #options: RunOptions
  #aborter = new Aborter()
  #call: Call
  /** The messages of the request, with all bytes as text. Empty for a raw prompt. */
  #messages: readonly Message[] = []
  /** Missing if there are none. */
  #callbacks: CallbackRunner | undefined
  #maxRetries: number
  #attempts: Attempt[] = []
  #state: 'new' | 'running' | 'ended' = 'new'
  #release = ignore
  // The current attempt.
  #reply: Reply
  #chunks: Chunks | undefined
  #tries = 0
  #began = 0
  #seen = false
  #endTry: ReturnType<CallObserver['onTry']> | undefined
  /** True once the model has shown life: a chunk, with or without events. */
  #responded = false
  #waitMs: number | undefined
  /** Partial result at the time of a failure. */
  #partial: ChatResult | undefined
  #number = startRun()
  /** Rejects the pending pull when the call aborts, even if the model's class ignores the signal. */
  #rejectPull: ((reason: unknown) => void) | undefined
  /** Calls it. Missing while no listener is needed. */
  #onAbort: (() => void) | undefined
  /** Continuations of the pending pull. */
  #onValue: (events: Batch | undefined) => unknown = ignore
  #onError: (error: unknown) => unknown = ignore

  constructor(options: RunOptions) {
    this.#options = options
    const { config, provider, model } = options
    this.#call = createCall(options, this.#aborter)
    if (config.callbacks)
      this.#callbacks = new CallbackRunner(config.callbacks, { provider, model }, this.#call.signal)
    this.#maxRetries = config.maxRetries ?? DEFAULTS.maxRetries
    this.#reply = this.#createReply()
  }

  result(): ChatResult {
    return this.#partial ?? this.#reply.result()
  }

  cancel(reason: unknown): void {
    this.#aborter.abort(reason)
    this.#endTry?.(reason)
    // The reader may not pull again, so held resources are released now.
    this.#cleanUp()
  }

  pull<R>(onValue: (events: Batch | undefined) => R, onError: (error: unknown) => R): Promise<R> {
    this.#onValue = onValue
    this.#onError = onError
    const isShort =
      this.#state === 'running' && this.#waitMs === undefined && !this.#callbacks?.hasTokenListener
    const short = isShort ? this.#chunks?.pull?.(this.#onChunk, this.#onThrown) : undefined
    return (short ?? this.#continue()) as Promise<R>
  }

  // Created once per run, not per piece. Anything but a plain piece takes the slow path.
  #onChunk = (chunk: StreamEvent[] | undefined): unknown => {
    let events: StreamEvent[] | undefined
    try {
      const plain = chunk ? this.#reply.acceptPlain(chunk) : 0
      if (plain > 0 && plain === chunk?.length) events = chunk
      else if (chunk) {
        const rest = this.#accept(plain > 0 ? chunk.slice(plain) : chunk)
        events = plain > 0 ? chunk.slice(0, plain).concat(rest) : rest
      }
    } catch (error) {
      return this.#onThrown(error)
    }
    if (!events?.length || this.#reply.stopped) return this.#continue({ events })
    this.#seen = true
    return this.#onValue(events)
  }

  #onThrown = (error: unknown): unknown => this.#continue({ thrown: { error } })

  #continue(outcome?: Outcome): Promise<unknown> {
    return this.#step(outcome).then(this.#onValue, this.#onError)
  }

  /** @param outcome a chunk that has already been pulled */
  async #step(outcome?: Outcome): Promise<Batch | undefined> {
    if (this.#state === 'ended') return undefined
    try {
      if (this.#state === 'new') await this.#start()
      for (let first = outcome; ; first = undefined) {
        if (this.#waitMs !== undefined) await this.#waitForNextTry(this.#waitMs)
        let { events, thrown } = first ?? (await this.#ask())
        if (thrown) {
          if (!this.#isComplete()) events = await this.#recover(thrown.error)
          if (events?.length) return events
        }
        // Outside of the `try` in `#ask`: an error thrown by a callback is not a failure of the model.
        if (!events || this.#reply.stopped) return await this.#finish(events ?? [])
        if (events.length === 0) continue
        this.#seen = true
        if (this.#callbacks?.hasTokenListener) await this.#callbacks.emitTokens(events)
        return events
      }
    } catch (thrown) {
      const { aborted, reason } = this.#aborter
      const error = aborted && thrown === reason ? this.#toError(thrown) : thrown
      this.#state = 'ended'
      this.#closeChunks()
      // The partial result of a model that delegates includes the delegates' attempts and usage.
      if (isChatError(error)) this.#partial = error.partial
      await this.#callbacks?.emitError(error)
      this.#release()
      throw error
    }
  }

  /** Called when the reader stops early. */
  async return(): Promise<void> {
    this.#state = 'ended'
    this.#cleanUp()
  }

  async #start(): Promise<void> {
    this.#state = 'running'
    const { config, request, rawPrompt } = this.#options
    const own = this.#aborter
    this.#release = startDeadline(own, {
      signal: request.options.signal ?? config.defaults?.signal,
      limit: config.totalTimeout ?? DEFAULTS.totalTimeout,
      startedAt: this.#options.startedAt,
      toError: totalTimeout,
    })
    own.throwIfAborted()
    checkTools(this.#call)
    checkClass(this.#options.llm, this.#call)
    if (rawPrompt === undefined) {
      const inlined = inlineMedia(request.messages)
      this.#messages = 'then' in inlined ? await untilAborted(inlined, own.signal) : inlined
    }
    await this.#callbacks?.emit('onLLMStart', { messages: this.#messages })
  }

  #cleanUp(): void {
    this.#release()
    this.#closeChunks()
  }

  #closeChunks(): void {
    const chunks = this.#chunks
    this.#chunks = undefined
    this.#endTry?.()
    // Not awaited: a class that ignores the signal may never settle.
    new Promise((resolve) => resolve(chunks?.return?.())).catch(() => {})
  }

  async #ask(): Promise<Outcome> {
    try {
      const { done, value } = await this.#pull()
      return { events: done ? undefined : this.#accept(value) }
    } catch (error) {
      return { thrown: { error } }
    }
  }

  #accept(chunk: Chunk): StreamEvent[] {
    checkChunk(chunk, this.#options.provider)
    const events = this.#reply.accept(chunk)
    if (this.#reply.finished) this.#call.complete = true
    return events
  }

  /** True if the reply is already complete: a later error or timeout does not matter. */
  #isComplete(): boolean {
    const { aborted, reason } = this.#aborter
    return this.#reply.finished && (!aborted || reason instanceof TimeoutError)
  }

  /** Pulls the next chunk. Not awaited here, which saves a microtask per piece. */
  #pull(): Promise<IteratorResult<Chunk>> {
    this.#aborter.throwIfAborted()
    const chunks = (this.#chunks ??= this.#open())
    // A response body has its own idle timeout, which counts bytes, and its own listener, once it has begun.
    const isBody = chunks.pull !== undefined
    const stopTimer = isBody && this.#responded ? undefined : this.#startIdleTimer()
    this.#listen()
    return new Promise((resolve, reject) => {
      const settle = () => {
        stopTimer?.()
        this.#rejectPull = undefined // a stream that waits must not keep its first request
        if (isBody) this.#stopListening()
      }
      const fail = (reason: unknown) => {
        settle()
        reject(reason)
      }
      this.#rejectPull = fail
      Promise.resolve(chunks.next()).then((result) => {
        settle()
        this.#responded = true
        resolve(result)
      }, fail)
    })
  }

  #listen(): void {
    if (this.#onAbort) return
    this.#onAbort = () => this.#rejectPull?.(this.#aborter.reason)
    this.#aborter.addEventListener('abort', this.#onAbort)
  }

  #stopListening(): void {
    if (this.#onAbort) this.#aborter.removeEventListener('abort', this.#onAbort)
    this.#onAbort = undefined
  }

  /**
   * Starts the timeout for a chunk of a model that does not use `post`: an engine or a custom class. Any chunk
   * counts, as any byte of a server does: an empty one is a sign of life. A timeout ends the call, since only the
   * call's signal can stop such a model.
   */
  #startIdleTimer(): () => void {
    const call = this.#call
    const which = this.#responded ? 'idle' : 'response'
    const limit = this.#responded ? call.idleTimeout : call.timeout
    if (limit === false) return () => {}
    const began = Date.now()
    const check = () => {
      const left = call.keepsTime ? limit : limit - (Date.now() - Math.max(began, call.sentAt))
      if (left > 0) timer = setTimeout(check, left)
      else this.#aborter.abort(new TimeoutError(which, limit))
    }
    let timer = setTimeout(check, limit)
    return () => clearTimeout(timer)
  }

  /** Starts an attempt. The request is sent at the first pull. */
  #open(): Chunks {
    const { llm, host, provider } = this.#options
    this.#began = Date.now()
    this.#seen = this.#responded = false
    const call = this.#call
    call.complete = false
    // Ids of the previous attempt do not apply to this one.
    call.responseId = call.responseModel = call.requestId = undefined
    call.partialFields = undefined
    if (!this.#options.delegates) this.#endTry = call.observer?.onTry(call)
    if (this.#tries++ > 0) this.#reply = this.#createReply()
    return toChunks(host.ask(llm, this.#messages, this.#call), provider)
  }

  async #finish(events: StreamEvent[]): Promise<Batch> {
    // A model that delegates reports which model answered, after how many requests.
    const { answeredBy } = this.#reply
    this.#attempts.push(...(answeredBy?.attempts ?? [this.#attempt()]))
    const response = { ...this.#response(), ...answeredBy, attempts: this.#attempts }
    events.push(...this.#reply.end(response))
    this.#state = 'ended'
    this.#closeChunks()
    const result = this.#reply.result()
    const { llm, host } = this.#options
    host.onUsage(llm, result.usage)
    if (this.#callbacks?.hasTokenListener) await this.#callbacks.emitTokens(events)
    await this.#callbacks?.emit('onLLMEnd', { result })
    this.#release()
    return events
  }

  /** Returns the event that announces a retry, or throws the error for the caller. */
  async #recover(thrown: unknown): Promise<StreamEvent[]> {
    const error = this.#toError(thrown)
    this.#endTry?.(error)
    if (!isChatError(error) || this.#state === 'ended') throw error
    if (!this.#seen && (await refreshApiKey(error, this.#options.config, this.#call))) {
      this.#chunks = undefined
      return [] // not a retry: the request has changed
    }
    this.#attempts.push(this.#attempt(error))
    const attempt = this.#attempts.length
    const isFinal = this.#seen || attempt > this.#maxRetries
    const delayMs = isFinal ? undefined : retryDelay(error, attempt, this.#call)
    if (delayMs === undefined) throw error
    this.#chunks = undefined
    this.#waitMs = delayMs
    const info = error.toJSON()
    const retriesLeft = this.#maxRetries - attempt
    await this.#callbacks?.emit('onLLMRetry', { error: info, attempt, retriesLeft, delayMs })
    return [{ type: 'retry', attempt, delayMs, error: info }]
  }

  async #waitForNextTry(ms: number): Promise<void> {
    this.#waitMs = undefined
    try {
      await wait(ms, this.#aborter.signal)
    } catch (reason) {
      throw this.#toError(reason)
    }
  }

  #createReply(): Reply {
    const { llm, delegates } = this.#options
    return new Reply({
      response: () => this.#response(),
      createFilter: () =>
        new TextFilter({
          stop: this.#call.stop,
          splitThink: !delegates,
          opensThink: templateOpensThinkTag(this.#call),
          isBuffered: !this.#call.stream,
        }),
      countTokens: (text) => llm.countTokens(text),
      promptTokens: () => llm.countTokens(this.#options.rawPrompt ?? this.#messages),
      maxSize: this.#call.maxResponseSize,
    })
  }

  #response(): ResponseInfo {
    return toResponse(this.#options, this.#call, this.#attempts)
  }

  #attempt(error?: ChatError): Attempt {
    return toAttempt(this.#options, Date.now() - this.#began, error)
  }

  /**
   * Returns the caller's own abort reason unchanged. Turns anything else into a `ChatError` with the partial
   * result.
   */
  #toError(thrown: unknown): unknown {
    const { aborted, reason } = this.#aborter
    const cause = aborted ? reason : thrown
    if (aborted && !(cause instanceof TimeoutError)) return cause
    return normalizeError(cause, this.#call, this.#number, () => {
      const partial = this.#reply.result()
      if (this.#call.partialFields) Object.assign(partial.message, this.#call.partialFields())
      return partial
    })
  }
}
