/**
 * A whole body as text.
 */
import type { Call } from '../call.ts'
import { frameTooLarge, readStream } from './body-stream.ts'

/**
 * Reads a body that is no stream.
 * @param maxLength leave off after so many characters; absent: `call.maxFrameLength`, and more is an error
 * @throws {StreamError} `frame_too_large`
 */
export async function readText(
  response: Response,
  call: Call,
  maxLength?: number,
): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  const sink = {
    push: (piece: Uint8Array) => [decoder.decode(piece, { stream: true })],
    end: () => [decoder.decode()],
  }
  for await (const [piece = ''] of readStream(response, call, sink)) {
    text += piece
    if (maxLength !== undefined && text.length > maxLength) return text.slice(0, maxLength)
    if (text.length > call.maxFrameLength) throw frameTooLarge(call)
  }
  return text
}
