/**
 * Finds marks in a text that comes in pieces, and holds back what may be the start of one.
 */
import type { MarkerFamily, MarkerRole } from './markers.ts'
import { FAMILIES, LABELS } from './markers.ts'
import { overlap } from '../../stream/stop-filter.ts'

/** A mark as it stands in the text. */
export interface Marker {
  raw: string
  role: MarkerRole
  family: MarkerFamily
}

/** The text before a mark, or before what may become one. */
export interface Found {
  text: string
  rest: string
  marker?: Marker
}

/** Where a text is: between calls, where code is left alone, or inside of one, where only its family's marks count. */
export type Scope = 'text' | MarkerFamily

const FAMILY_OF = /* @__PURE__ */ indexFamilies()
const OPENERS = /* @__PURE__ */ listOpeners()
/** Rows of backticks or tildes make code. Longer ones are taken in parts: they would have to be held back. */
const LONGEST_ROW = 32
const OPENING = /* @__PURE__ */ alternatives(
  OPENERS,
  `|\\n|\`{1,${LONGEST_ROW}}|~{1,${LONGEST_ROW}}`,
)
const INSIDE = /* @__PURE__ */ new Map<MarkerFamily, RegExp>()

/** No label with what decorates it is longer. */
const LONGEST_LABEL = 48
const LABEL = /* @__PURE__ */ createLabel()

/** Parser without I/O. What it needs to know of the text before is kept from call to call. */
export class MarkerScanner {
  /** Set where nothing follows the input: then there is nothing to wait for. */
  isEnd = false
  #hasLabels: boolean
  /** Whether the line has only blanks so far, and whether it may still begin with a label. */
  #isHead = true
  #mayLabel = true
  /** The backticks that opened the code the text is in: in a line, or in a block. */
  #inline = ''
  #fence = ''

  /** @param labels `labels` to look for those of ReAct too */
  constructor(labels: 'labels' | undefined) {
    this.#hasLabels = labels !== undefined
  }

  find(input: string, scope: Scope): Found {
    return scope === 'text' ? this.#findOpening(input) : this.#findInside(input, scope)
  }

  /** The text goes on outside of calls, at the start of a line that has no label or within one. */
  resume(place: 'head' | 'inside'): void {
    this.#isHead = place === 'head'
    this.#mayLabel = false
    this.#inline = this.#fence = ''
  }

  #findOpening(input: string): Found {
    let at = 0
    for (;;) {
      const label = this.#fence ? undefined : this.#readLabel(input, at)
      if (label) return label
      OPENING.lastIndex = at
      const match = OPENING.exec(input)
      if (!match) {
        const found = hold(input, at, this.isEnd ? [] : OPENERS)
        this.#passBlanks(found.text.slice(at))
        return found
      }
      const raw = match[0]
      this.#passBlanks(input.slice(at, match.index))
      const next = match.index + raw.length
      if (raw === '\n') this.#newLine()
      else if (raw[0] === '`' || raw[0] === '~') {
        const isOpen = next === input.length && raw.length < LONGEST_ROW && !this.isEnd
        if (isOpen) return split(input, match.index)
        this.#readRow(raw)
      } else if (this.#fence || this.#inline) this.#isHead = this.#mayLabel = false
      else return toFound(input, match.index, toMarker(raw, FAMILY_OF.get(raw) as MarkerFamily))
      at = next
    }
  }

  /** Inside of a call code is no matter. */
  #findInside(input: string, family: MarkerFamily): Found {
    if (family === LABELS) return this.#findLabel(input)
    const marks = Object.keys(family)
    const pattern = INSIDE.get(family) ?? alternatives(marks)
    INSIDE.set(family, pattern)
    pattern.lastIndex = 0
    const match = pattern.exec(input)
    if (match) return toFound(input, match.index, toMarker(match[0], family))
    return hold(input, 0, this.isEnd ? [] : marks)
  }

  #findLabel(input: string): Found {
    let at = 0
    for (;;) {
      const label = this.#readLabel(input, at)
      if (label) return label
      const end = input.indexOf('\n', at)
      if (end === -1) return { text: input, rest: '' }
      this.#newLine()
      at = end + 1
    }
  }

  /** The label at the start of a line; all that follows as `rest` where it is not clear yet whether it is one. */
  #readLabel(input: string, at: number): Found | undefined {
    if (!this.#hasLabels || !this.#mayLabel) return undefined
    const line = input.slice(at, at + LONGEST_LABEL)
    const match = LABEL.exec(line)
    if (!match) {
      const isOpen = !this.isEnd && line.length < LONGEST_LABEL && isStartOfLabel(line)
      if (isOpen) return split(input, at)
      this.#mayLabel = false
      return undefined
    }
    const [all, before = '', word = '', between = ''] = match
    const behind = line.slice(all.length)
    if (!this.isEnd && behind.length < 3 && line.length < LONGEST_LABEL && !behind.includes('\n'))
      return split(input, at)
    // The end of `**Action:**` belongs to it.
    const isBold = /\*\*|__/.test(before) && !/\*\*|__/.test(between)
    const tail = (isBold ? /^(?:\*\*|__)?[ \t]?/ : /^[ \t]?/).exec(behind)?.[0] ?? ''
    this.#isHead = this.#mayLabel = false
    const role = LABELS[word.toLowerCase()] as MarkerRole
    return toFound(input, at, { raw: all + tail, role, family: LABELS })
  }

  #newLine(): void {
    this.#isHead = this.#mayLabel = true
    this.#inline = ''
  }

  #passBlanks(text: string): void {
    if (/\S/.test(text)) this.#isHead = this.#mayLabel = false
  }

  /** A row of backticks or tildes. */
  #readRow(row: string): void {
    const isFence = this.#isHead && row.length >= 3
    this.#isHead = this.#mayLabel = false
    if (this.#fence) {
      if (isFence && row.startsWith(this.#fence)) this.#fence = ''
    } else if (isFence) this.#fence = row
    else if (this.#inline) this.#inline = this.#inline === row ? '' : this.#inline
    else if (row[0] === '`') this.#inline = row
  }
}

function toFound(input: string, at: number, marker: Marker): Found {
  return { text: input.slice(0, at), rest: input.slice(at + marker.raw.length), marker }
}

function toMarker(raw: string, family: MarkerFamily): Marker {
  return { raw, role: family[raw] as MarkerRole, family }
}

/** All but what may be the start of a mark. */
function hold(input: string, from: number, marks: readonly string[]): Found {
  const tail = input.slice(from)
  let keep = 0
  for (const mark of marks) keep = Math.max(keep, overlap(tail, mark))
  return split(input, input.length - keep)
}

function split(input: string, at: number): Found {
  return { text: input.slice(0, at), rest: input.slice(at) }
}

function isStartOfLabel(line: string): boolean {
  const word = line.replace(/^[#*_ \t]+/, '').toLowerCase()
  return Object.keys(LABELS).some(
    (label) =>
      label.startsWith(word) ||
      (word.startsWith(label) && /^[ \t*_]*$/.test(word.slice(label.length))),
  )
}

function alternatives(texts: readonly string[], more = ''): RegExp {
  const escaped = texts.map((text) => text.replaceAll(/[|[\]]/g, '\\$&'))
  return new RegExp(escaped.join('|') + more, 'g')
}

function indexFamilies(): Map<string, MarkerFamily> {
  return new Map(FAMILIES.flatMap((family) => Object.keys(family).map((mark) => [mark, family])))
}

/** A call that ends without having begun is no call. */
function listOpeners(): string[] {
  return [...FAMILY_OF].flatMap(([mark, family]) => (family[mark] === 'end' ? [] : mark))
}

function createLabel(): RegExp {
  const words = Object.keys(LABELS).join('|')
  return new RegExp(`^([#*_ \\t]*)(${words})([ \\t*_]*)[:：]`, 'i')
}
