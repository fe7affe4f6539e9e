/**
 * Snapshots of a conversation in which whatever is unchanged stays the same object.
 */
import { addUsage } from '../chat/add-usage.ts'
import type { Usage } from '../event.ts'
import { toParts } from '../message.ts'
import { isToolCall, joinText } from './messages.ts'
import type { Tree } from './tree.ts'
import type { ConversationMessage, ConversationSnapshot, ConversationTurn } from './types.ts'

/** Builds snapshots and keeps what did not change. */
export class Views {
  #views = new WeakMap<ConversationTurn, ConversationMessage>()

  /** Call it after a change of this message. */
  touch(turn: ConversationTurn): void {
    this.#views.delete(turn)
  }

  /** Returns the next snapshot, or `last` if nothing changed. */
  next(
    last: ConversationSnapshot | undefined,
    tree: Tree,
    state: Pick<ConversationSnapshot, 'status' | 'error' | 'loading'>,
  ): ConversationSnapshot {
    const shown = tree.path().map((turn) => this.#view(turn, tree.versions(turn)))
    const isSame =
      shown.length === last?.messages.length &&
      shown.every((message, index) => message === last.messages[index])
    if (
      isSame &&
      last.status === state.status &&
      last.error === state.error &&
      last.loading === state.loading
    )
      return last
    const messages = isSame ? last.messages : shown
    const usage = isSame ? last.usage : sumUsage(messages)
    return { version: (last?.version ?? 0) + 1, messages, usage, ...state }
  }

  #view(turn: ConversationTurn, ids: readonly string[]): ConversationMessage {
    const last = this.#views.get(turn)
    // A message gets new versions, and never loses one.
    if (last && last.versions.count === ids.length) return last
    const view = toView(turn, ids)
    this.#views.set(turn, view)
    return view
  }
}

function toView(turn: ConversationTurn, ids: readonly string[]): ConversationMessage {
  const { id, role, content, sources = [] } = turn
  const { error, finishReason, usage, model, provider, createdAt, replyId } = turn
  const parts = turn.parts ? [...turn.parts] : toParts(content)
  return {
    id,
    role,
    parts,
    text: joinText(parts, 'text'),
    reasoning: joinText(parts, 'reasoning'),
    toolCalls: parts.filter(isToolCall),
    sources,
    pending: turn.pending ?? false,
    stopped: turn.stopped ?? false,
    cut: turn.cut ?? false,
    error,
    finishReason,
    usage,
    model,
    provider,
    createdAt,
    replyId,
    versions: { index: ids.indexOf(id), count: ids.length, ids: [...ids] },
  }
}

function sumUsage(messages: readonly ConversationMessage[]): Usage | undefined {
  let sum: Usage | undefined
  for (const { usage } of messages) if (usage) sum = sum ? addUsage(sum, usage) : usage
  return sum
}
