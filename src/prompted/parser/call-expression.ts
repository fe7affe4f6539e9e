/**
 * Reads a call written as code: `name({"city": "Oslo"})`, `name(city="Oslo")`, `name("Oslo")`.
 */
import type { FunctionDefinition } from '../../message.ts'

/** A call, and the source of its arguments: one object, or what is left as it was written. */
export interface CallExpression {
  name: string
  argumentsText: string
}

/** Returns the call that a text consists of, if it names a tool. Linear time. */
export function readCallExpression(
  text: string,
  tools: readonly FunctionDefinition[],
): CallExpression | undefined {
  const call = readExpression(text, tools)
  return call && isTool(call, tools) ? call : undefined
}

/**
 * Returns the calls that a text consists of, if one names a tool: in lines, or in a list, behind which there is no more in
 * its line. Prose has other words too.
 */
export function readCallExpressions(
  text: string,
  tools: readonly FunctionDefinition[],
): CallExpression[] {
  const list = /^\s*\[([^]*)$/.exec(text)?.[1]
  const { parts, rest } = split(list ?? text, /^[,\n]$/)
  const calls = parts.flatMap((part) => readExpression(part, tools) ?? [])
  const isWhole = calls.length === parts.length && !/^[^\S\n]*\S/.test(rest)
  return isWhole && calls.some((call) => isTool(call, tools)) ? calls : []
}

function isTool({ name }: CallExpression, tools: readonly FunctionDefinition[]): boolean {
  return tools.some((tool) => tool.name === name)
}

/** Reads `name(arguments)` and marks around it. The end of a text that was cut is missing. */
function readExpression(
  text: string,
  tools: readonly FunctionDefinition[],
): CallExpression | undefined {
  const [, name = '', open = ''] = /^\W*(\w[\w.-]*?)(?:\.call)?\s*\(([^]*)/.exec(text) ?? []
  const { parts, given, rest, isClosed } = split(open, /^,$/)
  if (!name || /\w/.test(rest)) return undefined
  const isEmpty = given.trim() === ''
  if (isEmpty ? isClosed : /^\s*\{/.test(given)) return { name, argumentsText: given }
  const tool = tools.find((each) => each.name === name)
  const members = toMembers(parts, tool)
  // Without its bracket it is no whole call, and no JSON either.
  return { name, argumentsText: members ? `{${members.join(', ')}${isClosed ? '}' : ''}` : given }
}

/** Returns `key=value` and positional arguments as the members of an object, or `undefined` if one has no name. */
function toMembers(
  given: readonly string[],
  tool: FunctionDefinition | undefined,
): string[] | undefined {
  const names = Object.keys((tool?.parameters?.properties ?? {}) as object)
  const members: string[] = []
  for (const part of given) {
    const [, key = names[members.length], value] =
      /^\s*(?:(\w+)\s*(?:=(?!=)|:(?!\/\/)))?([^]*)$/.exec(part) ?? []
    if (key === undefined) return undefined
    members.push(`${JSON.stringify(key)}: ${value}`)
  }
  return members
}

/** Arguments, and the text after the bracket that closes them, if there is one. */
interface Arguments {
  parts: string[]
  given: string
  rest: string
  isClosed: boolean
}

/** Splits a text outside of strings and brackets, up to a bracket that closes what is around it. */
function split(text: string, separator: RegExp): Arguments {
  const parts: string[] = []
  let start = 0
  let depth = 0
  let end = text.length
  for (const { 0: mark, index } of text.matchAll(TOKENS)) {
    if (depth === 0 && separator.test(mark)) {
      parts.push(text.slice(start, index))
      start = index + 1
    } else if (/^[([{]/.test(mark)) depth++
    else if (/^[)\]}]/.test(mark) && --depth < 0) {
      end = index
      break
    }
  }
  parts.push(text.slice(start, end))
  return {
    parts: parts.filter((part) => part.trim()),
    given: text.slice(0, end),
    rest: text.slice(end + 1),
    isClosed: depth < 0,
  }
}

/** Strings, brackets and separators. */
const TOKENS = /(["'])(?:\\.|(?!\1)[^\\])*\1?|[,\n()[\]{}]/gs
