/**
 * Assigns each piece of a tool call to its call. The format has an index, but servers omit it, start at 1, send
 * -1 or a string, repeat it, change ids, drop ids, or send a name after its arguments.
 */
import { createId } from '../../create-id.ts'
import { isJSON } from '../../parse-json.ts'
import type { StreamEvent } from '../../event.ts'
import { toIndex } from '../fields.ts'
import { isPlaceholder, isSameObject, replacesPlaceholder } from '../tool-arguments.ts'

/** A tool call, or a piece of one, as servers send it. */
export interface WireToolCall {
  index?: unknown
  id?: unknown
  function?: WireFunction | null
}

interface WireFunction {
  name?: string | null
  arguments?: unknown
}

interface Draft {
  index: number
  /** The index or position under which it started. */
  key: number
  /** As first sent. */
  id: string
  /** As reported: unique among the calls. */
  reportedId: string
  name: string
  argumentsText: string
  /** True once its start was reported, with its name. */
  isReported: boolean
  /** True if the arguments end like an object: parsing the entire text at each piece would be too slow. */
  isClosed: boolean
  /** True once a piece has repeated all earlier ones: later pieces do too. */
  repeats?: boolean
  /** `{}` that is not reported yet: the arguments, or a placeholder for those to come. */
  placeholder?: string
}

/** Assigns an index to every tool call of one reply. */
export class ToolCallIndex {
  #byKey = new Map<number, Draft>()
  #byId = new Map<string, Draft>()
  /** The call that started last. */
  #last: Draft | undefined
  #count = 0

  /**
   * Adds a piece and pushes the resulting deltas.
   * @param position position in the list of pieces, used if there is no index
   * @returns the index of its call
   */
  push(piece: WireToolCall, position: number, out: StreamEvent[]): number {
    const id =
      typeof piece.id === 'number' ? String(piece.id) : typeof piece.id === 'string' ? piece.id : ''
    // Some gateways leave the wrapper out. https://github.com/acon96/home-llm/issues/349
    const called = piece.function ?? (piece as WireFunction)
    const name = nameOf(called.name)
    const key = toIndex(piece.index) ?? position
    // By id, whatever the index: some servers number the pieces instead of the calls.
    let draft = (id ? this.#byId.get(id) : undefined) ?? this.#byKey.get(key)
    // A new index alone starts no call while another one is open: some servers repeat the index of an earlier call, but
    // only at the start. https://github.com/agno-agi/agno/pull/8880
    if (!draft && !id && !name && this.#last && isOpen(this.#last)) draft = this.#last
    if (!draft || startsAnother(draft, { id, name, key, text: toText(called.arguments) }))
      draft = this.#create(id, key)
    this.#byKey.set(key, draft)
    if (id && !this.#byId.has(id)) this.#byId.set(id, draft)
    grow(draft, id, name, called.arguments, out)
    return draft.index
  }

  /** Reports arguments that turned out to be no placeholder, at the end of a reply. */
  flush(out: StreamEvent[]): void {
    for (const draft of new Set([...this.#byKey.values(), ...this.#byId.values()])) {
      const { index, placeholder = '', isReported } = draft
      draft.placeholder = ''
      if (placeholder && isReported)
        out.push({ type: 'tool-call-delta', index, argumentsDelta: placeholder })
    }
  }

  #create(id: string, key: number): Draft {
    const isTaken = id !== '' && this.#byId.has(id)
    const draft: Draft = {
      index: this.#count++,
      key,
      id,
      reportedId: isTaken ? createId() : id,
      name: '',
      argumentsText: '',
      isReported: false,
      isClosed: false,
    }
    if (id) this.#byId.set(id, draft)
    return (this.#last = draft)
  }
}

/** True if the call has a name, and its arguments go on. */
function isOpen({ name, isClosed, argumentsText }: Draft): boolean {
  return name !== '' && !(isClosed && isJSON(argumentsText))
}

/**
 * Returns the name without what servers leave of gpt-oss's format around it: `functions.ls<|channel|>commentary`. The names
 * of tools have neither dots nor blanks.
 * @see https://github.com/vllm-project/vllm/pull/32633
 */
function nameOf(given: unknown): string {
  return typeof given === 'string'
    ? given
        .replace(/<\|[^]*/, '')
        .trim()
        .replace(/^functions\./, '')
    : ''
}

function startsAnother(
  draft: Draft,
  { id, name, key, text }: { id: string; name: string; key: number; text: string },
): boolean {
  if (!name) return false // a continuation, possibly with a new id (seen with Kimi's models)
  if (id && draft.id && id !== draft.id) return true
  if (!draft.name || !draft.isClosed || !isJSON(draft.argumentsText)) return false
  // Complete. A piece with a name is the next call, unless the server repeats this one with every piece or at the
  // end.
  const isOther =
    name !== draft.name || (key !== draft.key && text !== '' && text !== draft.argumentsText)
  return isOther || (!id && !draft.id)
}

function grow(draft: Draft, id: string, name: string, given: unknown, out: StreamEvent[]): void {
  const hadId = draft.id !== ''
  if (!hadId && id) draft.id = draft.reportedId = id
  // A name may come in pieces before the arguments, or complete after some. The same name again is a repetition.
  const isNewName =
    name !== '' && name !== draft.name && (draft.name === '' || draft.argumentsText === '')
  if (isNewName) draft.name += name
  let argumentsDelta = newArguments(draft, given)
  if (draft.placeholder && argumentsDelta.trim()) {
    if (!replacesPlaceholder(argumentsDelta)) argumentsDelta = draft.placeholder + argumentsDelta
    draft.argumentsText = draft.placeholder = ''
  }
  if (draft.argumentsText === '' && isPlaceholder(argumentsDelta))
    draft.placeholder = argumentsDelta
  draft.argumentsText += argumentsDelta
  const tail = argumentsDelta.trimEnd()
  if (tail) draft.isClosed = tail.endsWith('}')
  if (!draft.name) return // held back: the first delta of a call must have its name
  const isHead = !draft.isReported
  draft.isReported = true
  const namesCall = isHead || isNewName || (!hadId && id !== '')
  if (draft.placeholder) argumentsDelta = ''
  else if (isHead) argumentsDelta = draft.argumentsText
  const head = namesCall && {
    ...(draft.reportedId && { id: draft.reportedId }),
    name: draft.name,
  }
  const { index } = draft
  if (head) out.push({ type: 'tool-call-delta', index, ...head, argumentsDelta })
  else out.push({ type: 'tool-call-delta', index, argumentsDelta })
}

/**
 * Returns the new part of the arguments. Some of vLLM's parsers flush all of them at the end of the stream, behind complete
 * ones or behind the brace that began them. Some servers repeat with every piece what they have sent.
 * @see https://github.com/vllm-project/vllm/issues/51697
 */
function newArguments(draft: Draft, given: unknown): string {
  const { argumentsText: text, isClosed } = draft
  const piece = toText(given)
  // After the brace of an object only a name or its end can follow.
  if (text === '{' && /^\s*\{/.test(piece)) return piece.trimStart().slice(1)
  if (draft.repeats ? piece.startsWith(text) : repeatsAll(text, piece)) {
    draft.repeats = true
    return piece.slice(text.length)
  }
  return isClosed && isSameObject(piece, text) ? '' : piece
}

/**
 * True if a longer piece begins with all that was sent. An object does not go on with its own beginning, since quotes
 * are escaped within a text, except with an object as the next value: after `:`, `[` and `,` the piece counts as that
 * object, since servers that send pieces are many and those that repeat them are few.
 */
function repeatsAll(text: string, piece: string): boolean {
  if (piece.length <= text.length || !/^\s*\{/.test(text) || /[:[,]\s*$/.test(text)) return false
  return piece.startsWith(text)
}

/** Returns arguments as text. Some proxies send an object. */
function toText(given: unknown): string {
  if (typeof given === 'string') return given
  return given === undefined || given === null ? '' : JSON.stringify(given)
}
