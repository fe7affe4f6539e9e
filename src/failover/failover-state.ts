/**
 * The state of one call over several models: their replies, their usage, and the request to the next.
 */
import type { Call } from '../call.ts'
import type { ChatError } from '../errors.ts'
import { ConfigError } from '../errors.ts'
import type { Attempt, FailoverEvent, FinishEvent, StreamEvent, Usage } from '../event.ts'
import type { Message } from '../message.ts'
import { addUsage, withUsage } from '../chat/add-usage.ts'
import type { BaseChatModel } from '../chat/base.ts'
import { optionsOf } from '../chat/delegate.ts'
import type { Shown } from './seam.ts'
import { CONTINUE_PROMPT, join, Seam } from './seam.ts'

/** The state of one call, over all models that are called. */
export class FailoverState {
  /** The input for the next model: messages, or the text of a raw prompt. */
  messages: readonly Message[]
  prompt: string | undefined
  /** True if the reader has seen a part of the reply that remains valid. */
  begun = false
  /** The error for the caller if no model replies: the last failure of a server, or else of a config. */
  failure: ChatError | undefined
  #original: readonly Message[]
  #call: Call
  #attempts: Attempt[] = []
  /** Usage of the models that failed after they had written something. */
  #spent: Usage | undefined
  /** Output of earlier models that the current one continues. */
  #kept = { text: '', reasoning: '' }
  /** Text of the current model, as shown. */
  #text: string[] = []
  #reasoning: string[] = []
  /** Joins the reply of the current model to that of an earlier one. */
  #seam: Seam | undefined
  /** True if the current model was given the text as the start of its own reply. */
  #isPrefilled = false
  /** The event that announced the current model. */
  #event: FailoverEvent | undefined
  #hasTools = false
  #usage: Usage | undefined

  constructor(messages: readonly Message[], call: Call) {
    this.messages = this.#original = messages
    this.prompt = call.rawPrompt
    this.#call = call
  }

  /** Returns an event of the current model as the reader receives it. */
  forward(event: StreamEvent): StreamEvent | StreamEvent[] {
    if (event.type === 'retry') return event
    if (event.type === 'failover') return this.#passInner(event)
    if (event.type === 'finish') return [...this.#show(this.#seam?.end()), this.#passFinish(event)]
    if (event.type === 'usage') {
      this.#usage = event.usage
      return { ...event, usage: add(this.#spent, event.usage) }
    }
    this.begun = true
    if (event.type === 'text-delta') {
      if (this.#seam) return this.#show(this.#seam.push(event.text))
      this.#text.push(event.text)
    }
    if (event.type === 'reasoning-delta') this.#reasoning.push(event.text)
    if (event.type !== 'tool-call-delta' && event.type !== 'tool-call') return event
    this.#hasTools = true
    return [...this.#show(this.#seam?.end()), event]
  }

  /** Returns the held text of a model that failed. */
  release(): StreamEvent[] {
    return this.#show(this.#seam?.cut())
  }

  #show({ text, restarts }: Shown = { text: '' }): StreamEvent[] {
    const out: StreamEvent[] = []
    if (restarts) {
      // The reply of the model before gives way, and nothing of it is to be put in front.
      out.push({ ...(this.#event as FailoverEvent), action: 'restart' })
      const reasoning = this.#reasoning.join('')
      if (reasoning) out.push({ type: 'reasoning-delta', text: reasoning })
      this.#kept = { text: '', reasoning: '' }
      this.#text = []
      this.#seam = undefined
    }
    if (text) {
      this.#text.push(text)
      out.push({ type: 'text-delta', text })
    }
    return out
  }

  /** Forwards the event of a nested failover, which handles its own models. */
  #passInner(event: FailoverEvent): StreamEvent[] {
    const out: StreamEvent[] = [{ ...event, attempts: [...this.#attempts, ...event.attempts] }]
    if (event.action !== 'restart') return out
    this.#clear()
    // It restarts its own part; earlier output remains valid.
    const { text, reasoning } = this.#kept
    if (reasoning) out.push({ type: 'reasoning-delta', text: reasoning })
    if (text) out.push({ type: 'text-delta', text })
    return out
  }

  #passFinish(event: FinishEvent): StreamEvent {
    const { response } = event
    if (!response) return event
    const own = this.#spent ? withUsage(response.attempts, this.#usage) : response.attempts
    return { ...event, response: { ...response, attempts: [...this.#attempts, ...own] } }
  }

  /** Records the failure of the current model and completes the error's `partial`. */
  recordFailure(error: ChatError): void {
    if (!this.failure || !(error instanceof ConfigError)) this.failure = error
    const { partial } = error
    if (!partial) return
    // Also of a model that showed nothing: Gemini bills the thinking before a call that it could not write.
    const isPaid = partial.usage.completionTokens > 0
    if (isPaid) this.#spent = add(this.#spent, partial.usage)
    this.#attempts.push(...(isPaid ? withUsage(partial.attempts, partial.usage) : partial.attempts))
    const { text } = this.#kept
    const content = this.#seam
      ? join(text, partial.text, { isPrefilled: this.#isPrefilled })
      : text + partial.text
    const reasoning = this.#kept.reasoning + partial.reasoning
    Object.assign(partial, {
      text: content,
      reasoning,
      message: { ...partial.message, content, ...(reasoning && { reasoning_content: reasoning }) },
      usage: this.#spent ?? partial.usage,
      // Not a copy: later attempts belong to this failure too.
      attempts: this.#attempts,
    })
  }

  /**
   * Prepares for the next model. Returns the event that announces it, and the usage of a reader that leaves before the
   * model reports its own.
   */
  advance(
    error: ChatError,
    next: BaseChatModel,
    { mayContinue }: { mayContinue: boolean },
  ): StreamEvent[] {
    const text = this.#kept.text + this.#text.join('')
    const continues = mayContinue && this.#canContinue(text)
    const action = !this.begun ? 'next' : continues ? 'continue' : 'restart'
    this.#kept = continues
      ? { text, reasoning: error.partial?.reasoning ?? '' }
      : { text: '', reasoning: '' }
    this.begun = continues
    this.#askFor(this.#kept.text, { supportsPrefill: next.supportPrefill(optionsOf(this.#call)) })
    this.#clear()
    const { provider, model } = next
    const attempts = [...this.#attempts]
    const told = error.toJSON()
    this.#event = { type: 'failover', action, provider, model, error: told, attempts }
    if (!this.#spent) return [this.#event]
    const promptTokens = next.countTokens(this.prompt ?? this.messages)
    const asked = { promptTokens, completionTokens: 0, totalTokens: promptTokens }
    return [this.#event, { type: 'usage', usage: add(this.#spent, asked) }]
  }

  /** True if the current model may continue the text in words, after it rejected it as the start of its reply. */
  withoutPrefill({ code }: ChatError): boolean {
    const isRejected = code === 'bad_request' || code === 'unsupported_option'
    if (!this.#isPrefilled || !isRejected || this.#text.length > 0) return false
    this.#askFor(this.#kept.text, { supportsPrefill: false })
    this.#clear()
    return true
  }

  /** The running model has said nothing. */
  #clear(): void {
    this.#text = []
    this.#reasoning = []
    this.#hasTools = false
    const { text } = this.#kept
    // A raw prompt goes on by itself.
    this.#seam =
      text && this.prompt === undefined
        ? new Seam(text, { isPrefilled: this.#isPrefilled })
        : undefined
  }

  /**
   * True if the text can be continued: thinking, tool calls and JSON cannot, nor a reply that the caller started.
   */
  #canContinue(text: string): boolean {
    const { responseFormat, rawPrompt } = this.#call
    if (text.trim() === '' || this.#hasTools) return false
    if (responseFormat && responseFormat.type !== 'text') return false
    return rawPrompt !== undefined || this.#original.at(-1)?.role !== 'assistant'
  }

  #askFor(text: string, { supportsPrefill }: { supportsPrefill: boolean }): void {
    const { rawPrompt } = this.#call
    this.prompt = rawPrompt === undefined ? undefined : rawPrompt + text
    this.messages = this.#original
    this.#isPrefilled = supportsPrefill && text !== ''
    if (!text) return
    this.messages = this.#isPrefilled
      ? // A blank at the end is rejected by Claude, and misleads the others, whose tokens begin with it.
        [...this.#original, { role: 'assistant', content: text.trimEnd() }]
      : [
          ...this.#original,
          { role: 'assistant', content: text },
          { role: 'user', content: CONTINUE_PROMPT },
        ]
  }
}

/** Adds the usage of two models. One of them was cut off, so the sum is an estimate. */
function add(one: Usage | undefined, other: Usage): Usage {
  return one ? { ...addUsage(one, other), estimated: true } : other
}
