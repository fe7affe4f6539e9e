/**
 * Calls, results and answer as one text, which the model goes on with: the way of ReAct and of Qwen-Agent.
 */
import type { AssistantMessage, Message, MessageToolCall, ToolMessage } from '../message.ts'
import { textOf } from '../message.ts'
import type { Rendered } from './format.ts'
import { addText, sortResults } from './format.ts'

/** The words between the parts of the text. */
export interface TurnTemplate {
  call: (name: string, argumentsText: string) => string
  result: (text: string) => string
  /** Before the answer. */
  answer: string
  /** The same where the model is to go on. */
  open: string
  /** Begins a call by its name, where the model must make that. */
  begin?: (name: string) => string
}

/**
 * Each turn with calls becomes one message of the assistant. The last one, if its results wait for an answer,
 * goes to the message of the user before it: servers do not let a message of the assistant be gone on with.
 */
export function flattenTurns(
  messages: readonly Message[],
  glue: TurnTemplate,
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
      turn ??= new Turn(glue)
      turn.add(message)
    }
  }
  const begun = forced === undefined ? undefined : glue.begin?.(forced)
  const isOpen = turn?.isWaiting()
  if (turn && !isOpen) out.push(turn.close())
  const text = isOpen ? turn?.open(begun ?? glue.open) : begun
  if (text) attach(out, text)
  return { messages: out, continues: text !== undefined }
}

/** A run of assistant and tool messages. */
class Turn {
  results: ToolMessage[] = []
  #glue: TurnTemplate
  #lines: string[] = []
  #calls: readonly MessageToolCall[] = []
  #last: AssistantMessage | undefined

  constructor(glue: TurnTemplate) {
    this.#glue = glue
  }

  add(message: AssistantMessage): void {
    const hasResults = this.#flush()
    const text = textOf(message.content)
    if (text) this.#lines.push(hasResults ? `${this.#glue.answer} ${text}` : text)
    this.#calls = message.tool_calls ?? []
    for (const { function: call } of this.#calls)
      this.#lines.push(this.#glue.call(call.name, call.arguments.trim() || '{}'))
    this.#last = message
  }

  /** Whether results have no answer yet. */
  isWaiting(): boolean {
    return this.results.length > 0
  }

  /** All so far, for the model to go on with. */
  open(end: string): string {
    this.#flush()
    return [...this.#lines, end].join('\n')
  }

  close(): Message {
    const isWaiting = this.#flush()
    const { tool_calls: _calls, ...rest } = this.#last as AssistantMessage
    const lines = isWaiting ? [...this.#lines, `${this.#glue.answer} `] : this.#lines
    return { ...rest, content: lines.join('\n') }
  }

  #flush(): boolean {
    const { results } = this
    for (const { content } of sortResults(results, this.#calls))
      this.#lines.push(this.#glue.result(textOf(content)))
    this.results = []
    return results.length > 0
  }
}

/** Puts a text behind the last message, if that is the user's. */
function attach(messages: Message[], text: string): void {
  const last = messages.at(-1)
  if (last?.role === 'user')
    messages[messages.length - 1] = { ...last, content: addText(last.content, text) }
  else messages.push({ role: 'user', content: text })
}
