/**
 * Reads calls written as nested elements, as MiniMax-M3 does: every tag follows a mark, so that text may contain tags.
 * @see https://github.com/ggml-org/llama.cpp/pull/24523
 */
import { isRecord } from '../../is-record.ts'
import type { FunctionDefinition } from '../../message.ts'
import { toValue, typesOf } from './tag-value.ts'

/** The mark before each tag. */
export const ELEMENT_MARK = ']<]minimax[>['
/** Deeper tags are text. */
const DEEPEST = 64

interface Element {
  tag: string
  text: string
  children: Element[]
}

/** Returns the calls: `<invoke name="name"><key>value</key></invoke>`, without the marks. Linear time. */
export function readElements(
  text: string,
  tools: readonly FunctionDefinition[],
): { name: string; args: unknown }[] {
  return parseElements(text).flatMap((element) => {
    const name = /^invoke name="([^"]*)"/.exec(element.tag)?.[1]
    if (!name) return []
    const tool = tools.find((each) => each.name === name)
    // Text instead of elements makes the call invalid.
    const isText = element.children.length === 0 && element.text.trim() !== ''
    return [{ name, args: isText ? element.text : toObject(element, tool?.parameters) }]
  })
}

function parseElements(text: string): Element[] {
  const root: Element = { tag: '', text: '', children: [] }
  const open = [root]
  for (const piece of text.split(ELEMENT_MARK).slice(1)) {
    const last = open.at(-1) as Element
    const [, slash, tag = '', rest = ''] = /^<(\/?)([^<>]*)>([^]*)$/.exec(piece) ?? []
    if (slash === undefined || (!slash && open.length > DEEPEST)) last.text += ELEMENT_MARK + piece
    else if (slash) {
      if (open.length > 1) open.pop()
    } else {
      const element = { tag, text: rest, children: [] }
      last.children.push(element)
      open.push(element)
    }
  }
  return root.children
}

function toObject({ children }: Element, schema: unknown): Record<string, unknown> {
  const properties = isRecord(schema) && isRecord(schema.properties) ? schema.properties : {}
  return Object.fromEntries(
    children.map((child) => [child.tag.trim(), toArgument(child, properties[child.tag.trim()])]),
  )
}

function toArgument(element: Element, schema: unknown): unknown {
  const { text, children } = element
  const types = typesOf(schema)
  const isList = children.every(({ tag }) => tag === 'item') && !types.includes('object')
  if (children.length > 0 && isList)
    return children.map((child) => toArgument(child, isRecord(schema) ? schema.items : undefined))
  if (children.length > 0) return toObject(element, schema)
  // Empty lists and objects have no elements.
  if (text.trim() === '' && types[0] === 'array') return []
  if (text.trim() === '' && types[0] === 'object') return {}
  return toValue(text, schema)
}
