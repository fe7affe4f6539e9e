/**
 * Estimates token counts without a tokenizer, for budgets and for usage a server does not report.
 */
import { assertConfig } from '../assert-config.ts'
import { lazyPattern } from '../lazy-pattern.ts'
import type { MessageInput } from '../message.ts'
import { textOf } from '../message.ts'

/** Vocabularies with measured weights: GPT-4o's (o200k), also used for unknown models, and Qwen's (2.5 and 3). */
export type Vocabulary = 'gpt' | 'qwen'

/** Returns the vocabulary that is nearest to a model's. */
export function vocabularyOf(model: string): Vocabulary {
  return /qwen|qwq|qvq|tongyi/i.test(model) ? 'qwen' : 'gpt'
}

/**
 * The pieces a tokenizer cuts a text into, roughly: scripts, words (`camelCase` is two), numbers, emoji, other
 * characters with the blank before and the line breaks after them, blanks.
 */
const PIECES = lazyPattern(
  [
    '[\\w+/-]{24,}',
    ' ?[\\u3005-\\u3007\\u3400-\\u9fff\\uf900-\\ufaff]+',
    '[\\u3040-\\u30ff\\uff66-\\uff9f]+',
    '[\\uac00-\\ud7af]+',
    '[\\u0590-\\u1cff]+',
    '\\p{Lu}*[\\p{Ll}\\p{Lt}\\p{M}]+|\\p{Lu}+',
    ' ?\\p{N}{1,3}',
    ' ?\\p{Emoji_Presentation}',
    ' ?[^\\s\\p{L}\\p{N}\\p{Emoji_Presentation}]+[\\r\\n]*',
    '\\s+',
    '.',
  ].join('|'),
  'suy',
)

/** Characters of a token, by script: the last character of the script, then GPT and Qwen. */
const SCRIPTS: readonly (readonly [last: number, gpt: number, qwen: number])[] = [
  [0x7f, 6.2, 6.1],
  [0x36f, 3, 2.5], // Latin with accents
  [0x3ff, 2.7, 1.05], // Greek
  [0x58f, 4.2, 3.2], // Cyrillic
  [0x5ff, 2.6, 2.4], // Hebrew
  [0x8ff, 2.85, 2.5], // Arabic
  [0xdff, 3, 0.88], // Devanagari and other Indic scripts
  [0xeff, 2.55, 1.95], // Thai, Lao
  [0x10ff, 2.5, 0.9], // Georgian, among others
  [0x1dff, 1.2, 0.8], // Khmer, Ethiopic
  [0x1eff, 3, 2.8], // Vietnamese
  [0x2fff, 2.7, 1.05],
  [0x30ff, 1.6, 1.75], // Hiragana, Katakana
  [0x9fff, 1.42, 1.6], // Han
  [0xd7af, 1.48, 1.3], // Hangul
  [0xffff, 1.4, 1.5],
  [0x10ffff, 1, 1],
]

/** Emoji that are one token in GPT's vocabulary: most take two. */
const FREQUENT = '✅✨⭐👇👉👌👍👏💕🔥😀😁😂😉😊😍😘😭🙂🙏🤣'
const EMOJI = lazyPattern('^\\p{Emoji_Presentation}', 'u')
const NUMBER = lazyPattern('^\\p{N}', 'u')
const WORD = lazyPattern('^[\\p{L}\\p{M}]', 'u')
/** Tokens of a punctuation mark. */
const MARK = 0.85
/** Arrows, mathematical operators, lines of tables and trees: about a token each, unless one is repeated. */
const SYMBOLS = /([\u2190-\u2bff])\1*/g
const RUNS = /[A-Z]*[a-z]+|[A-Z]+|\d{1,3}|[_+/-]+/g

/** Number of characters that are read at a time: a pattern overflows the stack of V8 in a word of some millions. */
const BLOCK = 65_536

/**
 * Estimates the tokens of a text, within 20 % for most texts of some length.
 * @throws {ConfigError} `invalid_config` unless it is a string
 */
export function estimateTokens(text: string, vocabulary: Vocabulary = 'gpt'): number {
  assertConfig(typeof text === 'string', 'text must be a string')
  let tokens = 0
  if (text.length > BLOCK) {
    for (let at = 0; at < text.length; at += BLOCK)
      tokens += estimateTokens(text.slice(at, at + BLOCK), vocabulary)
    return tokens
  }
  const lettersPerToken = SCRIPTS[0]![vocabulary === 'qwen' ? 2 : 1]
  for (let at = 0, end = 0; at < text.length; at = end) {
    const start = text.charCodeAt(at) === 32 ? at + 1 : at
    end = endOfWord(text, start)
    if (end > start) {
      tokens += Math.max(1, (end - start) / lettersPerToken)
      continue
    }
    if (isMark(text.charCodeAt(at)) && isBlank(codeAt(text, at + 1))) {
      tokens += MARK
      end = at + 1
      while (isBlank(codeAt(text, end)) && text[end] !== ' ') end++
      continue
    }
    const pieces = PIECES()
    pieces.lastIndex = at
    const [piece] = pieces.exec(text) as unknown as [string]
    tokens += weigh(piece, vocabulary)
    end = at + piece.length
  }
  return Math.ceil(tokens)
}

/** Returns the end of a plain English word, as most of a text is, or -1. Several times as fast as the pattern. */
function endOfWord(text: string, start: number): number {
  let end = start
  let code = codeAt(text, end)
  while (isBetween(code, 65, 90)) code = codeAt(text, ++end)
  while (isBetween(code, 97, 122)) code = codeAt(text, ++end)
  // The pattern reads what goes on: `camelCase`, `a/b`, `wi-fi`, letters of other scripts.
  const isEnd = code > 46 ? isBetween(code, 58, 64) : code !== 43 && code !== 45
  return isEnd && end - start < 24 ? end : -1
}

/** Returns a character's code, or -1 behind the text. Once asked beyond the end, V8 compiles `charCodeAt` as a slow call. */
function codeAt(text: string, at: number): number {
  return at < text.length ? text.charCodeAt(at) : -1
}

/** True for a punctuation mark of ASCII. */
function isMark(code: number): boolean {
  return isBetween(code, 33, 47) || isBetween(code, 58, 64) || isBetween(code, 91, 96)
}

/** True for a space or a line break. */
function isBlank(code: number): boolean {
  return code === 32 || code === 10 || code === 13
}

function isBetween(code: number, first: number, last: number): boolean {
  return code >= first && code <= last
}

function weigh(piece: string, vocabulary: Vocabulary): number {
  const first = piece.charCodeAt(0) | 32
  if (first > 96 && first < 123 && piece.length < 24) return weighWord(piece, vocabulary) // most of a text
  const bare = piece.trim()
  // A blank before a letter belongs to its word. Indentation is a token of its own.
  if (bare === '') return piece === ' ' ? 0 : /\n {2,}$/.test(piece) ? 1.4 : 0.9
  const blank = piece.startsWith(' ') ? 1 : 0
  if (EMOJI().test(bare)) return weighEmoji(bare, blank, vocabulary)
  if (bare.length >= 24 && /^[\w+/-]+$/.test(bare)) return weighLong(bare, vocabulary)
  const tokens = weighRun(bare, vocabulary)
  if (NUMBER().test(bare)) return tokens + blank
  // Blanks before Chinese rarely belong to its words.
  return WORD().test(bare) ? tokens + blank * (vocabulary === 'qwen' ? 0.8 : 0.4) : tokens
}

/** Weighs characters of one kind. Each digit is a token of Qwen's, and up to three are one of GPT's. */
function weighRun(run: string, vocabulary: Vocabulary): number {
  if (NUMBER().test(run)) return vocabulary === 'qwen' ? run.length : 1
  if (WORD().test(run)) return weighWord(run, vocabulary)
  // Joiners and variation selectors of emoji are nearly a token each.
  if (/\u200d|\ufe0f/.test(run)) return run.length * 0.9
  return Math.max(MARK, run.length / 2.5, run.match(SYMBOLS)?.length ?? 0)
}

function weighWord(word: string, vocabulary: Vocabulary): number {
  // The first character with an accent makes a Latin word one of another language than English.
  const code = (/[^\0-\x7f]/u.exec(word)?.[0] ?? word).codePointAt(0) as number
  const [, gpt, qwen] = SCRIPTS.find(([last]) => code <= last) as (typeof SCRIPTS)[number]
  const tokens = word.length / (vocabulary === 'qwen' ? qwen : gpt)
  return code < 0x2e80 ? Math.max(1, tokens) : tokens
}

function weighEmoji(emoji: string, blank: number, vocabulary: Vocabulary): number {
  const code = emoji.codePointAt(0) as number
  if (code >= 0x1fa00) return 3
  if (vocabulary === 'qwen') return (code < 0x1f900 ? 1 : 1.35) + blank * 1.6
  return FREQUENT.includes(emoji) ? 1 : (code < 0x1f900 ? 2 : 2.4) + blank * 0.5
}

/** Base64 has short runs of letters of one case; paths and identifiers have words. */
function weighLong(text: string, vocabulary: Vocabulary): number {
  const runs = text.match(RUNS) as string[]
  const isRandom = /[a-z]/.test(text) && /[A-Z]/.test(text) && text.length / runs.length < 3.2
  if (isRandom) return text.length / (vocabulary === 'qwen' ? 1.35 : 1.46)
  return runs.reduce((sum, run) => sum + weighRun(run, vocabulary), 0)
}

/** Tokens of a turn beyond its text: its role and delimiters. */
const TURN = 4
/** Tokens of a part that is not text; images take from about 100 to about 1,000. */
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
