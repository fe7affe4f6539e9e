/**
 * Distinguishes deltas from cumulative frames. `incremental_output: true` requests deltas, but proxies and old
 * models ignore it and repeat the whole text so far in every frame. Detected from the frames.
 * @see https://help.aliyun.com/zh/model-studio/dashscope-api-reference `incremental_output`
 */
import type { StreamEvent } from '../../event.ts'

/** Number of frames that must extend the one before: "1", "1+" may be two deltas. */
const GROWTHS = 3
/** Sufficient number at the end of a short reply, */
const GROWTHS_AT_END = 2
/** or sufficient length of a repeated prefix, in characters. */
const REPEATED_AT_END = 4

/** A growing text: the answer, the thinking, or the arguments of one call. */
export interface Channel {
  toEvent(text: string): StreamEvent
  /** The last frame's text: the entire text if frames are cumulative. Kept until that is decided. */
  whole: string
  /** All frames' texts: the entire text if frames are deltas. Kept until that is decided. */
  pieces: string
  /** Number of characters emitted. */
  shown: number
}

/** Creates an empty channel. */
export function createChannel(toEvent: (text: string) => StreamEvent): Channel {
  return { toEvent, whole: '', pieces: '', shown: 0 }
}

/**
 * Converts frames to deltas. Emits immediately what both readings have in common. A frame that does not start
 * with all of the previous one proves deltas, nearly always the second one.
 */
export class CumulativeDeltaReader {
  #mode: 'unsure' | 'deltas' | 'cumulative' = 'unsure'
  /** Number of frames for which the two readings differ. */
  #growths = 0
  #repeated = 0
  /** Current frame: whether it contained anything new, and how much was repeated. */
  #grew = false
  #same = 0
  #channels = new Set<Channel>()
  #isRequested: boolean

  /** @param isCumulative whether the request asked for cumulative frames */
  constructor(isCumulative: boolean) {
    this.#isRequested = isCumulative
  }

  /** True once the frames are known to be deltas. */
  get areDeltas(): boolean {
    return this.#mode === 'deltas'
  }

  /** Reads one frame of a channel. */
  read(channel: Channel, text: string, events: StreamEvent[]): void {
    if (text === '') return
    if (this.#mode === 'unsure') this.#weigh(channel, text, events)
    else if (this.#mode === 'deltas') events.push(channel.toEvent(text))
    else show(channel, text, events)
  }

  /** Handles a frame without text in a channel that had some: cumulative text never becomes empty again. */
  readEmpty(channel: Channel, events: StreamEvent[]): void {
    if (this.#mode === 'unsure' && channel.whole !== '') this.#settle('deltas', events)
  }

  /** Ends a frame. One that only repeats the previous one is a repeated token. */
  endFrame(events: StreamEvent[]): void {
    if (this.#mode !== 'unsure') return
    if (this.#same > 0 && !this.#grew && this.#growths === 0) this.#settle('deltas', events)
    this.#same = 0
    this.#grew = false
  }

  /** Ends the stream and emits what was held back. */
  end(events: StreamEvent[]): void {
    if (this.#mode !== 'unsure') return
    // The last cumulative frame repeats the one before.
    const repeated = this.#grew ? this.#repeated : Math.max(this.#repeated, this.#same)
    const isCumulative =
      this.#growths >= GROWTHS_AT_END || repeated >= REPEATED_AT_END || this.#isRequested
    this.#settle(isCumulative ? 'cumulative' : 'deltas', events)
  }

  #weigh(channel: Channel, text: string, events: StreamEvent[]): void {
    const before = channel.whole
    this.#channels.add(channel)
    channel.whole = text
    channel.pieces += text
    if (!text.startsWith(before)) return this.#settle('deltas', events)
    if (text.length === before.length) {
      this.#same = text.length
      return
    }
    this.#grew = true
    // "ha", "haha": the text is "haha" or "hahaha", so "haha" is right so far.
    if (channel.pieces.startsWith(text)) return show(channel, text, events)
    this.#growths++
    this.#repeated = Math.max(this.#repeated, before.length)
    if (this.#growths >= (this.#isRequested ? 1 : GROWTHS)) this.#settle('cumulative', events)
  }

  #settle(mode: 'deltas' | 'cumulative', events: StreamEvent[]): void {
    this.#mode = mode
    for (const channel of this.#channels) {
      show(channel, mode === 'deltas' ? channel.pieces : channel.whole, events)
    }
    this.#channels.clear()
  }
}

/** Emits the part of the text that is not emitted yet. */
function show(channel: Channel, whole: string, events: StreamEvent[]): void {
  if (whole.length <= channel.shown) return
  events.push(channel.toEvent(whole.slice(channel.shown)))
  channel.shown = whole.length
}
