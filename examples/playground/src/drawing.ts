/**
 * Keeps track of what is still being drawn: colors of code and formulas come a moment after their text.
 */
const pending = new Set<Promise<unknown>>()

/** Counts as being drawn until the promise settles. */
export function trackDrawing(work: Promise<unknown>): void {
  const settled: Promise<unknown> = work.catch(() => {}).then(() => pending.delete(settled))
  pending.add(settled)
}

export function isDrawing(): boolean {
  return pending.size > 0
}

/** Resolves when everything is drawn. */
export async function whenDrawn(): Promise<void> {
  while (isDrawing()) await Promise.all(pending)
}
