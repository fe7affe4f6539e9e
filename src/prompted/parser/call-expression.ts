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
  const [, name, open] = /^\W*([\w.-]+?)(?:\.call)?\s*\(([^]*)$/.exec(text) ?? []
  const tool = tools.find((each) => each.name === name)
  if (!tool || open === undefined) return undefined
  const given = open.trimEnd().replace(/\)[`*.;]*$/, '')
  const isObject = /^\s*(?:\{|$)/.test(given)
  return { name: tool.name, argumentsText: isObject ? given : (toObject(given, tool) ?? given) }
}

/** Returns `key=value` and positional arguments as the members of an object, or `undefined` if one has no name. */
function toObject(given: string, { parameters }: FunctionDefinition): string | undefined {
  const names = Object.keys((parameters?.properties ?? {}) as object)
  const members: string[] = []
  for (const part of split(given, /^,$/).parts) {
    const [, key = names[members.length], value] =
      /^\s*(?:(\w+)\s*(?:=(?!=)|:))?([^]*)$/.exec(part) ?? []
    if (key === undefined) return undefined
    members.push(`${JSON.stringify(key)}: ${value}`)
  }
  return `{${members.join(', ')}}`
}

/** Returns the calls that a text consists of: in lines, or in a list, behind which there is no more in its line. */
export function readCallExpressions(
  text: string,
  tools: readonly FunctionDefinition[],
): CallExpression[] {
  const start = /^\s*\[?/.exec(text)?.[0].length ?? 0
  const { parts, end } = split(text.slice(start), /^[,\n]$/)
  const isList = text[start - 1] === '['
  if (isList && /^[^\S\n]*\S/.test(text.slice(start + end + 1))) return []
  return parts.flatMap((part) => readCallExpression(part, tools) ?? [])
}

/** Splits a text outside of strings and brackets, up to a bracket that closes what is around it. */
function split(text: string, separator: RegExp): { parts: string[]; end: number } {
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
  return { parts: parts.filter((part) => part.trim()), end }
}

/** Strings, brackets and separators. */
const TOKENS = /(["'])(?:\\.|(?!\1)[^\\])*\1?|[,\n()[\]{}]/gs
