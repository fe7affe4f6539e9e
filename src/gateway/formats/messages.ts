/**
 * Anthropic's Messages.
 * @see https://platform.claude.com/docs/en/api/messages
 */
import type { BaseChatModel } from '../../chat/base.ts'
import type { DecodedRequest, WireFormat } from '../format.ts'
import { decodeRequest } from './messages/decode.ts'
import { encodeError } from './messages/errors.ts'
import { encodeMessage } from './messages/encode.ts'
import { MessageEncoder } from './messages/encode-stream.ts'
import { frame } from './messages/frame.ts'

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

/**
 * Encodes the tokens of a request, an estimate unless the model's config has `countTokens`.
 * @see https://platform.claude.com/docs/en/api/messages/count_tokens
 */
export function encodeTokenCount(model: BaseChatModel, { chat }: DecodedRequest): string {
  const { messages = [], tools } = chat
  const input_tokens =
    model.countTokens(messages) + (tools ? model.countTokens(JSON.stringify(tools)) : 0)
  return JSON.stringify({ input_tokens })
}
