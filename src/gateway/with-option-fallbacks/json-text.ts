/**
 * Extracts the JSON object from the reply of a model that was asked for JSON by an instruction.
 */
import { JSONFinder } from '../../json/find-json.ts'
import { LenientJSON } from '../../json/lenient-json.ts'

/** The opening of a code fence, or a part of it. */
const LEAD = /^(?:`{0,2}|`{3}\w{0,20}\s?)$/
const OPENING = /^(?:`{3}\w{0,20}\s?)?(?=\{)/
const BLANKS = /^(`{3}\w{0,20})\s+/

/**
 * Passes on an object as it arrives, made strict, without what surrounds it. A reply that begins with prose is held, and
 * searched at its end; if it contains no object, it is passed on as it is.
 */
export class JSONText {
  #held = ''
  /** What is held, without the blanks around the opening of a fence: they would be read again with each piece. */
  #lead = ''
  #json: LenientJSON | undefined
  #out = ''
  #isProse = false

  push(piece: string): string {
    if (this.#json) return this.#read(piece)
    this.#held += piece
    if (this.#isProse) return ''
    const lead = (this.#lead + piece).trimStart().replace(BLANKS, '$1\n')
    this.#lead = lead
    const opening = OPENING.exec(lead)?.[0]
    if (opening === undefined) {
      this.#isProse = !LEAD.test(lead)
      return ''
    }
    this.#json = new LenientJSON((text) => {
      this.#out += text
    })
    return this.#read(lead.slice(opening.length))
  }

  /** Returns the rest of the text. */
  end(): string {
    if (this.#json) {
      this.#json.end()
      return this.#read('')
    }
    const text = this.#held
    this.#held = ''
    const [value] = findObjects(text)
    return value ? JSON.stringify(value) : text
  }

  #read(piece: string): string {
    this.#json?.push(piece)
    const out = this.#out
    this.#out = ''
    return out
  }
}

/** Returns the JSON objects of a text, the likeliest first. */
export function findObjects(text: string): Record<string, unknown>[] {
  const finder = new JSONFinder('{')
  finder.push(text)
  const found = finder.end()
  return 'values' in found ? (found.values as Record<string, unknown>[]) : []
}
