/**
 * Converts bytes in messages to the data URLs and base64 that models accept.
 */
import { loadPart } from '../load-part.ts'
import type { Message, MessageInput } from '../message.ts'

/**
 * Returns the messages with all bytes as text. The caller's messages are not changed.
 * @throws {ConfigError} `invalid_messages` for bytes of an unknown media type
 */
export function inlineMedia(
  messages: readonly MessageInput[],
): readonly Message[] | Promise<readonly Message[]> {
  return messages.some(holdsBytes) ? inline(messages) : (messages as readonly Message[])
}

async function inline(messages: readonly MessageInput[]): Promise<readonly Message[]> {
  const { inlineMessage } = await loadPart(() => import('./inline-media/inline-message.ts'))
  return Promise.all(messages.map(inlineMessage))
}

/** Anything else is bytes, or a PDF as bare base64. */
const ADDRESS = /^[a-z][a-z\d+.-]*:/i

function holdsBytes({ content }: MessageInput): boolean {
  if (!Array.isArray(content)) return false
  return content.some((part) => {
    if (part.type === 'image_url') return typeof part.image_url.url !== 'string'
    if (part.type === 'video_url') return typeof part.video_url.url !== 'string'
    if (part.type === 'video') return part.video.some((frame) => typeof frame !== 'string')
    if (part.type === 'file') {
      const { file_data: data = 'data:' } = part.file
      return typeof data !== 'string' || !ADDRESS.test(data)
    }
    // Servers require bare base64 with its format here.
    if (part.type !== 'input_audio') return false
    const { data, format } = part.input_audio
    return typeof data !== 'string' || format === undefined || /^data:/i.test(data)
  })
}
