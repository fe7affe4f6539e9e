/**
 * The messages of a conversation as a tree: versions of a message are siblings.
 */
import { ConfigError } from '../errors.ts'
import { endReply } from './end-reply.ts'
import type { ConversationState, ConversationTurn } from './types.ts'

/** Creates the error for a function that cannot be called now, or not with these arguments. */
export function invalidCall(message: string): ConfigError {
  return new ConfigError('unsupported_option', message)
}

/** Holds all versions of all messages, and which of them are shown. */
export interface Tree {
  /** Adds a message and shows it. */
  add(turn: Omit<ConversationTurn, 'id'>): ConversationTurn
  /** @throws {ConfigError} `unsupported_option` for an unknown id */
  get(id: string): ConversationTurn
  /** Returns the ids of all versions of a message. */
  versions(turn: ConversationTurn): readonly string[]
  /** Shows a version, and the versions of the messages before it that lead to it. */
  select(id: string): void
  /** Returns the shown messages; up to a message, those that lead to it. */
  path(until?: ConversationTurn): ConversationTurn[]
  /** Returns a copy as JSON. */
  toJSON(): ConversationState
}

/**
 * Creates a tree, with the saved messages if there are any. Ends the replies that were running when they were saved,
 * but the last one if it can be resumed.
 * @throws {ConfigError} `invalid_config` for a state of another format
 */
export function createTree(state?: unknown, canResume = false): Tree {
  const turns = new Map<string, ConversationTurn>()
  /** Ids of the messages that follow each message; `''` for the first ones. */
  const children = new Map<string, string[]>()
  const shown = new Map<string, string>()
  let count = 0

  function insert(turn: ConversationTurn): ConversationTurn {
    const { id, parent = '' } = turn
    turns.set(id, turn)
    children.set(parent, [...(children.get(parent) ?? []), id])
    shown.set(parent, id)
    return turn
  }

  const tree: Tree = {
    add(turn) {
      let id: string
      do id = `m${++count}`
      while (turns.has(id))
      return insert({ id, ...turn })
    },
    get(id) {
      const turn = turns.get(id)
      if (turn) return turn
      throw invalidCall(`There is no message "${id}"`)
    },
    versions: ({ parent = '' }) => children.get(parent) ?? [],
    select(id) {
      for (const turn of tree.path(tree.get(id))) shown.set(turn.parent ?? '', turn.id)
    },
    path(until) {
      const path: ConversationTurn[] = []
      let id = until?.id ?? ''
      if (!until) for (let next; (next = shown.get(id));) id = next
      for (let turn; (turn = turns.get(id)); id = turn.parent ?? '') path.unshift(turn)
      return path
    },
    toJSON() {
      const older = [...shown].filter(([parent, id]) => children.get(parent)?.at(-1) !== id)
      return {
        version: 1,
        turns: structuredClone([...turns.values()]),
        ...(older.length > 0 && { selected: Object.fromEntries(older) }),
      }
    },
  }
  if (state === undefined) return tree

  try {
    const { version, turns: saved, selected = {} } = state as ConversationState
    for (const turn of saved) {
      // An id that repeats could make a message its own ancestor.
      if (version !== 1 || typeof turn.id !== 'string' || turns.has(turn.id)) throw new TypeError()
      if (turn.parent !== undefined) tree.get(turn.parent)
      insert(structuredClone(turn))
    }
    for (const [parent, id] of Object.entries(selected)) shown.set(parent, tree.get(id).id)
    const last = tree.path().at(-1)
    for (const turn of turns.values())
      if (!canResume || turn !== last || turn.replyId === undefined) endReply(turn)
  } catch (cause) {
    throw new ConfigError('invalid_config', 'Not a saved conversation', { cause })
  }
  return tree
}
