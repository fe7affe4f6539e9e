/**
 * Estimates the number of tokens without a tokenizer: for budgets, and for usage that a server does not send.
 */
import type { MessageInput } from '../message.ts'
import { textOf } from '../message.ts'

// Counted in one pass. The weights are fitted to the vocabularies of GPT-4o (o200k) and Qwen 2.5, measured in
// `test/unit/stream/estimate-tokens.test.ts`. Words are split at inner capitals (`camelCase`), as in those.
// Created on first use: V8 takes half a millisecond to look up its character classes, at every startup.
let pieces: RegExp | undefined
const PIECES = String.raw`[\u3400-\u9fff\uf900-\ufaff]|[\u3040-\u30ff\uac00-\ud7af]|\p{Lu}*[\p{Ll}\p{Lt}\p{Lm}\p{Lo}\p{M}]+|\p{Lu}+|(\p{N}{1,3})|([^\s\p{L}\p{N}]+)|\s+`

/** Estimates the tokens of a text. */
export function estimateTokens(text: string): number {
  pieces ??= new RegExp(PIECES, 'gu')
  let tokens = 0
  for (const [piece, digits, signs] of text.matchAll(pieces))
    tokens += weigh(piece, digits !== undefined, signs !== undefined)
  return Math.ceil(tokens)
}

function weigh(piece: string, isNumber: boolean, isSigns: boolean): number {
  const code = piece.codePointAt(0) as number
  if (code <= 32) return piece === ' ' ? 0 : piece.includes('\n') ? 0.6 : 0.4
  if (code >= 0x3400 && code <= 0x9fff) return 0.76
  if (code >= 0x3040 && code <= 0xd7af) return 0.9
  if (isNumber) return 1
  if (isSigns) return Math.max(0.8, piece.length / 2.5)
  return code < 0x250 ? Math.max(1, piece.length / 6) : Math.max(1, piece.length / 3)
}

/** Tokens of a message besides its text: its role and delimiters. */
const TURN = 4
/** Tokens of a part that is not text. Images take from some 100 to some 1,000. */
const MEDIA = 500

/**
 * Estimates the tokens of a conversation.
 * @param count counts the tokens of a text
 */
export function estimateMessages(
  messages: readonly MessageInput[],
  count: (text: string) => number = estimateTokens,
): number {
  let tokens = 0
  for (const message of messages) {
    tokens += TURN + count(textOf(message.content))
    if (Array.isArray(message.content)) {
      for (const part of message.content) if (part.type !== 'text') tokens += MEDIA
    }
    if (message.role !== 'assistant') continue
    for (const call of message.tool_calls ?? []) {
      tokens += TURN + count(call.function.name + call.function.arguments)
    }
  }
  return tokens
}
