/**
 * Pieces or wholes: `incremental_output: true` asks for pieces, but proxies and old models ignore
 * it and repeat the whole text so far in every frame. Told apart by what the frames hold.
 * @see https://help.aliyun.com/zh/model-studio/dashscope-api-reference `incremental_output`
 */
import type { StreamEvent } from '../../event.ts'

/** So many frames must have grown out of those before them: "1", "1+" may be two pieces. */
const GROWTHS = 3
/** At the end of a short reply so many do, */
const GROWTHS_AT_END = 2
/** or a repeated start of so many characters. */
const REPEATED_AT_END = 4

/** One text that grows: the answer, the thinking, or the arguments of one call. */
export interface Channel {
  toEvent(text: string): StreamEvent
  /** The last frame's text: all there is if frames hold wholes. Kept while that is not sure. */
  whole: string
  /** All frames' texts: all there is if they hold pieces. Kept while that is not sure. */
  pieces: string
  /** How much is out, in characters. */
  shown: number
}

/** A channel with nothing in it yet. */
export function createChannel(toEvent: (text: string) => StreamEvent): Channel {
  return { toEvent, whole: '', pieces: '', shown: 0 }
}

/**
 * Turns what frames hold into pieces. What both readings agree on is out at once, and a frame that
 * does not start with all of the one before it proves pieces: nearly always the second one does.
 */
export class CumulativeDeltaReader {
  #form: 'unsure' | 'pieces' | 'wholes' = 'unsure'
  /** How many frames grew in a way that makes the two readings differ. */
  #growths = 0
  #repeated = 0
  /** Of the running frame: whether anything new was in it, and how much was just the same. */
  #grew = false
  #same = 0
  #channels = new Set<Channel>()
  #asked: boolean

  /** @param wholes whether the request asked for the whole text in every frame */
  constructor(wholes: boolean) {
    this.#asked = wholes
  }

  /** Takes what a frame holds of a channel. */
  read(channel: Channel, text: string, events: StreamEvent[]): void {
    if (text === '') return
    if (this.#form === 'unsure') this.#weigh(channel, text, events)
    else if (this.#form === 'pieces') events.push(channel.toEvent(text))
    else show(channel, text, events)
  }

  /** A frame without a text that was there before: a whole never becomes empty again. */
  readEmpty(channel: Channel, events: StreamEvent[]): void {
    if (this.#form === 'unsure' && channel.whole !== '') this.#settle('pieces', events)
  }

  /** A running frame is over. One that only repeats the one before it is a token said again. */
  endFrame(events: StreamEvent[]): void {
    if (this.#form !== 'unsure') return
    if (this.#same > 0 && !this.#grew && this.#growths === 0) this.#settle('pieces', events)
    this.#same = 0
    this.#grew = false
  }

  /** No frame follows: what is held back comes out. */
  end(events: StreamEvent[]): void {
    if (this.#form !== 'unsure') return
    // The last frame of wholes repeats the one before it.
    const repeated = this.#grew ? this.#repeated : Math.max(this.#repeated, this.#same)
    const wholes = this.#growths >= GROWTHS_AT_END || repeated >= REPEATED_AT_END || this.#asked
    this.#settle(wholes ? 'wholes' : 'pieces', events)
  }

  #weigh(channel: Channel, text: string, events: StreamEvent[]): void {
    const before = channel.whole
    this.#channels.add(channel)
    channel.whole = text
    channel.pieces += text
    if (!text.startsWith(before)) return this.#settle('pieces', events)
    if (text.length === before.length) {
      this.#same = text.length
      return
    }
    this.#grew = true
    // "ha", "haha": whether that makes "haha" or "hahaha", "haha" is right so far.
    if (channel.pieces.startsWith(text)) return show(channel, text, events)
    this.#growths++
    this.#repeated = Math.max(this.#repeated, before.length)
    if (this.#growths >= (this.#asked ? 1 : GROWTHS)) this.#settle('wholes', events)
  }

  #settle(form: 'pieces' | 'wholes', events: StreamEvent[]): void {
    this.#form = form
    for (const channel of this.#channels) {
      show(channel, form === 'pieces' ? channel.pieces : channel.whole, events)
    }
    this.#channels.clear()
  }
}

/** Gives what of the whole text is not out yet. */
function show(channel: Channel, whole: string, events: StreamEvent[]): void {
  if (whole.length <= channel.shown) return
  events.push(channel.toEvent(whole.slice(channel.shown)))
  channel.shown = whole.length
}
