/**
 * Lists of what came together.
 */

/**
 * Empties a list that is used again; `undefined` where nothing is in it. Pushing to a new one makes room for seventeen,
 * and three such lists for each chunk were a seventh of all that it left to the garbage collector (Node 20: 85
 * collections in 500,000 chunks, 73 without).
 */
export function drainArray<T>(list: T[]): T[] | undefined {
  if (list.length === 0) return undefined
  return list.length === 1 ? [list.pop() as T] : list.splice(0)
}
