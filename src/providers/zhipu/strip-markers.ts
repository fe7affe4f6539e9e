/**
 * Removes chat template markers from a text, also if they are split across pieces.
 */
import { overlap } from '../../stream/stop-filter.ts'

/** Removes markers from a text. Does no I/O. */
export class MarkerStripper {
  #markers: readonly string[]
  /** Text that may start a marker. */
  #held = ''

  constructor(markers: readonly string[]) {
    this.#markers = markers
  }

  /** Takes a piece and returns the text that is certainly not a marker. */
  push(piece: string): string {
    let text = this.#held + piece
    for (const marker of this.#markers)
      if (text.includes(marker)) text = text.replaceAll(marker, '')
    let keep = 0
    for (const marker of this.#markers) keep = Math.max(keep, overlap(text, marker))
    this.#held = keep > 0 ? text.slice(text.length - keep) : ''
    return keep > 0 ? text.slice(0, text.length - keep) : text
  }

  /** Ends the text. Half a marker is ordinary text. */
  end(): string {
    const rest = this.#held
    this.#held = ''
    return rest
  }
}
