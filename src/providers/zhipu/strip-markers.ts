/**
 * Takes markers of a chat template out of a text, also where they are cut over pieces.
 */
import { overlap } from '../../stream/stop-filter.ts'

/** A text without its markers. Parser without I/O. */
export class MarkerStripper {
  #markers: readonly string[]
  /** What may be the start of a marker. */
  #held = ''

  constructor(markers: readonly string[]) {
    this.#markers = markers
  }

  /** Takes a piece; gives what is surely no marker. */
  push(piece: string): string {
    let text = this.#held + piece
    for (const marker of this.#markers)
      if (text.includes(marker)) text = text.replaceAll(marker, '')
    let keep = 0
    for (const marker of this.#markers) keep = Math.max(keep, overlap(text, marker))
    this.#held = keep > 0 ? text.slice(text.length - keep) : ''
    return keep > 0 ? text.slice(0, text.length - keep) : text
  }

  /** The text is over: half a marker is ordinary text. */
  end(): string {
    const rest = this.#held
    this.#held = ''
    return rest
  }
}
