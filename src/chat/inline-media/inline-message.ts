/**
 * Converts the bytes of a message to data URLs and base64.
 */
import { audioFormatOf } from '../../audio-format.ts'
import { ConfigError } from '../../errors.ts'
import { mediaTypeOf, parseDataURL, toDataURL } from '../../media.ts'
import type {
  ContentPart,
  ContentPartInput,
  MediaSource,
  Message,
  MessageInput,
} from '../../message.ts'

/** @param at index of the message, for errors */
export async function inlineMessage(message: MessageInput, at: number): Promise<Message> {
  const { content } = message
  if (!Array.isArray(content)) return message as Message
  const parts = content.map((part, index) => inlinePart(part, `messages[${at}].content[${index}]`))
  return { ...message, content: await Promise.all(parts) } as Message
}

async function inlinePart(part: ContentPartInput, path: string): Promise<ContentPart> {
  switch (part.type) {
    case 'image_url':
      return {
        ...part,
        image_url: { ...part.image_url, url: await toURL(part.image_url.url, path) },
      }
    case 'video_url':
      return {
        ...part,
        video_url: { ...part.video_url, url: await toURL(part.video_url.url, path) },
      }
    case 'video':
      return { ...part, video: await Promise.all(part.video.map((frame) => toURL(frame, path))) }
    case 'input_audio':
      return { ...part, input_audio: await inlineAudio(part.input_audio, path) }
    case 'file':
      return part.file.file_data === undefined
        ? (part as ContentPart)
        : { ...part, file: await inlineFile(part.file as SourceFile, path) }
    default:
      return part
  }
}

interface SourceFile {
  file_data: MediaSource
  filename?: string | undefined
}

async function inlineFile(
  file: SourceFile,
  path: string,
): Promise<SourceFile & { file_data: string }> {
  const { file_data: source } = file
  const name = (source as Partial<File>).name
  return {
    ...(name !== undefined && { filename: name }),
    ...file,
    file_data: withPrefix(await toURL(source, path)),
  }
}

/** OpenAI's documentation shows a PDF as bare base64, which no server takes. */
function withPrefix(url: string): string {
  return url.startsWith('JVBERi') ? `data:application/pdf;base64,${url}` : url
}

interface Audio {
  data: string
  format: string
}

async function inlineAudio(
  audio: { data: MediaSource; format?: string | undefined },
  path: string,
): Promise<Audio> {
  const data = await toURL(audio.data, path)
  const inline = parseDataURL(data)
  if (!inline)
    return audio.format === undefined
      ? throwUnknown(path, '`format`')
      : ({ ...audio, data } as Audio)
  return { ...audio, data: inline.base64, format: audio.format ?? audioFormatOf(inline.mediaType) }
}

async function toURL(source: MediaSource, path: string): Promise<string> {
  if (typeof source === 'string') return source
  if (source instanceof URL) return source.href
  const isBlob = 'type' in source
  const buffer = isBlob ? await source.arrayBuffer() : source
  const bytes = buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer)
  // A blob's type may carry parameters, which some vendors take for a part of it.
  const declared = isBlob ? source.type.split(';', 1)[0] : ''
  return toDataURL(bytes, declared || mediaTypeOf(bytes) || throwUnknown(path, 'media type'))
}

function throwUnknown(path: string, what: string): never {
  throw new ConfigError(
    'invalid_messages',
    `Unknown ${what} at ${path}: pass a Blob with a type, or a data URL`,
  )
}
