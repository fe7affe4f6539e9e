/**
 * Runs the tool calls of a reply in the page. Loaded at the first use of a tool.
 */
import type { BaseChatModel } from '../chat/base.ts'
import type { StreamEvent } from '../event.ts'
import type { Message, ToolCall, ToolDefinition } from '../message.ts'
import type { ChatStream } from '../stream/chat-stream.ts'
import { answerCall, toResultEvent } from '../tools/execute-call.ts'
import type { ToolRunRequest } from '../tools/run-tools.ts'
import { runTools } from '../tools/run-tools.ts'
import type { Tool } from '../tools/tool.ts'
import { checkApproval, prepareTools } from '../tools/tool.ts'
import type { ConversationOptions } from './types.ts'

/** Options of `runPageTools`. */
export interface PageToolOptions {
  tools: readonly (Tool | ToolDefinition)[]
  toolTimeout: number | false
  signal: AbortSignal
  messages: readonly Message[]
  needsApproval: ConversationOptions['needsApproval']
}

/** Asks for a reply that ends with its tool calls, so that a conversation can save them before they run. */
export function askWithTools(
  { model, tools = [], maxSteps, needsApproval }: ConversationOptions,
  request: Omit<ToolRunRequest, 'tools'>,
): ChatStream {
  checkApproval(tools, { needsApproval })
  const described = tools.map((each) =>
    'type' in each ? each : { ...each, execute: undefined },
  ) as (Tool | ToolDefinition)[]
  return runTools(model as BaseChatModel, { ...request, maxSteps, tools: described, stream: true })
}

/**
 * Runs tool calls in parallel, and reports each result as an event.
 * @throws a `ToolError` thrown by a tool, `ConfigError` for a tool that would run without the approval that it asks for
 */
export async function runPageTools(
  calls: readonly ToolCall[],
  options: PageToolOptions,
  onEvent: (event: StreamEvent) => void,
): Promise<void> {
  checkApproval(options.tools, options)
  const prepared = await prepareTools(options.tools)
  await Promise.all(
    calls.map(async (call) => {
      const result = await answerCall(call, { beforeTool: undefined, ...options, prepared })
      onEvent(toResultEvent(result))
    }),
  )
}
