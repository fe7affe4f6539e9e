/**
 * Assembles content blocks: as events, and complete for the next turn.
 * @see https://platform.claude.com/docs/en/build-with-claude/streaming
 */
import { isRecord } from '../../is-record.ts'
import type { Source, StreamEvent } from '../../event.ts'
import { TextBuffer } from '../../stream/text-buffer.ts'
import type { Block } from './turn.ts'
import { parseInput } from './messages.ts'

/** The properties of a delta that are read. Any of them may be missing. */
export interface WireDelta {
  type?: string
  text?: unknown
  thinking?: unknown
  signature?: unknown
  partial_json?: unknown
  citation?: unknown
  content?: unknown
}

interface Draft {
  block: Block
  /** Pieces of its text, thinking or JSON, depending on the block. */
  pieces: TextBuffer
  /** The index of its tool call. */
  tool: number | undefined
}

/** The block type of a delta whose server sent no block start. */
const BLOCK_OF: Record<string, string> = { text_delta: 'text', thinking_delta: 'thinking' }

/** Reads the blocks of one message. */
export class BlockReader {
  #drafts: Draft[] = []
  /** By index. GLM opens block 1 before it closes block 0. */
  #open = new Map<number, Draft>()
  #tools = 0
  #sources = new Set<string>()

  /** Number of blocks so far. */
  get count(): number {
    return this.#drafts.length
  }

  start(index: number, wire: Block, out: StreamEvent[]): Draft {
    const open = this.#open.get(index)
    // new-api begins a call again with each piece. https://github.com/QuantumNous/new-api/issues/4203
    if (open?.tool !== undefined && wire.id && open.block.id === wire.id) return open
    const draft: Draft = { block: { ...wire }, pieces: new TextBuffer(), tool: undefined }
    this.#drafts.push(draft)
    this.#open.set(index, draft)
    const { type, text, thinking, id, name, content, citations } = draft.block
    if (type === 'text') pushText(draft, text, out)
    else if (type === 'thinking') pushThinking(draft, thinking, out)
    else if (type === 'tool_use') {
      if (typeof name !== 'string') throw new TypeError('Tool call without a name')
      draft.tool = this.#tools++
      const call = { ...(typeof id === 'string' && { id }), name, argumentsDelta: '' }
      out.push({ type: 'tool-call-delta', index: draft.tool, ...call })
    } else if (type.endsWith('_tool_result')) this.#readResults(content, out)
    if (Array.isArray(citations)) for (const one of citations) this.#readCitation(one, out)
    return draft
  }

  delta(index: number, wire: WireDelta, out: StreamEvent[]): void {
    const { type = '' } = wire
    let draft = this.#open.get(index)
    if (!draft && BLOCK_OF[type]) draft = this.start(index, { type: BLOCK_OF[type] }, out)
    if (!draft) return
    const { block } = draft
    if (type === 'text_delta') pushText(draft, wire.text, out)
    else if (type === 'thinking_delta') pushThinking(draft, wire.thinking, out)
    else if (type === 'input_json_delta') pushJSON(draft, wire.partial_json, out)
    else if (type === 'signature_delta') grow(block, 'signature', wire.signature)
    else if (type === 'compaction_delta') grow(block, 'content', wire.content)
    else if (type === 'citations_delta') {
      const citations = Array.isArray(block.citations) ? block.citations : []
      block.citations = [...citations, wire.citation]
      this.#readCitation(wire.citation, out)
    }
  }

  /**
   * Ends a block. The input of a call may be complete in its start: in a buffered reply, and on some servers in a
   * stream.
   */
  stop(index: number, out: StreamEvent[]): void {
    const draft = this.#open.get(index)
    this.#open.delete(index)
    if (draft?.tool === undefined || !draft.pieces.empty) return
    const { input } = draft.block
    if (typeof input === 'string') return pushJSON(draft, input, out)
    const written = JSON.stringify(input ?? {})
    if (written !== '{}') pushJSON(draft, written, out)
  }

  /**
   * Returns the blocks to send back, if there are any besides plain text and tool calls, which the OpenAI format
   * represents fully.
   */
  kept(): Block[] | undefined {
    if (this.#drafts.every(({ block }) => isPlain(block))) return undefined
    return this.#drafts.map(({ block, pieces }) => {
      const whole = pieces.join()
      if (block.type === 'text') return { ...block, text: whole }
      if (block.type === 'thinking') return { ...block, thinking: whole }
      return whole ? { ...block, input: parseInput(whole) } : { ...block }
    })
  }

  #readResults(content: unknown, out: StreamEvent[]): void {
    for (const one of Array.isArray(content) ? content : [content]) {
      const { url, title, content: document } = (one ?? {}) as Record<string, unknown>
      const { title: inside } = (document ?? {}) as { title?: unknown }
      this.#pushSource({ url, title: title ?? inside }, out)
    }
  }

  /** Reads a citation: a search result, a tool result, or the caller's document. */
  #readCitation(wire: unknown, out: StreamEvent[]): void {
    const { url, source, title, document_title, cited_text } = (wire ?? {}) as Record<
      string,
      unknown
    >
    this.#pushSource(
      { url: url ?? source, title: title ?? document_title, snippet: cited_text },
      out,
    )
  }

  #pushSource(found: Record<string, unknown>, out: StreamEvent[]): void {
    const told = Object.entries(found).filter(([, value]) => typeof value === 'string' && value)
    const source = Object.fromEntries(told) as Source
    const key = source.url ?? source.title
    if (!key || this.#sources.has(key)) return
    this.#sources.add(key)
    out.push({ type: 'source', source })
  }
}

function isPlain({ type, citations, caller }: Block): boolean {
  // A call made by Claude's code execution must be sent back with its `caller`.
  const isDirect = (caller as { type?: unknown } | undefined)?.type ?? 'direct'
  return (
    (type === 'tool_use' && isDirect === 'direct') ||
    (type === 'text' && !(Array.isArray(citations) && citations.length > 0))
  )
}

function pushText(draft: Draft, text: unknown, out: StreamEvent[]): void {
  if (typeof text !== 'string' || !text) return
  draft.pieces.push(text)
  out.push({ type: 'text-delta', text })
}

function pushThinking(draft: Draft, text: unknown, out: StreamEvent[]): void {
  if (typeof text !== 'string' || !text) return
  draft.pieces.push(text)
  out.push({ type: 'reasoning-delta', text })
}

/** Adds a piece of JSON. A call without arguments has an empty piece, or none. Some gateways send an object. */
function pushJSON(draft: Draft, piece: unknown, out: StreamEvent[]): void {
  const text = isRecord(piece) ? JSON.stringify(piece) : piece
  if (typeof text !== 'string' || !text) return
  draft.pieces.push(text)
  if (draft.tool !== undefined)
    out.push({ type: 'tool-call-delta', index: draft.tool, argumentsDelta: text })
}

function grow(block: Block, name: string, piece: unknown): void {
  if (typeof piece !== 'string') return
  const before = block[name]
  block[name] = typeof before === 'string' ? before + piece : piece
}
