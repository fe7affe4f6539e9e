/**
 * Anthropic's Messages.
 * @see https://platform.claude.com/docs/en/api/messages
 */
import type { WireFormat } from '../format.ts'
import { decodeRequest } from './messages/decode.ts'
import { encodeError } from './messages/errors.ts'
import { encodeMessage } from './messages/encode.ts'
import { MessageEncoder } from './messages/encode-stream.ts'
import { frame } from './messages/frame.ts'

export { encodeTokenCount } from './messages/count-tokens.ts'
export { decodeCountRequest } from './messages/decode.ts'

export const messages: WireFormat = {
  decode: decodeRequest,
  createEncoder: (head, seal) => new MessageEncoder(head, seal),
  encodeResult: encodeMessage,
  encodeError,
  encodeErrorFrame: (error, requestId) =>
    `event: error\ndata: ${encodeError(error, requestId)}\n\n`,
  ping: frame('ping'),
}
