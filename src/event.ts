/**
 * What flows from a model to its reader.
 *
 * The protocol, enforced once (`stream/reply.ts`) for every model, built in or custom:
 * deltas come in their order; `usage` at most once; every whole `tool-call` before `finish`;
 * `finish` exactly once and last, also for a run of several steps, in which a `step` begins each of them. A stream that fails throws instead: it never ends quietly.
 * Events are plain data: they survive `postMessage` and `JSON.stringify`.
 */
import type { ErrorInfo, ToolErrorCode } from './error-code.ts'
import type { AssistantMessage, Message, ToolCall } from './message.ts'

/** Why a reply ended, the same words for every vendor. `tool_calls` whenever it holds whole calls. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'error' | 'other'

/** What a call cost, in tokens. */
export interface Usage {
  /** Tokens of the prompt, those read from a cache included. */
  promptTokens: number
  /** Tokens of the reply, thinking included. */
  completionTokens: number
  totalTokens: number
  /** The part of `completionTokens` that was thinking. */
  reasoningTokens?: number
  /** The part of `promptTokens` that came from a cache. */
  cachedTokens?: number
  /** Counted here, not by the server: it sent no usage, or the reply was cut. */
  estimated?: true
}

/** Something that the reply rests on: a page found by the vendor's search. */
export interface Source {
  url?: string
  title?: string
  /** The label by which the text cites it, as the vendor writes it (`1`, `ref_1`). */
  label?: string
  siteName?: string
  snippet?: string
}

/** One request of a call, as `ChatResult.attempts` tells it. */
export interface Attempt {
  provider: string
  model: string
  /** From sending to the end of this attempt, in milliseconds. */
  durationMs: number
  /** Why it failed; absent for the one that answered. */
  error?: ErrorInfo
  /** What this one cost, where the `usage` of the result is a sum: after a cut that another model took over. */
  usage?: Usage
}

/** Who answered. */
export interface ResponseInfo {
  id?: string
  model: string
  provider: string
  requestId?: string
  attempts: Attempt[]
}

export interface TextDelta {
  type: 'text-delta'
  text: string
}

export interface ReasoningDelta {
  type: 'reasoning-delta'
  text: string
}

/** A piece of a tool call. `id` and `name` come with the first piece of their `index`, which counts within a step. */
export interface ToolCallDelta {
  type: 'tool-call-delta'
  index: number
  id?: string
  name?: string
  argumentsDelta: string
}

/** A whole call, its arguments parsed. */
export interface ToolCallEvent {
  type: 'tool-call'
  toolCall: ToolCall
}

export interface SourceEvent {
  type: 'source'
  source: Source
}

/** The call is about to be sent again. */
export interface RetryEvent {
  type: 'retry'
  /** Which extra request this is, from 1. */
  attempt: number
  /** How long it waits first, in milliseconds. */
  delayMs: number
  error: ErrorInfo
}

/** Another model is asked, since the one before it failed (`failover`). */
export interface FailoverEvent {
  type: 'failover'
  /**
   * `next`: nothing was shown yet. `restart`: what was shown is void, the reply begins again: clear the page.
   * `continue`: what was shown stands, the rest follows.
   */
  action: 'next' | 'restart' | 'continue'
  /** Who is asked now. */
  provider: string
  model: string
  /** Why the one before was left; its `provider` is in it. */
  error: ErrorInfo
  /** Every request of this call so far, all failed. */
  attempts: Attempt[]
}

/** The model is asked for another reply of a run with tools (`runTools`): what came before belongs to earlier steps. */
export interface StepEvent {
  type: 'step'
  /** Which one it is, from 1. */
  step: number
}

/** A tool has answered a call, or could not (`runTools`). They come as they end; the model gets them in order. */
export interface ToolResultEvent {
  type: 'tool-result'
  toolCallId: string
  name: string
  /** What the model is told. */
  content: string
  /** Why there is no answer. */
  error?: ErrorInfo
  /** `beforeTool` did not let it run. */
  refused?: true
  /** How long the tool ran, in milliseconds. */
  durationMs: number
}

export interface UsageEvent {
  type: 'usage'
  usage: Usage
}

export interface FinishEvent {
  type: 'finish'
  finishReason: FinishReason
  /** The vendor's own word. */
  rawFinishReason?: string | null
  /** Members that the vendor wants back unchanged on the assistant message of the next turn. */
  messageFields?: Record<string, unknown>
  /** Who answered. Set by the base class, unless the model asks others and says which of them it was. */
  response?: ResponseInfo
}

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

/** What came of one tool call. */
export interface ToolResult {
  /** The call as it was run: with the arguments that `beforeTool` gave it, if it did. */
  toolCall: ToolCall
  /** What the model is told. */
  content: string
  /** What `execute` gave. */
  output?: unknown
  /** Why there is no output: a `ToolError`, whose `cause` is what the tool threw. */
  error?: Error & { readonly code: ToolErrorCode }
  /** `beforeTool` did not let it run. */
  refused?: true
  /** How long the tool ran, in milliseconds. */
  durationMs: number
}

/** One reply of a run with tools, and what its calls came to. */
export interface ToolStep {
  result: ChatResult
  /** In the order of the calls, once all have ended. */
  toolResults: ToolResult[]
}

/** A whole answer. `String(result)` is its text. */
export interface ChatResult {
  text: string
  /** Thinking, whatever the vendor calls it. */
  reasoning: string
  toolCalls: ToolCall[]
  /** The assistant message in the OpenAI format, ready to append to the messages of the next call. */
  message: AssistantMessage
  finishReason: FinishReason
  /** The vendor's own word. */
  rawFinishReason: string | null
  usage: Usage
  sources?: Source[]
  /** The vendor's id of the answer. */
  id?: string
  /** The model that answered, as the server names it. */
  model: string
  /** The server that answered. */
  provider: string
  /** The server's id of the request, for its support. */
  requestId?: string
  /** Every request that this call made, the last being the one that answered. */
  attempts: Attempt[]
  /** Every whole reply of a run with tools (`runTools`), the last included. */
  steps?: ToolStep[]
  /** The whole conversation of a run with tools, ready to go on: no call in it lacks its answer but those in `toolCalls`. */
  messages?: Message[]
  /** The text, which is all that the ancestor's `chat` returned. */
  toString(): string
}
