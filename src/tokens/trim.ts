/**
 * Trims a conversation to a token budget.
 */
import { ConfigError } from '../errors.ts'
import { isList, isRecord } from '../is-record.ts'
import type { MessageInput } from '../message.ts'
import { estimateMessages, estimateTokens } from './estimate.ts'

/** Options of `trim`. */
export interface TrimOptions {
  /** Maximum number of tokens of the messages. */
  maxTokens: number
  /**
   * Counts the tokens of a text, such as the model's tokenizer. Synchronous.
   * `(text) => llm.countTokens(text)` takes the estimate for that model.
   * @default an estimate for GPT's vocabulary, mostly within 20 %
   */
  countTokens?: ((text: string) => number) | undefined
}

/**
 * Drops the oldest messages until the rest fits: entire turns first (a user message and everything up to the
 * next), then entire tool exchanges of the last turn. Always keeps system messages and the last user message, and
 * never half a tool exchange. Returns a new list of the caller's own messages.
 * @throws {ConfigError} `invalid_messages` if the messages to keep exceed the budget; `invalid_config` for
 * invalid options
 * @example await llm.chat({ messages: trim(history, { maxTokens: 6000 }) })
 */
export function trim<Turn extends MessageInput>(
  messages: readonly Turn[],
  options: TrimOptions,
): Turn[] {
  const { maxTokens, countTokens } = checkOptions(options)
  if (!isList<unknown>(messages) || !messages.every((one) => isRecord(one)))
    throw new ConfigError('invalid_messages', 'trim() requires a list of messages')
  const blocks = toBlocks(messages)
  const costs = blocks.map(({ at }) =>
    estimateMessages(
      at.map((index) => messages[index] as Turn),
      countTokens,
    ),
  )
  let tokens = costs.reduce((sum, cost) => sum + cost, 0)
  const lastUser = blocks.map(({ kind }) => kind).lastIndexOf('user')
  const dropped = new Set<number>()
  for (let from = 0; from < blocks.length - 1 && tokens > maxTokens;) {
    // Drops entire turns before the last one; in that, one exchange after the other, except the newest.
    const to = from < lastUser ? endOfTurn(blocks, from, lastUser) : from + 1
    for (; from < to; from++) {
      const block = blocks[from] as Block
      if (block.kind === 'system' || from === lastUser) continue
      for (const index of block.at) dropped.add(index)
      tokens -= costs[from] as number
    }
  }
  if (tokens > maxTokens) {
    throw new ConfigError(
      'invalid_messages',
      `Cannot trim to ${maxTokens} tokens: the system messages and last turn alone take ${tokens}`,
    )
  }
  return messages.filter((_, index) => !dropped.has(index))
}

/** Rejects options with which trimming would remove nothing, or everything. */
function checkOptions(options: Partial<TrimOptions> | undefined) {
  const { maxTokens, countTokens = estimateTokens } = options ?? {}
  if (typeof maxTokens !== 'number' || !(maxTokens >= 0)) {
    throw new ConfigError('invalid_config', 'trim() requires `maxTokens`, a number of tokens')
  }
  if (typeof countTokens !== 'function')
    throw new ConfigError('invalid_config', 'countTokens must be a function')
  const count = (text: string) => {
    const tokens: unknown = countTokens(text)
    if (typeof tokens === 'number' && tokens >= 0) return tokens
    throw new ConfigError(
      'invalid_config',
      'countTokens() must return a number, not a promise: load the tokenizer before trimming',
    )
  }
  return { maxTokens, countTokens: count }
}

/** Indexes of messages that are kept or dropped together. */
interface Block {
  kind: 'system' | 'user' | 'assistant'
  at: number[]
}

/** Groups tool messages with the assistant message that called the tools. */
function toBlocks(messages: readonly MessageInput[]): Block[] {
  const blocks: Block[] = []
  let asked: Block | undefined
  for (const [index, { role }] of messages.entries()) {
    if (role === 'tool' && asked) {
      asked.at.push(index)
      continue
    }
    const kind = role === 'user' || role === 'assistant' ? role : 'system'
    const block: Block = { kind, at: [index] }
    if (kind === 'assistant') asked = block
    blocks.push(block)
  }
  return blocks
}

function endOfTurn(blocks: readonly Block[], from: number, limit: number): number {
  let at = from + 1
  while (at < limit && blocks[at]?.kind !== 'user') at++
  return at
}
