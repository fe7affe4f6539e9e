/**
 * Bytes to lines of JSON.
 */
import type { Call } from '../call.ts'
import type { StreamError } from '../errors.ts'
import type { Frame } from './frame.ts'
import type { BodyStream } from './read-stream.ts'
import { frameTooLarge, readStream, someOf } from './read-stream.ts'

/**
 * Reads the lines of a body; each piece of the body gives the lines that it completed, as one array.
 * Blank lines are passed over; a proxy's `data:` prefix and `[DONE]` are taken away.
 * @throws {StreamError} `frame_too_large`, `connection_lost`
 * @throws {TimeoutError}
 */
export function readNDJSON(response: Response | Promise<Response>, call: Call): BodyStream<Frame> {
  if (response instanceof Promise) response.catch(() => {}) // thrown to the reader, if there is one
  const decoder = new TextDecoder()
  // Fragments of the unfinished line, joined once: a long line in many pieces stays linear.
  let fragments: string[] = []
  let length = 0
  // The lines from before it go out first.
  let failure: StreamError | undefined
  const isTooLong = (more: string) => {
    if (length + more.length > call.maxFrameLength) failure = frameTooLarge(call)
    return failure !== undefined
  }
  return readStream(response, call, {
    push(piece) {
      const lines = decoder.decode(piece, { stream: true }).split('\n')
      const rest = lines.pop() as string
      const frames: Frame[] = []
      for (const line of lines) {
        if (isTooLong(line)) return someOf(frames)
        pushLine(frames, fragments.length > 0 ? fragments.join('') + line : line)
        fragments = []
        length = 0
      }
      if (rest) fragments.push(rest)
      length += rest.length
      isTooLong('')
      return someOf(frames)
    },
    end() {
      const last: Frame[] = []
      pushLine(last, fragments.join('') + decoder.decode(), 'last')
      return someOf(last)
    },
    failure: () => failure,
  })
}

function pushLine(frames: Frame[], line: string, kind?: 'last'): void {
  const data = line.replace(/^\uFEFF?\s*(data:)?\s*/, '').trimEnd()
  if (data !== '' && data !== '[DONE]') frames.push(kind ? { data, kind } : { data })
}
