/**
 * Decides which tool calls of a reply run in the page, and which wait for an answer. Loaded at the first tool call.
 */
import type { ToolCall } from '../message.ts'
import type { Tool } from '../tools/tool.ts'
import { stepStart, updateCall } from './fold.ts'
import { isToolCall } from './messages.ts'
import { invalidCall } from './tree.ts'
import type { ConversationOptions, ConversationTurn, ToolAnswer, ToolCallPart } from './types.ts'

/** Returns the calls of the last step that run now, and marks each open call as `running` or `waiting`. */
export async function planCalls(
  turn: ConversationTurn,
  options: ConversationOptions,
): Promise<{ ready: ToolCall[]; isWaiting: boolean }> {
  const { parts = [] } = turn
  const calls = parts.slice(stepStart(parts)).filter(isToolCall)
  const ready: ToolCall[] = []
  let isWaiting = false
  for (const { id, name, argumentsText, arguments: args = {}, ...part } of calls) {
    if (part.result !== undefined) continue
    const call: ToolCall = { id, name, arguments: args, argumentsText }
    if (part.invalid !== undefined) call.invalid = part.invalid
    const mayRun = part.approved ?? (runsHere(name, options) && !(await mustWait(call, options)))
    if (mayRun) ready.push(call)
    else isWaiting = true
    updateCall(parts, id, { state: mayRun ? 'running' : 'waiting' })
  }
  return { ready, isWaiting }
}

/** True for a tool with `execute`, and for a tool that does not exist, whose call fails. */
function runsHere(name: string, { model, tools = [] }: ConversationOptions): boolean {
  for (const each of tools as readonly (Tool & { function?: { name: string } })[])
    if ((each.function?.name ?? each.name) === name) return typeof each.execute === 'function'
  return model !== undefined && tools.length > 0
}

async function mustWait(
  call: ToolCall,
  { needsApproval = false }: ConversationOptions,
): Promise<boolean> {
  if (call.invalid !== undefined) return false // the model is asked to correct it
  return typeof needsApproval === 'function' ? await needsApproval(call) : needsApproval
}

/**
 * Returns the call as answered.
 * @throws {ConfigError} `unsupported_option`
 */
export function toAnswered(
  { name }: ToolCallPart,
  answer: ToolAnswer,
  options: ConversationOptions,
): Partial<ToolCallPart> {
  const { approve, deny, result } = answer as { approve?: true; deny?: unknown; result?: unknown }
  if (approve) {
    if (runsHere(name, options)) return { state: 'running', approved: true }
    throw invalidCall(`The tool "${name}" has no \`execute\`: answer with { result }`)
  }
  if (deny) {
    const reason = typeof deny === 'string' ? deny : 'The user denied this tool call'
    return { state: 'denied', result: reason }
  }
  if (!('result' in answer)) throw invalidCall('Answer with { approve }, { deny } or { result }')
  const text = typeof result === 'string' ? result : JSON.stringify(result ?? null)
  return { state: 'done', result: text }
}
