/**
 * Checks the object of a model that was shown a strict schema but not bound to it. Loaded with the first such reply.
 */
import { addUsage } from '../../chat/add-usage.ts'
import type { StreamEvent, Usage } from '../../event.ts'
import { isChatError, ServiceError } from '../../errors.ts'
import type { Message } from '../../message.ts'
import { prepareSchema } from '../../schema/standard-schema.ts'
import { parseJSON } from '../../parse-json.ts'

/** How a reply is checked. */
interface StrictOptions {
  /** True to hold the reply until it is checked. */
  holds: boolean
  /** Usage of the replies before it. */
  spent: Usage | undefined
}

/** One reply that must be an object. */
export class StrictObject {
  /** Includes the replies before it. */
  usage: Usage | undefined
  #schema: Record<string, unknown>
  #options: StrictOptions
  #text = ''
  /** True if the reply is no answer: a tool call, or cut. */
  #isOther = false
  #held: StreamEvent[] = []

  constructor(schema: Record<string, unknown>, options: StrictOptions) {
    this.#schema = schema
    this.#options = options
  }

  /** Returns the events to show before the check. */
  pass(events: readonly StreamEvent[]): StreamEvent[] {
    return events.flatMap((event) => {
      const read = this.#read(event)
      // Usage was paid for, also if the object does not match.
      if (read.type === 'usage' || (!this.#options.holds && read.type !== 'finish')) return [read]
      this.#held.push(read)
      return []
    })
  }

  #read(event: StreamEvent): StreamEvent {
    if (event.type === 'text-delta') this.#text += event.text
    if (event.type === 'tool-call-delta' || event.type === 'tool-call') this.#isOther = true
    if (event.type === 'finish' && event.finishReason !== 'stop') this.#isOther = true
    if (event.type === 'failover' && event.action === 'restart') {
      this.#text = ''
      this.#isOther = false
    }
    if (event.type !== 'usage') return event
    const { spent } = this.#options
    this.usage = spent ? addUsage(spent, event.usage) : event.usage
    return { ...event, usage: this.usage }
  }

  /** Returns the events that were held. */
  end(): StreamEvent[] {
    return this.#held
  }

  /** Returns the first mismatch in words, or `undefined`. A schema that cannot be checked has none. */
  async findIssue(): Promise<string | undefined> {
    if (this.#isOther) return undefined
    const value = parseJSON(this.#text)
    if (value === undefined) return 'It is not a JSON object.'
    try {
      const schema = await prepareSchema(this.#schema)
      const outcome = await schema.validate(value)
      if (!('issues' in outcome)) return undefined
      const [{ path = [], message } = { message: 'It does not match.' }] = outcome.issues
      return path.length > 0 ? `\`${path.join('.')}\`: ${message}` : message
    } catch (error) {
      if (isChatError(error)) return undefined
      throw error
    }
  }

  /** Creates the error for a reply that does not match. */
  mismatch(provider: string, issue: string): ServiceError {
    const message = `The reply does not match the schema of \`responseFormat\`: ${issue}`
    return new ServiceError('unexpected_response', message, { provider })
  }

  /** Returns the messages that ask once more. */
  askAgain(messages: readonly Message[], issue: string): readonly Message[] {
    const content = `Your answer does not match the JSON Schema: ${issue.slice(0, 500)} Answer again with the corrected JSON object only.`
    const answer: Message[] = this.#text.trim() ? [{ role: 'assistant', content: this.#text }] : []
    return [...messages, ...answer, { role: 'user', content }]
  }
}
