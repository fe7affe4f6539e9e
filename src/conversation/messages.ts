/**
 * Converts messages of the OpenAI format to those of a conversation, and back.
 */
import type { ContentPart, ContentPartInput, Message, MessageInput } from '../message.ts'
import { textOf } from '../message.ts'
import { toMessage } from '../stream/result.ts'
import type { Tree } from './tree.ts'
import type { ConversationTurn, MessagePart, ToolCallPart } from './types.ts'

/** Returns the steps of a reply, each with its parts. */
export function stepsOf(parts: readonly MessagePart[]): MessagePart[][] {
  const steps: MessagePart[][] = [[]]
  for (const part of parts) {
    if (part.type === 'step') steps.push([])
    else steps.at(-1)?.push(part)
  }
  return steps
}

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

/** Returns the messages of a conversation in the OpenAI format. Tool calls without a result are left out. */
export function toMessages(turns: readonly ConversationTurn[]): Message[] {
  return turns.flatMap((turn): Message[] =>
    turn.role === 'assistant'
      ? toReplyMessages(turn)
      : [{ role: turn.role, content: turn.content ?? '' } as Message],
  )
}

function toReplyMessages({ parts = [], fields }: ConversationTurn): Message[] {
  return stepsOf(parts).flatMap((step, index): Message[] => {
    const calls = step.filter(isToolCall)
    const answered = calls.filter(({ result }) => result !== undefined)
    const text = joinText(step, 'text')
    // The vendor's data describes all calls of the step.
    const own = answered.length === calls.length ? fields?.[index] : undefined
    if (!text && answered.length === 0 && !own) return []
    const message = toMessage({
      text,
      reasoning: joinText(step, 'reasoning'),
      toolCalls: answered.map(({ id, name, argumentsText, invalid }) => {
        // Some servers parse the arguments of earlier calls and fail.
        return { id, name, arguments: {}, argumentsText: invalid ? '{}' : argumentsText }
      }),
      fields: own ?? undefined,
    })
    return [
      message,
      ...answered.map(({ id, result = '' }): Message => {
        return { role: 'tool', tool_call_id: id, content: result }
      }),
    ]
  })
}

/** Adds messages of the OpenAI format. A reply and the results of its tool calls become one message. */
export function addMessages(tree: Tree, messages: readonly MessageInput[]): void {
  let reply: ConversationTurn | undefined
  let parent: string | undefined
  for (const message of messages) {
    if (message.role === 'tool') {
      const call = reply?.parts?.find(
        (part) => isToolCall(part) && part.id === message.tool_call_id,
      ) as ToolCallPart | undefined
      if (call) Object.assign(call, { state: 'done', result: textOf(message.content) })
    } else if (message.role === 'assistant') {
      if (reply) (reply.parts as MessagePart[]).push({ type: 'step' })
      else parent = (reply = tree.add({ parent, role: 'assistant', parts: [], fields: [] })).id
      readReply(reply, message as Extract<Message, { role: 'assistant' }>)
    } else {
      reply = undefined
      const role = message.role === 'user' ? 'user' : 'system'
      const content = message.content as ConversationTurn['content']
      parent = tree.add({ parent, role, content }).id
    }
  }
}

function readReply(turn: ConversationTurn, message: Extract<Message, { role: 'assistant' }>): void {
  const { content, reasoning_content: reasoning, tool_calls: calls } = message
  const { parts = [], fields } = turn
  fields?.push(fieldsOf(message) ?? null)
  if (reasoning) parts.push({ type: 'reasoning', text: reasoning })
  const text = textOf(content)
  if (text) parts.push({ type: 'text', text })
  calls?.forEach(({ id, function: { name, arguments: argumentsText } }, index) => {
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

/** Returns parts with all bytes as text. */
export async function inlineContent(content: readonly ContentPartInput[]): Promise<ContentPart[]> {
  const { inlineMedia } = await import('../chat/inline-media.ts')
  const [message] = await inlineMedia([{ role: 'user', content: [...content] }])
  return message?.content as ContentPart[]
}
