/**
 * Joins what two tabs wrote into one chat: nothing is lost, what both added to the same message become its versions.
 */
import type { ConversationState, ConversationTurn } from 'chatwire/conversation'
import type { ReplyFacts, SavedChat } from './chat.ts'

/** Adds what only `mine` has to `stored`. */
export function mergeChats(stored: SavedChat, mine: SavedChat): SavedChat {
  const turns = [...stored.conversation.turns]
  const known = new Map(turns.map((turn, index) => [identityOf(turn), index]))
  const facts: Record<string, ReplyFacts> = { ...stored.facts }
  /** From the ids of `mine` to those of both. */
  const ids = new Map<string, string>()
  let last = Math.max(0, ...turns.map(({ id }) => Number(id.replaceAll(/\D/g, '')) || 0))
  for (const turn of mine.conversation.turns) {
    const parent = turn.parent === undefined ? undefined : ids.get(turn.parent)
    const index = known.get(identityOf(turn))
    const same = index === undefined ? undefined : turns[index]
    const id = same?.id ?? `m${++last}`
    ids.set(turn.id, id)
    if (same && !isLater(turn, same)) continue
    const merged = { ...turn, id, parent }
    if (index === undefined) turns.push(merged)
    else turns[index] = merged
    const fact = mine.facts[turn.id]
    if (fact) facts[id] = fact
  }
  const rename = (id: string) => ids.get(id) ?? id
  const selected = selectLast(turns, rename(mine.conversation.turns.at(-1)?.id ?? ''))
  const conversation: ConversationState = { version: 1, turns, selected }
  const { title, settings, updatedAt } = mine
  return {
    ...stored,
    title,
    settings,
    updatedAt: Math.max(updatedAt, stored.updatedAt),
    conversation,
    facts,
  }
}

type Identity = Pick<ConversationTurn, 'id' | 'role' | 'createdAt'>

/** Ids are counted in each tab: the same one may mean two messages. */
export function identityOf({ id, role, createdAt }: Identity): string {
  return createdAt === undefined ? id : `${role} ${createdAt}`
}

/** A reply only grows: the longer text is the later one, and one that has ended comes after one that has not. */
function isLater(turn: ConversationTurn, same: ConversationTurn): boolean {
  const more = sizeOf(turn) - sizeOf(same)
  return more > 0 || (more === 0 && (!turn.pending || !!same.pending))
}

function sizeOf(turn: ConversationTurn): number {
  return JSON.stringify([turn.content, turn.parts]).length
}

/** Selects a message, where others were selected beside it. */
export function showAlso(state: ConversationState, message: Identity): ConversationState {
  const turn = state.turns.find((each) => identityOf(each) === identityOf(message))
  if (!turn) return state
  return { ...state, selected: { ...state.selected, ...selectLast(state.turns, turn.id) } }
}

/** Shows a message and those before it. */
function selectLast(turns: readonly ConversationTurn[], id: string): Record<string, string> {
  const byId = new Map(turns.map((turn) => [turn.id, turn]))
  const selected: Record<string, string> = {}
  for (let turn = byId.get(id); turn; turn = byId.get(turn.parent ?? ''))
    selected[turn.parent ?? ''] = turn.id
  return selected
}
