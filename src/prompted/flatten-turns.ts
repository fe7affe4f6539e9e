/**
 * Writes calls, results and answer as one text that the model continues, as ReAct and Qwen-Agent do.
 */
import type { AssistantMessage, Message, MessageToolCall, ToolMessage } from '../message.ts'
import { textOf } from '../message.ts'
import type { Rendered } from './format.ts'
import { addText, sortResults } from './format.ts'

/** The strings between the parts of the text. */
export interface TurnTemplate {
  call: (name: string, argumentsText: string) => string
  result: (text: string) => string
  /** Before the answer. */
  answer: string
  /** Ends a text that the model is to continue. */
  open: string
  /** Starts a call by name, if the model must make it. */
  begin?: (name: string) => string
}

/**
 * Merges each turn with tool calls into one assistant message. If the results of the last turn are unanswered,
 * appends it to the preceding user message, since servers do not let models continue an assistant message.
 */
export function flattenTurns(
  messages: readonly Message[],
  template: TurnTemplate,
  forced: string | undefined,
): Rendered {
  const out: Message[] = []
  let turn: Turn | undefined
  for (const message of messages) {
    if (message.role === 'tool') turn?.results.push(message)
    else if (message.role !== 'assistant' || (!turn && !message.tool_calls?.length)) {
      if (turn) out.push(turn.close())
      turn = undefined
      out.push(message)
    } else {
      turn ??= new Turn(template)
      turn.add(message)
    }
  }
  const begun = forced === undefined ? undefined : template.begin?.(forced)
  const isOpen = turn?.isWaiting()
  if (turn && !isOpen) out.push(turn.close())
  const text = isOpen ? turn?.open(begun ?? template.open) : begun
  if (text) attach(out, text)
  return { messages: out, endsWithMarker: text !== undefined }
}

/** A sequence of assistant and tool messages. */
class Turn {
  results: ToolMessage[] = []
  #template: TurnTemplate
  #lines: string[] = []
  #calls: readonly MessageToolCall[] = []
  #last: AssistantMessage | undefined

  constructor(template: TurnTemplate) {
    this.#template = template
  }

  add(message: AssistantMessage): void {
    const hasResults = this.#flush()
    const text = textOf(message.content)
    if (text) this.#lines.push(hasResults ? `${this.#template.answer} ${text}` : text)
    this.#calls = message.tool_calls ?? []
    for (const { function: call } of this.#calls)
      this.#lines.push(this.#template.call(call.name, call.arguments.trim() || '{}'))
    this.#last = message
  }

  /** True if there are results without an answer. */
  isWaiting(): boolean {
    return this.results.length > 0
  }

  /** Returns the text so far, for the model to continue. */
  open(end: string): string {
    this.#flush()
    return [...this.#lines, end].join('\n')
  }

  close(): Message {
    const isWaiting = this.#flush()
    const { tool_calls: _calls, ...rest } = this.#last as AssistantMessage
    const lines = isWaiting ? [...this.#lines, `${this.#template.answer} `] : this.#lines
    return { ...rest, content: lines.join('\n') }
  }

  #flush(): boolean {
    const { results } = this
    for (const { content } of sortResults(results, this.#calls))
      this.#lines.push(this.#template.result(textOf(content)))
    this.results = []
    return results.length > 0
  }
}

/** Appends a text to the last message, if it is the user's. */
function attach(messages: Message[], text: string): void {
  const last = messages.at(-1)
  if (last?.role === 'user')
    messages[messages.length - 1] = { ...last, content: addText(last.content, text) }
  else messages.push({ role: 'user', content: text })
}
