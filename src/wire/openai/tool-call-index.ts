/**
 * Which call a piece of a tool call belongs to. The format numbers them; its servers leave the number out,
 * start at 1, say -1 or repeat it, and change or drop ids.
 */
import type { StreamEvent } from '../../event.ts'

/** A tool call, or a piece of one, as servers write it. */
export interface WireToolCall {
  index?: number | null
  id?: unknown
  function?: { name?: string | null; arguments?: unknown } | null
}

interface Draft {
  index: number
  id: string
  name: string
  argumentsText: string
  /** Whether it ends as an object does: asking the text would copy the whole of it with each piece. */
  isClosed: boolean
}

/** Gives every call of one answer an index of its own. */
export class ToolCallIndex {
  #drafts = new Map<number, Draft>()
  #count = 0

  /** @param position the place of the piece in its list, which stands in for a missing index */
  push(piece: WireToolCall, position: number, out: StreamEvent[]): void {
    const { index } = piece
    const key = Number.isInteger(index) && (index as number) >= 0 ? (index as number) : position
    const id =
      typeof piece.id === 'number' ? String(piece.id) : typeof piece.id === 'string' ? piece.id : ''
    const name = typeof piece.function?.name === 'string' ? piece.function.name : ''
    let draft = this.#drafts.get(key)
    const isNew = !draft || startsAnother(draft, id, name)
    if (isNew) {
      draft = { index: this.#count++, id: '', name: '', argumentsText: '', isClosed: false }
      this.#drafts.set(key, draft)
    }
    grow(draft as Draft, id, name, piece.function?.arguments, isNew, out)
  }
}

function startsAnother(draft: Draft, id: string, name: string): boolean {
  if (!name) return false // a continuation, also under a new id (seen with Kimi's models)
  if (id && draft.id) return id !== draft.id
  // Looked at only where it may be: a server may say the name with every piece.
  return !id && !draft.id && draft.isClosed && isWhole(draft.argumentsText)
}

function grow(
  draft: Draft,
  id: string,
  name: string,
  given: unknown,
  isNew: boolean,
  out: StreamEvent[],
): void {
  // An id may come after the name, and alone.
  const named = isNew || name !== '' || (id !== '' && draft.id === '')
  if (!draft.id) draft.id = id
  // A name in pieces comes before any arguments; the same name again is a repetition.
  if (name && name !== draft.name && draft.argumentsText === '') draft.name += name
  const argumentsDelta = toText(given)
  draft.argumentsText += argumentsDelta
  const tail = draft.id ? '' : argumentsDelta.trimEnd() // asked for only where there is no id
  if (tail) draft.isClosed = tail.endsWith('}')
  out.push({
    type: 'tool-call-delta',
    index: draft.index,
    ...(named && draft.id && { id: draft.id }),
    ...(named && draft.name && { name: draft.name }),
    argumentsDelta,
  })
}

/** Some proxies send the arguments as an object. */
function toText(given: unknown): string {
  if (typeof given === 'string') return given
  return given === undefined || given === null ? '' : JSON.stringify(given)
}

function isWhole(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
