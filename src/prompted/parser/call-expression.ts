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
  const [, name, open] = /^\W*([\w.-]+)\s*\(([^]*)$/.exec(text) ?? []
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
  for (const part of splitArguments(given)) {
    const [, key = names[members.length], value] =
      /^\s*(?:(\w+)\s*(?:=(?!=)|:))?([^]*)$/.exec(part) ?? []
    if (key === undefined) return undefined
    members.push(`${JSON.stringify(key)}: ${value}`)
  }
  return `{${members.join(', ')}}`
}

/** Returns the calls that a text consists of, alone or in a list. */
export function readCallExpressions(
  text: string,
  tools: readonly FunctionDefinition[],
): CallExpression[] {
  const list = /^\s*\[([^]*)\]\s*$/.exec(text)?.[1] ?? text
  return splitArguments(list).flatMap((part) => readCallExpression(part, tools) ?? [])
}

/** Splits arguments at the commas outside of strings and brackets. */
function splitArguments(text: string): string[] {
  const parts: string[] = []
  let start = 0
  let depth = 0
  for (const { 0: mark, index } of text.matchAll(/(["'])(?:\\.|(?!\1)[^\\])*\1?|[,()[\]{}]/gs)) {
    if (mark === ',' && depth === 0) {
      parts.push(text.slice(start, index))
      start = index + 1
    } else if (/[([{]/.test(mark) && mark.length === 1) depth++
    else if (/[)\]}]/.test(mark) && mark.length === 1) depth--
  }
  const last = text.slice(start)
  return last.trim() ? [...parts, last] : parts
}
