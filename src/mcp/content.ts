/**
 * Converts the content of a tool result to text and message parts.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/server/tools#tool-result
 */
import { audioFormatOf } from '../audio-format.ts'
import type { ContentPart } from '../message.ts'
import { truncate } from '../well-formed.ts'
import type { Block, CallResult } from './client.ts'

/** A result, each piece as a part and as text. */
export interface Piece {
  text: string
  /** Media, for models that take them in tool results. */
  media?: ContentPart
}

/**
 * Converts a result. Structured content is the text if there is no other: what a server writes for the model comes
 * first, and the same twice would cost twice.
 * @see https://github.com/modelcontextprotocol/modelcontextprotocol/pull/2847
 */
export function toPieces({ content = [], structuredContent, toolResult }: CallResult): Piece[] {
  const data = structuredContent === undefined ? toolResult : structuredContent
  const pieces = content.map(toPiece)
  const isEmpty = pieces.every(({ text }) => !text.trim())
  return isEmpty && data !== undefined ? [{ text: JSON.stringify(data) }] : pieces
}

function toPiece(block: Block): Piece {
  const { type, text, data, mimeType, uri, name, description, resource } = block
  if (typeof text === 'string') return { text }
  if (data !== undefined) return toMedia(data, mimeType)
  if (resource?.text !== undefined) return { text: `${resource.uri}:\n${resource.text}` }
  if (resource?.blob !== undefined) return toMedia(resource.blob, resource.mimeType, resource.uri)
  const facts = [name, uri, mimeType, description].filter((fact) => fact !== undefined)
  return { text: `[${type.replace('_', ' ')}: ${facts.join(', ')}]` }
}

function toMedia(data: string, type = 'application/octet-stream', uri?: string): Piece {
  const bytes = Math.floor((data.replace(/=+$/, '').length * 3) / 4)
  const text = `[${[type, uri, `${bytes} bytes`].filter(Boolean).join(', ')}]`
  const url = `data:${type};base64,${data}`
  const [kind] = type.split('/')
  if (kind === 'image') return { text, media: { type: 'image_url', image_url: { url } } }
  if (kind === 'audio') {
    const format = audioFormatOf(type)
    return { text, media: { type: 'input_audio', input_audio: { data, format } } }
  }
  if (type !== 'application/pdf') return { text }
  const filename = uri?.split('/').pop() || 'file.pdf'
  return { text, media: { type: 'file', file: { file_data: url, filename } } }
}

/** Cuts text after so many characters, and media that are larger. */
export function limit(
  pieces: readonly Piece[],
  { text: most, media: largest }: { text: number; media: number },
): Piece[] {
  let left = most
  return pieces.flatMap(({ text, media }) => {
    const room = left
    left -= text.length
    if (room <= 0) return []
    const cut = text.length > room ? `${truncate(text, room)} (cut at ${most} characters)` : text
    return [{ text: cut, ...(media && JSON.stringify(media).length <= largest && { media }) }]
  })
}
