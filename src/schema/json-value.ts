/**
 * What JSON values are to each other, whatever the order of their members, and what lies inside of them.
 */

/** Deeper values are taken for the same: a text that leads on and on must end before the stack does. */
const DEEPEST = 256

/** True for values that JSON cannot tell apart. */
export function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object') return one === other
  return canonical(one) === canonical(other)
}

/** A text that is the same for values that are the same. */
export function canonical(value: unknown, depth = 0): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? ''
  if (depth > DEEPEST) return '…'
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join()}]`
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  const texts = members.map(
    ([name, each]) => `${JSON.stringify(name)}:${canonical(each, depth + 1)}`,
  )
  return `{${texts.join()}}`
}

/** Where a JSON Pointer, written as a fragment, leads: `#`, `#/$defs/city`. */
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
    return part // no escape after all
  }
}

/** With room for what binary fractions cannot say: 0.3 is a multiple of 0.1. */
export function isMultiple(value: number, step: number): boolean {
  const times = value / step
  return !(Math.abs(times - Math.round(times)) > 1e-9 * Math.max(1, Math.abs(times)))
}
