/**
 * Converts images and audio to wllama's own message parts, which contain bytes.
 * @see https://github.com/ngxson/wllama/blob/master/src/types/types.ts
 */
import type { Call } from '../../call.ts'
import { ConfigError } from '../../errors.ts'
import { parseDataURL } from '../../media.ts'
import type { ContentPart } from '../../message.ts'
import { unsupported } from '../../wire/openai/dialect.ts'

type Body = Record<string, unknown>

/** The methods of an engine that are used here. */
interface Engine {
  supportInputModality?: (modality: never) => boolean
}

/**
 * Replaces `image_url` and `input_audio` parts by `{ type: 'image' | 'audio', data: ArrayBuffer }`.
 * @throws {ConfigError} `unsupported_option` for a model without image or audio input, `invalid_messages` for
 * invalid base64
 */
export function toWllama(body: Body, engine: Engine, call: Call): Body {
  const messages = body.messages as { content?: unknown }[] | undefined
  if (!messages) return body
  return {
    ...body,
    messages: messages.map((message) => {
      const { content } = message
      if (!Array.isArray(content)) return message
      return {
        ...message,
        content: content.map((part) => encodePart(part as ContentPart, engine, call)),
      }
    }),
  }
}

function encodePart(part: ContentPart, engine: Engine, call: Call): unknown {
  if (part.type === 'image_url') {
    const inline = parseDataURL(part.image_url.url)
    if (!inline) throw unsupported(call, 'image_url by URL: pass its bytes')
    return toBytes('image', inline.base64, engine, call)
  }
  if (part.type === 'input_audio') return toBytes('audio', part.input_audio.data, engine, call)
  return part
}

function toBytes(type: 'image' | 'audio', base64: string, engine: Engine, call: Call): unknown {
  if (engine.supportInputModality?.(type as never) === false)
    throw unsupported(call, `${type === 'image' ? 'images' : 'audio'} with "${call.model}"`)
  try {
    const text = atob(base64.replace(/^data:[^,]*,/, ''))
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0))
    return { type, data: bytes.buffer }
  } catch (cause) {
    throw new ConfigError('invalid_messages', `The ${type} is not base64`, { cause })
  }
}
