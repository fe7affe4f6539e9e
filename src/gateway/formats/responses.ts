/**
 * OpenAI's Responses.
 * @see https://platform.openai.com/docs/api-reference/responses
 */
import { encodeErrorBody } from '../../edge/http-error.ts'
import type { WireFormat } from '../format.ts'
import { decodeRequest } from './responses/decode.ts'
import { encodeResponse } from './responses/encode.ts'
import { ResponseEncoder } from './responses/encode-stream.ts'

export const responses: WireFormat = {
  decode: decodeRequest,
  createEncoder: (head, seal) => new ResponseEncoder(head, seal),
  encodeResult: encodeResponse,
  encodeError: encodeErrorBody,
  // Only for a stream that failed before its first event: the encoder numbers the others.
  encodeErrorFrame: ({ code = null, message, param = null }) =>
    `event: error\ndata: ${JSON.stringify({ type: 'error', sequence_number: 0, code, message, param })}\n\n`,
}
