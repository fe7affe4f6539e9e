/**
 * What a caller can say: how to reach a model (`ModelConfig`) and what to ask of it (`ChatOptions`).
 * `undefined` means absent everywhere; `0`, `''`, `false` and `null` are answers.
 */
import type { ErrorInfo } from './error-code.ts'
import type { ChatResult } from './event.ts'
import type { Message, MessageInput, ToolDefinition } from './message.ts'

/** Which tool the model may or must call. */
export type ToolChoice =
  | 'auto'
  | 'none'
  | 'required'
  | { type: 'function'; function: { name: string } }

/** The form of the answer. */
export type ResponseFormat =
  | { type: 'text' }
  | { type: 'json_object' }
  | {
      type: 'json_schema'
      json_schema: {
        name: string
        schema: Record<string, unknown>
        description?: string | undefined
        strict?: boolean | undefined
      }
    }

/** How hard to think. */
export interface ReasoningOptions {
  /** The vendor's word for the effort: `none`, `minimal`, `low`, `medium`, `high`, … */
  effort?: string | undefined
  /** Most tokens to spend on thinking. */
  budget?: number | undefined
}

/**
 * What to ask of a model, the same words for every server. What is absent is as the server is wont to. What a server does not take is translated,
 * dropped where its documentation says that it has no effect, or refused with `unsupported_option`.
 */
export interface ChatOptions {
  /** Randomness, from 0. Servers differ in the upper end (1 or 2). */
  temperature?: number | undefined
  /** Nucleus sampling, above 0 up to 1. */
  topP?: number | undefined
  /** Choose among this many tokens. */
  topK?: number | undefined
  /** Most tokens to write. */
  maxTokens?: number | undefined
  /** The same number shall give the same answer, as far as the server keeps to it. */
  seed?: number | undefined
  /** Words at which the answer ends; they never appear in its text, whatever the server does. */
  stop?: string | readonly string[] | undefined
  /** Against words that are there already, mostly from -2 to 2. */
  presencePenalty?: number | undefined
  /** Against words by how often they are there already, mostly from -2 to 2. */
  frequencyPenalty?: number | undefined
  /** Against repetition, as vLLM and Qwen have it: 1 is none. */
  repetitionPenalty?: number | undefined
  /** What the model may call, in the OpenAI format or the vendor's own. `runTools` also runs them. */
  tools?: readonly ToolDefinition[] | undefined
  /** Whether and which of them it must call. Absent: as it sees fit. */
  toolChoice?: ToolChoice | undefined
  /** Whether it may call several of them in one reply. Absent: as the server is wont to. */
  parallelToolCalls?: boolean | undefined
  /** The form of the answer. `chatObject` sets it and validates what comes. */
  responseFormat?: ResponseFormat | undefined
  /** Thinking: on, off, or how much. Absent: as the model is wont to. */
  reasoning?: boolean | ReasoningOptions | undefined
  /** The vendor's own web search: on, off, or its settings in the vendor's spelling. */
  search?: boolean | Record<string, unknown> | undefined
  /** Who the end user is, for the vendor's abuse checks. */
  user?: string | undefined
  /** Members for the request body in the vendor's spelling; they win over everything else. */
  extraBody?: Record<string, unknown> | undefined
  /** Further request headers. In a page each of them must pass the server's CORS rules. */
  headers?: Record<string, string> | undefined
  /** Ends the call; its reason is thrown as it is. */
  signal?: AbortSignal | undefined
}

/** A whole request: `messages` or `prompt`, and the options. */
export interface ChatRequest extends ChatOptions {
  /** The conversation, in the OpenAI format. Never changed. */
  messages?: readonly MessageInput[] | undefined
  /** Short for one user message. */
  prompt?: string | undefined
  /** `true` gives a `ChatStream`. */
  stream?: boolean | undefined
}

/** What a callback is told of a call. */
export interface CallInfo {
  /** The server that is asked. */
  provider: string
  /** The model that is asked. */
  model: string
}

/**
 * Functions that observe. Each gets one object; one that throws (or rejects) fails the call.
 */
export interface Callbacks {
  /** Once a call, before its first request. */
  onLLMStart?: (info: CallInfo & { messages: readonly Message[] }) => unknown
  /** For each piece of text. */
  onLLMNewToken?: (info: CallInfo & { text: string }) => unknown
  /** Once, with the whole answer. */
  onLLMEnd?: (info: CallInfo & { result: ChatResult }) => unknown
  /** Once, with what the caller will get. */
  onLLMError?: (info: CallInfo & { error: unknown }) => unknown
  /** Before each wait for another try. `delayMs` is that wait, in milliseconds. */
  onLLMRetry?: (
    info: CallInfo & { error: ErrorInfo; attempt: number; retriesLeft: number; delayMs: number },
  ) => unknown
}

/** A function as `globalThis.fetch`. It is given a URL and what goes with it, and never a `Request`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/**
 * A key, or a function that is asked for one at every request (for short-lived tokens). After a 401 it is asked once
 * more, with the key that was refused: if it gives another one, the request is sent again, beyond `maxRetries`.
 */
export type ApiKey = string | ((refused?: string) => string | Promise<string>)

/** How to reach a model. */
export interface ModelConfig {
  /** The model, as its server names it: `qwen-max`, `glm-4.7`, `Qwen/Qwen2.5-7B-Instruct`. */
  model: string
  /** The server: a registered name (`dashscope`), or the URL of a server that speaks the OpenAI format. */
  modelServer?: string | undefined
  /** The key. Absent: the server's variable, looked up in `env` and then in the process. */
  apiKey?: ApiKey | undefined
  /** Where the server is. In a page it may be relative, such as a relay's `/relay/dashscope`. */
  baseURL?: string | undefined
  /** Further headers for every request. */
  headers?: Record<string, string> | undefined
  /**
   * Sends the requests; for proxies and tests. A handler that takes a `Request`:
   * `(url, init) => handler(new Request(url, init))`.
   * @default globalThis.fetch
   */
  fetch?: Fetch | undefined
  /** Variables for keys and addresses where there is no process, such as a Worker's `env`. */
  env?: object | undefined
  /**
   * Longest wait for the first byte of the answer, in milliseconds. `false` waits for ever.
   * @default 120_000 streamed; 600_000 not streamed, since there the first byte comes with the last token
   * @throws {TimeoutError} `which: 'response'`
   */
  timeout?: number | false | undefined
  /**
   * Longest silence allowed between two pieces of the answer, in milliseconds; comments count as pieces.
   * Reasoning models can be quiet for a while: raise it rather than switch it off. `false` waits for ever.
   * @default 60_000
   * @throws {TimeoutError} `which: 'idle'`, with `partial` holding what had arrived
   */
  idleTimeout?: number | false | undefined
  /**
   * Longest time for the whole call, its retries and waits included, in milliseconds. `false`: no limit.
   * @default 1_800_000
   * @throws {TimeoutError} `which: 'total'`, with `partial` holding what had arrived
   */
  totalTimeout?: number | false | undefined
  /**
   * Extra requests that a call may spend before its first event, whatever failed.
   * @default 2
   */
  maxRetries?: number | undefined
  /**
   * Largest single frame of a stream, and largest whole answer when not streamed, in characters.
   * @default 16_777_216
   * @throws {StreamError} `frame_too_large`
   */
  maxFrameLength?: number | undefined
  /**
   * The context budget that `checkMaxLength` compares with, in tokens.
   * @default 6000
   */
  maxLength?: number | undefined
  /**
   * Counts the tokens of a text, such as a tokenizer of the model's; for `countTokens`, `checkMaxLength`, and usage that
   * a server does not send.
   * @default an estimate
   */
  countTokens?: ((text: string) => number) | undefined
  /** Functions that are told of each call. */
  callbacks?: Callbacks | readonly Callbacks[] | undefined
  /** Options for every chat of this model; those of a request win. */
  defaults?: ChatOptions | undefined
  /** Members for every request body in the vendor's spelling. */
  extraBody?: Record<string, unknown> | undefined
  /**
   * Lets a page send a long-lived key to another origin, where anyone who opens the page can read it.
   * @default false
   */
  dangerouslyAllowBrowser?: boolean | undefined
}

type DefaultName =
  | 'timeoutStreamed'
  | 'timeoutWhole'
  | 'idleTimeout'
  | 'totalTimeout'
  | 'maxRetries'
  | 'maxFrameLength'
  | 'maxLength'

/** Limits that hold where the config says nothing. */
export const DEFAULTS: Readonly<Record<DefaultName, number>> = {
  timeoutStreamed: 120_000,
  timeoutWhole: 600_000,
  idleTimeout: 60_000,
  totalTimeout: 1_800_000,
  maxRetries: 2,
  maxFrameLength: 16 * 1024 * 1024,
  maxLength: 6000,
}
