/**
 * Rewrites a schema so that every `$ref` points to a definition at the top level: `#/$defs/name`. Vendors do not
 * support `$id`, anchors, or pointers into the schema.
 */
import { isRecord } from '../is-record.ts'
import type { SchemaIndex, SchemaNode } from './schema-index.ts'
import { mapSubschemas } from './keywords.ts'

/** Keywords that only identify a schema, or contain the targets of references. */
const ADDRESSES = new Set([
  '$schema',
  '$id',
  '$anchor',
  '$dynamicAnchor',
  '$comment',
  '$vocabulary',
  '$defs',
  'definitions',
])

/** A schema with separate definitions. */
export interface FlatSchema {
  root: SchemaNode
  defs: Record<string, SchemaNode>
}

/** Copies the schema. The original is not changed. */
export function flattenRefs(index: SchemaIndex): FlatSchema {
  const names = new Map<SchemaNode | boolean, string>()
  const defs: Record<string, SchemaNode> = {}
  const taken = new Set<string>()
  const open: [name: string, node: SchemaNode][] = []

  const copy = (node: SchemaNode): SchemaNode => {
    const own = Object.entries(node).filter(
      ([word, value]) => !ADDRESSES.has(word) && value !== undefined,
    )
    const copied = mapSubschemas(Object.fromEntries(own), copy)
    return node.$ref === undefined ? copied : { ...copied, $ref: `#/$defs/${define(node)}` }
  }

  const define = (node: SchemaNode): string => {
    const target = index.resolve(node)
    if (target === undefined) return 'missing'
    const known = names.get(target)
    if (known !== undefined) return known
    const name = nameOf(String(node.$ref), taken)
    taken.add(name)
    names.set(target, name)
    defs[name] = target === false ? { not: {} } : {}
    // Not at once: a long chain of references would exhaust the stack.
    if (isRecord(target)) open.push([name, target])
    return name
  }

  const root = isRecord(index.root) ? copy(index.root) : {}
  for (const [name, node] of open) defs[name] = copy(node)
  return { root, defs }
}

/** Returns the last part of a reference, in characters that OpenAI allows in names. */
function nameOf(reference: string, taken: ReadonlySet<string>): string {
  const last = /([\w.-]+)$/.exec(reference)?.[1]?.replaceAll('.', '_')
  // Assigned to an object, `__proto__` would be its prototype.
  const name = (last === '__proto__' ? 'proto' : last) ?? (taken.has('root') ? 'schema' : 'root')
  let unique = name
  for (let count = 2; taken.has(unique); count++) unique = `${name}${count}`
  return unique
}
