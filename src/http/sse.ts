/**
 * Parses and writes server-sent events.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
import type { EventSourceMessage, EventSourceParser, ParseError } from 'eventsource-parser'
import { createParser } from 'eventsource-parser'
import { drainArray } from '../async/take-all.ts'
import type { Call } from '../call.ts'
import type { StreamError } from '../errors.ts'
import { isJSON } from '../parse-json.ts'
import type { Frame } from './frame.ts'
import { isCutField } from './frame.ts'
import type { BodyStream, TextParser } from './body-stream.ts'
import { frameTooLarge, readStream } from './body-stream.ts'

/** A body that does not start with a field of an event stream is something else: JSON, a page, plain text. */
const STREAM_START = /^\uFEFF?(:|(data|event|id|retry|error)[:\r\n])/
/** A line that may be a field or a comment; no line of JSON starts like this. */
const FIELD = /^[:a-z]/i
/** The longest ambiguous start of a body: a BOM and `event:`. */
const SNIFF = 7
/** Limit of text outside of fields that is kept to find an error in it, in characters. */
const TAIL = 65_536

/**
 * Reads the events of a body; each chunk yields the events it completed, as one array.
 * A body that is not an event stream comes as one frame of kind `notAStream`, since some servers answer JSON to a
 * request for a stream and the other way round.
 * @throws {StreamError} `frame_too_large`, `connection_lost`
 * @throws {TimeoutError}
 * @throws {ConfigError} `invalid_config` unless both are objects
 */
export function readSSE(response: Response | Promise<Response>, call: Call): BodyStream<Frame> {
  return readStream(response, call, new FrameReader(call))
}

/** The events of the text being parsed, which takes no turn, and their reader. */
const FRAMES: Frame[] = []
let reading: FrameReader | undefined

/** Parses texts that end with an event, of which it keeps nothing: one for all streams, while it is not in use. */
let idleParser: EventSourceParser | undefined

function newParser(maxBufferSize: number): EventSourceParser {
  return createParser({
    maxBufferSize,
    onEvent: (event) => reading?.onEvent(event),
    onComment: (comment) => reading?.onComment(comment),
    onError: (error) => reading?.onError(error),
  })
}

/** Parses a text of this reader. */
function feed(parser: EventSourceParser, reader: FrameReader, text: string): void {
  reading = reader
  parser.feed(text)
  reading = undefined
}

class FrameReader implements TextParser<Frame[]> {
  /** Ends the reading once the events before it have been delivered. */
  failure: StreamError | undefined
  #comment: string | undefined
  #kind: 'unknown' | 'stream' | 'notAStream' = 'unknown'
  #text = ''
  /** Number of characters before the format was known. */
  #sniffed = 0
  /** The start of an unfinished line that is not a field, and the length of that line so far. */
  #held = ''
  #heldLength = 0
  /** True if the parser already has the start of a line. */
  #inLine = false
  /** True once a parser has got text. */
  #begun = false
  /** True if the parser has no part of an event. */
  #isBetween = false
  #stray: string[] | undefined
  #strayLength = 0
  #call: Call
  /** A parser of its own, from the first text on that ends inside of an event. */
  #parser: EventSourceParser | undefined

  constructor(call: Call) {
    this.#call = call
  }

  onEvent({ event, data, id }: EventSourceMessage): void {
    if (this.failure) return
    // The parser measures only its buffer: an event that arrives in one chunk would slip through.
    if (data.length > this.#call.maxFrameLength) return this.#fail()
    this.#pushStray()
    if (isHeartbeat(data, event)) return
    const comment = this.#comment
    this.#comment = undefined
    const fields = { event, comment, ...(id !== undefined && { id }) }
    if (!data.includes('\n')) FRAMES.push({ ...fields, data })
    else for (const line of splitJoined(data)) FRAMES.push({ ...fields, data: line })
  }

  onComment(comment: string): void {
    this.#comment = comment
  }

  onError({ type, line = '' }: ParseError): void {
    if (type === 'max-buffer-size-exceeded') this.#fail()
    else if (type === 'unknown-field') this.#keepStray(line)
  }

  #fail(): void {
    this.failure ??= frameTooLarge(this.#call)
  }

  /** Delivers an error written between the events before whatever follows it: servers still end with `[DONE]`. */
  #pushStray(): void {
    if (!this.#stray) return
    const data = this.#stray.join('\n').trim()
    if (!/^[{[]/.test(data) || !isJSON(data)) return
    FRAMES.push({ data, kind: 'outOfBand' })
    this.#stray = undefined
    this.#strayLength = 0
  }

  read(text: string): Frame[] | undefined {
    if (this.#kind !== 'stream') return this.#sniff(text)
    return this.#feed(this.#holdBack(text))
  }

  endOfEvent(length: number): string | undefined {
    const isFree = this.#comment === undefined && this.#strayLength === 0 && !this.failure
    return this.#isBetween && isFree && length <= this.#call.maxFrameLength ? '\n\n' : undefined
  }

  /**
   * Returns what the parser may have now. It reports a line that is not a field, where some servers write their error,
   * only if it gets the line in one call; parts of it are silently dropped.
   */
  #holdBack(text: string): string {
    this.#isBetween = text.endsWith('\n\n')
    // Nearly every chunk ends with an event. Searching for the last line break costs half a microsecond per chunk.
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
    ;(this.#stray ??= []).push(text)
    this.#strayLength += line.length
  }

  #sniff(text: string): Frame[] | undefined {
    this.#text += text
    this.#sniffed += text.length
    if (this.#kind === 'unknown') {
      // Some servers send blanks for minutes: they are not kept, so that none is looked at twice.
      const start = (this.#text = this.#text.trimStart())
      if (STREAM_START.test(start)) {
        this.#kind = 'stream'
        this.#text = ''
        return this.#feed(this.#holdBack(start))
      }
      if (start.length > SNIFF) this.#kind = 'notAStream'
    }
    if (this.#sniffed > this.#call.maxFrameLength) throw frameTooLarge(this.#call)
    return undefined
  }

  #feed(text: string): Frame[] | undefined {
    if (this.failure) throw this.failure
    if (!text) return undefined
    if (FRAMES.length > 0) FRAMES.length = 0
    // A byte order mark counts only at the start of a stream, which the parser for all has behind it.
    const endsWithEvent = text.endsWith('\n\n') && text.charCodeAt(0) < 128
    if (this.#parser || !endsWithEvent || text.length > this.#call.maxFrameLength)
      feed(this.#ownParser(), this, text)
    else {
      const parser = idleParser ?? newParser(Infinity)
      idleParser = undefined // not used again if it throws
      feed(parser, this, text)
      idleParser = parser
    }
    this.#begun = true
    return drainArray(FRAMES)
  }

  #ownParser(): EventSourceParser {
    if (!this.#parser) {
      this.#parser = newParser(this.#call.maxFrameLength)
      if (this.#begun) this.#parser.feed('\n') // ends its search for a byte order mark
    }
    return this.#parser
  }

  /** Delivers an unterminated last event, which the spec drops: servers forget the blank line. */
  end(rest: string): Frame[] | undefined {
    const frames = this.read(rest) ?? []
    if (this.#kind !== 'stream') {
      const data = this.#text.trim()
      if (data) frames.push({ data, kind: isCutField(data) ? 'unterminated' : 'notAStream' })
    } else {
      for (const frame of this.#feed(`${this.#held}\n\n`) ?? [])
        frames.push({ ...frame, kind: 'unterminated' })
      const stray = this.#stray?.join('\n').trim() ?? ''
      if (/^[{[]/.test(stray)) frames.push({ data: stray, kind: 'outOfBand' })
    }
    return frames.length > 0 ? frames : undefined
  }
}

/**
 * True for an empty `data:` line, alone or after an event name (new-api, SiliconFlow), for `null`, and for any words
 * under the name of a heartbeat.
 */
function isHeartbeat(data: string, event: string | undefined): boolean {
  if (data.length < 6 && event !== 'error' && /^\s*(null)?\s*$/.test(data)) return true
  return event !== undefined && HEARTBEATS.test(event) && !/^\s*[{[]/.test(data)
}

const HEARTBEATS = /^(ping|heartbeat|keep-?alive)$/i

/**
 * Splits events separated by a single line break (Baseten, some vLLM builds): the parser joins them into one, but each
 * line is JSON of its own.
 */
function splitJoined(data: string): readonly string[] {
  const lines = data.split('\n').filter((line) => line.trim() !== '')
  return lines.length > 1 && lines.every((line) => isJSON(line) || line.trim() === '[DONE]')
    ? lines
    : [data]
}

/** Writes one event as text. */
export function encodeSSE(data: string, event?: string): string {
  const lines = data.split('\n').map((line) => `data: ${line}\n`)
  return `${event ? `event: ${event}\n` : ''}${lines.join('')}\n`
}
