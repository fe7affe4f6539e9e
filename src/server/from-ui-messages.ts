/**
 * Reads the messages that `useChat` of the AI SDK sends.
 * @see https://ai-sdk.dev/docs/reference/ai-sdk-core/ui-message
 */
import { isRecord } from '../is-record.ts'
import type { AssistantMessage, ContentPart, Message, MessageToolCall } from '../message.ts'
import { toMediaPart } from './media-part.ts'
import {
  invalid,
  readList,
  readOptionalText,
  readRecord,
  readText,
  toContentText,
} from './reader.ts'

/** Options of `fromUIMessages`. */
export interface FromUIMessagesOptions {
  /**
   * Accepts system messages. By default they are refused, since a page could use them to replace the instructions
   * of your server.
   * @default false
   */
  allowSystem?: boolean | undefined
}

type Part = Record<string, unknown> & { type: string }

/** Text that the model reads for a tool call that has no result. */
const UNANSWERED = 'The tool was not run'
const DENIED = 'The user denied the tool call'

/**
 * Converts the `messages` of a request from `useChat` (React, Vue, Svelte, Angular) to messages of a chat. Text,
 * reasoning, files, tool calls and their results are kept; sources, data parts and steps are for the page only.
 *
 * A tool call without a result gets one that says so, since servers refuse a call without its tool message. Only
 * calls of the last message that the user approved stay open: run them and append their tool messages.
 * @throws {ConfigError} `invalid_messages` with the path of the member that is wrong: respond with 400
 * @example
 * const { messages } = await request.json()
 * const stream = llm.chat({ messages: fromUIMessages(messages), stream: true })
 * const response = stream.toResponse({ format: 'ui-message' })
 */
export function fromUIMessages(messages: unknown, options: FromUIMessagesOptions = {}): Message[] {
  const list = readList(messages, 'messages')
  return list.flatMap((value, index) => {
    const path = `messages[${index}]`
    const message = readRecord(value, path)
    const parts = readList(message.parts, `${path}.parts`).map((part, at) => {
      const partPath = `${path}.parts[${at}]`
      const members = readRecord(part, partPath)
      return { part: { ...members, type: readText(members, 'type', partPath) }, path: partPath }
    })
    switch (message.role) {
      case 'user':
        return readUser(parts)
      case 'assistant':
        return new AssistantReader(message.metadata, { isLast: index === list.length - 1 }).read(
          parts,
        )
      case 'system':
        if (!options.allowSystem)
          throw invalid(path, 'is a system message, which a page may not send (see `allowSystem`)')
        return [{ role: 'system' as const, content: joinText(parts) }]
      default:
        throw invalid(`${path}.role`, 'must be user, assistant or system')
    }
  })
}

interface PathedPart {
  part: Part
  path: string
}

function joinText(parts: readonly PathedPart[]): string {
  return parts
    .map(({ part, path }) => (part.type === 'text' ? readText(part, 'text', path) : ''))
    .join('')
}

function readUser(parts: readonly PathedPart[]): Message[] {
  const content = parts.flatMap(({ part, path }): ContentPart[] => {
    if (part.type === 'text') return [{ type: 'text', text: readText(part, 'text', path) }]
    if (part.type !== 'file') return []
    const url = readText(part, 'url', path)
    const mediaType = readText(part, 'mediaType', path)
    const filename = readOptionalText(part, 'filename', path)
    return [toMediaPart({ url, mediaType, filename }, `${path}.url`)]
  })
  if (content.length === 0) return []
  const isText = content.every((part) => part.type === 'text')
  return [{ role: 'user', content: isText ? joinText(parts) : content }]
}

/** Splits a message of the page into the replies and tool messages that it shows. */
class AssistantReader {
  #out: Message[] = []
  #text = ''
  #reasoning = ''
  #toolCalls: MessageToolCall[] = []
  #results: Message[] = []
  #fields: Record<string, unknown>
  #isLast: boolean
  #hasSteps = false

  constructor(metadata: unknown, { isLast }: { isLast: boolean }) {
    const fields = isRecord(metadata) ? metadata.messageFields : undefined
    this.#fields = isRecord(fields) ? fields : {}
    this.#isLast = isLast
  }

  read(parts: readonly PathedPart[]): Message[] {
    this.#hasSteps = parts.some(({ part }) => part.type === 'step-start')
    for (const { part, path } of parts) this.#readPart(part, path)
    this.#endStep()
    return this.#out
  }

  #readPart(part: Part, path: string): void {
    if (part.type === 'text') {
      this.#endAnswered()
      this.#text += readText(part, 'text', path)
    } else if (part.type === 'reasoning') {
      this.#endAnswered()
      this.#reasoning += readText(part, 'text', path)
    } else if (part.type === 'step-start') this.#endStep()
    else if (part.type === 'dynamic-tool')
      this.#readTool(part, readText(part, 'toolName', path), path)
    else if (part.type.startsWith('tool-')) this.#readTool(part, part.type.slice(5), path)
    else if (part.type === 'steering-message') {
      this.#endStep()
      const parts = readList(part.parts, `${path}.parts`)
      const pathed = parts.map((one, at) => {
        const own = `${path}.parts[${at}]`
        return { part: readRecord(one, own) as Part, path: own }
      })
      this.#out.push(...readUser(pathed))
    }
  }

  #readTool(part: Part, name: string, path: string): void {
    const state = readText(part, 'state', path)
    // A call that was cut is never run; one that the vendor ran is not ours to repeat.
    if (state === 'input-streaming' || part.providerExecuted === true) return
    const id = readText(part, 'toolCallId', path)
    const input = part.input ?? part.rawInput ?? {}
    this.#toolCalls.push({
      id,
      type: 'function',
      // An invalid input is a text, and servers parse the arguments of earlier calls.
      function: { name, arguments: isRecord(input) ? toContentText(input) : '{}' },
    })
    const content = this.#readResult(part, state, path)
    if (content !== undefined) this.#results.push({ role: 'tool', tool_call_id: id, content })
  }

  /** Returns the content of the tool message, or `undefined` for a call to run now. */
  #readResult(part: Part, state: string, path: string): string | undefined {
    const approval = isRecord(part.approval) ? part.approval : {}
    const reason = typeof approval.reason === 'string' ? approval.reason : undefined
    switch (state) {
      case 'output-available':
        return part.preliminary === true ? UNANSWERED : toContentText(part.output)
      case 'output-error':
        return readText(part, 'errorText', path)
      case 'output-denied':
        return reason ?? DENIED
      case 'approval-responded':
        if (approval.approved !== true) return reason ?? DENIED
        return this.#isLast ? undefined : UNANSWERED
      case 'input-available':
      case 'approval-requested':
        return UNANSWERED
      default:
        throw invalid(`${path}.state`, `"${state}" is not a state of a tool part`)
    }
  }

  /** Returns what the vendor requires back with a reply, as its `finish` chunk sent it to the page. */
  #fieldsOf(call: MessageToolCall | undefined): Record<string, unknown> {
    const fields = call && Object.hasOwn(this.#fields, call.id) ? this.#fields[call.id] : undefined
    if (!isRecord(fields)) return {}
    const { provider_data, reasoning_details } = fields
    return {
      ...(isRecord(provider_data) && { provider_data }),
      ...(Array.isArray(reasoning_details) && { reasoning_details }),
    }
  }

  /** In a message without steps, what follows a tool's result is the next reply. */
  #endAnswered(): void {
    if (!this.#hasSteps && this.#results.length > 0) this.#endStep()
  }

  #endStep(): void {
    const [text, reasoning, calls] = [this.#text, this.#reasoning, this.#toolCalls]
    if (text || calls.length > 0) {
      const message: AssistantMessage = {
        ...this.#fieldsOf(calls[0]),
        role: 'assistant',
        content: text,
        ...(reasoning && { reasoning_content: reasoning }),
        ...(calls.length > 0 && { tool_calls: calls }),
      }
      this.#out.push(message, ...this.#results)
    }
    this.#text = ''
    this.#reasoning = ''
    this.#toolCalls = []
    this.#results = []
  }
}
