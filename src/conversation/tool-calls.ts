/**
 * The tool calls of a reply: adds their events, runs those of the page, and answers those that wait. Loaded at the
 * first tool call, source or failover.
 */
import { ToolError } from '../errors.ts'
import type { StreamEvent, ToolResultEvent } from '../event.ts'
import { loadPart } from '../load-part.ts'
import type { Message, ToolCall } from '../message.ts'
import type { Tool } from '../tools/tool.ts'
import { fieldsOf, isToolCall, toMessages } from './messages.ts'
import type { ActionContext, Run } from './run.ts'
import { setFields, stepStart } from './steps.ts'
import { invalidCall } from './tree.ts'
import type {
  ConversationOptions,
  ConversationTurn,
  MessagePart,
  ToolAnswer,
  ToolCallPart,
} from './types.ts'

/** Adds a rare event. */
export function applyRareEvent(
  turn: ConversationTurn,
  event: StreamEvent,
  { model, tools }: ConversationOptions,
): void {
  const parts = (turn.parts ??= [])
  if (event.type === 'tool-call-delta') {
    const { index, id = '', name = '', argumentsDelta } = event
    const at = findInStep(parts, (part) => part.index === index)
    const part = parts[at] as ToolCallPart | undefined
    if (part) {
      parts[at] = { ...part, argumentsText: part.argumentsText + argumentsDelta }
      return
    }
    const argumentsText = argumentsDelta
    parts.push({ type: 'tool-call', id, name, index, state: 'streaming', argumentsText })
  } else if (event.type === 'tool-call') {
    const { index, toolCall } = event
    const at = findInStep(
      parts,
      (part) => part.id === toolCall.id || (index !== undefined && part.index === index),
    )
    // Tools of the page run once the reply is complete.
    const state = model && tools ? 'streaming' : 'running'
    const part: ToolCallPart = { type: 'tool-call', index, state, ...toolCall }
    if (at === -1) parts.push(part)
    else if ((parts[at] as ToolCallPart).result === undefined) parts[at] = part
  } else if (event.type === 'tool-result') setResult(parts, event)
  else if (event.type === 'source') turn.sources = [...(turn.sources ?? []), event.source]
  else if (event.type === 'failover' && event.action === 'restart') parts.length = stepStart(parts)
}

function findInStep(parts: readonly MessagePart[], test: (part: ToolCallPart) => boolean): number {
  for (let at = parts.length - 1; at >= 0; at--) {
    const part = parts[at] as MessagePart
    if (part.type === 'step') break
    if (isToolCall(part) && test(part)) return at
  }
  return -1
}

function setResult(parts: MessagePart[], event: ToolResultEvent): void {
  const { toolCallId, content, error, refused, durationMs } = event
  const state = refused ? 'denied' : error ? 'failed' : 'done'
  updateCall(parts, toolCallId, { state, result: content, error, durationMs })
}

/** Changes the last tool call with this id. */
function updateCall(parts: MessagePart[], id: string, change: Partial<ToolCallPart>): void {
  for (let at = parts.length - 1; at >= 0; at--) {
    const part = parts[at] as MessagePart
    if (!isToolCall(part) || part.id !== id) continue
    parts[at] = { ...part, ...change }
    return
  }
}

/** Sets what a vendor requires back with the assistant messages of a run with tools. */
export function setStepFields(
  turn: ConversationTurn,
  step: number,
  messages: readonly Message[],
): void {
  const replies = messages.filter(({ role }) => role === 'assistant')
  replies.forEach((message, index) => setFields(turn, step + index, fieldsOf(message)))
}

/**
 * Runs the tool calls of a reply and asks for the next step, until a step calls none or waits for an answer.
 * @throws {ToolError} `too_many_steps`
 */
export async function runToolCalls(run: Run, context: ActionContext): Promise<void> {
  const { maxSteps = 10 } = context.options
  for (let step = 1; await answerCalls(run, context); step++) {
    if (step >= maxSteps) {
      const problem = `The model still calls tools in step ${maxSteps} (raise \`maxSteps\`)`
      throw new ToolError('too_many_steps', problem)
    }
    await run.request()
  }
}

/** Runs the tool calls of the last step. Returns true if the model must be asked again. */
async function answerCalls(run: Run, context: ActionContext): Promise<boolean> {
  const { turn, signal } = run
  const { parts = [], finishReason } = turn
  const { options, tree, update, snapshots } = context
  if (!run.isCurrent() || finishReason !== 'tool_calls') return false
  const calls = parts.slice(stepStart(parts)).filter(isToolCall)
  const { ready, running, isWaiting } = await planCalls(parts, calls, options)
  if (calls.length === 0 || !run.isCurrent()) return false
  update(turn)
  if (running.length > 0) {
    const { claimCalls } = await loadPart(() => import('./claim-calls.ts'))
    if (!(await claimCalls(run, running, context)) || !run.isCurrent()) return false
  }
  if (ready.length > 0) {
    const { runPageTools } = await loadPart(() => import('./page-tools.ts'))
    const { tools = [], toolTimeout = 300_000, needsApproval } = options
    const messages = toMessages(tree.path(turn))
    await runPageTools(ready, { tools, toolTimeout, signal, messages, needsApproval }, (event) => {
      if (!run.isCurrent()) return
      applyRareEvent(turn, event, options)
      snapshots.soon(turn)
    })
  }
  return !isWaiting && run.isCurrent()
}

/** Returns the calls that run now in the page, the ids of all that run, and marks open calls as `running` or `waiting`. */
async function planCalls(
  parts: MessagePart[],
  calls: readonly ToolCallPart[],
  options: ConversationOptions,
): Promise<{ ready: ToolCall[]; running: string[]; isWaiting: boolean }> {
  const ready: ToolCall[] = []
  const running: string[] = []
  let isWaiting = false
  for (const { id, name, argumentsText, arguments: args = {}, ...part } of calls) {
    if (part.result !== undefined) continue
    const call: ToolCall = { id, name, arguments: args, argumentsText }
    if (part.invalid !== undefined) call.invalid = part.invalid
    const isHere = runsHere(name, options)
    const mayRun = part.approved ?? (isHere && !(await mustWait(call, options)))
    if (mayRun) running.push(id)
    else isWaiting = true
    if (mayRun && isHere) ready.push(call)
    updateCall(parts, id, { state: mayRun ? 'running' : 'waiting' })
  }
  return { ready, running, isWaiting }
}

/** True for a tool with `execute`, and for a tool that does not exist, whose call fails. */
function runsHere(name: string, { model, tools = [] }: ConversationOptions): boolean {
  for (const each of tools as readonly Tool[])
    if (nameOf(each) === name) return typeof each.execute === 'function'
  return model !== undefined && tools.length > 0
}

function nameOf(tool: Tool & { function?: { name: string } }): string {
  return tool.function?.name ?? tool.name
}

async function mustWait(
  call: ToolCall,
  { needsApproval = false }: ConversationOptions,
): Promise<boolean> {
  if (call.invalid !== undefined) return false // the model is asked to correct it
  return typeof needsApproval === 'function' ? await needsApproval(call) : needsApproval
}

/**
 * Answers a tool call that is `waiting`. Returns true if no other one waits.
 * @throws {ConfigError} `unsupported_option`
 */
export function answerToolCall(
  turn: ConversationTurn | undefined,
  { toolCallId, answer }: { toolCallId: string; answer: ToolAnswer },
  options: ConversationOptions,
): boolean {
  const parts = turn?.parts ?? []
  const isWaiting = (part: MessagePart) => isToolCall(part) && part.state === 'waiting'
  const call = parts.find((part) => isWaiting(part) && (part as ToolCallPart).id === toolCallId)
  if (!call) throw invalidCall(`No tool call "${toolCallId}" is waiting for an answer`)
  updateCall(parts, toolCallId, toAnswered(call as ToolCallPart, answer, options))
  return !parts.some(isWaiting)
}

function toAnswered(
  { name }: ToolCallPart,
  answer: ToolAnswer,
  options: ConversationOptions,
): Partial<ToolCallPart> {
  const { approve, deny, result } = answer as { approve?: true; deny?: unknown; result?: unknown }
  if (approve) {
    const isKnown = (options.tools as readonly Tool[] | undefined)?.some(
      (each) => nameOf(each) === name,
    )
    // A tool that only the server knows runs there.
    if (runsHere(name, options) || (!options.model && !isKnown))
      return { state: 'running', approved: true }
    throw invalidCall(`The tool "${name}" has no \`execute\`: answer with { result }`)
  }
  if (deny) {
    const reason = typeof deny === 'string' ? deny : 'The user denied this tool call'
    return { state: 'denied', result: reason }
  }
  if (!('result' in answer)) throw invalidCall('Answer with { approve }, { deny } or { result }')
  return { state: 'done', result: typeof result === 'string' ? result : toText(result ?? null) }
}

/** @throws {ConfigError} `unsupported_option` for what JSON cannot say: a function, a `bigint`, a cycle */
function toText(result: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(result)
  } catch {
    // reported below
  }
  if (text === undefined) throw invalidCall('`result` must be text or what JSON can say')
  return text
}
