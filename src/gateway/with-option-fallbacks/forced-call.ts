/**
 * Obtains a tool call from a model that cannot be forced to make one: an instruction asks for it, and the reply is checked.
 */
import { createId } from '../../create-id.ts'
import { ServiceError } from '../../errors.ts'
import type { FinishEvent, StreamEvent, Usage } from '../../event.ts'
import { isRecord } from '../../is-record.ts'
import type { Message, ToolDefinition } from '../../message.ts'
import { isFunctionTool } from '../../message.ts'
import { addUsage } from '../../chat/add-usage.ts'
import { withInstruction } from '../../schema-prompt.ts'
import { findObjects } from './json-text.ts'

/** Returns the names of the tools of which one must be called. */
export function namesOf(tools: readonly ToolDefinition[] | undefined): string[] {
  return tools?.filter(isFunctionTool).map((tool) => tool.function.name) ?? []
}

export function askForCall(messages: readonly Message[], names: readonly string[]): Message[] {
  return withInstruction(messages, `${demand(names)} Do not answer in text.`) as Message[]
}

function demand(names: readonly string[]): string {
  const [first] = names
  return names.length === 1
    ? `You must call the tool "${first}".`
    : `You must call at least one of these tools: ${names.join(', ')}.`
}

/** One reply of a model that was asked for a tool call. Its text is held until it calls one. */
export class ForcedCall {
  /** Includes the replies before it. */
  usage: Usage | undefined
  #names: readonly string[]
  #spent: Usage | undefined
  #text = ''
  #hasCall = false
  #finish: FinishEvent | undefined

  /** @param spent usage of the replies before it */
  constructor(names: readonly string[], spent: Usage | undefined) {
    this.#names = names
    this.#spent = this.usage = spent
  }

  /** Passes usage on at once: it was paid for, also if no call follows. */
  pass(event: StreamEvent): StreamEvent[] {
    if (event.type === 'usage') {
      this.usage = this.#spent ? addUsage(this.#spent, event.usage) : event.usage
      return [{ ...event, usage: this.usage }]
    }
    if (event.type === 'finish') this.#finish = event
    else if (event.type === 'text-delta' && !this.#hasCall) this.#text += event.text
    else if (event.type === 'tool-call-delta' || event.type === 'tool-call') {
      this.#hasCall = true
      return [...this.#release(), event]
    } else {
      if (event.type === 'failover' && event.action === 'restart') this.#text = ''
      return [event]
    }
    return []
  }

  /** Returns the events that end the reply, or `undefined` if it contains no tool call. */
  end(): StreamEvent[] | undefined {
    const finish = this.#finish
    // A reply that was cut or filtered says so itself.
    const isOver = !finish || finish.finishReason === 'stop' || finish.finishReason === 'tool_calls'
    const written = this.#hasCall || !isOver ? undefined : this.#readText()
    if (!this.#hasCall && isOver && !written) return undefined
    const end = written && finish ? { ...finish, finishReason: 'tool_calls' as const } : finish
    return [...(written ?? this.#release()), ...(end ? [end] : [])]
  }

  /** Returns the messages that ask once more. */
  askAgain(messages: readonly Message[]): readonly Message[] {
    const text = this.#text.trim()
    if (!text) return messages
    return [
      ...messages,
      { role: 'assistant', content: text },
      { role: 'user', content: `You called no tool. ${demand(this.#names)}` },
    ]
  }

  #release(): StreamEvent[] {
    const text = this.#text
    this.#text = ''
    return text ? [{ type: 'text-delta', text }] : []
  }

  /** Reads arguments, or a name with arguments, that the model wrote as text. */
  #readText(): StreamEvent[] | undefined {
    const [only, ...others] = this.#names
    for (const value of findObjects(this.#text)) {
      const { name, arguments: given, parameters = given } = value
      const isNamed = this.#names.includes(String(name)) && isRecord(parameters)
      if (!isNamed && others.length > 0) continue
      const members = isNamed ? parameters : value
      const toolCall = {
        id: createId(),
        name: isNamed ? String(name) : (only as string),
        arguments: members,
        argumentsText: JSON.stringify(members),
      }
      return [{ type: 'tool-call', toolCall }]
    }
    return undefined
  }
}

export function withoutCall(provider: string): ServiceError {
  const message = 'The model called no tool, although `toolChoice` requires one'
  return new ServiceError('unexpected_response', message, { provider })
}
