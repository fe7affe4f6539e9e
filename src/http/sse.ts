/**
 * Bytes to server-sent events and back.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
import { createParser } from 'eventsource-parser'
import { drainArray } from '../async/take-all.ts'
import type { Call } from '../call.ts'
import type { StreamError } from '../errors.ts'
import { isJSON } from '../is-json.ts'
import type { Frame } from './frame.ts'
import { isCutField } from './frame.ts'
import type { BodyStream } from './body-stream.ts'
import { frameTooLarge, readStream } from './body-stream.ts'

/** A body that starts with none of the fields of an event stream is something else: JSON, a page, words. */
const STREAM_START = /^\uFEFF?(:|(data|event|id|retry|error)[:\r\n])/
/** A line that may be a field or a comment; a line of JSON never begins like this. */
const FIELD = /^[:a-z]/i
/** The longest start of a stream that does not tell yet what it is: a BOM and `event:`. */
const SNIFF = 7
/** How much text that is no field is kept, to find an error that was written there. Characters. */
const TAIL = 65_536

/**
 * Reads the frames of a body; each piece of the body gives the frames that it completed, as one array.
 * A body that is no event stream comes as one frame of the kind `body`, so that a server that answers JSON
 * to a request for a stream, or a stream to one for JSON, is understood.
 * @throws {StreamError} `frame_too_large`, `connection_lost`
 * @throws {TimeoutError}
 */
export function readSSE(response: Response | Promise<Response>, call: Call): BodyStream<Frame> {
  // A failed request is thrown to the reader; a reader who never comes must not kill the process.
  if (response instanceof Promise) response.catch(() => {})
  const decoder = new TextDecoder()
  const body = new FrameReader(call)
  return readStream(response, call, {
    push: (piece) => body.read(decoder.decode(piece, { stream: true })),
    end: () => body.end(decoder.decode()),
    failure: () => body.failure,
  })
}

class FrameReader {
  /** What ends the reading, once the frames from before it are out. */
  failure: StreamError | undefined
  #frames: Frame[] = []
  #comment: string | undefined
  #kind: 'unknown' | 'stream' | 'notAStream' = 'unknown'
  #text = ''
  /** The start of an unfinished line that is no field, and the length of that line so far. */
  #held = ''
  #heldLength = 0
  /** Whether the parser has the start of a line already. */
  #inLine = false
  #stray: string[] = []
  #strayLength = 0
  #call: Call
  #parser: ReturnType<typeof createParser>

  constructor(call: Call) {
    this.#call = call
    this.#parser = createParser({
      maxBufferSize: call.maxFrameLength,
      onEvent: ({ event, data }) => {
        if (this.failure) return
        // The parser counts only what it waits with: a frame that came in one piece would slip through.
        if (data.length > call.maxFrameLength) return this.#fail()
        this.#pushStray()
        // A heartbeat (new-api, SiliconFlow): an empty `data:` line, alone or below an event name.
        if (data.length < 3 && data.trim() === '' && event !== 'error') return
        const comment = this.#comment
        this.#comment = undefined
        if (!data.includes('\n')) this.#frames.push({ event, data, comment })
        else for (const line of splitJoined(data)) this.#frames.push({ event, data: line, comment })
      },
      onComment: (comment) => {
        this.#comment = comment
      },
      onError: (error) => {
        if (error.type === 'max-buffer-size-exceeded') this.#fail()
        else if (error.type === 'unknown-field') this.#keepStray(error.line ?? '')
      },
    })
  }

  #fail(): void {
    this.failure ??= frameTooLarge(this.#call)
  }

  /** An error that stands between the frames comes before whatever follows it: servers end with `[DONE]` all the same. */
  #pushStray(): void {
    if (this.#strayLength === 0) return
    const data = this.#stray.join('\n').trim()
    if (!/^[{[]/.test(data) || !isJSON(data)) return
    this.#frames.push({ data, kind: 'outOfBand' })
    this.#stray = []
    this.#strayLength = 0
  }

  read(text: string): Frame[] | undefined {
    if (this.#kind !== 'stream') return this.#sniff(text)
    return this.#feed(this.#holdBack(text))
  }

  /**
   * What the parser may have now. It tells of a line that is no field, where some servers write their error,
   * but only of a whole one: pieces of it are dropped without a word.
   */
  #holdBack(text: string): string {
    // Nearly every piece ends a frame. Looking for its last line break costs half a microsecond a piece.
    if (!this.#held && text.endsWith('\n')) {
      this.#inLine = false
      return text
    }
    const end = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1
    if (end === 0 && this.#held) {
      if (this.#held.length < TAIL) this.#held += text
      this.#heldLength += text.length
      if (this.#heldLength > this.#call.maxFrameLength) this.#fail()
      return ''
    }
    if (end === 0 && this.#inLine) return text
    const rest = text.slice(end)
    const isField = FIELD.test(rest)
    const whole = this.#held + (isField ? text : text.slice(0, end))
    this.#held = isField ? '' : rest
    this.#heldLength = this.#held.length
    this.#inLine = isField
    return whole
  }

  #keepStray(line: string): void {
    // llama.cpp wrote `error: {…}` until 2025.
    const text = line.replace(/^error: ?/, '')
    if (FIELD.test(text) || this.#strayLength > TAIL) return
    this.#stray.push(text)
    this.#strayLength += line.length
  }

  #sniff(text: string): Frame[] | undefined {
    this.#text += text
    if (this.#kind === 'unknown') {
      const start = this.#text.trimStart()
      if (STREAM_START.test(start)) {
        this.#kind = 'stream'
        this.#text = ''
        return this.#feed(this.#holdBack(start))
      }
      if (start.length > SNIFF) this.#kind = 'notAStream'
    }
    if (this.#text.length > this.#call.maxFrameLength) throw frameTooLarge(this.#call)
    return undefined
  }

  #feed(text: string): Frame[] | undefined {
    if (this.failure) throw this.failure
    this.#parser.feed(text)
    return drainArray(this.#frames)
  }

  /** The spec drops an unterminated last frame; servers forget its blank line, so it is delivered. */
  end(rest: string): Frame[] | undefined {
    const frames = this.read(rest) ?? []
    if (this.#kind !== 'stream') {
      const data = this.#text.trim()
      if (data) frames.push({ data, kind: isCutField(data) ? 'unterminated' : 'notAStream' })
    } else {
      for (const frame of this.#feed(`${this.#held}\n\n`) ?? [])
        frames.push({ ...frame, kind: 'unterminated' })
      const stray = this.#stray.join('\n').trim()
      if (/^[{[]/.test(stray)) frames.push({ data: stray, kind: 'outOfBand' })
    }
    return frames.length > 0 ? frames : undefined
  }
}

/**
 * Data lines of frames that are set apart by a single line break (Baseten, some vLLM builds): the parser joins them as
 * one frame, but each line is JSON of its own.
 */
function splitJoined(data: string): readonly string[] {
  const lines = data.split('\n').filter((line) => line.trim() !== '')
  return lines.length > 1 && lines.every((line) => isJSON(line) || line.trim() === '[DONE]')
    ? lines
    : [data]
}

/** One frame as text, for streams that leave this house. */
export function encodeSSE(data: string, event?: string): string {
  const lines = data.split('\n').map((line) => `data: ${line}\n`)
  return `${event ? `event: ${event}\n` : ''}${lines.join('')}\n`
}
