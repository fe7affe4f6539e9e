/**
 * Runs the tool loop: calls the model, executes the tool calls of its reply, and repeats until it makes none.
 */
import { ConfigError } from '../errors.ts'
import type { ToolCall, ToolDefinition } from '../message.ts'
import type { ChatRequest } from '../options.ts'
import { ChatStream } from '../stream/chat-stream.ts'
import { drain } from '../stream/event-iterator.ts'
import type { BaseChatModel } from '../chat/base.ts'
import { checkRequest } from '../validation/input.ts'
import { checkModel } from '../validation/model.ts'
import type { Tool } from './tool.ts'
import { checkApproval, checkTools } from './tool.ts'
import type { BeforeTool } from './execute-call.ts'
import type { ToolRunResult } from './tool-run.ts'
import { ToolRun } from './tool-run.ts'
import { isDuration } from '../validation/shape.ts'

/** A request of `runTools`: that of a chat, plus how to run the tools. */
export interface ToolRunRequest extends Omit<ChatRequest, 'tools'> {
  /**
   * Tools made by `tool()`, and any in the OpenAI or the vendor's own format. Calls of the latter are returned to
   * the caller.
   */
  tools: readonly (Tool | ToolDefinition)[]
  /**
   * Maximum number of replies. If the last one still calls tools, the run fails.
   * @default 10
   * @throws {ToolError} `too_many_steps`
   */
  maxSteps?: number | undefined
  /**
   * Maximum number of consecutive steps with a failed call (an unknown tool, invalid arguments, a tool that
   * throws). The model receives each error and can correct itself. A step without errors resets the count.
   * @default 3
   * @throws {ToolError} `unknown_tool`, `invalid_arguments` or `tool_failed`
   */
  maxToolErrors?: number | undefined
  /**
   * Called before every valid tool call, in parallel for the calls of one reply. An error it throws ends the run. It has
   * no timeout, since it may ask a person: only the run's `signal` ends the wait.
   * @example
   * beforeTool: async ({ name, arguments: args }) =>
   *   (await confirm(name, args)) ? undefined : { refuse: 'The user declined' }
   */
  beforeTool?: BeforeTool | undefined
  /**
   * Returns true for tool calls that the user must approve: the run ends with them in `toolCalls`, once the others have
   * run. To go on, call `runTools` again with its `messages` and `approved`.
   * @default false
   */
  needsApproval?: boolean | ((toolCall: ToolCall) => boolean | Promise<boolean>) | undefined
  /**
   * Ids of unanswered tool calls at the end of `messages` that the user approved, or `true` for all of them. They run
   * before the first reply. Add a tool message for each of the others. If `messages` come from a page, so may calls that
   * no model made: check in `beforeTool` what the caller may do.
   * @throws {ConfigError} `invalid_messages` for other ids, and for calls without an answer
   */
  approved?: readonly string[] | true | undefined
  /**
   * Timeout of one tool call, in milliseconds, or `false` for none. The tool's `signal` aborts, and the model
   * receives an error.
   * @default 300_000
   */
  toolTimeout?: number | false | undefined
}

/** The stream of a run with tools. */
export interface ToolRunStream extends ChatStream {
  readonly partial: ToolRunResult
  result(): Promise<ToolRunResult>
}

/**
 * Chats with tools that run locally. Validates the tool calls of a reply, runs them in parallel and sends their
 * results back, until a reply makes no tool call or one that the caller must handle. The result is that of the
 * last reply, with `toolCalls` for the caller to handle; `usage` and `attempts` cover all replies. A stream
 * yields the text of all replies, with a `step` event before each.
 *
 * Timeouts and retries apply to each reply; `signal` cancels the run and its tools. A `toolChoice` that forces a
 * tool call applies to the first reply only, since the run would otherwise never end.
 * @throws {ConfigError} for invalid tools and options
 * @throws {ToolError} for errors of the model or a tool that it could not correct, with `partial` and `steps`
 * @throws {ChatError} if a call fails, with what had arrived in `partial`, and `steps` and `messages`
 * @example
 * const { text, steps } = await runTools(llm, { prompt: 'How warm is it in Oslo?', tools: [weather] })
 */
export function runTools(
  llm: BaseChatModel,
  request: ToolRunRequest & { stream: true },
): ToolRunStream
export function runTools(
  llm: BaseChatModel,
  request: ToolRunRequest & { stream?: false | undefined },
): Promise<ToolRunResult>
export function runTools(
  llm: BaseChatModel,
  request: ToolRunRequest,
): ToolRunStream | Promise<ToolRunResult>
export function runTools(
  llm: BaseChatModel,
  request: ToolRunRequest,
): ToolRunStream | Promise<ToolRunResult> {
  if (request?.stream !== true) return answer(llm, request)
  return new ChatStream(createRun(llm, request)) as ToolRunStream
}

// An invalid request rejects the promise, like any other failure.
async function answer(llm: BaseChatModel, request: ToolRunRequest): Promise<ToolRunResult> {
  const run = createRun(llm, request)
  await drain(run)
  return run.result()
}

function createRun(llm: BaseChatModel, request: ToolRunRequest): ToolRun {
  const { tools, maxSteps = 10, maxToolErrors = 3, toolTimeout = 300_000, ...rest } = request ?? {}
  const { beforeTool, needsApproval = false, approved, ...chat } = rest
  checkModel(llm, 'runTools')
  checkTools(tools)
  checkApproval(tools, rest)
  checkCount('maxSteps', maxSteps, 1)
  checkCount('maxToolErrors', maxToolErrors, 0)
  if (beforeTool !== undefined && typeof beforeTool !== 'function') {
    throw new ConfigError('unsupported_option', 'beforeTool must be a function')
  }
  if (!['boolean', 'function'].includes(typeof needsApproval)) {
    throw new ConfigError('unsupported_option', 'needsApproval must be true, false or a function')
  }
  checkTimeout(toolTimeout)
  const own = { tools, maxSteps, maxToolErrors, toolTimeout }
  const options = { ...own, beforeTool, needsApproval, approved }
  return new ToolRun(llm, { ...checkRequest(chat, Object.keys(options)), ...options })
}

function checkTimeout(value: number | false): void {
  if (isDuration(value)) return
  throw new ConfigError(
    'unsupported_option',
    'toolTimeout must be milliseconds from 1 to 2147483647, or false',
  )
}

function checkCount(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return
  throw new ConfigError('unsupported_option', `${name} must be a whole number from ${least}`)
}
