/**
 * One call over several models: what they said, what they cost, and what to ask of the next.
 */
import type { Call } from '../call.ts'
import type { ChatError } from '../errors.ts'
import { ConfigError } from '../errors.ts'
import type { Attempt, FailoverEvent, FinishEvent, StreamEvent, Usage } from '../event.ts'
import type { Message } from '../message.ts'
import { addUsage, withUsage } from '../chat/add-usage.ts'
import type { BaseChatModel } from '../chat/base.ts'

/** Asks for the rest, as the user: many servers refuse a conversation that ends with the assistant. */
const GO_ON =
  'Your last message was cut off by a lost connection. Continue it exactly where it stops, as if it had never been interrupted: repeat nothing, add no introduction and no remark.'

/** What happens in one call, over all the models that are asked. */
export class FailoverState {
  /** What to ask of the next model: messages, or the text of a raw prompt. */
  messages: readonly Message[]
  prompt: string | undefined
  /** Whether anything of the reply was shown, and stands. */
  begun = false
  /** What the caller gets if no model answers: the last failure of a server, else of a config. */
  failure: ChatError | undefined
  #asked: readonly Message[]
  #call: Call
  #attempts: Attempt[] = []
  /** What those models cost that were cut in their reply. */
  #spent: Usage | undefined
  /** What the models before said, where another one goes on with it. */
  #kept = { text: '', reasoning: '' }
  /** The text of the running model, as it was shown. */
  #text: string[] = []
  #hasTools = false
  #usage: Usage | undefined

  constructor(messages: readonly Message[], call: Call) {
    this.messages = this.#asked = messages
    this.prompt = call.rawPrompt
    this.#call = call
  }

  /** An event of the running model, as the reader gets it. */
  forward(event: StreamEvent): StreamEvent | StreamEvent[] {
    if (event.type === 'retry') return event
    if (event.type === 'failover') return this.#passInner(event)
    if (event.type === 'finish') return this.#passFinish(event)
    if (event.type === 'usage') {
      this.#usage = event.usage
      return { ...event, usage: add(this.#spent, event.usage) }
    }
    if (event.type === 'text-delta') this.#text.push(event.text)
    if (event.type === 'tool-call-delta' || event.type === 'tool-call') this.#hasTools = true
    this.begun = true
    return event
  }

  /** The running model is a failover too, and goes on by itself. */
  #passInner(event: FailoverEvent): StreamEvent[] {
    const out: StreamEvent[] = [{ ...event, attempts: [...this.#attempts, ...event.attempts] }]
    if (event.action !== 'restart') return out
    this.#text = []
    this.#hasTools = false
    // It starts its own part again; what came before that stands.
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

  /** The running model failed: its `partial` becomes that of the whole call. */
  recordFailure(error: ChatError): void {
    if (!this.failure || !(error instanceof ConfigError)) this.failure = error
    const { partial } = error
    if (!partial) return
    const begun = partial.text || partial.reasoning || partial.toolCalls.length > 0
    if (begun) this.#spent = add(this.#spent, partial.usage)
    this.#attempts.push(...(begun ? withUsage(partial.attempts, partial.usage) : partial.attempts))
    const content = this.#kept.text + partial.text
    const reasoning = this.#kept.reasoning + partial.reasoning
    Object.assign(partial, {
      text: content,
      reasoning,
      message: { ...partial.message, content, ...(reasoning && { reasoning_content: reasoning }) },
      usage: this.#spent ?? partial.usage,
      // Not a copy: what comes later belongs to the story of this failure too.
      attempts: this.#attempts,
    })
  }

  /** Gets ready for the next model; gives the event that says so. */
  advance(error: ChatError, next: BaseChatModel, mayContinue: boolean): FailoverEvent {
    const text = this.#kept.text + this.#text.join('')
    const continues = mayContinue && this.#canContinue(text)
    const action = !this.begun ? 'next' : continues ? 'continue' : 'restart'
    this.#kept = continues
      ? { text, reasoning: error.partial?.reasoning ?? '' }
      : { text: '', reasoning: '' }
    this.#text = []
    this.#hasTools = false
    this.begun = continues
    this.#askFor(this.#kept.text)
    const { provider, model } = next
    const attempts = [...this.#attempts]
    return { type: 'failover', action, provider, model, error: error.toJSON(), attempts }
  }

  /** Thinking, calls and JSON cannot be gone on with, nor a reply that the caller began. */
  #canContinue(text: string): boolean {
    const { responseFormat, rawPrompt } = this.#call
    if (text.trim() === '' || this.#hasTools) return false
    if (responseFormat && responseFormat.type !== 'text') return false
    return rawPrompt !== undefined || this.#asked.at(-1)?.role !== 'assistant'
  }

  #askFor(text: string): void {
    const { rawPrompt } = this.#call
    this.prompt = rawPrompt === undefined ? undefined : rawPrompt + text
    this.messages = text
      ? [...this.#asked, { role: 'assistant', content: text }, { role: 'user', content: GO_ON }]
      : this.#asked
  }
}

/** The sum of what two models cost. One of them was cut, so it is an estimate. */
function add(one: Usage | undefined, other: Usage): Usage {
  return one ? { ...addUsage(one, other), estimated: true } : other
}
