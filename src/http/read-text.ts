/**
 * Reads an entire body as text.
 */
import type { Call } from '../call.ts'
import { frameTooLarge, readStream } from './body-stream.ts'

/**
 * Reads a body that is not a stream.
 * @param maxLength stops after so many characters; without it, more than `call.maxFrameLength` is an error
 * @throws {StreamError} `frame_too_large`
 */
export async function readText(
  response: Response,
  call: Call,
  maxLength?: number,
): Promise<string> {
  let text = ''
  const parser = { read: (part: string) => [part], end: (rest: string) => [rest] }
  for await (const [part = ''] of readStream(response, call, parser)) {
    text += part
    if (maxLength !== undefined && text.length > maxLength) return text.slice(0, maxLength)
    if (text.length > call.maxFrameLength) throw frameTooLarge(call)
  }
  return text
}
