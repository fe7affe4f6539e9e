/**
 * Converts JSON as models write it to strict JSON while it streams: single quotes, Python literals, line breaks
 * in strings, unquoted keys, trailing commas. Strict JSON stays unchanged, including whitespace.
 */

/** The position of a piece of JSON: its depth, and its keys (`''` in a list, and before a value). */
export interface JSONPosition {
  readonly depth: number
  readonly keys: readonly string[]
}

const WORDS: Record<string, string> = { True: 'true', False: 'false', None: 'null', NaN: 'null' }
const LITERAL = /^(?:true|false|null|-?\d[\d.eE+-]*)$/
/** Closing quotes by opening quote. */
const QUOTES: Record<string, string> = { '"': '"', "'": "'", '“': '”' }
const WIDE: Record<string, string> = { '：': ':', '，': ',' }
const ESCAPES = '"\\/bfnrtu'

/**
 * Makes the text of one object or list strict. Linear time, no I/O. Other errors are left for `JSON.parse` to
 * report.
 */
export class LenientJSON implements JSONPosition {
  /** True after the last bracket. */
  done = false
  depth = 0
  keys: string[] = []
  #emit: (text: string) => void
  #open: string[] = []
  /** The closing quote of the current string. */
  #quote = ''
  #isEscaped = false
  /** A comma and the whitespace after it, until something follows. */
  #comma = ''
  #word = ''
  /** The current key, or `undefined` inside a value. */
  #key: string | undefined

  /** True if the emitted text is the content of a string. */
  get isString(): boolean {
    return this.#quote !== ''
  }

  /** @param emit called with the strict text, while `depth` and `keys` describe its position */
  constructor(emit: (text: string) => void) {
    this.#emit = emit
  }

  /** Takes a piece; returns what follows the value. */
  push(piece: string): string {
    let at = 0
    while (at < piece.length && !this.done) {
      if (this.#quote && !this.#isEscaped) {
        // Most of a long text is inside strings, which are processed in one go.
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

  /** Ends the text, possibly before the value does. */
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
      // A backslash before any other character is literal, as in a regular expression.
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
    if (/[\s{}[\]:,"'\u201c]/.test(char)) this.#endWord()
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

/** Converts numbers: JSON5 allows `+1`, `.5` and `0xff` too. Anything else is kept, although it is not JSON. */
function toNumber(word: string): string {
  if (LITERAL.test(word)) return word
  const value = Number(word)
  return Number.isFinite(value) ? String(value) : word
}

/** Finds the next character that may need conversion. */
function plainEnd(text: string, from: number): number {
  SPECIAL.lastIndex = from
  return SPECIAL.exec(text)?.index ?? text.length
}

// oxlint-disable-next-line no-control-regex -- control characters are not allowed in a string
const SPECIAL = /["'\u201d\\\u0000-\u001f]/g
