/**
 * Reads streamed items and reports each piece once: from deltas, from events that repeat a finished part, or from
 * the final response of a server that sends neither.
 */
import type { Source, StreamEvent } from '../../event.ts'
import { isPlaceholder, replacesPlaceholder } from '../tool-arguments.ts'
import type { ResponseItem } from './items.ts'
import { callArguments, isCall, itemText, partText } from './items.ts'

/** The place of a delta: its item and the part within it. */
export interface Place {
  index: number
  part: number
  id?: unknown
}

/** Progress of one item. */
interface Progress {
  index: number
  type: string
  item: ResponseItem | undefined
  /** Number of characters reported, by part. */
  texts: Map<number, number>
  reasoning: Map<number, number>
  /** Index of the tool call, once its start was reported. */
  callIndex: number | undefined
  argumentsLength: number
  /** Arguments that arrived before the start of their call. */
  early: string
  /** `{}` that is not reported yet: the arguments, or a placeholder for those to come. */
  placeholder: string
  isFinished: boolean
}

/**
 * Reads items in any order of events. An item is known by its index and type, since proxies name the same item
 * differently in each event (GitHub Copilot), and since some servers send index 0 for every item (llama.cpp), one after
 * the other.
 */
export class OutputReader {
  #customTools: ReadonlySet<unknown>
  /** The latest item at each index, by type. */
  #latest = new Map<string, Progress>()
  #all: Progress[] = []
  #calls = 0
  #seen = new Set<string>()

  /** @param customTools names of the custom tools that the request declares */
  constructor(customTools: ReadonlySet<unknown>) {
    this.#customTools = customTools
  }

  start(index: number, item: ResponseItem, out: StreamEvent[]): void {
    const known = this.#at(index, item.type, item)
    if (!known) return
    // The next call at the same index, by a server that does not finish items.
    const isNext = known.item?.call_id !== undefined && known.item.call_id !== item.call_id
    const progress = isNext ? this.#add(index, item.type) : known
    progress.item = item
    if (isCall(item, this.#customTools)) this.#openCall(progress, item, out)
  }

  /** Ends an item, reporting what its deltas left out. */
  finish(index: number, item: ResponseItem, out: StreamEvent[]): void {
    const progress = this.#at(index, item.type, item)
    if (progress) this.#finish(progress, item, out)
  }

  /**
   * Returns the item at an index, or starts one: also if the last one there is finished and the event belongs to
   * another. Returns `undefined` for events that come after the end of their item.
   */
  #at(index: number, type: string, of: { id?: unknown }): Progress | undefined {
    const known = this.#known(index, type, of.id)
    if (!known?.isFinished) return known ?? this.#add(index, type)
    return known.item && isSameItem(known.item, of) ? undefined : this.#add(index, type)
  }

  /**
   * Returns the item at an index. Of several, as in parallel calls of llama.cpp, that with the id.
   * @see https://github.com/can1357/oh-my-pi/pull/1882
   */
  #known(index: number, type: string, id: unknown): Progress | undefined {
    const latest = this.#latest.get(`${index} ${type}`)
    if (!latest || !id || latest.item?.id === id) return latest
    return (
      this.#all.find((one) => one.index === index && one.type === type && one.item?.id === id) ??
      latest
    )
  }

  /**
   * Returns the item of new text: also a finished one, since some gateways end an item with its first piece.
   * @see https://github.com/diegosouzapw/OmniRoute/issues/13693
   */
  #open({ index, id }: Place, type: string): Progress {
    return this.#at(index, type, { id }) ?? (this.#known(index, type, id) as Progress)
  }

  #add(index: number, type: string): Progress {
    const progress: Progress = {
      index,
      type,
      item: undefined,
      texts: new Map(),
      reasoning: new Map(),
      callIndex: undefined,
      argumentsLength: 0,
      early: '',
      placeholder: '',
      isFinished: false,
    }
    this.#latest.set(`${index} ${type}`, progress)
    this.#all.push(progress)
    return progress
  }

  #finish(progress: Progress, item: ResponseItem, out: StreamEvent[]): void {
    progress.item = item
    const { content, summary } = item
    if (item.type === 'message') {
      const parts = typeof content === 'string' ? [{ text: content }] : listOf(content)
      for (const [part, each] of parts.entries()) {
        this.#wholeText(progress, part, partText(each), out)
        for (const annotation of listOf((each as ResponseItem | null)?.annotations))
          this.annotation(annotation, out)
      }
    }
    // A summary and the raw thinking are two forms of the same content. Only the streamed one is kept.
    if (item.type === 'reasoning' && progress.reasoning.size === 0) {
      const parts = listOf(summary).length > 0 ? listOf(summary) : listOf(content)
      for (const [part, each] of parts.entries())
        this.#wholeReasoning(progress, part, partText(each), out)
    }
    if (isCall(item, this.#customTools)) {
      this.#openCall(progress, item, out)
      this.#wholeArguments(progress, callArguments(item), out)
    }
    for (const source of listOf((item.action as { sources?: unknown } | null)?.sources))
      this.annotation(source, out)
    progress.isFinished = true
  }

  /** Reports the items of a final response that have not been finished by events. */
  fill(items: readonly ResponseItem[], out: StreamEvent[]): void {
    const left = new Set(this.#inOrder())
    for (const [position, item] of items.entries()) {
      if (typeof item !== 'object' || item === null) continue
      const progress = findItem([...left], item, position) ?? this.#add(position, item.type)
      left.delete(progress)
      if (!progress.isFinished) this.#finish(progress, item, out)
    }
  }

  text(place: Place, delta: unknown, out: StreamEvent[]): void {
    this.#text(this.#open(place, 'message'), place.part, textOf(delta), out)
  }

  wholeText({ index, part, id }: Place, text: unknown, out: StreamEvent[]): void {
    const progress = this.#at(index, 'message', { id })
    if (progress) this.#wholeText(progress, part, textOf(text), out)
  }

  reasoning(place: Place, delta: unknown, out: StreamEvent[]): void {
    this.#reasoning(this.#open(place, 'reasoning'), place.part, textOf(delta), out)
  }

  wholeReasoning({ index, part, id }: Place, text: unknown, out: StreamEvent[]): void {
    const progress = this.#at(index, 'reasoning', { id })
    if (progress) this.#wholeReasoning(progress, part, textOf(text), out)
  }

  #text({ texts }: Progress, part: number, text: string, out: StreamEvent[]): void {
    if (text === '') return
    texts.set(part, (texts.get(part) ?? 0) + text.length)
    out.push({ type: 'text-delta', text })
  }

  #wholeText(progress: Progress, part: number, text: string, out: StreamEvent[]): void {
    this.#text(progress, part, text.slice(progress.texts.get(part) ?? 0), out)
  }

  #reasoning({ reasoning }: Progress, part: number, text: string, out: StreamEvent[]): void {
    if (text === '') return
    const isNext = reasoning.size > 0 && !reasoning.has(part)
    reasoning.set(part, (reasoning.get(part) ?? 0) + text.length)
    out.push({ type: 'reasoning-delta', text: isNext ? `\n\n${text}` : text })
  }

  #wholeReasoning(progress: Progress, part: number, text: string, out: StreamEvent[]): void {
    this.#reasoning(progress, part, text.slice(progress.reasoning.get(part) ?? 0), out)
  }

  argumentsDelta({ index, id }: Place, delta: unknown, out: StreamEvent[]): void {
    const progress = this.#at(index, 'function_call', { id })
    if (!progress) return
    const text = withoutPlaceholder(progress, textOf(delta))
    if (progress.callIndex === undefined) progress.early += text
    else this.#arguments(progress, text, out)
  }

  /** Reports what the deltas of a call left out: some servers send its arguments at their end only. */
  wholeArguments({ index, id }: Place, whole: unknown, out: StreamEvent[]): void {
    const progress = this.#at(index, 'function_call', { id })
    if (!progress) return
    const rest = textOf(whole).slice(progress.argumentsLength + progress.early.length)
    if (progress.callIndex === undefined) progress.early += rest
    else this.#arguments(progress, rest, out)
  }

  /**
   * Returns the index for an event without one: that of the item with this id, or else of the latest.
   * @param starts true for the event that starts an item
   */
  indexOf(id: unknown, { starts }: { starts: boolean }): number {
    const all = this.#all
    if (typeof id === 'string' && id !== '') {
      const known = all.find(({ item }) => item?.id === id)
      if (known) return known.index
      if (starts) return all.length
    }
    return all.at(-1)?.index ?? 0
  }

  annotation(annotation: unknown, out: StreamEvent[]): void {
    const { url, title } = (annotation ?? {}) as { url?: unknown; title?: unknown }
    if (typeof url !== 'string' || url === '' || this.#seen.has(url)) return
    this.#seen.add(url)
    const source: Source = { url, ...(typeof title === 'string' && title && { title }) }
    out.push({ type: 'source', source })
  }

  /**
   * Returns the items to send back on the next turn, or `undefined` if the OpenAI format represents them fully:
   * reasoning, which models require next to their calls, and calls of tools that the message format does not
   * support.
   */
  kept(): ResponseItem[] | undefined {
    const items = this.#inOrder().flatMap(({ item }) => item ?? [])
    const isPlain = items.every(({ type }) => type === 'message' || type === 'function_call')
    return isPlain ? undefined : items
  }

  #inOrder(): Progress[] {
    return [...this.#all].sort((one, other) => one.index - other.index)
  }

  #openCall(progress: Progress, item: ResponseItem, out: StreamEvent[]): void {
    const { name, call_id: id } = item
    if (progress.callIndex !== undefined || typeof name !== 'string' || name === '') return
    progress.callIndex = this.#calls++
    const callId = typeof id === 'string' && id ? id : item.id
    out.push({
      type: 'tool-call-delta',
      index: progress.callIndex,
      ...(callId && { id: callId }),
      name,
      argumentsDelta: '',
    })
    if (item.type === 'function_call') this.#arguments(progress, progress.early, out)
  }

  #wholeArguments(progress: Progress, text: string, out: StreamEvent[]): void {
    this.#arguments(progress, text.slice(progress.argumentsLength), out)
  }

  #arguments(progress: Progress, argumentsDelta: string, out: StreamEvent[]): void {
    const { callIndex: index } = progress
    if (index === undefined || argumentsDelta === '') return
    progress.argumentsLength += argumentsDelta.length
    out.push({ type: 'tool-call-delta', index, argumentsDelta })
  }
}

/** Holds `{}` back at the start of the arguments, since these may follow it. */
function withoutPlaceholder(progress: Progress, delta: string): string {
  const { argumentsLength, early, placeholder } = progress
  if (argumentsLength + early.length === 0 && isPlaceholder(delta)) {
    progress.placeholder = delta
    return ''
  }
  if (placeholder === '' || delta.trim() === '') return delta
  progress.placeholder = ''
  return replacesPlaceholder(delta) ? delta : placeholder + delta
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

/** Returns a text, which may be missing or null. @throws {TypeError} for anything else */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw new TypeError('not a string')
  return value
}

/** True if both are the same item: by their ids, or by their content if they have none. */
function isSameItem(
  item: ResponseItem,
  other: { id?: unknown; [member: string]: unknown },
): boolean {
  if (other.id !== undefined && other.id !== null && other.id === item.id) return true
  if (other.type !== item.type) return false
  if (item.call_id !== undefined) return other.call_id === item.call_id
  return itemText(item) !== '' && itemText(item) === itemText(other as ResponseItem)
}

/** Returns the streamed item that a final response repeats. */
function findItem(
  items: readonly Progress[],
  item: ResponseItem,
  position: number,
): Progress | undefined {
  const alike = items.filter(({ type }) => type === item.type)
  return (
    alike.find((progress) => progress.item && isSameItem(progress.item, item)) ??
    alike.find(({ index }) => index === position) ??
    alike[0]
  )
}
