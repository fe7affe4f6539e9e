/**
 * The seam between the gateway and a wire format. Every format decodes to one internal request and encodes one internal
 * stream of events; a new format is one file of this shape, one folder, and one entry in `endpoints.ts`.
 */
import type { ErrorBody } from '../edge/http-error.ts'
import type { ChatResult, StreamEvent } from '../event.ts'
import type { ChatRequest } from '../options.ts'
import type { Limits } from './limits.ts'

/** A request, decoded and rebuilt: nothing of the body is in it that the format does not name. */
export interface DecodedRequest {
  /** The name in the table of models. */
  model: string
  stream: boolean
  /** Identifies the end user, as the caller says. Passed to hooks, and to no model. */
  user: string | undefined
  /** Assistant messages may hold `provider_data` as the opaque text that a reply carried; it is opened later. */
  chat: ChatRequest
  /** Options of the format itself, for its encoder. */
  encoding: Readonly<Record<string, unknown>>
}

/** What every part of a reply repeats. The id is ours: a vendor's would tell whose it is. */
export interface ReplyHead {
  requestId: string
  /** Seconds since 1970. */
  created: number
  /** The name in the table of models, or the model that answered if the operator exposes it. */
  model: string
  encoding: DecodedRequest['encoding']
}

/** Encodes the events of one reply as frames. */
export interface StreamEncoder {
  /**
   * Returns the frames of an event; an empty text if the format has none for it.
   * @throws {StreamError} for what the format cannot express
   */
  encode: (event: StreamEvent) => string
}

/** A wire format. */
export interface WireFormat {
  /** @throws {HttpError} 400, naming the member to blame */
  decode: (body: unknown, limits: Limits) => DecodedRequest
  createEncoder: (head: ReplyHead) => StreamEncoder
  encodeResult: (head: ReplyHead, result: ChatResult) => string
  /** Encodes the body of an error response. */
  encodeError: (error: ErrorBody, requestId: string) => string
  /** Encodes a failure in mid-stream as a frame. */
  encodeErrorFrame: (error: ErrorBody, requestId: string) => string
}
