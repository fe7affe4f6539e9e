/**
 * The pieces of thinking that a router wants back unchanged on the next turn.
 * @see https://openrouter.ai/docs/use-cases/reasoning-tokens
 */

/** A piece, as it comes. */
export interface WireDetail {
  type?: string
  index?: number
  [member: string]: unknown
}

/** Thinking of a server that sends it nowhere else: the texts and summaries of its details. */
export function textOfDetails(details: readonly WireDetail[]): string {
  let all = ''
  for (const { text, summary } of details) {
    if (typeof text === 'string') all += text
    else if (typeof summary === 'string') all += summary
  }
  return all
}

/**
 * Pieces of one detail follow each other; its texts grow, everything else is said once.
 * An encrypted one is whole, and one more of it is another.
 */
export function keepDetails(kept: WireDetail[], pieces: readonly WireDetail[]): void {
  for (const piece of pieces) {
    const last = kept.at(-1)
    const { type, index } = piece
    if (!last || last.type !== type || last.index !== index || 'data' in piece) {
      kept.push({ ...piece })
      continue
    }
    for (const [name, value] of Object.entries(piece)) {
      const before = last[name]
      const grows = name === 'text' || name === 'summary'
      if (grows && typeof before === 'string' && typeof value === 'string')
        last[name] = before + value
      else if (value !== null && value !== undefined) last[name] = value
    }
  }
}
