/**
 * Names of tools as every vendor accepts them: up to 64 letters, digits, `_` and `-`, each once.
 */

/** Returns a name that is safe and not yet taken, and takes it. */
export function safeName(name: string, taken: Set<string>): string {
  const safe = name.replace(/[^\w-]+/g, '_').slice(0, 64) || 'tool'
  let unique = safe
  for (let count = 2; taken.has(unique); count++) {
    const suffix = `_${count}`
    unique = safe.slice(0, 64 - suffix.length) + suffix
  }
  taken.add(unique)
  return unique
}
