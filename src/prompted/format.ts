/**
 * The interface of a format that writes tools into a prompt.
 */
import type { FunctionDefinition, Message } from '../message.ts'
import type { Language } from './phrases.ts'

/** The parameters of a tool prompt. */
export interface Prompt {
  tools: readonly FunctionDefinition[]
  language: Language
  /** True if the model must call a tool. */
  isRequired: boolean
  /** True if the model may call several tools at once. */
  isParallel: boolean
}

/** A format that writes tools, calls and results as text. */
export interface PromptFormat {
  /** Stop sequences that end the reply after a call. */
  stop: readonly string[]
  /** True if labels at the start of a line are markers. */
  hasLabels?: boolean
  /** Position of the tools relative to the caller's system message. */
  place: 'before' | 'after'
  /** True if the prompt starts a call that the model must make. */
  startsForcedCall?: boolean
  system: (prompt: Prompt) => string
  /** Returns the text before the last user message. */
  hint?: (prompt: Prompt) => string
  /** Writes the messages with their calls and results as text. */
  render: (messages: readonly Message[], forced: string | undefined) => Rendered
}

export interface Rendered {
  messages: Message[]
  /** True if the last message ends with a marker that the reply continues. */
  endsWithMarker: boolean
}

/** Adds text to a content. */
export function addText<Content extends Message['content']>(
  content: Content,
  text: string,
  place: 'before' | 'after' = 'after',
): Content {
  if (typeof content === 'string' && content) {
    return (place === 'after' ? `${content}\n\n${text}` : `${text}\n\n${content}`) as Content
  }
  const parts: readonly unknown[] | undefined = Array.isArray(content) ? content : undefined
  if (!parts) return text as Content
  const part = { type: 'text', text: place === 'after' ? `\n\n${text}` : `${text}\n\n` }
  return (place === 'after' ? [...parts, part] : [part, ...parts]) as Content
}

/** Sorts the results of one message's tool calls in the order of the calls. */
export function sortResults<Result extends { tool_call_id: string }>(
  results: readonly Result[],
  calls: readonly { id: string }[],
): Result[] {
  const places = new Map(calls.map(({ id }, index) => [id, index]))
  const placeOf = (result: Result) => places.get(result.tool_call_id) ?? calls.length
  return [...results].sort((a, b) => placeOf(a) - placeOf(b))
}

/** Returns the parameters of a tool as JSON. */
export function parametersOf(tool: FunctionDefinition): string {
  return JSON.stringify(tool.parameters ?? { type: 'object', properties: {} })
}
