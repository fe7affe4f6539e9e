/**
 * Patterns with classes of Unicode, such as `\p{L}`. Written as literals, they cost every start: V8 checks each literal
 * of the code that it reads, also of code that never runs, and looks up its classes, up to half a millisecond each.
 */

/** Returns a function that compiles the pattern when it is first called. */
export function lazyPattern(source: string, flags: string): () => RegExp {
  let pattern: RegExp | undefined
  return () => (pattern ??= new RegExp(source, flags))
}
