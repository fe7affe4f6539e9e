/**
 * The parts of a model's turn as they came, for the turn in which they go back.
 * @see https://ai.google.dev/gemini-api/docs/thought-signatures
 */
import type { AssistantMessage } from '../../message.ts'

/** A part: the members that are read of it. Others (`executableCode`, `toolCall`, …) travel along. */
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

/** Collects the parts of an answer. Those of one text become one, as long as none has a signature. */
export class PartKeeper {
  #parts: Part[] = []
  /** True if there is more than OpenAI's format can say. */
  #needed = false

  push(part: Part): void {
    const names = Object.keys(part)
    const isPlain = names.length === 1 && typeof part.text === 'string'
    if (isPlain && part.text === '') return
    // A summary of thoughts is for people: only its signature is wanted back.
    if (part.thought && !part.thoughtSignature) return
    const last = this.#parts.at(-1)
    if (isPlain && last && typeof last.text === 'string' && Object.keys(last).length === 1) {
      last.text += part.text as string
      return
    }
    this.#needed ||= !isPlain && (names.length > 1 || !part.functionCall || !!part.functionCall.id)
    this.#parts.push({ ...part })
  }

  /** The members for the assistant message, if any are needed. */
  fields(): { provider_data: { gemini: Part[] } } | undefined {
    return this.#needed ? { provider_data: { gemini: this.#parts } } : undefined
  }
}

/**
 * The kept parts of a message, unless its text or its calls are no longer those that they were kept with: then
 * what the caller wrote counts.
 */
export function partsOf(message: AssistantMessage, text: string): Part[] | undefined {
  const kept = message.provider_data?.gemini
  if (!Array.isArray(kept) || !kept.every((part) => typeof part === 'object' && part !== null))
    return undefined
  const parts = kept as Part[]
  const said = parts.map((part) =>
    !part.thought && typeof part.text === 'string' ? part.text : '',
  )
  if (said.join('') !== text) return undefined
  const calls = parts.flatMap(({ functionCall }) =>
    functionCall ? [`${functionCall.name} ${JSON.stringify(functionCall.args ?? {})}`] : [],
  )
  const written = message.tool_calls?.map(
    ({ function: { name, arguments: given } }) => `${name} ${given}`,
  )
  return calls.join('\n') === (written ?? []).join('\n') ? parts : undefined
}
