/**
 * The interface between the gateway and a wire format. Every format decodes to one internal request and encodes
 * one internal stream of events. A new format is one file like this, one folder, and one entry in `endpoints.ts`.
 */
import type { ErrorBody } from '../edge/http-error.ts'
import type { ChatResult, StreamEvent } from '../event.ts'
import type { ChatOptions, ChatRequest } from '../options.ts'
import type { Limits } from './limits.ts'

/** A decoded and rebuilt request, which contains only properties that the format defines. */
export interface DecodedRequest {
  /** The name in the table of models. */
  model: string
  stream: boolean
  /** Id of the end user as sent by the caller. Passed to hooks, but to no model. */
  user: string | undefined
  /** Assistant messages may contain `provider_data` as the opaque texts of an earlier reply; they are opened later. */
  chat: ChatRequest
  /** Options for a second try if the model or its server refuses those of `chat` that the format treats as hints. */
  fallback?: Partial<ChatOptions> | undefined
  /** True to drop the oldest turns if the messages exceed the model's `maxLength`. */
  truncates?: boolean
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

/**
 * Seals members of an assistant message as an opaque text. As `provider_data` of a decoded message it becomes those
 * members again.
 */
export type Seal = (fields: Record<string, unknown>) => Promise<string>

/** Encodes the events of one reply as frames. */
export interface StreamEncoder {
  /**
   * Returns the frames of an event, or an empty text if the format has none for it. Returns a promise only where
   * something is sealed: each costs as much as a token.
   * @throws {StreamError} for an event that the format cannot represent
   */
  encode: (event: StreamEvent) => string | Promise<string>
  /** Encodes a failure in mid-stream. Absent: as `encodeErrorFrame`. */
  encodeFailure?: (error: ErrorBody, requestId: string) => string
}

/** A wire format. */
export interface WireFormat {
  /** @throws {HttpError} 400, with the property at fault */
  decode: (body: unknown, limits: Limits) => DecodedRequest
  createEncoder: (head: ReplyHead, seal: Seal) => StreamEncoder
  encodeResult: (head: ReplyHead, result: ChatResult, seal: Seal) => string | Promise<string>
  /** Encodes the body of an error response. */
  encodeError: (error: ErrorBody, requestId: string) => string
  /** Encodes a failure in mid-stream as a frame. */
  encodeErrorFrame: (error: ErrorBody, requestId: string) => string
  /** Frame that is sent while the model is silent. Absent: a comment. */
  ping?: string
}
