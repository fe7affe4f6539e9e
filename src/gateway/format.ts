/**
 * The interface between the gateway and a wire format. Every format decodes to one internal request and encodes
 * one internal stream of events. A new format is one file like this, one folder, and one entry in `endpoints.ts`.
 */
import type { ErrorBody } from '../edge/http-error.ts'
import type { ChatResult, StreamEvent } from '../event.ts'
import type { ChatRequest } from '../options.ts'
import type { Limits } from './limits.ts'

/** A decoded and rebuilt request, which contains only properties that the format defines. */
export interface DecodedRequest {
  /** The name in the table of models. */
  model: string
  stream: boolean
  /** Id of the end user as sent by the caller. Passed to hooks, but to no model. */
  user: string | undefined
  /** Assistant messages may contain `provider_data` as the opaque text of an earlier reply; it is opened later. */
  chat: ChatRequest
  /** Options of the format itself, for its encoder. */
  encoding: Readonly<Record<string, unknown>>
}

/** Properties that every part of a reply repeats. The id is ours, since a vendor's would identify the vendor. */
export interface ReplyHead {
  requestId: string
  /** Seconds since 1970. */
  created: number
  /** The name in the table of models, or the replying model if the operator exposes it. */
  model: string
  encoding: DecodedRequest['encoding']
}

/** Encodes the events of one reply as frames. */
export interface StreamEncoder {
  /**
   * Returns the frames of an event, or an empty text if the format has none for it.
   * @throws {StreamError} for an event that the format cannot represent
   */
  encode: (event: StreamEvent) => string
}

/** A wire format. */
export interface WireFormat {
  /** @throws {HttpError} 400, with the property at fault */
  decode: (body: unknown, limits: Limits) => DecodedRequest
  createEncoder: (head: ReplyHead) => StreamEncoder
  encodeResult: (head: ReplyHead, result: ChatResult) => string
  /** Encodes the body of an error response. */
  encodeError: (error: ErrorBody, requestId: string) => string
  /** Encodes a failure in mid-stream as a frame. */
  encodeErrorFrame: (error: ErrorBody, requestId: string) => string
}
