/**
 * Converts messages of the OpenAI format to those of a conversation, and back.
 */
import type { Message, MessageInput } from '../message.ts'
import { textOf } from '../message.ts'
import { toMessage } from '../stream/to-message.ts'
import { countSteps, setFields } from './steps.ts'
import type { Tree } from './tree.ts'
import type { ConversationTurn, MessagePart, ToolCallPart } from './types.ts'

/** Joins the text of the parts of one type. */
export function joinText(parts: readonly MessagePart[], type: 'text' | 'reasoning'): string {
  let text = ''
  for (const part of parts) if (part.type === type) text += (part as { text: string }).text
  return text
}

/** True for a tool call. */
export function isToolCall(part: MessagePart): part is ToolCallPart {
  return part.type === 'tool-call'
}

/**
 * Returns the messages of a conversation in the OpenAI format. Tool calls without a result are left out, except for
 * those that `isOpen` names.
 */
export function toMessages(
  turns: readonly ConversationTurn[],
  isOpen: (call: ToolCallPart) => boolean = () => false,
): Message[] {
  return turns.flatMap((turn): Message[] =>
    turn.role === 'assistant'
      ? toReplyMessages(turn, isOpen)
      : [{ role: turn.role, content: turn.content ?? '' } as Message],
  )
}

function toReplyMessages(
  { parts = [], fields }: ConversationTurn,
  isOpen: (call: ToolCallPart) => boolean,
): Message[] {
  const steps: MessagePart[][] = [[]]
  for (const part of parts) {
    if (part.type === 'step') steps.push([])
    else steps.at(-1)?.push(part)
  }
  return steps.flatMap((step, index): Message[] => {
    const calls = step.filter(isToolCall)
    const answered = calls.filter(({ result }) => result !== undefined)
    const kept = calls.filter((call) => call.result !== undefined || isOpen(call))
    const text = joinText(step, 'text')
    // The vendor's data describes all calls of the step.
    const own = (kept.length === calls.length && fields?.[index]) || undefined
    if (!text && kept.length === 0 && !own) return []
    const message = toMessage({
      text,
      reasoning: joinText(step, 'reasoning'),
      toolCalls: kept.map(({ id, name, argumentsText, invalid }) => {
        // Some servers parse the arguments of earlier calls and fail.
        return { id, name, arguments: {}, argumentsText: invalid ? '{}' : argumentsText }
      }),
      fields: own,
    })
    const results = answered.map(({ id, result = '' }): Message => {
      return { role: 'tool', tool_call_id: id, content: result }
    })
    return [message, ...results]
  })
}

/** Adds messages of the OpenAI format. A reply and the results of its tool calls become one message. Returns the tree. */
export function addMessages(tree: Tree, messages: readonly MessageInput[]): Tree {
  let turn: ConversationTurn | undefined
  for (const message of messages as readonly Message[]) {
    const parent = turn?.id
    const parts = turn?.parts
    if (message.role === 'tool') {
      const call = parts?.find((part) => isToolCall(part) && part.id === message.tool_call_id)
      if (call) Object.assign(call, { state: 'done', result: textOf(message.content) })
    } else if (message.role === 'assistant') {
      if (parts) parts.push({ type: 'step' })
      else turn = tree.add({ parent, role: 'assistant', parts: [] })
      readReply(turn as ConversationTurn, message)
    } else {
      const role = message.role === 'user' ? 'user' : 'system'
      turn = tree.add({ parent, role, content: message.content })
    }
  }
  return tree
}

function readReply(turn: ConversationTurn, message: Extract<Message, { role: 'assistant' }>): void {
  const { content, reasoning_content: reasoning, tool_calls: calls = [] } = message
  const { parts = [] } = turn
  const text = textOf(content)
  setFields(turn, countSteps(parts), fieldsOf(message))
  if (reasoning) parts.push({ type: 'reasoning', text: reasoning })
  if (text) parts.push({ type: 'text', text })
  calls.forEach(({ id, function: { name, arguments: argumentsText } }, index) => {
    parts.push({ type: 'tool-call', id, name, index, state: 'failed', argumentsText })
  })
}

/** Returns the properties of an assistant message that a vendor requires back. */
export function fieldsOf(message: Message): Record<string, unknown> | undefined {
  const {
    role: _role,
    content: _content,
    reasoning_content: _reasoning,
    tool_calls: _calls,
    ...fields
  } = message as Message & Record<string, unknown>
  return Object.keys(fields).length > 0 ? fields : undefined
}
