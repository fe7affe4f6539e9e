/**
 * What a way to write tools into a prompt is made of.
 */
import type { FunctionDefinition, Message } from '../message.ts'
import type { Language } from './phrases.ts'

/** What a prompt tells the model of its tools. */
export interface Prompt {
  tools: readonly FunctionDefinition[]
  language: Language
  /** Whether the model must call one. */
  isRequired: boolean
  /** Whether it may call several at once. */
  isParallel: boolean
}

/** One way to write tools, calls and results as text. */
export interface PromptFormat {
  /** Words at which the model hands over. */
  stop: readonly string[]
  /** Whether words at the start of a line are marks. */
  labels?: 'labels'
  /** Where the tools stand: before what the caller's system message says, or behind it. */
  place: 'before' | 'behind'
  /** Whether a call that must be made is begun for the model. */
  begins?: 'begins'
  system: (prompt: Prompt) => string
  /** What is put before the last message of the user. */
  hint?: (prompt: Prompt) => string
  /** The messages with their calls and results as text. */
  render: (messages: readonly Message[], forced: string | undefined) => Rendered
}

export interface Rendered {
  messages: Message[]
  /** Whether the last message ends with a mark that the reply goes on from. */
  continues: boolean
}

/** Two contents as one, a text behind or before. */
export function addText<Content extends Message['content']>(
  content: Content,
  text: string,
  place: 'before' | 'behind' = 'behind',
): Content {
  if (typeof content === 'string' && content) {
    return (place === 'behind' ? `${content}\n\n${text}` : `${text}\n\n${content}`) as Content
  }
  const parts: readonly unknown[] | undefined = Array.isArray(content) ? content : undefined
  if (!parts) return text as Content
  const part = { type: 'text', text: place === 'behind' ? `\n\n${text}` : `${text}\n\n` }
  return (place === 'behind' ? [...parts, part] : [part, ...parts]) as Content
}

/** The results of the calls of one message, in the order of the calls. */
export function sortResults<Result extends { tool_call_id: string }>(
  results: readonly Result[],
  calls: readonly { id: string }[],
): Result[] {
  const places = new Map(calls.map(({ id }, index) => [id, index]))
  const placeOf = (result: Result) => places.get(result.tool_call_id) ?? calls.length
  return [...results].sort((a, b) => placeOf(a) - placeOf(b))
}

/** The parameters of a tool as JSON. */
export function parametersOf(tool: FunctionDefinition): string {
  return JSON.stringify(tool.parameters ?? { type: 'object', properties: {} })
}
