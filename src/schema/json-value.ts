/**
 * Compares JSON values, and resolves JSON Pointers into them.
 */

/** Returns the JSON Schema type of a value. */
export function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/** Maximum nesting that is followed, so that the stack does not overflow. */
export const MAX_DEPTH = 1000

/** A value that is nested too deeply to be judged, which is neither valid nor invalid. */
export class TooDeep extends Error {}

/**
 * True if two JSON values are equal, whatever the order of their properties.
 * @throws {TooDeep} if both are nested more deeply than `MAX_DEPTH`
 */
export function isSame(one: unknown, other: unknown, depth = 0): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return one === other
  if (depth > MAX_DEPTH) throw new TooDeep()
  const [own, others] = [Object.entries(one), Object.entries(other)]
  return (
    Array.isArray(one) === Array.isArray(other) &&
    own.length === others.length &&
    own.every(
      ([name, value]) =>
        Object.hasOwn(other, name) &&
        isSame(value, (other as Record<string, unknown>)[name], depth + 1),
    )
  )
}

/**
 * Serializes a value so that equal values give equal texts.
 * @throws {TooDeep} for a value that is nested more deeply than `MAX_DEPTH`
 */
export function canonical(value: unknown, depth = 0): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? ''
  if (depth > MAX_DEPTH) throw new TooDeep()
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join()}]`
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  const texts = members.map(
    ([name, each]) => `${JSON.stringify(name)}:${canonical(each, depth + 1)}`,
  )
  return `{${texts.join()}}`
}

/** Resolves a JSON Pointer in a URI fragment: `#`, `#/$defs/city`. */
export function follow(root: unknown, fragment: string): unknown {
  if (fragment === '#') return root
  if (!fragment.startsWith('#/')) return undefined
  let target = root
  for (const part of fragment.slice(2).split('/')) {
    const key = decode(part)
    if (typeof target !== 'object' || target === null || !Object.hasOwn(target, key)) {
      return undefined
    }
    target = (target as Record<string, unknown>)[key]
  }
  return target
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
  } catch {
    return part // a stray `%`
  }
}

/**
 * True if a number is a multiple of another, within the precision of binary fractions: 0.3 is a multiple of 0.1.
 */
export function isMultiple(value: number, step: number): boolean {
  const times = value / step
  if (!Number.isFinite(times)) return value % step === 0
  return !(Math.abs(times - Math.round(times)) > 1e-9 * Math.max(1, Math.abs(times)))
}
