/**
 * The calls of one reply, answered: checked, allowed, run, and what came of them in words for the model.
 */
import type { OutputIssue } from '../error-code.ts'
import { isChatError, ToolError } from '../errors.ts'
import type { ToolResult } from '../event.ts'
import type { Message, ToolCall } from '../message.ts'
import { isRecord } from '../is-record.ts'
import { validateRoot } from '../schema/wire-schema.ts'
import type { ExecutableTool, PreparedTools, ToolContext } from './tool.ts'

/**
 * What a caller decides of a call: nothing lets it run, `arguments` runs it with others (which are checked again),
 * `refuse` tells the model why it does not run.
 */
export type ToolDecision = { arguments: Record<string, unknown> } | { refuse: string } | undefined

/** Asked before every call whose arguments are valid. */
export type BeforeTool = (
  toolCall: ToolCall,
  context: ToolContext,
) => ToolDecision | void | Promise<ToolDecision | void>

/** What the calls of a reply share. */
export interface CallsOptions {
  prepared: PreparedTools
  beforeTool: BeforeTool | undefined
  signal: AbortSignal
  /** The conversation, up to the message that makes the calls. */
  messages: readonly Message[]
}

/** So much of what a model wrote is told back to it, in characters. */
const QUOTE = 500

/**
 * Answers a call. What goes wrong is an answer too.
 * @throws a `ToolError` that the tool throws, and whatever `beforeTool` does
 */
export async function answerCall(toolCall: ToolCall, options: CallsOptions): Promise<ToolResult> {
  const { prepared, beforeTool, signal, messages } = options
  const ready = prepared.executable.get(toolCall.name)
  if (!ready) {
    return fail(toolCall, new ToolError('unknown_tool', wordsOfUnknown(toolCall.name, prepared)))
  }
  const context: ToolContext = { signal, toolCallId: toolCall.id, messages }
  let asked = toolCall
  let checked = await validate(asked, ready)
  if ('error' in checked) return fail(asked, checked.error)
  const decision = checkDecision(await beforeTool?.(toolCall, context))
  if (decision && 'refuse' in decision) {
    return { toolCall, content: decision.refuse, refused: true, durationMs: 0 }
  }
  if (decision) {
    asked = withArguments(toolCall, decision.arguments)
    checked = await validate(asked, ready)
    if ('error' in checked) return fail(asked, checked.error)
  }
  signal.throwIfAborted() // the run may have ended while somebody decided
  return await run(asked, ready, { args: checked.value, context })
}

// A `false` that was meant to refuse must not run the tool.
function checkDecision(decision: unknown): ToolDecision {
  if (decision === undefined) return undefined
  if (isRecord(decision)) {
    if (typeof decision.refuse === 'string') return { refuse: decision.refuse }
    if (isRecord(decision.arguments)) return { arguments: decision.arguments }
  }
  throw new TypeError('beforeTool() must return nothing, { arguments } or { refuse: a text }')
}

async function validate(
  toolCall: ToolCall,
  { schema, root }: ExecutableTool,
): Promise<{ value: unknown } | { error: ToolError }> {
  const { name, argumentsText, invalid } = toolCall
  const refuse = (words: string) => ({
    error: new ToolError('invalid_arguments', `The arguments of "${name}" ${words}`),
  })
  if (invalid !== undefined) {
    return refuse(`cannot be read. ${invalid}. They were: ${argumentsText.slice(0, QUOTE)}`)
  }
  try {
    const outcome = await validateRoot(schema, root, toolCall.arguments)
    if (!('issues' in outcome)) return outcome
    return refuse(`are not valid: ${wordsOfIssues(outcome.issues)}`)
  } catch (thrown) {
    return { error: failureOf(name, thrown) } // code of the caller's: a transform, a check
  }
}

async function run(
  toolCall: ToolCall,
  { tool }: ExecutableTool,
  { args, context }: { args: unknown; context: ToolContext },
): Promise<ToolResult> {
  const began = Date.now()
  let result: ToolResult
  try {
    const output = await tool.execute?.(args, context)
    result = { toolCall, content: toContent(output), output, durationMs: 0 }
  } catch (thrown) {
    if (isToolError(thrown)) throw thrown
    result = fail(toolCall, failureOf(tool.name, thrown))
  }
  return { ...result, durationMs: Date.now() - began }
}

/** Also for one of another copy of this package. */
export function isToolError(thrown: unknown): boolean {
  return thrown instanceof ToolError || (isChatError(thrown) && thrown.name === 'ToolError')
}

function failureOf(name: string, cause: unknown): ToolError {
  const words = cause instanceof Error ? cause.message : String(cause)
  return new ToolError('tool_failed', `The tool "${name}" failed: ${words}`, { cause })
}

/** A model reads that it is an error by its first word. */
function fail(toolCall: ToolCall, error: ToolError): ToolResult {
  return { toolCall, content: `Error: ${error.message}`, error, durationMs: 0 }
}

function toContent(output: unknown): string {
  if (typeof output === 'string') return output
  const text = JSON.stringify(output ?? null) as string | undefined
  if (text === undefined) throw new TypeError(`it gave a ${typeof output}, which JSON cannot say`)
  return text
}

function withArguments(toolCall: ToolCall, given: Record<string, unknown>): ToolCall {
  return { ...toolCall, arguments: given, argumentsText: JSON.stringify(given) }
}

function wordsOfUnknown(name: string, { executable, callerTools }: PreparedTools): string {
  const names = [...executable.keys(), ...callerTools]
  const others = names.length > 0 ? `the tools are ${names.join(', ')}` : 'there is none at all'
  return `There is no tool "${name.slice(0, QUOTE)}": ${others}`
}

function wordsOfIssues(issues: readonly OutputIssue[]): string {
  return issues
    .slice(0, 20)
    .map(({ path, message }) => (path?.length ? `${path.join('.')} ${message}` : message))
    .join('; ')
}
