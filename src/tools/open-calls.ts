/**
 * The tool calls that a run leaves to its caller, and those that the user approved since.
 */
import { ConfigError } from '../errors.ts'
import type { FinishEvent, ToolStep } from '../event.ts'
import type { AssistantMessage, Message, ToolCall, ToolMessage } from '../message.ts'
import { toToolCall } from '../stream/tool-call-assembler.ts'

/** The end of a conversation: a reply with tool calls, and the answers to some of them. */
export interface OpenCalls {
  /** The messages up to the reply, which is the last of them. */
  messages: Message[]
  /** Answers that are there already. */
  answers: ToolMessage[]
  /** The calls to run. */
  calls: ToolCall[]
}

/** Returns what the `finish` event of a run adds if its last step has open calls. */
export function describeOpenCalls(
  steps: readonly ToolStep[],
  awaitsApproval: readonly string[],
): Partial<FinishEvent> {
  const earlier = steps.slice(0, -1).flatMap(({ result }) => {
    const { role: _role, content: _content, tool_calls: [call] = [], ...fields } = result.message
    return call && Object.keys(fields).length > 0 ? [[call.id, fields] as const] : []
  })
  return {
    ...(awaitsApproval.length > 0 && { awaitsApproval }),
    ...(earlier.length > 0 && { stepFields: Object.fromEntries(earlier) }),
  }
}

/** @throws {ConfigError} `invalid_messages` for an id without such a call, and for calls that are left without an answer */
export function findOpenCalls(
  messages: readonly Message[],
  approved: readonly string[] | true,
): OpenCalls {
  let end = messages.length
  while (messages[end - 1]?.role === 'tool') end--
  const answers = messages.slice(end) as ToolMessage[]
  const { tool_calls: all = [] } = (messages[end - 1] ?? {}) as Partial<AssistantMessage>
  const open = all.filter(({ id }) => !answers.some(({ tool_call_id }) => tool_call_id === id))
  const ids = approved === true ? open.map(({ id }) => id) : approved
  if (!Array.isArray(ids)) throw invalid('`approved` must be a list of ids, or true')
  for (const id of ids as readonly unknown[])
    if (!open.some((call) => call.id === id))
      throw invalid(`The last reply has no open tool call "${String(id)}" to approve`)
  for (const { id } of ids.length > 0 ? open : [])
    if (!ids.includes(id)) throw invalid(`The tool call "${id}" is neither approved nor answered`)
  const calls = open.map(({ id, function: { name, arguments: json } }) =>
    toToolCall(id, name, json),
  )
  return { messages: messages.slice(0, end), answers, calls: ids.length > 0 ? calls : [] }
}

function invalid(message: string): ConfigError {
  return new ConfigError('invalid_messages', message)
}
