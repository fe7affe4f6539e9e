/**
 * Converts JSON as models write it to strict JSON while it arrives: single quotes, Python literals, line breaks in
 * strings, unquoted keys, trailing commas. Strict JSON stays unchanged, whitespace included.
 */

/** Where a piece of JSON stands: how deep, and under which keys (`''` in a list, and before a value). */
export interface JSONPosition {
  readonly depth: number
  readonly keys: readonly string[]
}

const WORDS: Record<string, string> = { True: 'true', False: 'false', None: 'null', NaN: 'null' }
const LITERAL = /^(?:true|false|null|-?\d[\d.eE+-]*)$/
/** Quotes by how they open. */
const QUOTES: Record<string, string> = { '"': '"', "'": "'", '“': '”' }
const WIDE: Record<string, string> = { '：': ':', '，': ',' }
const ESCAPES = '"\\/bfnrtu'

/** One object or list, its text made strict. Linear; no I/O. What is broken beyond that fails in `JSON.parse`. */
export class LenientJSON implements JSONPosition {
  /** True after the last bracket. */
  done = false
  depth = 0
  keys: string[] = []
  #emit: (text: string) => void
  #open: string[] = []
  /** What ends the string that the text is in. */
  #quote = ''
  #isEscaped = false
  /** A comma and the whitespace after it, until something follows. */
  #comma = ''
  #word = ''
  /** The key that is read; `undefined` where a value is. */
  #key: string | undefined

  /** Whether what is emitted is the content of a string. */
  get isString(): boolean {
    return this.#quote !== ''
  }

  /** @param emit gets the strict text, while `depth` and `keys` tell where it stands */
  constructor(emit: (text: string) => void) {
    this.#emit = emit
  }

  /** Takes a piece; returns what follows the value. */
  push(piece: string): string {
    let at = 0
    while (at < piece.length && !this.done) {
      if (this.#quote && !this.#isEscaped) {
        // Most of a long text is inside of strings: taken in one go.
        const end = plainEnd(piece, at)
        if (end > at) {
          this.#inString(piece.slice(at, end))
          at = end
          continue
        }
      }
      const char = piece[at++] as string
      if (this.#quote) this.#readString(char)
      else this.#readMark(char)
    }
    return piece.slice(at)
  }

  /** The text is over, before the value may be. */
  end(): void {
    this.#endWord()
  }

  #inString(text: string): void {
    if (this.#key !== undefined) this.#key += text
    this.#emit(text)
  }

  #readString(char: string): void {
    if (this.#isEscaped) {
      this.#isEscaped = false
      if (char === "'") this.#inString(char)
      // A backslash before anything else was meant as one, as in a regular expression.
      else if (char === '\n') this.#inString('\\n')
      else this.#inString(ESCAPES.includes(char) ? `\\${char}` : `\\\\${char}`)
    } else if (char === '\\') this.#isEscaped = true
    else if (char === this.#quote) {
      this.#quote = ''
      this.#emit('"')
    } else if (char === '"') this.#inString('\\"')
    else this.#inString(char < ' ' ? JSON.stringify(char).slice(1, -1) : char)
  }

  #readMark(raw: string): void {
    const char = WIDE[raw] ?? raw
    if (/[\s{}[\]:,"'“]/.test(char)) this.#endWord()
    if (/\s/.test(char)) {
      if (this.#comma) this.#comma += char
      else this.#emit(char)
    } else if (char === ',') this.#readComma()
    else if (char === '}' || char === ']') this.#close(char)
    else if (char === ':') this.#readColon()
    else {
      this.#flushComma()
      if (char === '{' || char === '[') this.#openBracket(char)
      else if (QUOTES[char]) {
        this.#quote = QUOTES[char]
        this.#emit('"')
      } else this.#word += char
    }
  }

  #readComma(): void {
    this.#comma ||= ','
    this.keys[this.depth - 1] = ''
    this.#key = this.#open.at(-1) === '{' ? '' : undefined
  }

  #readColon(): void {
    this.#emit(':')
    this.keys[this.depth - 1] = this.#key ?? ''
    this.#key = undefined
  }

  #flushComma(): void {
    if (this.#comma) this.#emit(this.#comma)
    this.#comma = ''
  }

  #openBracket(char: string): void {
    this.#open.push(char)
    this.keys.push('')
    this.depth++
    this.#key = char === '{' ? '' : undefined
    this.#emit(char)
  }

  #close(char: string): void {
    this.#emit(this.#comma.slice(1))
    this.#comma = ''
    this.#key = undefined
    this.#emit(char)
    this.#open.pop()
    this.keys.pop()
    this.depth--
    this.done = this.depth <= 0
  }

  #endWord(): void {
    const word = this.#word
    if (!word) return
    this.#word = ''
    if (this.#key === undefined)
      return this.#emit(Object.hasOwn(WORDS, word) ? (WORDS[word] as string) : toNumber(word))
    this.#key += word
    this.#emit(JSON.stringify(word))
  }
}

/** JSON5 writes `+1`, `.5` and `0xff` too. Anything else stays as it is, and is no JSON. */
function toNumber(word: string): string {
  if (LITERAL.test(word)) return word
  const value = Number(word)
  return Number.isFinite(value) ? String(value) : word
}

/** Where a text goes on with something that may need a change. */
function plainEnd(text: string, from: number): number {
  SPECIAL.lastIndex = from
  return SPECIAL.exec(text)?.index ?? text.length
}

// oxlint-disable-next-line no-control-regex -- they are what may not stand in a string
const SPECIAL = /["'”\\\u0000-\u001f]/g
