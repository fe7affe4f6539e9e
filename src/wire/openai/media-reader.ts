/**
 * Collects the speech and the pictures of a reply, which become members of its message.
 * @see https://platform.openai.com/docs/guides/audio
 * @see https://openrouter.ai/docs/features/multimodal/image-generation
 */
import { isRecord } from '../../is-record.ts'
import type { ImagePart, ReplyAudio } from '../../message.ts'

/** The members of a message with media. Streams send speech in pieces, and each picture whole. */
export interface WireMedia {
  audio?: unknown
  images?: unknown
}

export class MediaReader {
  /** The words of the speech so far. */
  transcript = ''
  #audio: ReplyAudio | undefined
  /** Base64, each piece encoded by itself. */
  #data: string[] = []
  /** By URL, since a stream may repeat one. */
  #images = new Map<string, ImagePart>()

  /** @param content may be parts, pictures among them @returns the next words of the speech */
  read({ audio, images }: WireMedia, content: unknown): string {
    const parts = Array.isArray(content) ? content.filter((part) => part?.image_url) : []
    for (const image of parts.concat(images ?? [])) this.#readImage(image)
    if (!isRecord(audio)) return ''
    const { data, transcript, ...members } = audio
    this.#audio = { ...this.#audio, ...members }
    if (typeof data === 'string' && data) this.#data.push(data)
    const words = typeof transcript === 'string' ? transcript : ''
    this.transcript += words
    return words
  }

  #readImage(image: unknown): void {
    const { image_url: source = image } = isRecord(image) ? image : {}
    const url = isRecord(source) ? source.url : source
    if (typeof url === 'string') this.#images.set(url, { type: 'image_url', image_url: { url } })
  }

  /** Returns the members of the message. */
  fields(): { audio?: ReplyAudio; images?: ImagePart[] } {
    const { transcript } = this
    const data = join(this.#data)
    const audio = { ...this.#audio, ...(data && { data }), ...(transcript && { transcript }) }
    return {
      ...(this.#audio && { audio }),
      ...(this.#images.size > 0 && { images: [...this.#images.values()] }),
    }
  }
}

/** Joins base64: padding in the middle would end it. */
function join(pieces: readonly string[]): string {
  if (!pieces.slice(0, -1).some((piece) => piece.endsWith('='))) return pieces.join('')
  try {
    return btoa(pieces.map(atob).join(''))
  } catch {
    return pieces.join('')
  }
}
