/**
 * Reads streamed items and reports each piece once: from deltas, from events that repeat a finished part, or from
 * the final response of a server that sends neither.
 */
import type { Source, StreamEvent } from '../../event.ts'
import type { ResponseItem } from './items.ts'
import { callArguments, isCall, partText } from './items.ts'

/** Progress of one item. */
interface Progress {
  item: ResponseItem | undefined
  /** Number of characters reported, by part. */
  texts: Map<number, number>
  reasoning: Map<number, number>
  /** Index of the tool call, once its start was reported. */
  callIndex: number | undefined
  argumentsLength: number
  /** Arguments that arrived before the start of their call. */
  early: string
  isFinished: boolean
}

/** Reads items in any order of events. */
export class OutputReader {
  #customTools: ReadonlySet<unknown>
  #items = new Map<number, Progress>()
  #calls = 0
  #seen = new Set<string>()

  /** @param customTools names of the custom tools that the request declares */
  constructor(customTools: ReadonlySet<unknown>) {
    this.#customTools = customTools
  }

  #at(index: number): Progress {
    const known = this.#items.get(index)
    if (known) return known
    const progress: Progress = {
      item: undefined,
      texts: new Map(),
      reasoning: new Map(),
      callIndex: undefined,
      argumentsLength: 0,
      early: '',
      isFinished: false,
    }
    this.#items.set(index, progress)
    return progress
  }

  start(index: number, item: ResponseItem, out: StreamEvent[]): void {
    const progress = this.#at(index)
    progress.item = item
    if (isCall(item, this.#customTools)) this.#openCall(progress, item, out)
  }

  /** Ends an item, reporting what its deltas left out. */
  finish(index: number, item: ResponseItem, out: StreamEvent[]): void {
    const progress = this.#at(index)
    if (progress.isFinished) return
    progress.item = item
    progress.isFinished = true
    const { content, summary } = item
    if (item.type === 'message' && Array.isArray(content)) {
      for (const [part, each] of content.entries()) {
        this.wholeText(index, part, partText(each), out)
        for (const annotation of listOf((each as ResponseItem | null)?.annotations))
          this.annotation(annotation, out)
      }
    }
    // A summary and the raw thinking are two forms of the same content. Only the streamed one is kept.
    if (item.type === 'reasoning' && progress.reasoning.size === 0) {
      const parts = listOf(summary).length > 0 ? listOf(summary) : listOf(content)
      for (const [part, each] of parts.entries())
        this.wholeReasoning(index, part, partText(each), out)
    }
    if (isCall(item, this.#customTools)) {
      this.#openCall(progress, item, out)
      this.#wholeArguments(progress, callArguments(item), out)
    }
    for (const source of listOf((item.action as { sources?: unknown } | null)?.sources))
      this.annotation(source, out)
  }

  /** Reports the items of a final response that have not been finished by events. */
  fill(items: readonly ResponseItem[], out: StreamEvent[]): void {
    const known = new Map<unknown, number>()
    for (const [index, { item }] of this.#items) if (item?.id) known.set(item.id, index)
    for (const [position, item] of items.entries()) {
      if (typeof item !== 'object' || item === null) continue
      this.finish(known.get(item.id ?? undefined) ?? position, item, out)
    }
  }

  text(index: number, part: number, delta: unknown, out: StreamEvent[]): void {
    if (typeof delta !== 'string' || delta === '') return
    const { texts } = this.#at(index)
    texts.set(part, (texts.get(part) ?? 0) + delta.length)
    out.push({ type: 'text-delta', text: delta })
  }

  wholeText(index: number, part: number, text: unknown, out: StreamEvent[]): void {
    const reported = this.#at(index).texts.get(part) ?? 0
    if (typeof text === 'string') this.text(index, part, text.slice(reported), out)
  }

  reasoning(index: number, part: number, delta: unknown, out: StreamEvent[]): void {
    if (typeof delta !== 'string' || delta === '') return
    const { reasoning } = this.#at(index)
    const isNext = reasoning.size > 0 && !reasoning.has(part)
    reasoning.set(part, (reasoning.get(part) ?? 0) + delta.length)
    out.push({ type: 'reasoning-delta', text: isNext ? `\n\n${delta}` : delta })
  }

  wholeReasoning(index: number, part: number, text: unknown, out: StreamEvent[]): void {
    const reported = this.#at(index).reasoning.get(part) ?? 0
    if (typeof text === 'string') this.reasoning(index, part, text.slice(reported), out)
  }

  argumentsDelta(index: number, delta: unknown, out: StreamEvent[]): void {
    const progress = this.#at(index)
    if (typeof delta !== 'string') return
    if (progress.callIndex === undefined) progress.early += delta
    // The input of a custom tool is plain text, converted to JSON once it is complete.
    else if (progress.item?.type === 'function_call') this.#arguments(progress, delta, out)
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
    const ordered = [...this.#items].sort(([one], [other]) => one - other)
    const items = ordered.flatMap(([, { item }]) => (item ? [item] : []))
    const isPlain = items.every(({ type }) => type === 'message' || type === 'function_call')
    return isPlain ? undefined : items
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

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
