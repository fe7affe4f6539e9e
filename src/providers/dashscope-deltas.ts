/**
 * Pieces or wholes: `incremental_output: true` asks for pieces, but proxies and old models ignore
 * it and repeat the whole text so far in every frame. Told apart by what the frames hold.
 * @see https://help.aliyun.com/zh/model-studio/dashscope-api-reference `incremental_output`
 */
import type { StreamEvent } from '../event.ts'

/**
 * How many times a frame must have grown out of the one before it: "ha", "haha" may be two pieces.
 */
const GROWTHS = 3
/**
 * At the end of a short reply less must do: so many frames, or a repeated start of so many
 * characters.
 */
const GROWTHS_AT_END = 2
const REPEATED_AT_END = 4

/** One text that grows: the answer, the thinking, or the arguments of one call. */
export interface Channel {
  toEvent(text: string): StreamEvent
  /** The last frame's text, while it is not sure what frames hold. */
  previous: string
  /** What the frames behind the first would add, were they pieces. */
  held: string[]
  /** How much of the whole is out, in characters. */
  shown: number
}

/** A channel with nothing in it yet. */
export function createChannel(toEvent: (text: string) => StreamEvent): Channel {
  return { toEvent, previous: '', held: [], shown: 0 }
}

/**
 * Turns what frames hold into pieces. The first frame of a channel is out at once: it is right
 * either way. From then on a frame that does not start with all of the one before it proves pieces,
 * which nearly always is the second one.
 */
export class DeltaReader {
  #form: 'unsure' | 'pieces' | 'wholes' = 'unsure'
  #growths = 0
  #repeated = 0
  #held: Channel[] = []
  #needed: number
  #neededAtEnd: number

  /** @param wholes whether the request asked for the whole text in every frame */
  constructor(wholes: boolean) {
    this.#needed = wholes ? 1 : GROWTHS
    this.#neededAtEnd = wholes ? 0 : GROWTHS_AT_END
  }

  read(channel: Channel, text: string, events: StreamEvent[]): void {
    if (text === '') return
    if (this.#form === 'unsure') this.#weigh(channel, text, events)
    else if (this.#form === 'pieces') events.push(channel.toEvent(text))
    else if (text.length > channel.shown) {
      events.push(channel.toEvent(text.slice(channel.shown)))
      channel.shown = text.length
    }
  }

  /**
   * A frame that says "nothing" about a channel that had something: a whole never becomes empty
   * again.
   */
  readEmpty(channel: Channel, events: StreamEvent[]): void {
    if (this.#form === 'unsure' && channel.previous !== '') this.#settle('pieces', events)
  }

  /** No frame follows: what is held comes out. */
  end(events: StreamEvent[]): void {
    if (this.#held.length === 0) return
    const wholes = this.#growths >= this.#neededAtEnd || this.#repeated >= REPEATED_AT_END
    this.#settle(wholes ? 'wholes' : 'pieces', events)
  }

  #weigh(channel: Channel, text: string, events: StreamEvent[]): void {
    const { previous } = channel
    channel.previous = text
    if (previous === '') {
      channel.shown = text.length
      events.push(channel.toEvent(text))
      return
    }
    if (channel.held.length === 0) this.#held.push(channel)
    channel.held.push(text)
    if (!text.startsWith(previous)) return this.#settle('pieces', events)
    this.#repeated = Math.max(this.#repeated, previous.length)
    if (text.length > previous.length) this.#growths++
    if (this.#growths >= this.#needed) this.#settle('wholes', events)
  }

  #settle(form: 'pieces' | 'wholes', events: StreamEvent[]): void {
    this.#form = form
    for (const channel of this.#held) {
      const text = form === 'pieces' ? channel.held.join('') : channel.previous.slice(channel.shown)
      if (text !== '') events.push(channel.toEvent(text))
      channel.shown = channel.previous.length
      channel.held = []
    }
    this.#held = []
  }
}
