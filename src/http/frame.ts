/**
 * One frame of a stream, whatever its framing, and what is read out of it.
 */
import { isChatError, ServiceError, StreamError } from '../errors.ts'

/** One frame of a stream, or a whole body that was no stream. */
export interface Frame {
  /** The `data:` lines, joined; a line of JSON, or all of the body. */
  data: string
  /** The `event:` field. */
  event?: string | undefined
  /** The last comment line before this frame; some vendors put a status there. */
  comment?: string | undefined
  /**
   * `notAStream`: the answer was no event stream and this is all of it; `outOfBand`: text between or behind the frames
   * that is none; `unterminated`: the body ended before the blank line that ends a frame.
   */
  kind?: 'notAStream' | 'outOfBand' | 'unterminated' | undefined
}

/** Whether this is all of a body that was cut inside the first field of an event stream. */
export function isCutField(text: string): boolean {
  return /^\uFEFF?(d(a(ta?)?)?|e(v(e(nt?)?)?)?|id?|r(e(t(ry?)?)?)?)$/.test(text)
}

/**
 * Whether this is the end mark of an event stream in the OpenAI format, which gateways also put behind other formats.
 * Asked of every frame and true of one: the blanks are taken off only where it may be true.
 */
export function isEndMark({ data }: Frame): boolean {
  return data[0] !== '{' && data.trimStart().startsWith('[DONE]')
}

/**
 * The JSON of a frame.
 * @throws {StreamError} `bad_frame`, or `stream_truncated` where the text just stops
 * @throws {ServiceError} `unexpected_response` for a body that is not JSON at all
 */
export function parseFrame(frame: Frame): unknown {
  try {
    return JSON.parse(frame.data)
  } catch (cause) {
    const { data, kind } = frame
    if (kind === 'notAStream' && !/^[{["]/.test(data)) {
      throw new ServiceError(
        'unexpected_response',
        `The server answered something that is no model's reply: ${words(data)}`,
        { cause },
      )
    }
    if (kind) {
      throw new StreamError('stream_truncated', 'The answer ends in the middle of a frame', {
        cause,
        frame: data,
      })
    }
    throw new StreamError('bad_frame', 'A frame of the answer is not JSON', { cause, frame: data })
  }
}

/** How far an answer has come: nothing yet, nothing of the format, some of it, its end. */
export type AnswerState = 'empty' | 'foreign' | 'running' | 'finished'

/**
 * Throws where a body is over before its answer is.
 * @param last what was waited for, in words
 * @param format whose format was expected, in words
 * @throws {StreamError} `stream_truncated`
 * @throws {ServiceError} `unexpected_response`
 */
export function checkWhole(
  state: AnswerState,
  { last, format }: { last: string; format: string },
): void {
  if (state === 'finished') return
  if (state === 'running') {
    throw new StreamError('stream_truncated', `The answer ended before its ${last}`)
  }
  const what = state === 'empty' ? 'nothing' : `another format than ${format}: check \`baseURL\``
  throw new ServiceError('unexpected_response', `The server answered ${what}`, {
    retryable: state === 'empty',
  })
}

/** A frame whose members are of other types than the format has. */
export function toFrameError(error: unknown): Error {
  if (isChatError(error)) return error
  return new StreamError('bad_frame', 'A frame of the answer has another shape than the format', {
    cause: error,
  })
}

function words(text: string): string {
  return text
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 120)
}
