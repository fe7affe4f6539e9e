/**
 * Counts the tokens of a request, as far as the model of ours can.
 * @see https://platform.claude.com/docs/en/api/messages/count_tokens
 */
import type { BaseChatModel } from '../../../chat/base.ts'
import type { DecodedRequest } from '../../format.ts'

/** Encodes the count, an estimate unless the model's config has `countTokens`. */
export function encodeTokenCount(model: BaseChatModel, { chat }: DecodedRequest): string {
  const { messages = [], tools } = chat
  const input_tokens =
    model.countTokens(messages) + (tools ? model.countTokens(JSON.stringify(tools)) : 0)
  return JSON.stringify({ input_tokens })
}
