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
  /** Both together, unless the server says another number. */
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
  /** Where it is. */
  url?: string
  /** What the page is called. */
  title?: string
  /** The label by which the text cites it, as the vendor writes it (`1`, `ref_1`). */
  label?: string
  /** What the site is called. */
  siteName?: string
  /** The part of the page that was found. */
  snippet?: string
}

/** One request of a call, as `ChatResult.attempts` tells it. */
export interface Attempt {
  /** The server that was asked. */
  provider: string
  /** The model that was asked. */
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
  /** The vendor's id of the answer. */
  id?: string
  /** The model that answered, as the server names it. */
  model: string
  /** The server that answered. */
  provider: string
  /** The server's id of the request, for its support. */
  requestId?: string
  /** Every request of the call, the last being the one that answered. */
  attempts: Attempt[]
}

/** A piece of the text. */
export interface TextDelta {
  type: 'text-delta'
  /** Never empty, and never a stop word. */
  text: string
}

/** A piece of the thinking. */
export interface ReasoningDelta {
  type: 'reasoning-delta'
  /** Without the tags in which some models write it. */
  text: string
}

/** A piece of a tool call. `id` and `name` come with the first piece of their `index`, which counts within a step. */
export interface ToolCallDelta {
  type: 'tool-call-delta'
  /** Which call of this reply it belongs to, from 0. */
  index: number
  /** With the first piece only. */
  id?: string
  /** With the first piece only: the tool that is called. */
  name?: string
  /** The next piece of the JSON text. */
  argumentsDelta: string
}

/** A whole call, its arguments parsed. */
export interface ToolCallEvent {
  type: 'tool-call'
  /** That of its `tool-call-delta` events, by which a page finds what it has shown of the call; absent without any. */
  index?: number
  /** The call as it may be run, unless it is marked `invalid`. */
  toolCall: ToolCall
}

/** The vendor's search has found a page. */
export interface SourceEvent {
  type: 'source'
  /** The page. */
  source: Source
}

/** The call is about to be sent again. */
export interface RetryEvent {
  type: 'retry'
  /** Which extra request this is, from 1. */
  attempt: number
  /** How long it waits first, in milliseconds. */
  delayMs: number
  /** Why it failed. */
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
  /** The model that is asked now. */
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
  /** The call that is answered. */
  toolCallId: string
  /** The tool. */
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

/** What the call cost. At most once. */
export interface UsageEvent {
  type: 'usage'
  /** In tokens; of all steps, where there are several. */
  usage: Usage
}

/** The reply is whole. Once, and last. */
export interface FinishEvent {
  type: 'finish'
  /** Why it ended. */
  finishReason: FinishReason
  /** The vendor's own word. */
  rawFinishReason?: string | null
  /** Members that the vendor wants back unchanged on the assistant message of the next turn. */
  messageFields?: Record<string, unknown>
  /** Who answered. Set by the base class, unless the model asks others and says which of them it was. */
  response?: ResponseInfo
}

/** Whatever flows from a model to its reader, told apart by `type`. */
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
  /** The reply of the model. */
  result: ChatResult
  /** In the order of the calls, once all have ended. */
  toolResults: ToolResult[]
}

/** A whole answer. `String(result)` is its text. */
export interface ChatResult {
  /** What the model said, without its thinking; empty where it only calls tools. */
  text: string
  /** Thinking, whatever the vendor calls it. */
  reasoning: string
  /** What the model wants to be run; empty where it calls nothing. */
  toolCalls: ToolCall[]
  /** The assistant message in the OpenAI format, ready to append to the messages of the next call. */
  message: AssistantMessage
  /** Why it ended. `length` is an answer that `maxTokens` cut. */
  finishReason: FinishReason
  /** The vendor's own word. */
  rawFinishReason: string | null
  /** What it cost, in tokens; counted here where the server does not say (`estimated`). */
  usage: Usage
  /** What the vendor's search has found. */
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
