/**
 * Turns a file of a page's message into a content part.
 */
import { audioFormatOf } from '../audio-format.ts'
import { ConfigError } from '../errors.ts'
import type { ContentPart } from '../message.ts'
import { truncate } from '../well-formed.ts'

/** A file as pages send it. */
export interface PageFile {
  url: string
  /** A media type, or the first half of one: `image/png`, `image`. */
  mediaType: string
  filename?: string | undefined
}

/** @throws {ConfigError} `invalid_messages` for a URL that is neither `data:` nor `http(s):` */
export function toMediaPart({ url, mediaType, filename }: PageFile, path: string): ContentPart {
  if (!/^(data:|https?:\/\/)/i.test(url)) {
    throw new ConfigError(
      'invalid_messages',
      `${path} must be a data: or https: URL, not "${truncate(url, 40)}"`,
    )
  }
  const type = mediaType.toLowerCase().split(';', 1)[0]?.trim() ?? ''
  const [kind, subtype] = type.split('/')
  if (kind === 'image') return { type: 'image_url', image_url: { url } }
  if (kind === 'video') return { type: 'video_url', video_url: { url } }
  if (kind === 'audio') {
    const format = subtype ? audioFormatOf(type) : 'wav'
    return { type: 'input_audio', input_audio: { data: url, format } }
  }
  const address = /^data:/i.test(url) ? { file_data: url } : { file_url: url }
  return { type: 'file', file: { ...address, ...(filename && { filename }) } }
}
