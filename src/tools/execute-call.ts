/**
 * Executes one tool call: validates its arguments, calls `beforeTool`, runs the tool, formats the result for the
 * model.
 */
import { untilAborted } from '../async/abort.ts'
import { startDeadline } from '../async/deadline.ts'
import type { OutputIssue } from '../error-code.ts'
import { isChatError, ToolError } from '../errors.ts'
import type { ToolResult, ToolResultEvent } from '../event.ts'
import type { Message, ToolCall } from '../message.ts'
import { isRecord } from '../is-record.ts'
import { reasonOf } from '../reason-of.ts'
import { toJSON, truncate } from '../well-formed.ts'
import { toContent } from './tool-content.ts'
import type { RunObserver, ToolObserver } from './run-observer.ts'
import type { ExecutableTool, PreparedTools, ToolContext } from './tool.ts'

/**
 * Decision on a tool call. `undefined` runs it, `arguments` runs it with these arguments (validated again), and
 * `refuse` sends the model this reason instead.
 */
export type ToolDecision = { arguments: Record<string, unknown> } | { refuse: string } | undefined

/** Called before every tool call whose arguments are valid. */
export type BeforeTool = (
  toolCall: ToolCall,
  context: ToolContext,
) => ToolDecision | void | Promise<ToolDecision | void>

/** Shared by all tool calls of a reply. */
export interface CallsOptions {
  prepared: PreparedTools
  beforeTool: BeforeTool | undefined
  /** In milliseconds, or `false`. */
  toolTimeout: number | false
  signal: AbortSignal
  observer?: RunObserver | undefined
  /** The conversation up to the message with the tool calls. */
  messages: readonly Message[]
}

/** Maximum length of model output quoted back to the model, in characters. */
const QUOTE = 500

/**
 * Executes a tool call. A failure becomes a result too, for the model to read.
 * @throws a `ToolError` thrown by the tool, and whatever `beforeTool` throws
 */
export async function answerCall(toolCall: ToolCall, options: CallsOptions): Promise<ToolResult> {
  const { tool } = options.prepared.executable.get(toolCall.name) ?? {}
  const observer = options.observer?.onTool(toolCall, tool)
  try {
    const result = await answer(toolCall, options, observer)
    observer?.end(result)
    return result
  } catch (error) {
    observer?.end(undefined, error)
    throw error
  }
}

async function answer(
  toolCall: ToolCall,
  { prepared, beforeTool, toolTimeout, signal, messages }: CallsOptions,
  observer: ToolObserver | undefined,
): Promise<ToolResult> {
  const ready = prepared.executable.get(toolCall.name)
  if (!ready) {
    return fail(toolCall, new ToolError('unknown_tool', formatUnknownTool(toolCall.name, prepared)))
  }
  const withinLimit: Limiter = (job) =>
    runWithin(toolCall.name, { limit: toolTimeout, signal }, job)
  const context: ToolContext = { signal, toolCallId: toolCall.id, messages }
  let asked = toolCall
  let checked = await validate(asked, ready, withinLimit)
  if ('error' in checked) return fail(asked, checked.error)
  const decision = checkDecision(await beforeTool?.(toolCall, context))
  if (decision && 'refuse' in decision) {
    return { toolCall, content: decision.refuse, refused: true, durationMs: 0 }
  }
  if (decision) {
    asked = withArguments(toolCall, decision.arguments)
    checked = await validate(asked, ready, withinLimit)
    if ('error' in checked) return fail(asked, checked.error)
  }
  signal.throwIfAborted() // `beforeTool` may take long
  return await run(asked, ready, { args: checked.value, context, withinLimit, observer })
}

// `false`, probably meant as a rejection, must not run the tool.
function checkDecision(decision: unknown): ToolDecision {
  if (decision === undefined) return undefined
  if (isRecord(decision)) {
    if (typeof decision.refuse === 'string') return { refuse: decision.refuse }
    if (isRecord(decision.arguments)) return { arguments: decision.arguments }
  }
  throw new TypeError('beforeTool() must return nothing, { arguments } or { refuse: string }')
}

async function validate(
  toolCall: ToolCall,
  executable: ExecutableTool,
  withinLimit: Limiter,
): Promise<{ value: unknown } | { error: ToolError }> {
  const { name, argumentsText, invalid } = toolCall
  const reject = (problem: string) => ({
    error: new ToolError('invalid_arguments', `The arguments of "${name}" ${problem}`),
  })
  if (invalid !== undefined) {
    return reject(`cannot be read. ${invalid}. Received: ${truncate(argumentsText, QUOTE)}`)
  }
  try {
    const outcome = await withinLimit(() => executable.validate(toolCall.arguments))
    if (!('issues' in outcome)) return outcome
    return reject(`are not valid: ${formatIssues(outcome.issues)}`)
  } catch (thrown) {
    return { error: toToolError(name, thrown) } // the schema may run the caller's code, such as a transform
  }
}

interface RunParts {
  args: unknown
  context: ToolContext
  withinLimit: Limiter
  observer: ToolObserver | undefined
}

async function run(
  toolCall: ToolCall,
  { tool }: ExecutableTool,
  { args, context, withinLimit, observer }: RunParts,
): Promise<ToolResult> {
  const began = Date.now()
  let result: ToolResult
  try {
    result = await withinLimit(async (signal) => {
      const execute = () => tool.execute?.(args, { ...context, signal })
      const output = await (observer ? observer.run(signal, execute) : execute())
      const content = toContent(output)
      // Awaits only promises, so that if tools fail at the same time, the first one's error ends the run.
      return {
        toolCall,
        content: typeof content === 'string' ? content : await content,
        output,
        durationMs: 0,
      }
    })
  } catch (thrown) {
    const isTimeout = thrown instanceof ToolTimeout
    if (!isTimeout && isToolError(thrown)) throw thrown
    result = fail(toolCall, isTimeout ? thrown : toToolError(tool.name, thrown))
  }
  return { ...result, durationMs: Date.now() - began }
}

/** Runs the caller's code within the timeout. */
type Limiter = <T>(job: (signal: AbortSignal) => T | PromiseLike<T>) => Promise<T>

/** Distinguishes our own timeout from a tool's `ToolError`, which ends the run. */
class ToolTimeout extends ToolError {}

async function runWithin<T>(
  name: string,
  { limit, signal }: { limit: number | false; signal: AbortSignal },
  job: (signal: AbortSignal) => T | PromiseLike<T>,
): Promise<T> {
  const own = new AbortController()
  const toError = (ms: number) =>
    new ToolTimeout(
      'tool_failed',
      `The tool "${name}" did not finish within ${ms} ms (raise \`toolTimeout\`)`,
    )
  const release = startDeadline(own, { signal, limit, toError })
  try {
    return await untilAborted(job(own.signal), own.signal)
  } finally {
    release()
  }
}

/** True for a `ToolError`, including one from another copy of this package. */
export function isToolError(thrown: unknown): boolean {
  return thrown instanceof ToolError || (isChatError(thrown) && thrown.name === 'ToolError')
}

function toToolError(name: string, cause: unknown): ToolError {
  if (cause instanceof ToolTimeout) return cause
  return new ToolError('tool_failed', `The tool "${name}" failed: ${reasonOf(cause)}`, { cause })
}

/** Returns the event that reports a result. */
export function toResultEvent(result: ToolResult): ToolResultEvent {
  const { toolCall, content, error, refused, durationMs } = result
  return {
    type: 'tool-result',
    toolCallId: toolCall.id,
    name: toolCall.name,
    content,
    ...(error && { error: (error as ToolError).toJSON() }),
    ...(refused && { refused }),
    durationMs,
  }
}

/** Creates a failed result, whose content tells the model that it is an error. */
function fail(toolCall: ToolCall, error: ToolError): ToolResult {
  return { toolCall, content: `Error: ${error.message}`, error, durationMs: 0 }
}

function withArguments(toolCall: ToolCall, given: Record<string, unknown>): ToolCall {
  return { ...toolCall, arguments: given, argumentsText: toJSON(given) as string }
}

function formatUnknownTool(name: string, { executable, callerTools }: PreparedTools): string {
  const names = [...executable.keys(), ...callerTools]
  const others = names.length > 0 ? `the tools are ${names.join(', ')}` : 'there are no tools'
  return `Unknown tool "${truncate(name, QUOTE)}": ${others}`
}

function formatIssues(issues: readonly OutputIssue[]): string {
  return issues
    .slice(0, 20)
    .map(({ path, message }) => (path?.length ? `${path.join('.')} ${message}` : message))
    .join('; ')
}
