/**
 * Joins a cut reply with its continuation by another model. Models often repeat the last words, or start over, so the
 * first words are held back until that is decided.
 */
import { lazyPattern } from '../lazy-pattern.ts'

/** Asks for the rest as the user, where a server rejects a conversation that ends with the assistant. */
export const CONTINUE_PROMPT =
  'Your last message was cut off by a lost connection. Continue it exactly where it stops, as if it had never been interrupted: repeat nothing, add no introduction and no remark.'

/** Maximum length of a repetition that is detected, in characters. A reply that starts over may be longer. */
const LONGEST = 2000

/** Text to show. `restarts`: it replaces the text so far, since the model started over in other words. */
export interface Shown {
  text: string
  restarts?: true
}

/** Options of a continuation. */
export interface SeamOptions {
  /** True if the model was given the kept text, without its last blanks, as the start of its reply. */
  isPrefilled?: boolean
}

/** Reads one continuation, piece by piece, in linear time. */
export class Seam {
  #kept: string
  /** The blanks at the end of the kept text. */
  #blanks: string
  /**
   * True after a line break, in code, and in a reply that the model regards as its own: a single equal word does not
   * indicate a repetition.
   */
  #isStrict: boolean
  #tail: string
  #held = ''
  /** The held text, folded. */
  #next = ''
  #endsFolded = true
  /** True if it equals the beginning of the kept text. */
  #isBeginning = true
  #isOpen = true
  #isPrefilled: boolean

  /** @param kept the text so far */
  constructor(kept: string, { isPrefilled = false }: SeamOptions = {}) {
    this.#isPrefilled = isPrefilled
    this.#kept = fold(kept).trimEnd()
    this.#tail = this.#kept.slice(-LONGEST)
    const blanks = kept.slice(kept.trimEnd().length)
    this.#blanks = blanks
    this.#isStrict =
      isPrefilled || blanks.includes('\n') || (kept.match(/```/g)?.length ?? 0) % 2 === 1
  }

  /** Takes a piece and returns the text to show, which is empty as long as it may be a repetition. */
  push(piece: string): Shown {
    if (!this.#isOpen) return { text: piece }
    this.#held += piece
    const folded = fold(piece, { afterBlank: this.#endsFolded })
    this.#isBeginning &&= this.#kept.startsWith(folded, this.#next.length)
    if (folded) this.#endsFolded = folded.endsWith(' ')
    this.#next += folded
    return this.#mayRepeat() ? { text: '' } : this.#decide()
  }

  /** Ends the continuation, or its text before another kind of content. */
  end(): Shown {
    if (!this.#isOpen) return { text: '' }
    const next = this.#next.trimEnd()
    // It started over and is shorter than the cut reply: it replaces that one.
    if (this.#kept.startsWith(next) && next.length < this.#kept.length && countWords(next) > 1)
      return this.#restart()
    return this.#decide()
  }

  /** Ends a continuation that was cut too. Drops what is a repetition so far. */
  cut(): Shown {
    if (!this.#isOpen) return { text: '' }
    if (!this.#kept.startsWith(this.#next.trimEnd())) return this.#decide()
    this.#isOpen = false
    return { text: '' }
  }

  #mayRepeat(): boolean {
    if (this.#isBeginning) return true
    // What follows a blank decides, since none is kept at the end.
    const next = this.#next.trimEnd()
    return next.length <= this.#tail.length && this.#tail.includes(next)
  }

  #decide(): Shown {
    const length = this.#overlap()
    if (length === 0 && this.#beginsAgain()) return this.#restart()
    this.#isOpen = false
    if (length === 0) return { text: this.#isPrefilled ? this.#withoutBlanks() : this.#held }
    const rest = this.#held.slice(unfold(this.#held, length))
    return { text: this.#blanks ? rest.trimStart() : rest }
  }

  /** Drops the blanks that were not sent and begin the continuation therefore. */
  #withoutBlanks(): string {
    const rest = this.#held.trimStart()
    const blanks = this.#held.slice(0, this.#held.length - rest.length)
    if (this.#blanks.startsWith(blanks)) return rest
    return blanks.startsWith(this.#blanks) ? this.#held.slice(this.#blanks.length) : this.#held
  }

  #restart(): Shown {
    this.#isOpen = false
    return { text: this.#held.trimStart(), restarts: true }
  }

  /** Returns how many folded characters of the continuation repeat the end of what was kept. */
  #overlap(): number {
    const kept = this.#kept
    const next = this.#next
    if (
      CONTENT().test(kept) &&
      next.startsWith(kept) &&
      !(this.#blanks && this.#splitsWord(kept.length))
    )
      return kept.length
    for (let length = Math.min(this.#tail.length, next.length); length > 0; length--) {
      if (!kept.endsWith(next.slice(0, length))) continue
      if (this.#repeatsItself(length)) return 0
      if (this.#isRepetition(length)) return length
    }
    return 0
  }

  #splitsWord(length: number): boolean {
    return isWord(this.#next[length - 1]) && isWord(this.#next[length])
  }

  #isRepetition(length: number): boolean {
    const overlap = this.#next.slice(0, length).trimEnd()
    const before = this.#kept[this.#kept.length - length - 1]
    if (isWord(before) && isWord(overlap[0])) return false
    const splits = this.#splitsWord(length)
    if (splits && this.#blanks) return false
    if ((overlap.match(UNSPACED())?.length ?? 0) > 1) return true
    const words = countWords(overlap)
    if (words > 1) return !this.#isStrict || overlap.length > 8
    if (this.#isStrict) return false
    // A word of prose, or a number. One letter tells nothing, but at the start of a word that was cut.
    if (overlap.length < 2 && !splits) return false
    return PROSE().test(overlap)
  }

  /** "ha ha" goes on with "ha ha": the text repeats itself, and so may its continuation. */
  #repeatsItself(length: number): boolean {
    const overlap = this.#next.slice(0, length)
    const unit = overlap.slice(0, period(overlap))
    if (unit.length < length && unit.length * 2 <= length + 1) return true
    const before = this.#kept.slice(0, this.#kept.length - length)
    return before.trimEnd().endsWith(unit.trim())
  }

  /** The first words are those of the reply, and then others follow: it began again. */
  #beginsAgain(): boolean {
    const kept = this.#kept
    const next = this.#next
    let length = 0
    while (length < kept.length && kept[length] === next[length]) length++
    const same = kept.slice(0, length)
    const words = countWords(same)
    // Nothing goes on in the middle of a sentence with the words that the text began with.
    const isInSentence = !this.#isStrict && OPEN_END().test(kept)
    const isMost = length * 2 >= kept.length && words > (isInSentence ? 1 : 2)
    if (!isMost && words < (isInSentence ? 3 : 5)) return false
    // Lines that all begin alike, as in a list, tell nothing.
    return !kept.includes(same, 1)
  }
}

/** Returns both texts as one, without what the second repeats. */
export function join(kept: string, text: string, options?: SeamOptions): string {
  const seam = new Seam(kept, options)
  const [first, last] = [seam.push(text), seam.cut()]
  return first.restarts || last.restarts ? first.text + last.text : kept + first.text + last.text
}

/** Letters of scripts that are written without blanks. */
const UNSPACED = lazyPattern(
  '[\\p{sc=Han}\\p{sc=Hira}\\p{sc=Kana}\\p{sc=Thai}\\p{sc=Laoo}\\p{sc=Khmr}\\p{sc=Mymr}]',
  'gu',
)
const LETTER = lazyPattern('\\p{L}', 'u')
const WORD = lazyPattern('[\\p{L}\\p{M}\\p{N}]', 'u')
const WORDS = lazyPattern('[\\p{L}\\p{M}\\p{N}]+', 'gu')
/** More than one punctuation mark or symbol. */
const CONTENT = lazyPattern('[^\\p{P}\\p{S}]|..', 'su')
/** A word of prose, with the marks after it, or a number. */
const PROSE = lazyPattern(
  "^\\p{L}[\\p{L}\\p{M}\\p{N}'-]*[^\\p{L}\\p{N}<>(){}[\\]/\\\\=_*#|`]*$|^\\d{3,}$",
  'u',
)
/** A text that ends with a word: in the middle of a sentence. */
const OPEN_END = lazyPattern('[\\p{L}\\p{N}]$', 'u')

/** True for a letter or digit of a script that puts blanks between words. */
function isWord(char: string | undefined): boolean {
  return char !== undefined && WORD().test(char) && char.match(UNSPACED()) === null
}

/** Counts words, a letter without blanks as one. Numbers count beside a word only. */
function countWords(text: string): number {
  const unspaced = text.match(UNSPACED())?.length ?? 0
  const words = text.replace(UNSPACED(), ' ').match(WORDS()) ?? []
  return LETTER().test(text) ? unspaced + words.length : 0
}

/** Returns a text with one blank for several, none at its start after another, and no capitals. */
function fold(text: string, { afterBlank = true }: { afterBlank?: boolean } = {}): string {
  const folded = text.replace(/\s+/g, ' ').replace(/[A-Z\u0080-\uffff]/g, foldCharacter)
  return afterBlank && folded.startsWith(' ') ? folded.slice(1) : folded
}

/** One character stays one, so that lengths agree. */
function foldCharacter(char: string): string {
  if (char === '’' || char === '‘') return "'"
  if (char === '“' || char === '”') return '"'
  const lower = char.toLowerCase()
  return lower.length === char.length ? lower : char
}

/** Returns where the first `length` folded characters of a text end. */
function unfold(text: string, length: number): number {
  let at = 0
  let afterBlank = true
  for (let folded = 0; at < text.length && folded < length; at++) {
    const isBlank = /\s/.test(text[at] as string)
    if (!isBlank || !afterBlank) folded++
    afterBlank = isBlank
  }
  return at
}

/** Returns the length of the shortest piece that a text repeats, its last time cut or not. */
function period(text: string): number {
  const borders: number[] = [0]
  for (let at = 1, border = 0; at < text.length; at++) {
    while (border > 0 && text[at] !== text[border]) border = borders[border - 1] as number
    if (text[at] === text[border]) border++
    borders.push(border)
  }
  return text.length - (borders.at(-1) ?? 0)
}
