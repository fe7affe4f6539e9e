/**
 * One event of a stream, whatever its framing, and its JSON.
 */
import { assertConfig } from '../assert-config.ts'
import { isRecord } from '../is-record.ts'
import { isChatError, ServiceError, StreamError } from '../errors.ts'

/** One event of a stream, or the entire body of a response that was not a stream. */
export interface Frame {
  /** The joined `data:` lines, a line of JSON, or the entire body. */
  data: string
  /** The `event:` field. */
  event?: string | undefined
  /** The `id:` field. */
  id?: string | undefined
  /** The last comment before this event; some vendors put a status there. */
  comment?: string | undefined
  /**
   * `notAStream`: the entire body of a response that was not a stream; `outOfBand`: text between or after the events;
   * `unterminated`: the body ended before the blank line that ends an event.
   */
  kind?: 'notAStream' | 'outOfBand' | 'unterminated' | undefined
}

/** True if the entire body is a truncated first field name of an event stream. */
export function isCutField(text: string): boolean {
  return /^\uFEFF?(d(a(ta?)?)?|e(v(e(nt?)?)?)?|id?|r(e(t(ry?)?)?)?)$/.test(text)
}

/**
 * True for the end mark of the OpenAI format (`[DONE]`), which gateways also append to other formats.
 * Runs for every event, so it trims only when the first character allows a match.
 */
export function isEndMark({ data }: Frame): boolean {
  return data[0] !== '{' && data.trimStart().startsWith('[DONE]')
}

/**
 * Parses the JSON of an event.
 * @throws {StreamError} `bad_frame`, or `stream_truncated` if the text just stops
 * @throws {ServiceError} `unexpected_response` for a body that is not JSON at all
 * @throws {ConfigError} `invalid_config` unless it is an object
 */
export function parseFrame(frame: Frame): unknown {
  try {
    return parseJSON(frame.data)
  } catch (cause) {
    assertConfig(isRecord(frame), 'frame must be an object')
    const { data, kind } = frame
    if (kind === 'notAStream' && !/^[{["]/.test(data)) {
      throw new ServiceError(
        'unexpected_response',
        `Response is not from a model API: ${excerpt(data)}`,
        { cause },
      )
    }
    if (kind) {
      throw new StreamError('stream_truncated', 'Response ended in the middle of an event', {
        cause,
        frame: data,
      })
    }
    throw new StreamError('bad_frame', 'Response event is not valid JSON', { cause, frame: data })
  }
}

/** A string, whole or cut, or a number that JSON lacks. */
const STRING_OR_WORD = /"(?:[^"\\]+|\\.)*"?|-?\b(?:NaN|Infinity)\b/gs
// oxlint-disable-next-line no-control-regex -- not allowed in a string
const CONTROL = /[\0-\x1f]/g

/**
 * Parses JSON as local servers write it: Python's `json.dumps` gives `NaN` and `-Infinity`, which are read as `null`, and
 * servers that join texts leave control characters in strings.
 * @throws {SyntaxError}
 */
export function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const mended = text.replace(STRING_OR_WORD, (found) =>
      found[0] === '"'
        ? found.replace(CONTROL, (char) => JSON.stringify(char).slice(1, -1))
        : 'null',
    )
    if (mended === text) throw error
    return JSON.parse(mended)
  }
}

/** Progress of a response: nothing yet, nothing in the expected format, some of it, or its end. */
export type AnswerState = 'empty' | 'foreign' | 'running' | 'finished'

/**
 * Throws if the body ended before the reply did.
 * @param last the missing end mark, for the message
 * @param format the expected format, for the message
 * @throws {StreamError} `stream_truncated`
 * @throws {ServiceError} `unexpected_response`
 */
export function checkWhole(
  state: AnswerState,
  { last, format }: { last: string; format: string },
): void {
  if (state === 'finished') return
  if (state === 'running') {
    throw new StreamError('stream_truncated', `Response ended before its ${last}`)
  }
  const what = state === 'empty' ? 'empty' : `not in ${format} format: check \`baseURL\``
  throw new ServiceError('unexpected_response', `Response is ${what}`, {
    retryable: state === 'empty',
  })
}

/** Returns the error for an event whose members have unexpected types. */
export function toFrameError(error: unknown): Error {
  if (isChatError(error)) return error
  return new StreamError('bad_frame', 'Unexpected structure in a response event', {
    cause: error,
  })
}

function excerpt(text: string): string {
  return text
    .replace(/<[^<>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 120)
}
