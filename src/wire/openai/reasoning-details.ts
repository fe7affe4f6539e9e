/**
 * Keeps reasoning details that a router requires back unchanged on the next turn.
 * @see https://openrouter.ai/docs/use-cases/reasoning-tokens
 */

/** A piece of a detail, as received. */
export interface WireDetail {
  type?: string
  index?: number
  [member: string]: unknown
}

/** Returns the texts and summaries of details, for a server that sends thinking nowhere else. */
export function textOfDetails(details: readonly WireDetail[]): string {
  let all = ''
  for (const { text, summary } of details) {
    if (typeof text === 'string') all += text
    else if (typeof summary === 'string') all += summary
  }
  return all
}

/**
 * Merges consecutive pieces of a detail: its texts are appended, everything else is sent once. An encrypted one
 * is complete, so another is a new detail.
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
