/**
 * Prompts that request repairs.
 */
import type { OutputIssue } from '../error-code.ts'
import type { JSONSchema } from '../schema/types.ts'

/** Limits on the number and the length of the issues sent to the model. */
const MOST_ISSUES = 20
const ISSUE_LENGTH = 300

/** Returns the prompt that asks for a valid answer. */
export function repairPrompt(issues: readonly OutputIssue[], schema?: JSONSchema): string {
  const list = issues.slice(0, MOST_ISSUES).map((issue) => `- ${describe(issue)}\n`)
  const shape = schema ? ` that matches this JSON Schema:\n${JSON.stringify(schema)}` : '.'
  return `Your answer is not valid:\n${list.join('')}Answer again, with nothing but the whole, corrected JSON object${shape}`
}

/** Formats an issue with its path: `items[3].name: …`. */
export function describe({ message, path = [] }: OutputIssue): string {
  let place = ''
  for (const key of path) place += typeof key === 'number' ? `[${key}]` : place ? `.${key}` : key
  return (place ? `${place}: ${message}` : message).slice(0, ISSUE_LENGTH)
}
