/**
 * A conversation within a budget.
 */
import { ConfigError } from '../errors.ts'
import type { MessageInput } from '../message.ts'
import { estimateMessages, estimateTokens } from './estimate.ts'

/** How far a conversation may go. */
export interface TrimOptions {
  /** Most tokens that the messages may take. */
  maxTokens: number
  /**
   * Counts the tokens of a text, such as a tokenizer of the model's.
   * @default an estimate, mostly within 15 % of the tokenizers of GPT and Qwen
   */
  countTokens?: ((text: string) => number) | undefined
}

/**
 * Drops what is oldest until the messages fit: whole turns first, a turn being what the user said and all that followed;
 * then, in the last turn, whole tool exchanges. Never the system's messages, never the last thing that the user said,
 * never half a tool exchange. Gives a new list; the messages in it are those of the caller.
 * @throws {ConfigError} `invalid_messages` where even the least takes too much
 * @example await llm.chat({ messages: trim(history, { maxTokens: 6000 }) })
 */
export function trim<Turn extends MessageInput>(
  messages: readonly Turn[],
  options: TrimOptions,
): Turn[] {
  const { maxTokens, countTokens = estimateTokens } = options
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
    // Before the last turn all of a turn goes; in it one exchange after the other, but for the newest.
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
      `The messages that must stay take ${tokens} tokens, more than the budget of ${maxTokens}`,
    )
  }
  return messages.filter((_, index) => !dropped.has(index))
}

/** Messages that stand or fall together, by their places. */
interface Block {
  kind: 'system' | 'user' | 'assistant'
  at: number[]
}

/** A tool's answers belong to the message that asked for them. */
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
