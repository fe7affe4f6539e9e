/**
 * Snapshots of a conversation in which whatever is unchanged stays the same object, and their listeners.
 */
import { addUsage } from '../chat/add-usage.ts'
import type { Usage } from '../event.ts'
import { toParts } from '../message.ts'
import { createScheduler } from './create-scheduler.ts'
import { isToolCall, joinText } from './messages.ts'
import type { Tree } from './tree.ts'
import type {
  ConversationListener,
  ConversationMessage,
  ConversationSettings,
  ConversationSnapshot,
  ConversationTurn,
} from './types.ts'

/** What a snapshot shows besides the messages. */
type State = Pick<ConversationSnapshot, 'status' | 'error' | 'loading'>

/** The published snapshot and its listeners. */
export interface Snapshots {
  /** The published snapshot. */
  current: ConversationSnapshot
  /** Calls the listener at once and after each change. */
  subscribe(listener: ConversationListener): () => void
  /** Marks a message as changed. */
  touch(turn: ConversationTurn): void
  /** Publishes a change of this message soon, many changes in one update. */
  soon(turn: ConversationTurn): void
  /** Publishes now, if anything changed. */
  now(turn?: ConversationTurn): void
}

/** Creates the snapshots of one conversation. */
export function createSnapshots(
  read: () => State & { tree: Tree },
  { schedule = createScheduler(), onError = globalThis.reportError }: ConversationSettings,
): Snapshots {
  const views = new WeakMap<ConversationTurn, ConversationMessage>()
  const listeners = new Set<{ listener: ConversationListener }>()
  let isScheduled = false
  let version = 0

  function next(last?: ConversationSnapshot): ConversationSnapshot {
    const { tree, ...state } = read()
    const shown = tree.path().map((turn) => {
      const ids = tree.versions(turn)
      let view = views.get(turn)
      // A message gets new versions, and never loses one.
      if (view?.versions.count !== ids.length) views.set(turn, (view = toView(turn, ids)))
      return view as ConversationMessage
    })
    const { status, error, loading } = state
    const before = last?.messages ?? []
    const isSame =
      shown.length === before.length && shown.every((message, index) => message === before[index])
    if (isSame && last?.status === status && last.error === error && last.loading === loading)
      return last
    const messages = isSame ? before : shown
    let usage: Usage | undefined
    for (const { usage: own } of messages) if (own) usage = usage ? addUsage(usage, own) : own
    return { version: ++version, messages, usage, ...state }
  }

  const snapshots: Snapshots = {
    current: next(),
    subscribe(listener) {
      const entry = { listener } // the same function may subscribe twice
      listeners.add(entry)
      listener(snapshots.current)
      return () => void listeners.delete(entry)
    },
    touch: (turn) => void views.delete(turn),
    soon(turn) {
      snapshots.touch(turn)
      if (isScheduled) return
      isScheduled = true
      schedule(() => snapshots.now())
    },
    now(turn) {
      if (turn) snapshots.touch(turn)
      isScheduled = false
      const snapshot = next(snapshots.current)
      if (snapshot === snapshots.current) return
      snapshots.current = snapshot
      for (const { listener } of listeners) {
        try {
          listener(snapshot)
        } catch (error) {
          onError?.(error) // does not end the reply
        }
      }
    },
  }
  return snapshots
}

function toView(turn: ConversationTurn, ids: readonly string[]): ConversationMessage {
  const {
    parent: _parent,
    content,
    parts: own,
    fields: _fields,
    lastEventId: _lastEventId,
    sources = [],
    pending,
    stopped,
    cut,
    ...rest
  } = turn
  const parts = own ? [...own] : toParts(content)
  return {
    ...rest,
    parts,
    text: joinText(parts, 'text'),
    reasoning: joinText(parts, 'reasoning'),
    toolCalls: parts.filter(isToolCall),
    sources,
    pending: !!pending,
    stopped: !!stopped,
    cut: !!cut,
    versions: { index: ids.indexOf(turn.id), count: ids.length, ids },
  } as ConversationMessage
}
