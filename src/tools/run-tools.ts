/**
 * The loop of tools: ask the model, answer the calls of its reply, ask again, until it makes none.
 */
import { ConfigError } from '../errors.ts'
import type { ToolDefinition } from '../message.ts'
import type { ChatRequest } from '../options.ts'
import { ChatStream } from '../stream/chat-stream.ts'
import { drain } from '../stream/event-iterator.ts'
import type { BaseChatModel } from '../chat/base.ts'
import { checkRequest } from '../validation/input.ts'
import type { Tool } from './tool.ts'
import { checkTools } from './tool.ts'
import type { BeforeTool } from './execute-call.ts'
import type { ToolRunResult } from './tool-run.ts'
import { ToolRun } from './tool-run.ts'

/** A request of `runTools`: that of a chat, and how the tools are run. */
export interface ToolRunRequest extends Omit<ChatRequest, 'tools'> {
  /**
   * Those made by `tool()`, and any in the OpenAI format or the vendor's own: of these the calls are the caller's to
   * answer.
   */
  tools: readonly (Tool | ToolDefinition)[]
  /**
   * Most replies of the model. One that still makes calls then ends the run.
   * @default 10
   * @throws {ToolError} `too_many_steps`
   */
  maxSteps?: number | undefined
  /**
   * How many steps in a row may hold a call that fails (an unknown tool, invalid arguments, a tool that throws) before
   * the run does: the model is told of each, and may do better. One in which all goes well starts the count again.
   * @default 3
   * @throws {ToolError} `unknown_tool`, `invalid_arguments` or `tool_failed`
   */
  maxToolErrors?: number | undefined
  /**
   * Asked before every call that is valid, all those of a reply at once. What it throws ends the run.
   * @example
   * beforeTool: async ({ name, arguments: args }) =>
   *   (await confirm(name, args)) ? undefined : { refuse: 'The user does not want that' }
   */
  beforeTool?: BeforeTool | undefined
  /**
   * Timeout of one tool, in milliseconds, or `false` for none. The model reads that the tool failed; the tool's own
   * `signal` aborts.
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
 * Chats with tools that are run here: the calls of a reply are checked and run together, their answers go back to
 * the model, and so on until it makes none, or one that is the caller's to answer. `text` and the other members are
 * those of the last reply, `toolCalls` those of its calls that are the caller's to answer; `usage` and `attempts`
 * are those of all. A stream gives the text of all replies, and an event of the type `step` before each.
 *
 * Each reply is a chat of its own with limits of its own; `signal` ends the whole, and the tools with it. A
 * `toolChoice` that makes the model call a tool holds for the first reply only: it would never come to an end.
 * @throws {ConfigError} for tools and options that cannot be used
 * @throws {ToolError} for what the model or a tool cannot get right, with `partial` and `steps`
 * @throws {ChatError} for what fails, with `partial` holding what had arrived, its `steps` and its `messages`
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

// What is wrong with the request rejects the promise, like everything else that can go wrong.
async function answer(llm: BaseChatModel, request: ToolRunRequest): Promise<ToolRunResult> {
  const run = createRun(llm, request)
  await drain(run)
  return run.result()
}

function createRun(llm: BaseChatModel, request: ToolRunRequest): ToolRun {
  const { tools, maxSteps = 10, maxToolErrors = 3, toolTimeout = 300_000, ...rest } = request ?? {}
  const { beforeTool, ...chat } = rest
  checkTools(tools)
  checkCount('maxSteps', maxSteps, 1)
  checkCount('maxToolErrors', maxToolErrors, 0)
  if (beforeTool !== undefined && typeof beforeTool !== 'function') {
    throw new ConfigError('unsupported_option', 'beforeTool must be a function')
  }
  checkTimeout(toolTimeout)
  const options = { tools, maxSteps, maxToolErrors, beforeTool, toolTimeout }
  return new ToolRun(llm, { ...checkRequest(chat), ...options })
}

// Timers count in 32 bits: a longer timeout would expire at once.
function checkTimeout(value: number | false): void {
  if (value === false || (Number.isFinite(value) && value >= 1 && value < 2 ** 31)) return
  throw new ConfigError(
    'unsupported_option',
    'toolTimeout must be milliseconds from 1 to 2147483647, or false',
  )
}

function checkCount(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return
  throw new ConfigError('unsupported_option', `${name} must be a whole number from ${least}`)
}
