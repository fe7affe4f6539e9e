/**
 * The messages of a conversation as a tree: versions of a message are siblings.
 */
import { ConfigError } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import type { ConversationState, ConversationTurn } from './types.ts'

/** Creates the error for a function that cannot be called now, or not with these arguments. */
export function invalidCall(message: string): ConfigError {
  return new ConfigError('unsupported_option', message)
}

/** Holds all versions of all messages, and which of them are shown. */
export class Tree {
  #turns = new Map<string, ConversationTurn>()
  /** Ids of the messages that follow each message; `''` for the first ones. */
  #children = new Map<string, string[]>()
  #selected = new Map<string, string>()
  #count = 0

  /** @throws {ConfigError} `invalid_config` for a state of another format */
  static from(state: unknown): Tree {
    const tree = new Tree()
    try {
      const { version, turns, selected } = state as ConversationState
      if (version !== 1) throw new TypeError(`version ${String(version)}`)
      for (const turn of turns) {
        if (turn.parent !== undefined) tree.get(turn.parent)
        if (!isRecord(turn) || typeof turn.id !== 'string') throw new TypeError('a message')
        tree.#insert(structuredClone(turn))
        tree.#count = Math.max(tree.#count, Number(turn.id.replace(/\D/g, '')) || 0)
      }
      for (const [parent, id] of Object.entries(selected ?? {}))
        tree.#selected.set(parent, tree.get(id).id)
    } catch (cause) {
      throw new ConfigError(
        'invalid_config',
        'The conversation was not saved by this version of chatwire',
        { cause },
      )
    }
    return tree
  }

  /** Adds a message and shows it. */
  add(turn: Omit<ConversationTurn, 'id'>): ConversationTurn {
    const added = { id: `m${++this.#count}`, ...turn }
    this.#insert(added)
    return added
  }

  #insert(turn: ConversationTurn): void {
    const { id, parent = '' } = turn
    this.#turns.set(id, turn)
    const siblings = this.#children.get(parent)
    if (siblings) siblings.push(id)
    else this.#children.set(parent, [id])
    this.#selected.set(parent, id)
  }

  /** @throws {ConfigError} `unsupported_option` for an unknown id */
  get(id: string): ConversationTurn {
    const turn = this.#turns.get(id)
    if (turn) return turn
    throw invalidCall(`The conversation has no message "${id}"`)
  }

  /** Returns the ids of all versions of a message. */
  versions({ parent = '' }: ConversationTurn): readonly string[] {
    return this.#children.get(parent) ?? []
  }

  /** Shows a version, and the versions of the messages before it that lead to it. */
  select(id: string): void {
    for (const turn of this.path(this.get(id))) this.#selected.set(turn.parent ?? '', turn.id)
  }

  /** Returns the shown messages; up to a message, those that lead to it. */
  path(until?: ConversationTurn): ConversationTurn[] {
    const path: ConversationTurn[] = []
    if (until)
      for (let turn = until; turn; turn = this.#turns.get(turn.parent ?? '') as typeof turn)
        path.unshift(turn)
    else
      for (let id = this.#selected.get(''); id; id = this.#selected.get(id)) path.push(this.get(id))
    return path
  }

  /** Returns a copy as JSON. */
  toJSON(): ConversationState {
    const selected: Record<string, string> = {}
    for (const [parent, id] of this.#selected)
      if (this.#children.get(parent)?.at(-1) !== id) selected[parent] = id
    const turns = structuredClone([...this.#turns.values()])
    return { version: 1, turns, ...(Object.keys(selected).length > 0 && { selected }) }
  }
}
