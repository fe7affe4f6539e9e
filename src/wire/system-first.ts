/**
 * The place of system messages.
 */
import type { Message } from '../message.ts'
import { textOf, toParts } from '../message.ts'

/**
 * Joins system messages into one at the start, for servers and models that accept no other: "System message must be at the
 * beginning".
 * @see https://github.com/vllm-project/vllm/issues/41114
 */
export function systemFirst(messages: readonly Message[]): readonly Message[] {
  const isSystem = ({ role }: Message): boolean => role === 'system' || role === 'developer'
  if (!messages.some((message, index) => index > 0 && isSystem(message))) return messages
  const said = messages.filter(isSystem)
  const isPlain = said.every(({ content }) => typeof content === 'string')
  const content = isPlain
    ? said.map((message) => textOf(message.content)).join('\n\n')
    : said.flatMap((message) => toParts(message.content))
  const system = { ...said[0], role: 'system', content } as Message
  return [system, ...messages.filter((message) => !isSystem(message))]
}
