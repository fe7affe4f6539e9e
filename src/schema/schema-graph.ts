/**
 * Measures a schema whose references point to definitions at its root: its depth, and the definitions in cycles.
 */
import { isRecord } from '../is-record.ts'
import type { SchemaNode } from './schema-index.ts'

/** A longer way into a schema counts as too deep, so that the stack does not overflow. */
const COUNTED_STEPS = 500

/** Returns, for each recursive definition, the definitions of its cycle. */
export function findCyclic(defs: Record<string, SchemaNode>): Map<string, ReadonlySet<string>> {
  const direct = new Map(
    Object.entries(defs).map(([name, node]) => {
      const text = JSON.stringify(node)
      const targets = [...text.matchAll(/"\$ref":"#\/\$defs\/([^"]+)"/g)].map(
        ([, to]) => to as string,
      )
      return [name, new Set(targets)] as const
    }),
  )
  const reach = (from: string): Set<string> => {
    const reached = new Set<string>()
    const open = [...(direct.get(from) ?? [])]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (reached.has(next)) continue
      reached.add(next)
      open.push(...(direct.get(next) ?? []))
    }
    return reached
  }
  const reached = new Map([...direct.keys()].map((name) => [name, reach(name)] as const))
  return new Map(
    [...reached].map(([name, targets]) => [
      name,
      new Set([...targets].filter((target) => reached.get(target)?.has(name))),
    ]),
  )
}

/** Returns the number of nested objects and arrays. */
export function depthOf(
  node: unknown,
  at: { defs: Record<string, unknown>; known: Map<string, number> },
  steps = 0,
): number {
  if (!isRecord(node)) return 0
  if (steps > COUNTED_STEPS) return Infinity
  if (typeof node.$ref === 'string') {
    const name = node.$ref.slice('#/$defs/'.length)
    if (!at.known.has(name)) {
      at.known.set(name, 0) // recursion ends here
      at.known.set(name, depthOf(at.defs[name], at, steps + 1))
    }
    return at.known.get(name) ?? 0
  }
  const level = node.type === 'object' || node.type === 'array' ? 1 : 0
  const inner: unknown[] = [node.items]
  if (isRecord(node.properties)) inner.push(...Object.values(node.properties))
  if (Array.isArray(node.anyOf)) inner.push(...node.anyOf)
  return level + Math.max(0, ...inner.map((each) => depthOf(each, at, steps + 1)))
}
