/**
 * Options of a model (`ModelConfig`) and of one call (`ChatOptions`).
 * `undefined` means omitted everywhere; `0`, `''`, `false` and `null` are values.
 */
import type { ErrorInfo } from './error-code.ts'
import type { ChatResult } from './event.ts'
import type { Message, MessageInput, ToolDefinition } from './message.ts'
import type { ServerName } from './server-name.ts'

/** Tool that the model may or must call. */
export type ToolChoice =
  | 'auto'
  | 'none'
  | 'required'
  | { type: 'function'; function: { name: string } }

/** Format of the reply. */
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

/** Reasoning effort and budget. */
export interface ReasoningOptions {
  /** The vendor's effort level: `none`, `minimal`, `low`, `medium`, `high`, … */
  effort?: string | undefined
  /** Maximum number of reasoning tokens. */
  budget?: number | undefined
}

/**
 * Options of a request, the same for every server. Omitted options use the server's default. An option a server does
 * not support is translated, dropped if its documentation says it has no effect, or rejected with `unsupported_option`.
 */
export interface ChatOptions {
  /** Sampling temperature, from 0 to 1 or 2, depending on the server. */
  temperature?: number | undefined
  /** Nucleus sampling: above 0, up to 1. */
  topP?: number | undefined
  /** Samples from this many of the most likely tokens. */
  topK?: number | undefined
  /** Maximum number of tokens to generate. */
  maxTokens?: number | undefined
  /** Best-effort determinism, where the server supports it. */
  seed?: number | undefined
  /** Stop sequences. They never appear in the text, even if the server ignores them. */
  stop?: string | readonly string[] | undefined
  /** Penalizes tokens that already appeared, usually from -2 to 2. */
  presencePenalty?: number | undefined
  /** Penalizes tokens by how often they appeared, usually from -2 to 2. */
  frequencyPenalty?: number | undefined
  /** Repetition penalty as in vLLM and Qwen; 1 means none. */
  repetitionPenalty?: number | undefined
  /** Tools the model may call, in the OpenAI format or the vendor's own. For those of `tool()` use `runTools`. */
  tools?: readonly ToolDefinition[] | undefined
  /** Tool that the model must call, if any. Omitted: the model decides. */
  toolChoice?: ToolChoice | undefined
  /** Allows several tool calls in one reply. */
  parallelToolCalls?: boolean | undefined
  /** Format of the reply. `chatObject` sets it and validates the output. */
  responseFormat?: ResponseFormat | undefined
  /** Turns reasoning on or off, or sets its effort. Omitted: the model's default. */
  reasoning?: boolean | ReasoningOptions | undefined
  /**
   * Desired length of the answer. A hint: sent to models that support it (GPT-5 and later), dropped for all others.
   */
  verbosity?: 'low' | 'medium' | 'high' | undefined
  /** Turns the vendor's web search on or off, or sets it in the vendor's format. */
  search?: boolean | Record<string, unknown> | undefined
  /** Id of the end user, for the vendor's abuse detection. */
  user?: string | undefined
  /** Members of the request body in the vendor's format. They override everything else. */
  extraBody?: Record<string, unknown> | undefined
  /** Additional request headers. In a page the server's CORS rules must allow each. */
  headers?: Record<string, string> | undefined
  /** Aborts the call, which then throws the signal's reason. */
  signal?: AbortSignal | undefined
}

/** A request: `messages` or `prompt`, and options. */
export interface ChatRequest extends ChatOptions {
  /** The conversation in the OpenAI format. Never modified. */
  messages?: readonly MessageInput[] | undefined
  /** Shorthand for one user message. */
  prompt?: string | undefined
  /** `true` returns a `ChatStream`. */
  stream?: boolean | undefined
}

/** Passed to every callback. */
export interface CallInfo {
  /** Name of the server. */
  provider: string
  /** The requested model. */
  model: string
}

/**
 * Observers of each call. A callback that throws or rejects fails the call.
 */
export interface Callbacks {
  /** Once per call, before the first request. */
  onLLMStart?: (info: CallInfo & { messages: readonly Message[] }) => unknown
  /** For each piece of text. */
  onLLMNewToken?: (info: CallInfo & { text: string }) => unknown
  /** Once, with the complete reply. */
  onLLMEnd?: (info: CallInfo & { result: ChatResult }) => unknown
  /** Once, with the error the caller gets. */
  onLLMError?: (info: CallInfo & { error: unknown }) => unknown
  /** Before each retry. `delayMs` is the delay in milliseconds. */
  onLLMRetry?: (
    info: CallInfo & { error: ErrorInfo; attempt: number; retriesLeft: number; delayMs: number },
  ) => unknown
}

/** A `fetch` implementation. Receives a URL string and `init`, never a `Request`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/**
 * A key, or a function called for one at every request (for short-lived tokens). After a 401 it is called once more
 * with the rejected key; if it returns another one, the request is sent again with it, beyond `maxRetries`.
 */
export type ApiKey = string | ((refused?: string) => string | Promise<string>)

/** A function that ky accepts as a hook too: being a method, its parameters are compared both ways. */
type Hook<State, Result> = {
  call(state: State): Result | void | Promise<Result | void>
}['call']

/**
 * Hooks around each HTTP request, to sign, trace or log it: two of ky's. A hook that throws fails the call.
 * @see https://github.com/sindresorhus/ky#hooks
 */
export interface RequestHooks {
  /**
   * Called in order before each request, retries included. May change `request.headers`, or return another `Request`, or a
   * `Response` to answer without the server. To read the body: `await request.clone().text()`.
   */
  beforeRequest?: readonly Hook<{ request: Request }, Request | Response>[] | undefined
  /**
   * Called in order with a clone of each response, whatever its status. May return another `Response`. Reading the body of a
   * stream holds the reply back until its end.
   */
  afterResponse?: readonly Hook<{ request: Request; response: Response }, Response>[] | undefined
}

/** Connection and defaults of a model. */
export interface ModelConfig {
  /** The model as the server spells it: `qwen-max`, `glm-4.7`, `Qwen/Qwen2.5-7B-Instruct`. */
  model: string
  /** A registered server name (`dashscope`), or the URL of an OpenAI-compatible server. */
  modelServer?: ServerName | (string & {}) | undefined
  /**
   * API of a server that offers both. `'responses'` selects the class registered as `${modelServer}_responses`.
   * @default 'chat'
   */
  api?: 'chat' | 'responses' | undefined
  /** API key. Defaults to the server's environment variable, read from `env`, then from the process. */
  apiKey?: ApiKey | undefined
  /** Base URL of the server. In a page it may be relative, such as a relay's `/relay/dashscope`. */
  baseURL?: string | undefined
  /** Additional headers for every request. */
  headers?: Record<string, string> | undefined
  /**
   * Sends the requests, for proxies and tests. To use a handler that takes a `Request`:
   * `(url, init) => handler(new Request(url, init))`.
   * @default globalThis.fetch
   */
  fetch?: Fetch | undefined
  /** Hooks around each HTTP request. Models that use none ignore them. */
  hooks?: RequestHooks | undefined
  /** Environment variables for keys and base URLs, such as a Worker's `env`. */
  env?: object | undefined
  /**
   * Timeout for the first byte of the response, in milliseconds, or `false` for none.
   * @default 120_000 streamed; 600_000 not streamed, where the first byte arrives after the last token
   * @throws {TimeoutError} `which: 'response'`
   */
  timeout?: number | false | undefined
  /**
   * Timeout between two pieces of the response, in milliseconds, or `false` for none. Keep-alive comments count,
   * and so do the chunks of an engine or a custom class that hold no event (`yield []`). Reasoning models may pause for long: raise it rather than disable it.
   * @default 60_000
   * @throws {TimeoutError} `which: 'idle'`, with what had arrived in `partial`
   */
  idleTimeout?: number | false | undefined
  /**
   * Timeout for the entire call, retries and delays included, in milliseconds, or `false` for none.
   * @default 1_800_000
   * @throws {TimeoutError} `which: 'total'`, with what had arrived in `partial`
   */
  totalTimeout?: number | false | undefined
  /**
   * Retry budget of a call, for any failure before its first event. `0` does not stop the resends of a runtime's own
   * `fetch`: see `idempotencyKey`.
   * @default 2
   */
  maxRetries?: number | undefined
  /**
   * Sends `Idempotency-Key`, the same with every request of a call, so that a server that honors it answers a request
   * that arrives twice only once. Deno, Chromium and Firefox resend requests by themselves, whatever `maxRetries` says.
   * @default true for OpenAI, for a `baseURL` without a row of its own, and for a relay of the page's own origin; false
   * for other origins in a page, whose CORS rules may not allow the header
   */
  idempotencyKey?: boolean | undefined
  /**
   * Maximum size of one stream frame, or of the entire response if not streamed, in characters.
   * @default 16_777_216
   * @throws {StreamError} `frame_too_large`
   */
  maxFrameLength?: number | undefined
  /**
   * Maximum size of a reply, in characters: its text, reasoning and tool calls together.
   * @default 67_108_864
   * @throws {StreamError} `response_too_large`, with what had arrived in `partial`
   */
  maxResponseSize?: number | undefined
  /**
   * Context budget for `checkMaxLength`, in tokens.
   * @default 6000
   */
  maxLength?: number | undefined
  /**
   * Counts the tokens of a text, such as the model's tokenizer. Used by `countTokens` and `checkMaxLength`, and for usage
   * a server does not report.
   * @default an estimate
   */
  countTokens?: ((text: string) => number) | undefined
  /** Observers of each call. */
  callbacks?: Callbacks | readonly Callbacks[] | undefined
  /** Default options of every request; a request's own options win. */
  defaults?: ChatOptions | undefined
  /** Members of every request body, in the vendor's format. */
  extraBody?: Record<string, unknown> | undefined
  /**
   * Allows a page to send a long-lived key to another origin. Anyone who opens the page can read that key.
   * @default false
   */
  dangerouslyAllowBrowser?: boolean | undefined
  /**
   * Support of tools, for a server that hosts models without them.
   * @default true where the server supports tools
   */
  functionCalling?: boolean | undefined
  /**
   * `false` never asks the server for a stream: a streamed chat then emits the complete reply at once. `true` reads
   * complete replies as a stream too, so that bytes arrive before the runtime's own limit (300 s in Node).
   * @default true for streams; for complete replies with `reasoning`, and with a `timeout` above 300 s
   */
  streaming?: boolean | undefined
}

type DefaultName =
  | 'timeoutStreamed'
  | 'timeoutWhole'
  | 'idleTimeout'
  | 'totalTimeout'
  | 'maxRetries'
  | 'maxFrameLength'
  | 'maxResponseSize'
  | 'maxLength'

/** Default limits. */
export const DEFAULTS: Readonly<Record<DefaultName, number>> = {
  timeoutStreamed: 120_000,
  timeoutWhole: 600_000,
  idleTimeout: 60_000,
  totalTimeout: 1_800_000,
  maxRetries: 2,
  maxFrameLength: 16 * 1024 * 1024,
  maxResponseSize: 64 * 1024 * 1024,
  maxLength: 6000,
}
