/**
 * Stream events and results.
 *
 * `stream/reply.ts` enforces one protocol for every model, built-in or custom: deltas arrive in order, `usage` at most
 * once, every complete `tool-call` before `finish`, and `finish` exactly once and last. In a run of several steps each
 * begins with `step`. A stream that fails throws; it never just ends.
 * Events are plain data that survives `postMessage` and `JSON.stringify`.
 */
import type { ErrorInfo, ToolErrorCode } from './error-code.ts'
import type { AssistantMessage, Message, ToolCall } from './message.ts'

/** Reason for the end of a reply, the same values for every vendor. `tool_calls` whenever it contains complete tool calls. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'error' | 'other'

/** Token usage of a call. */
export interface Usage {
  /** Prompt tokens, cached ones included. */
  promptTokens: number
  /** Reply tokens, reasoning included. */
  completionTokens: number
  /** The server's total, else the sum of both. */
  totalTokens: number
  /** Reasoning tokens within `completionTokens`. */
  reasoningTokens?: number
  /** Cached tokens within `promptTokens`. */
  cachedTokens?: number
  /** Set when counted locally, because the server sent no usage or the reply was cut. */
  estimated?: true
}

/** A page that the vendor's search found and the reply uses. */
export interface Source {
  /** URL of the page. */
  url?: string
  /** Title of the page. */
  title?: string
  /** Citation label used in the text, as the vendor writes it (`1`, `ref_1`). */
  label?: string
  /** Name of the site. */
  siteName?: string
  /** The matching excerpt. */
  snippet?: string
}

/** One request of a call, listed in `ChatResult.attempts`. */
export interface Attempt {
  /** Name of the server. */
  provider: string
  /** The requested model. */
  model: string
  /** Duration of this attempt, in milliseconds. */
  durationMs: number
  /** Error of a failed one; absent if it succeeded. */
  error?: ErrorInfo
  /** Usage of this attempt, where the result's `usage` is a sum because another model continued a cut reply. */
  usage?: Usage
}

/** Server and model that answered. */
export interface ResponseInfo {
  /** The vendor's id of the reply. */
  id?: string
  /** The model that answered, as the server spells it. */
  model: string
  /** Name of the server that answered. */
  provider: string
  /** The server's request id, for its support. */
  requestId?: string
  /** Every request of the call; the last one answered. */
  attempts: Attempt[]
}

/** A piece of text. */
export interface TextDelta {
  type: 'text-delta'
  /** Never empty; never contains a stop sequence. */
  text: string
}

/** A piece of reasoning. */
export interface ReasoningDelta {
  type: 'reasoning-delta'
  /** Without the tags that some models put around it. */
  text: string
}

/**
 * A piece of a tool call. The first piece of each `index` has `id` and `name`, or the first half of a name if the server
 * sends it in pieces: what a later piece has replaces them. `index` restarts at each step.
 */
export interface ToolCallDelta {
  type: 'tool-call-delta'
  /** Index of the tool call in this reply, from 0. */
  index: number
  /** Missing if the server sends none: the `tool-call` event has one. */
  id?: string
  /** Name of the tool so far. */
  name?: string
  /** The next piece of the JSON text. */
  argumentsDelta: string
}

/** A complete tool call with parsed arguments. */
export interface ToolCallEvent {
  type: 'tool-call'
  /** Matches the `index` of its `tool-call-delta` events; absent if there were none. */
  index?: number
  /** Ready to run, unless marked `invalid`. */
  toolCall: ToolCall
}

/** The vendor's search found a page. */
export interface SourceEvent {
  type: 'source'
  /** The page. */
  source: Source
}

/** The request failed and will be sent again. */
export interface RetryEvent {
  type: 'retry'
  /** Number of the retry, from 1. */
  attempt: number
  /** Delay before the retry, in milliseconds. */
  delayMs: number
  /** Error of the request. */
  error: ErrorInfo
}

/** A model failed and the next one takes over (`failover`). */
export interface FailoverEvent {
  type: 'failover'
  /**
   * `next`: nothing was emitted yet. `restart`: discard what was emitted, the reply starts over.
   * `continue`: keep what was emitted, the rest follows.
   */
  action: 'next' | 'restart' | 'continue'
  /** Name of the server that takes over. */
  provider: string
  /** The model that takes over. */
  model: string
  /** Error of the previous model, with its `provider`. */
  error: ErrorInfo
  /** Every request of this call so far; all failed. */
  attempts: Attempt[]
}

/** A new step of a tool run begins (`runTools`); earlier events belong to earlier steps. */
export interface StepEvent {
  type: 'step'
  /** Number of the step, from 1. */
  step: number
}

/** A tool finished or failed (`runTools`). Emitted in order of completion; the model receives them in order of the calls. */
export interface ToolResultEvent {
  type: 'tool-result'
  /** Id of the tool call. */
  toolCallId: string
  /** Name of the tool. */
  name: string
  /** Content of the tool message sent to the model. */
  content: string
  /** Error of the tool. */
  error?: ErrorInfo
  /** Set when `beforeTool` denied the call. */
  refused?: true
  /** Run time of the tool, in milliseconds. */
  durationMs: number
}

/** Token usage of the call. At most once. */
export interface UsageEvent {
  type: 'usage'
  /** The sum over all steps of a tool run. */
  usage: Usage
}

/** The reply is complete. Once, and last. */
export interface FinishEvent {
  type: 'finish'
  /** Reason for the end of the reply. */
  finishReason: FinishReason
  /** The vendor's own value. */
  rawFinishReason?: string | null
  /** Properties that the vendor requires back unchanged on the assistant message of the next turn. */
  messageFields?: Record<string, unknown>
  /**
   * The same of the earlier replies of a run, and their reasoning, by the id of their first tool call. Set if the caller
   * must answer tool calls of the last reply, since vendors require them back until the turn ends.
   */
  stepFields?: Record<string, Record<string, unknown>>
  /** Ids of the tool calls of a run that wait for the user's approval (`needsApproval` of `runTools`). */
  awaitsApproval?: readonly string[]
  /** Origin of the reply. Set by the base class, or by a model that delegates. */
  response?: ResponseInfo
}

/** Any stream event, discriminated by `type`. */
export type StreamEvent =
  | TextDelta
  | ReasoningDelta
  | ToolCallDelta
  | ToolCallEvent
  | SourceEvent
  | RetryEvent
  | FailoverEvent
  | StepEvent
  | ToolResultEvent
  | UsageEvent
  | FinishEvent

/** Outcome of one tool call. */
export interface ToolResult {
  /** The tool call as run, with any arguments replaced by `beforeTool`. */
  toolCall: ToolCall
  /** Content of the tool message sent to the model. */
  content: string
  /** Return value of `execute`. */
  output?: unknown
  /** A `ToolError` if there is no output, with the tool's error as its `cause`. */
  error?: Error & { readonly code: ToolErrorCode }
  /** Set when `beforeTool` denied the call. */
  refused?: true
  /** Run time of the tool, in milliseconds. */
  durationMs: number
}

/** One reply of a tool run, with the results of its tool calls. */
export interface ToolStep {
  /** The model's reply. */
  result: ChatResult
  /** In the order of the tool calls. */
  toolResults: ToolResult[]
}

/** A complete reply. `String(result)` is its text. */
export interface ChatResult {
  /** The text without reasoning; empty if the model only calls tools. */
  text: string
  /** The reasoning, whatever the vendor calls it. */
  reasoning: string
  /** Requested tool calls; empty if none. */
  toolCalls: ToolCall[]
  /** The assistant message in the OpenAI format, ready to append to the messages of the next call. */
  message: AssistantMessage
  /** Reason for the end. `length` means `maxTokens` cut it. */
  finishReason: FinishReason
  /** The vendor's own value. */
  rawFinishReason: string | null
  /** Token usage; counted locally if the server sent none (`estimated`). */
  usage: Usage
  /** Pages found by the vendor's search. */
  sources?: Source[]
  /** The vendor's id of the reply. */
  id?: string
  /** The model that answered, as the server spells it. */
  model: string
  /** Name of the server that answered. */
  provider: string
  /** The server's request id, for its support. */
  requestId?: string
  /** Every request of the call; the last one answered. */
  attempts: Attempt[]
  /** Every reply of a tool run (`runTools`), the last one included. */
  steps?: ToolStep[]
  /** The entire conversation of a tool run, ready to continue. Only the calls in `toolCalls` still lack a tool message. */
  messages?: Message[]
  /** Returns `text`. */
  toString(): string
}
