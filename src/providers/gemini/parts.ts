/**
 * Keeps the parts of a model's turn to send them back unchanged.
 * @see https://ai.google.dev/gemini-api/docs/thought-signatures
 */
import { isRecord } from '../../is-record.ts'
import type { AssistantMessage } from '../../message.ts'
import { TextBuffer } from '../../stream/text-buffer.ts'
import { toToolCall } from '../../stream/tool-call-assembler.ts'
import { sortedJSON } from '../../wire/sorted-json.ts'

/** A part, with the properties that are read. Others (`executableCode`, `toolCall`, …) are kept. */
export interface Part {
  text?: unknown
  thought?: unknown
  functionCall?: WireCall | undefined
  thoughtSignature?: unknown
  [member: string]: unknown
}

/** A function call. */
export interface WireCall {
  id?: string | undefined
  name?: string | undefined
  args?: object | null | undefined
}

/** Collects the parts of a reply. Merges the pieces of a text as long as none has a signature. */
export class PartKeeper {
  #parts: Part[] = []
  /** The text since the last other part. */
  #text: TextBuffer | undefined
  /** True if a part is not representable in OpenAI's format. */
  #needed = false

  push(part: Part): void {
    const names = Object.keys(part)
    if (names.length === 1 && typeof part.text === 'string') return this.pushText(part.text)
    // Thought summaries are for display: only their signature is sent back.
    if (part.thought && !part.thoughtSignature) return
    this.#endText()
    this.#needed ||= names.length > 1 || !part.functionCall || !!part.functionCall.id
    this.#parts.push({ ...part })
  }

  /** Adds a part with nothing but this text. */
  pushText(text: string): void {
    if (text) (this.#text ??= new TextBuffer()).push(text)
  }

  #endText(): void {
    if (this.#text) this.#parts.push({ text: this.#text.join() })
    this.#text = undefined
  }

  /** Returns the fields for the assistant message, if any are needed. */
  fields(): { provider_data: { gemini: Part[] } } | undefined {
    if (!this.#needed) return undefined
    const text = this.#text?.join()
    return { provider_data: { gemini: text ? [...this.#parts, { text }] : this.#parts } }
  }
}

/**
 * The kept parts of a message, as far as they say what the message says: what the caller changed counts. Undefined where
 * it has other calls.
 */
export function partsOf(message: AssistantMessage, text: string): Part[] | undefined {
  const { provider_data: data, tool_calls: calls = [], reasoning_content: reasoning = '' } = message
  const kept = data?.gemini
  if (!Array.isArray(kept) || !kept.every(isRecord)) return undefined
  const called = calls.map(({ function: { name } }) => name)
  const names = kept.flatMap(({ functionCall }) =>
    isRecord(functionCall) ? [functionCall.name] : [],
  )
  if (names.length !== called.length || names.some((name, at) => name !== called[at]))
    return undefined
  let place = 0
  const parts = (kept as Part[])
    .filter((part) => !part.thought || reasoning.includes(String(part.text)))
    .map((part) => {
      if (!part.functionCall) return part
      return withArguments(part, calls[place++]?.function.arguments ?? '')
    })
  const said = parts.map((part) => (isSaid(part) ? part.text : ''))
  if (said.join('') === text) return parts
  const signed = parts.filter((part) => part.functionCall)
  return signed.length > 0 ? [...(text ? [{ text }] : []), ...signed] : undefined
}

function isSaid({ text, thought }: Part): boolean {
  return !thought && typeof text === 'string'
}

/** Compares by value: a store may reorder the members (Postgres' JSONB does). */
function withArguments(part: Part, text: string): Part {
  const { arguments: args, invalid } = toToolCall('', '', text)
  const written = (invalid ? { invalid: text } : args) as object
  if (sortedJSON(written) === sortedJSON(part.functionCall?.args ?? {})) return part
  return { ...part, functionCall: { ...part.functionCall, args: written } }
}
