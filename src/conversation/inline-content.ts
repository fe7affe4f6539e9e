/**
 * Prepares parts with media for a message.
 */
import { inlineMedia } from '../chat/inline-media.ts'
import { ConfigError } from '../errors.ts'
import type { ContentPart, ContentPartInput } from '../message.ts'

/** Returns parts with all bytes as text. */
export async function inlineContent(content: readonly ContentPartInput[]): Promise<ContentPart[]> {
  if (!Array.isArray(content))
    throw new ConfigError('invalid_messages', 'A message must be text or a list of parts')
  const [message] = await inlineMedia([{ role: 'user', content: [...content] }])
  return message?.content as ContentPart[]
}
