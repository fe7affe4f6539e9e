/**
 * Refuses tool calls without a result before they are sent.
 */
import { ConfigError } from '../errors.ts'
import type { Message } from '../message.ts'

/**
 * Requires a result for each tool call, directly after the message of the call, as hosted models do.
 * @throws {ConfigError} `invalid_messages`
 * @see https://platform.openai.com/docs/guides/function-calling
 */
export function requireResults(messages: readonly Message[]): void {
  let open: string[] = []
  const check = (): void => {
    if (open.length === 0) return
    throw new ConfigError(
      'invalid_messages',
      `The tool calls ${open.join(', ')} have no result: add a tool message for each, directly after the message of the calls`,
    )
  }
  for (const message of messages) {
    if (message.role === 'tool') open = open.filter((id) => id !== message.tool_call_id)
    else {
      check()
      if (message.role === 'assistant') open = message.tool_calls?.map(({ id }) => id) ?? []
    }
  }
  check()
}
