/**
 * Custom tools take free text. To models they are functions with one text, which every model can call.
 * @see https://platform.openai.com/docs/guides/function-calling#custom-tools
 */
import { isJSON, parseJSON } from '../../../parse-json.ts'
import { isRecord } from '../../../is-record.ts'
import type { FunctionTool } from '../../../message.ts'
import type { Members } from '../shapes.ts'
import { asText } from '../shapes.ts'

export function customToFunction({ name, description, format }: Members): FunctionTool {
  const { type, syntax, definition } = isRecord(format) ? format : ({} as Members)
  const grammar =
    type === 'grammar'
      ? `\n\nThe input must match this ${asText(syntax)} grammar:\n${asText(definition)}`
      : ''
  const told = `${typeof description === 'string' ? description : ''}${grammar}`.trim()
  return {
    type: 'function',
    function: {
      name: name as string,
      ...(told && { description: told }),
      parameters: {
        type: 'object',
        properties: { input: { type: 'string', description: 'The input of the tool, as it is' } },
        required: ['input'],
        additionalProperties: false,
      },
    },
  }
}

/** Encodes the input of an earlier call as arguments. */
export function toArguments(input: unknown): string {
  return JSON.stringify({ input: typeof input === 'string' ? input : '' })
}

/**
 * True for arguments that were cut in the middle. Such a call is left out, since its item has no status: a client would
 * run the tool with half an input.
 */
export function isCutInput(text: string): boolean {
  return /^\s*\{\s*("|$)/.test(text) && !isJSON(text)
}

/** Returns the input that arguments hold; arguments of another shape as they are. */
export function customInput(text: string): string {
  const value = parseJSON(text)
  if (typeof value === 'string') return value
  return isRecord(value) && typeof value.input === 'string' ? value.input : text
}
