/**
 * OpenAI's Chat Completions.
 * @see https://platform.openai.com/docs/api-reference/chat
 */
import { encodeErrorBody } from '../../edge/http-error.ts'
import type { WireFormat } from '../format.ts'
import { decodeRequest } from './chat-completions/decode.ts'
import { ChunkEncoder, encodeResult } from './chat-completions/encode.ts'

export const chatCompletions: WireFormat = {
  decode: decodeRequest,
  createEncoder: (head) => new ChunkEncoder(head),
  encodeResult,
  encodeError: encodeErrorBody,
  encodeErrorFrame: (error, requestId) => `data: ${encodeErrorBody(error, requestId)}\n\n`,
}
