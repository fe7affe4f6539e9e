/**
 * The interfaces of a reply in progress and of the store, for the parts that load at their first use.
 */
import type { ContentPart, Message } from '../message.ts'
import type { Saver } from './saver.ts'
import type { Opened } from './source.ts'
import type { Snapshots } from './snapshots.ts'
import type { Tree } from './tree.ts'
import type { ConversationInput, ConversationOptions, ConversationTurn } from './types.ts'

/** A reply in progress. */
export interface Reply {
  turn: ConversationTurn
  signal: AbortSignal
  /** True once its first event has arrived. */
  isStreaming: boolean
  /** False once the reply was stopped. */
  isCurrent: () => boolean
  /** Resolves when the reply has ended. */
  ended: Promise<void>
  /** Id of the last resumable reply that was read to its end. */
  lastReplyId?: string | undefined
}

/** A reply in progress, with what its steps need. */
export interface Run extends Reply {
  /** Asks for a reply to the messages, completed by a function. */
  open: (complete?: (messages: Message[]) => Message[]) => Opened | Promise<Opened>
  /** Adds the events to the reply. */
  read: (opened: Opened) => Promise<void>
  /** Asks for the next step and reads it. */
  request: () => Promise<void>
  /** Reads on in a resumable reply. */
  readOn: () => Promise<void>
}

/** The store, for its actions. */
export interface ActionContext {
  tree: Tree
  snapshots: Snapshots
  saver: Saver | undefined
  options: ConversationOptions
  /** @throws {ConfigError} `unsupported_option` if a reply is in progress */
  demandIdle: () => void
  /** Checks what the user gives, and reads its bytes. */
  check: (content: ConversationInput) => string | Promise<ContentPart[]>
  /** Adds a message. */
  addTurn: (
    role: ConversationTurn['role'],
    turn: Omit<ConversationTurn, 'id' | 'role'>,
  ) => ConversationTurn
  /** Adds a reply to a message. */
  ask: (turn: ConversationTurn) => Promise<void>
  /** Runs a reply, whose tool calls are answered after `begin`, and resolves when it has ended. */
  start: (turn: ConversationTurn, begin: (run: Run) => unknown) => Promise<void>
  /** Shows and saves a change at once. */
  update: (turn: ConversationTurn) => void
}
