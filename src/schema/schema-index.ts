/**
 * Finds every subschema of a JSON Schema and resolves its references: by pointer, `$id`, `$anchor`, `$dynamicAnchor`.
 * @see https://json-schema.org/draft/2020-12/json-schema-core#section-8.2
 */
import { isRecord } from '../is-record.ts'
import { follow, MAX_DEPTH as MAX_VALUE_DEPTH } from './json-value.ts'
import { forEachSubschema } from './keywords.ts'

/** A JSON Schema that is an object, as opposed to `true` and `false`. */
export type SchemaNode = Record<string, unknown>

/** Deepest nesting of schemas. Recursion goes by `$ref`, which does not count. */
const MAX_DEPTH = 200
/** Maximum number of values in a schema, with those that share an object counted each time, as JSON has them. */
const MAX_SIZE = 100_000
/** The URI of a schema without an `$id`. */
const BASE = 'schema://root/'

/** An error in a schema, with its path. */
export class SchemaProblem extends Error {
  constructor(message: string, path: string) {
    super(path ? `${message} (at #${path})` : message)
  }
}

/** A schema with its subschemas by URI. */
export class SchemaIndex {
  readonly root: SchemaNode | boolean
  /** Every subschema that is an object, with its path. */
  readonly nodes: Map<SchemaNode, string> = new Map()
  /** True if any reference depends on the path by which it was reached. */
  isDynamic = false
  #bases = new Map<SchemaNode, string>()
  #resources = new Map<string, SchemaNode>()
  #anchors = new Map<string, SchemaNode>()
  #dynamicAnchors = new Map<string, SchemaNode>()

  /** @throws {SchemaProblem} for a schema that contains itself, is nested too deeply, or is too large */
  constructor(root: SchemaNode | boolean) {
    this.root = root
    if (!isRecord(root)) return
    this.#resources.set(BASE, root)
    this.#add(root, { base: BASE, path: '', ancestors: [] })
    measure(root, 0, new Map())
  }

  /** Returns the URI of the resource that contains a subschema. */
  baseOf(node: SchemaNode): string {
    return this.#bases.get(node) ?? BASE
  }

  /** Returns the target of a node's `$ref`, or `undefined` if it does not resolve. */
  resolve(node: SchemaNode, reference: unknown = node.$ref): SchemaNode | boolean | undefined {
    if (typeof reference !== 'string') return undefined
    const address = toAddress(reference, this.baseOf(node))
    if (address === undefined) return undefined
    const [uri = '', fragment = ''] = splitFragment(address)
    const resource = this.#resources.get(uri)
    if (fragment !== '' && !fragment.startsWith('/')) return this.#anchors.get(address)
    if (!resource) return undefined
    const target = follow(resource, `#${fragment}`)
    if (typeof target === 'boolean') return target
    if (!isRecord(target)) return undefined
    // It may be inside an unknown keyword, such as a library's own list of definitions.
    if (!this.nodes.has(target)) this.#add(target, { base: uri, path: fragment, ancestors: [] })
    return target
  }

  /** Returns the target of a `$dynamicRef` among the resources entered on the way to it, outermost first. */
  resolveDynamic(node: SchemaNode, scope: readonly string[]): SchemaNode | boolean | undefined {
    const target = this.resolve(node, node.$dynamicRef)
    const name = String(node.$dynamicRef).split('#')[1] ?? ''
    if (!isRecord(target) || target.$dynamicAnchor !== name) return target
    for (const uri of scope) {
      const found = this.#dynamicAnchors.get(`${uri}#${name}`)
      if (found) return found
    }
    return target
  }

  #add(node: SchemaNode, at: { base: string; path: string; ancestors: SchemaNode[] }): void {
    const { path, ancestors } = at
    if (ancestors.includes(node)) throw new SchemaProblem('contains itself; use `$ref`', path)
    if (ancestors.length >= MAX_DEPTH)
      throw new SchemaProblem(`is nested more than ${MAX_DEPTH} levels deep`, path.slice(0, 80))
    if (this.nodes.has(node)) return
    const base = this.#register(node, at.base)
    this.nodes.set(node, path)
    this.#bases.set(node, base)
    if (node.$dynamicRef !== undefined) this.isDynamic = true
    const inner = [...ancestors, node]
    forEachSubschema(node, (subschema, place) => {
      if (isRecord(subschema))
        this.#add(subschema, { base, path: `${path}/${place}`, ancestors: inner })
    })
  }

  /** @returns the base URI of its content */
  #register(node: SchemaNode, base: string): string {
    const { $id, $anchor, $dynamicAnchor } = node
    let own = base
    if (typeof $id === 'string') {
      // Up to draft 7 an `$id` of a fragment is an anchor.
      if ($id.startsWith('#')) this.#anchors.set(base + $id, node)
      else {
        own = splitFragment(toAddress($id, base) ?? base)[0] ?? base
        if (!this.#resources.has(own)) this.#resources.set(own, node)
      }
    }
    for (const name of [$anchor, $dynamicAnchor]) {
      if (typeof name === 'string') this.#anchors.set(`${own}#${name}`, node)
    }
    if (typeof $dynamicAnchor === 'string')
      this.#dynamicAnchors.set(`${own}#${$dynamicAnchor}`, node)
    return own
  }
}

/**
 * Returns the number of values in a value. Shared objects are visited once, however often they are counted.
 * @throws {SchemaProblem} for a value that JSON cannot express, or that is too large
 */
function measure(value: unknown, depth: number, known: Map<object, number | undefined>): number {
  if (typeof value !== 'object' || value === null) return 1
  if (depth > MAX_VALUE_DEPTH) throw new SchemaProblem('is nested too deeply', '')
  let size = known.get(value)
  if (size !== undefined) return size
  if (known.has(value)) throw new SchemaProblem('contains itself', '')
  known.set(value, undefined)
  size = 1
  for (const each of Object.values(value)) size += measure(each, depth + 1, known)
  if (size > MAX_SIZE)
    throw new SchemaProblem(`has more than ${MAX_SIZE} values: share parts by \`$ref\``, '')
  known.set(value, size)
  return size
}

function splitFragment(address: string): string[] {
  const at = address.indexOf('#')
  return at < 0 ? [address] : [address.slice(0, at), address.slice(at + 1)]
}

function toAddress(reference: string, base: string): string | undefined {
  // Not with `URL`, which would escape the pointer.
  if (reference.startsWith('#')) return base + (reference === '#' ? '' : reference)
  try {
    return new URL(reference, base).href
  } catch {
    return undefined
  }
}
