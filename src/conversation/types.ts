/**
 * Types of a conversation: its options, its snapshot and its saved state.
 */
import type { BaseChatModel } from '../chat/base.ts'
import type { ErrorInfo } from '../error-code.ts'
import type { FinishReason, Source, Usage } from '../event.ts'
import type {
  ContentPart,
  ContentPartInput,
  Message,
  MessageInput,
  ToolCall,
  ToolDefinition,
} from '../message.ts'
import type { ChatOptions, Fetch } from '../options.ts'
import type { ChatStream } from '../stream/chat-stream.ts'
import type { Tool } from '../tools/tool.ts'

/** Reasoning of a reply. */
export interface ReasoningPart {
  type: 'reasoning'
  /** The reasoning so far. */
  text: string
}

/** Separates the steps of a reply that called tools. */
export interface StepPart {
  type: 'step'
}

/**
 * Progress of a tool call: its arguments are `streaming`; it is `running`; it is `waiting` for `answerTool`; it is
 * `done`, `failed` or `denied`.
 */
export type ToolCallState = 'streaming' | 'running' | 'waiting' | 'done' | 'failed' | 'denied'

/** A tool call of a reply. */
export interface ToolCallPart {
  type: 'tool-call'
  /** Id of the tool call, for `answerTool`. */
  id: string
  /** Name of the tool. */
  name: string
  /** Index of the tool call in its step. */
  index?: number | undefined
  /** Progress of the call. */
  state: ToolCallState
  /** JSON text of the arguments, which grows while `streaming`. */
  argumentsText: string
  /** Parsed arguments, once complete. */
  arguments?: Record<string, unknown> | undefined
  /** Reason not to run the call. */
  invalid?: string | undefined
  /** Set once approved by `answerTool`. */
  approved?: true | undefined
  /** Content of the tool message that the model receives. */
  result?: string | undefined
  /** Error of the tool. */
  error?: ErrorInfo | undefined
  /** Run time of the tool, in milliseconds. */
  durationMs?: number | undefined
}

/** One part of a message, in the order of arrival. */
export type MessagePart = ContentPart | ReasoningPart | ToolCallPart | StepPart

/** A message as the page shows it. The same object as long as nothing in it changes. */
export interface ConversationMessage {
  /** Stays the same for the life of the message. */
  readonly id: string
  /** The author. */
  readonly role: 'system' | 'user' | 'assistant'
  /** Text, reasoning, tool calls and media, in order. Unchanged parts stay the same objects. */
  readonly parts: readonly MessagePart[]
  /** The text of all parts. */
  readonly text: string
  /** The reasoning of all parts. */
  readonly reasoning: string
  /** The tool calls of all parts. */
  readonly toolCalls: readonly ToolCallPart[]
  /** Pages that the vendor's search found. */
  readonly sources: readonly Source[]
  /** True while the reply grows. */
  readonly pending: boolean
  /** True if `stop` ended the reply. */
  readonly stopped: boolean
  /** True if the reply is incomplete: its connection was lost, or it reached its length limit. */
  readonly cut: boolean
  /** Error of the reply. */
  readonly error: ErrorInfo | undefined
  /** Reason for the end of the reply. */
  readonly finishReason: FinishReason | undefined
  /** Token usage of the reply, all steps included. */
  readonly usage: Usage | undefined
  /** The model that answered. */
  readonly model: string | undefined
  /** The server that answered. */
  readonly provider: string | undefined
  /** Time of creation, in milliseconds since 1970. Absent for `messages` of the options. */
  readonly createdAt: number | undefined
  /** Id of a resumable reply, as its server sent it. */
  readonly replyId: string | undefined
  /** Position among the versions that `edit` and `retry` created, from 0, and their ids. */
  readonly versions: {
    readonly index: number
    readonly count: number
    readonly ids: readonly string[]
  }
}

/** `submitted`: nothing of the reply has arrived yet. `error`: the last reply failed. */
export type ConversationStatus = 'idle' | 'submitted' | 'streaming' | 'error'

/** The state of a conversation at one moment. The same object while nothing changes. */
export interface ConversationSnapshot {
  /** Increases with every snapshot. */
  readonly version: number
  /** The messages of the selected versions, oldest first. */
  readonly messages: readonly ConversationMessage[]
  /** Current activity of the conversation. */
  readonly status: ConversationStatus
  /** Error of the last reply: a `ChatError`, except for errors of your own code. */
  readonly error: Error | undefined
  /** Token usage of the shown messages. */
  readonly usage: Usage | undefined
  /** True until the saved state has been loaded. */
  readonly loading: boolean
}

/** Called with every snapshot. */
export type ConversationListener = (snapshot: ConversationSnapshot) => void

/** Argument of `send`: text, or parts with images, audio and files. */
export type ConversationInput = string | readonly ContentPartInput[]

/** The answer to a tool call that is `waiting`. */
export type ToolAnswer =
  /** Runs the tool: in the page, or on the server if only that knows the tool. */
  | { approve: true }
  /** Sends the model a refusal, with a reason if given. */
  | { deny: true | string }
  /** Sends the model this result; anything but a string as JSON. */
  | { result: unknown }

/** A message in the tree of a conversation. */
export interface ConversationTurn {
  /** Unique in the conversation. */
  id: string
  /** Id of the message before this one; absent for the first one. */
  parent?: string | undefined
  /** The author. */
  role: 'system' | 'user' | 'assistant'
  /** Content of a system or user message. */
  content?: string | ContentPart[] | undefined
  /** Parts of a reply. */
  parts?: MessagePart[] | undefined
  /** Properties of the assistant messages, by step, that a vendor requires back. */
  fields?: (Record<string, unknown> | null)[] | undefined
  /** Pages that the vendor's search found. */
  sources?: Source[] | undefined
  /** Token usage. */
  usage?: Usage | undefined
  /** Reason for the end of the reply. */
  finishReason?: FinishReason | undefined
  /** The model that answered. */
  model?: string | undefined
  /** The server that answered. */
  provider?: string | undefined
  /** True while the reply grows. */
  pending?: true | undefined
  /** Set by `stop`. */
  stopped?: true | undefined
  /** Set if the reply is incomplete. */
  cut?: true | undefined
  /** Error of the reply. */
  error?: ErrorInfo | undefined
  /** Id of a resumable reply. */
  replyId?: string | undefined
  /** Id of the last event that was read. */
  lastEventId?: number | undefined
  /** Time of creation, in milliseconds since 1970. */
  createdAt?: number | undefined
}

/** A conversation as JSON, all versions included. */
export interface ConversationState {
  /** Version of this format. */
  version: 1
  /** All messages, in order of creation. */
  turns: ConversationTurn[]
  /** Selected version below each message (`''`: of the first one), where it is not the newest. */
  selected?: Record<string, string> | undefined
}

/** Stores conversations by id. */
export interface ConversationStorage {
  /** Returns the saved state, or `undefined` if there is none. */
  load(id: string): unknown
  /** Saves the state, replacing an earlier one. */
  save(id: string, state: ConversationState): unknown
}

/** Argument of `reply`. */
export interface ReplyRequest {
  /** The conversation so far, in the OpenAI format. */
  messages: Message[]
  /** Ids of the tool calls at the end of the messages that the user approved: `runTools` takes them. */
  approved: string[]
  /** Aborts when the conversation is stopped. */
  signal: AbortSignal
}

/** The source of the replies: exactly one of `model`, `url` and `reply`. */
export type ConversationSource =
  | {
      /** The model that answers. */
      model: BaseChatModel
      url?: undefined
      reply?: undefined
    }
  | {
      /**
       * URL of your server. Receives a POST of `{ messages, …defaults, …body }` and answers with `toResponse()`. With
       * `resumable`, the reply survives lost connections and reloads. Once the user has approved tool calls of the server,
       * `approved` has their ids: pass it to `runTools`.
       */
      url: string | URL
      model?: undefined
      reply?: undefined
    }
  | {
      /** Answers by code of your own, such as `runTools(llm, { …, stream: true })`. */
      reply: (request: ReplyRequest) => ChatStream | Response | Promise<ChatStream | Response>
      model?: undefined
      url?: undefined
    }

/** Options of `createConversation`, besides the source of the replies. */
export interface ConversationSettings {
  /**
   * Name in `storage`.
   * @default 'default'
   */
  id?: string | undefined
  /** Messages to begin with, such as a system message. `clear` returns to them. */
  messages?: readonly MessageInput[] | undefined
  /** A conversation from `JSON.stringify(conversation)`. */
  state?: ConversationState | undefined
  /** Saves the conversation, and loads it at the first `subscribe` or `load()`. */
  storage?: ConversationStorage | undefined
  /** Options of every request, for `model` and `url`. A function is called for every request. */
  defaults?: ChatOptions | (() => ChatOptions) | undefined
  /**
   * Tools that run in the page. With `model` they are sent to it. With `url` the server describes them to its model
   * without `execute`, and their calls run in the page. A tool without `execute` waits for `answerTool`.
   */
  tools?: readonly (Tool | ToolDefinition)[] | undefined
  /**
   * Returns true for tool calls that must wait for `answerTool`.
   * @default false
   */
  needsApproval?: boolean | ((toolCall: ToolCall) => boolean | Promise<boolean>) | undefined
  /**
   * Maximum number of requests of one reply with tool calls.
   * @default 10
   * @throws {ToolError} `too_many_steps`, in the snapshot
   */
  maxSteps?: number | undefined
  /**
   * Timeout of one tool call, in milliseconds, or `false` for none.
   * @default 300_000
   */
  toolTimeout?: number | false | undefined
  /** Additional members of the POST body (`url` only). A function is called for every request. */
  body?: Record<string, unknown> | (() => Record<string, unknown>) | undefined
  /** Additional request headers (`url` only). A function is called for every request. */
  headers?:
    | Record<string, string>
    | (() => Record<string, string> | Promise<Record<string, string>>)
    | undefined
  /**
   * Sends the requests (`url` only), for cookies of other origins and for tests.
   * @default globalThis.fetch
   */
  fetch?: Fetch | undefined
  /**
   * Schedules an update of the listeners, at most one at a time.
   * @default the next animation frame in a page, at once elsewhere. A frame that took long to draw is followed by a
   * pause of the same length, so that a long reply uses at most half of the page's time.
   */
  schedule?: ((update: () => void) => void) | undefined
  /**
   * Called with every error: of a failed reply, of a storage that cannot load or save, and of a listener.
   */
  onError?: ((error: unknown) => void) | undefined
}

/** Options of `createConversation`. */
export type ConversationOptions = ConversationSource & ConversationSettings

/**
 * A conversation. Its functions need no `this`. Those that start a reply resolve when the reply has ended, and reject
 * only for calls that cannot be made, with a `ConfigError`.
 */
export interface Conversation {
  /** Name in the storage. */
  readonly id: string
  /**
   * Calls the listener at once and after every change. Returns a function that ends it. The contract of Svelte's
   * stores, of Solid's `from`, and of React's `useSyncExternalStore`.
   */
  readonly subscribe: (listener: ConversationListener) => () => void
  /** Returns the current snapshot, the same object while nothing changes. */
  readonly getSnapshot: () => ConversationSnapshot
  /** Returns the snapshot to hydrate with: on a server the current one, in a page the first one. */
  readonly getServerSnapshot: () => ConversationSnapshot
  /** Sends a message of the user. */
  readonly send: (content: ConversationInput) => Promise<void>
  /** Ends the running reply and keeps what has arrived. Ends it on its server too, if that is resumable. */
  readonly stop: () => void
  /** Asks again for a reply, by default the last one. The earlier one remains as another version. */
  readonly retry: (id?: string) => Promise<void>
  /**
   * Adds a version of a message. A message of the user is answered; a reply is replaced as it is.
   */
  readonly edit: (id: string, content: ConversationInput) => Promise<void>
  /** Shows a version: the message with this id, or the version at `index` beside it, from 0. */
  readonly select: (id: string, index?: number) => void
  /** Returns a new conversation with a copy of the messages, up to `id` if given. */
  readonly branch: (id?: string, options?: { id?: string | undefined }) => Conversation
  /** Answers a tool call that is `waiting`. Once all are answered, the reply goes on. */
  readonly answerTool: (toolCallId: string, answer: ToolAnswer) => Promise<void>
  /** Continues a reply that was cut or stopped. */
  readonly continue: () => Promise<void>
  /** Reads on in a resumable reply whose connection was lost; with an id, watches that reply of the same URL. */
  readonly resume: (replyId?: string) => Promise<void>
  /** Stops and removes all messages but those of the options. */
  readonly clear: () => void
  /** Loads the saved state and resumes a reply that was running. `subscribe` does so by itself. */
  readonly load: () => Promise<void>
  /** Returns the shown messages in the OpenAI format, ready for `llm.chat`. */
  readonly toMessages: () => Message[]
  /** Returns the state of all versions, for `JSON.stringify` and the `state` option. */
  readonly toJSON: () => ConversationState
}
