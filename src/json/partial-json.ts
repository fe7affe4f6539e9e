/**
 * Parses JSON while it streams: each piece is read once, and the value grows in place.
 */

/** Maximum depth, beyond that of any real schema: code that walks a value recurses for each level. */
const MAX_DEPTH = 256
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/
const WORDS: Record<string, unknown> = { true: true, false: false, null: null }

type Container = unknown[] | Record<string, unknown>

/**
 * Parses JSON piece by piece, in linear time. Contains only what is certain: a property once its key is complete,
 * a number or a literal once it has ended, a string as far as it is decoded and never half a character. So a
 * value only grows, except that of a repeated key, of which the last one counts as in `JSON.parse`. Does no I/O.
 */
export class PartialJSON {
  /** The value so far: always the same object or list, which grows. `undefined` until it is certain. */
  value: unknown
  /** True once the value is complete. A number at the root ends with what follows it, or with `end()`. */
  whole = false
  /** The error in the JSON, and its position. Nothing grows after it. */
  failure: { reason: string; position: number } | undefined
  /** True if the last piece made the value grow. */
  grown = false

  #state: 'value' | 'first' | 'key' | 'first-key' | 'colon' | 'next' | 'text' | 'number' | 'word' =
    'value'
  /** The open containers, innermost last, each with the key of its next value. */
  #open: Container[] = []
  #keys: string[] = []
  /** The decoded part of the current string, number or literal. */
  #token = ''
  #isKey = false
  /** An incomplete escape sequence. */
  #escape = ''
  /** The first half of a surrogate pair. */
  #half = ''
  /** Length of the part in the value. */
  #shown = 0
  /** Number of characters before this piece, and the start of this piece. */
  #before = 0
  #from = 0

  /** Takes a piece. Returns the position where the value ended or failed, or else its length. */
  push(piece: string, from = 0): number {
    this.grown = false
    this.#from = from
    let at = from
    while (at < piece.length && !this.whole && !this.failure) at = this.#step(piece, at)
    // Added once per piece: engines chain the two strings, and copy them only when the characters are read.
    if (this.#state === 'text' && !this.#isKey) this.#show()
    this.#before += at - from
    this.#from = at
    return at
  }

  /** Ends the text. An incomplete value fails. */
  end(): void {
    this.grown = false
    if (this.#state === 'number' && this.#open.length === 0) this.#endNumber(this.#from)
    if (!this.whole && !this.failure) this.#fail('unexpected end', this.#from)
  }

  #step(piece: string, at: number): number {
    if (this.#state === 'text')
      return this.#escape ? this.#readEscape(piece, at) : this.#readText(piece, at)
    if (this.#state === 'number') return this.#readNumber(piece, at)
    if (this.#state === 'word') return this.#readWord(piece, at)
    const character = piece[at] as string
    if (character === ' ' || character === '\n' || character === '\r' || character === '\t')
      return at + 1
    return this.#readMark(character, at)
  }

  #readMark(character: string, at: number): number {
    const state = this.#state
    if (state === 'value' || state === 'first') {
      if (character === ']' && state === 'first') return this.#close(at)
      return this.#begin(character, at)
    }
    if (state === 'key' || state === 'first-key') {
      if (character === '}' && state === 'first-key') return this.#close(at)
      if (character !== '"') return this.#fail('expected a key', at)
      this.#isKey = true
      return this.#beginText(at)
    }
    if (state === 'colon') {
      if (character !== ':') return this.#fail('expected a colon', at)
      this.#state = 'value'
      return at + 1
    }
    const isList = Array.isArray(this.#open.at(-1))
    if (character === (isList ? ']' : '}')) return this.#close(at)
    if (character !== ',') return this.#fail('expected a comma or an end', at)
    this.#state = isList ? 'value' : 'key'
    return at + 1
  }

  #begin(character: string, at: number): number {
    if (character === '{' || character === '[') return this.#openContainer(character, at)
    if (character === '"') {
      this.#put('')
      this.#isKey = false
      return this.#beginText(at)
    }
    this.#token = ''
    if (character === '-' || (character >= '0' && character <= '9')) this.#state = 'number'
    else if (character === 't' || character === 'f' || character === 'n') this.#state = 'word'
    else return this.#fail('expected a value', at)
    return at
  }

  #openContainer(bracket: '{' | '[', at: number): number {
    const isList = bracket === '['
    if (this.#open.length === MAX_DEPTH) return this.#fail('nested too deeply', at)
    const container: Container = isList ? [] : {}
    this.#put(container)
    this.#open.push(container)
    this.#keys.push('')
    this.#state = isList ? 'first' : 'first-key'
    return at + 1
  }

  #close(at: number): number {
    this.#open.pop()
    this.#keys.pop()
    this.#endValue()
    return at + 1
  }

  #beginText(at: number): number {
    this.#token = ''
    this.#state = 'text'
    this.#shown = 0
    return at + 1
  }

  #readText(piece: string, from: number): number {
    let at = from
    let code = 0
    for (; at < piece.length; at++) {
      code = piece.charCodeAt(at)
      if (code === 0x22 || code === 0x5c) break
      if (code < 0x20) return this.#fail('a control character in a string', at)
    }
    if (at > from) this.#decode(piece.slice(from, at))
    if (at === piece.length) return at
    if (code === 0x5c) this.#escape = '\\'
    else this.#endText()
    return at + 1
  }

  #readEscape(piece: string, at: number): number {
    this.#escape += piece[at] as string
    const escape = this.#escape
    let decoded = ESCAPES[escape]
    if (escape.startsWith('\\u')) {
      if (!/^\\u[\da-f]*$/i.test(escape)) return this.#fail('an unknown escape sequence', at)
      if (escape.length === 6) decoded = String.fromCharCode(Number.parseInt(escape.slice(2), 16))
    } else if (decoded === undefined) return this.#fail('an unknown escape sequence', at)
    if (decoded !== undefined) {
      this.#escape = ''
      this.#decode(decoded)
    }
    return at + 1
  }

  #decode(text: string): void {
    // Searches only the new piece: searching the entire string would copy it each time.
    const last = text.charCodeAt(text.length - 1)
    const isHalf = last >= 0xd800 && last <= 0xdbff
    this.#token += this.#half + (isHalf ? text.slice(0, -1) : text)
    this.#half = isHalf ? text.slice(-1) : ''
  }

  #endText(): void {
    this.#token += this.#half
    this.#half = ''
    if (this.#isKey) {
      this.#keys[this.#keys.length - 1] = this.#token
      this.#state = 'colon'
    } else {
      this.#show()
      this.#endValue()
    }
  }

  #show(): void {
    if (this.#token.length === this.#shown) return
    this.#shown = this.#token.length
    const container = this.#open.at(-1)
    if (container === undefined) this.value = this.#token
    else if (Array.isArray(container)) container[container.length - 1] = this.#token
    else setMember(container, this.#keys.at(-1) as string, this.#token)
    this.grown = true
  }

  #readNumber(piece: string, from: number): number {
    let at = from
    while (at < piece.length && '+-.eE0123456789'.includes(piece[at] as string)) at++
    this.#token += piece.slice(from, at)
    if (at < piece.length) this.#endNumber(at)
    return at
  }

  #endNumber(at: number): void {
    if (NUMBER.test(this.#token)) this.#putWhole(Number(this.#token))
    else this.#fail('no number', at)
  }

  #readWord(piece: string, at: number): number {
    const token = this.#token + (piece[at] as string)
    if (Object.hasOwn(WORDS, token)) this.#putWhole(WORDS[token])
    else if (Object.keys(WORDS).every((word) => !word.startsWith(token)))
      return this.#fail('expected a value', at)
    this.#token = token
    return at + 1
  }

  #putWhole(value: unknown): void {
    this.#put(value)
    this.#endValue()
  }

  #put(value: unknown): void {
    const container = this.#open.at(-1)
    if (container === undefined) this.value = value
    else if (Array.isArray(container)) container.push(value)
    else setMember(container, this.#keys.at(-1) as string, value)
    this.grown = true
  }

  #endValue(): void {
    this.#state = 'next'
    this.whole = this.#open.length === 0
  }

  #fail(reason: string, at: number): number {
    this.failure = { reason, position: this.#before + at - this.#from }
    return at
  }
}

const ESCAPES: Record<string, string> = {
  '\\"': '"',
  '\\\\': '\\',
  '\\/': '/',
  '\\b': '\b',
  '\\f': '\f',
  '\\n': '\n',
  '\\r': '\r',
  '\\t': '\t',
}

/** Defines a property as `JSON.parse` does, so that `__proto__` is an ordinary one. */
function setMember(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value
  else {
    const settings = { value, writable: true, enumerable: true, configurable: true }
    Object.defineProperty(object, key, settings)
  }
}
