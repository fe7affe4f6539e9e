/**
 * Finds markers in streamed text, and holds back what may be the start of one.
 */
import type { MarkerFamily, MarkerRole } from './markers.ts'
import { FAMILIES, LABELS, OF_MODELS } from './markers.ts'
import { overlap } from '../../stream/stop-filter.ts'

/** A marker found in the text. */
export interface Marker {
  raw: string
  role: MarkerRole
  family: MarkerFamily
}

/** The text before a marker, or before the possible start of one. */
export interface Found {
  text: string
  rest: string
  marker?: Marker
}

/**
 * The context of the text: outside of calls, where code is skipped, or inside one, where only markers of its
 * family count.
 */
export type Scope = 'text' | MarkerFamily

/** The markers of a model's text outside of calls. */
interface Openers {
  families: ReadonlyMap<string, MarkerFamily>
  marks: readonly string[]
  pattern: RegExp
  /** The first characters of all. */
  starts: RegExp
}

/** By the family of markers that only some models write. */
const OPENERS = /* @__PURE__ */ new Map<MarkerFamily | undefined, Openers>()
/**
 * Runs of backticks or tildes delimit code. Longer ones are processed in parts, since they would have to be held
 * back.
 */
const LONGEST_ROW = 32
const INSIDE = /* @__PURE__ */ new Map<MarkerFamily, RegExp>()

/** Maximum length of a label including its decoration. */
const LONGEST_LABEL = 48
const LABEL = /* @__PURE__ */ createLabel()

interface ScannerOptions {
  hasLabels?: boolean | undefined
  model?: string | undefined
}

/** Scans the text. Keeps the context of earlier text from call to call. Does no I/O. */
export class MarkerScanner {
  /** Set at the end of the input, when there is nothing to wait for. */
  isEnd = false
  #hasLabels: boolean
  #openers: Openers
  /** True if the line has only whitespace so far, and true if it may still begin with a label. */
  #isHead = true
  #mayLabel = true
  /** The backticks that opened the current code span or block. */
  #inline = ''
  #fence = ''

  /**
   * @param hasLabels whether to look for the labels of ReAct too
   * @param model its name, for markers that only some write
   */
  constructor({ hasLabels = false, model = '' }: ScannerOptions = {}) {
    this.#hasLabels = hasLabels
    this.#openers = openersOf(model)
  }

  find(input: string, scope: Scope): Found {
    return scope === 'text' ? this.#findOpening(input) : this.#findInside(input, scope)
  }

  /** Continues outside of calls, at the start of a line without a label or inside a line. */
  resume(place: 'head' | 'inside'): void {
    this.#isHead = place === 'head'
    this.#mayLabel = false
    this.#inline = this.#fence = ''
  }

  #findOpening(input: string): Found {
    const { families, marks, pattern, starts } = this.#openers
    let at = 0
    for (;;) {
      const label = this.#fence ? undefined : this.#readLabel(input, at)
      if (label) return label
      pattern.lastIndex = at
      const match = pattern.exec(input)
      if (!match) {
        const mayHold = !this.isEnd && starts.test(input.slice(at))
        const found = hold(input, at, mayHold ? marks : [])
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
      else return toFound(input, match.index, toMarker(raw, families.get(raw) as MarkerFamily))
      at = next
    }
  }

  /** Finds a marker inside a call, where code is not skipped. */
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

  /** Reads the label at the start of a line. Returns everything as `rest` while it is undecided. */
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
    const after = line.slice(all.length)
    if (!this.isEnd && after.length < 3 && line.length < LONGEST_LABEL && !after.includes('\n'))
      return split(input, at)
    // Includes the end of `**Action:**`.
    const isBold = /\*\*|__/.test(before) && !/\*\*|__/.test(between)
    const tail = (isBold ? /^(?:\*\*|__)?[ \t]?/ : /^[ \t]?/).exec(after)?.[0] ?? ''
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

  /** Reads a run of backticks or tildes. */
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

/** Returns everything but the possible start of a marker. */
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
      (word.startsWith(label) && /^(?: ?\d{1,3})?[ \t*_]*$/.test(word.slice(label.length))),
  )
}

function alternatives(texts: readonly string[], more = ''): RegExp {
  const escaped = texts.map((text) => text.replaceAll(/[|[\]]/g, '\\$&'))
  return new RegExp(escaped.join('|') + more, 'g')
}

function openersOf(model: string): Openers {
  const [, own] = OF_MODELS.find(([models]) => models.test(model)) ?? []
  let openers = OPENERS.get(own)
  if (!openers) OPENERS.set(own, (openers = createOpeners(own ? [...FAMILIES, own] : FAMILIES)))
  return openers
}

function createOpeners(all: readonly MarkerFamily[]): Openers {
  const families = new Map(all.flatMap((one) => Object.keys(one).map((mark) => [mark, one])))
  // Those that start a call: an end without a start is no call.
  const marks = [...families].flatMap(([mark, one]) => (one[mark] === 'end' ? [] : mark))
  const rows = `|\\n|\`{1,${LONGEST_ROW}}|~{1,${LONGEST_ROW}}`
  const starts = new RegExp(
    [...new Set(marks.map((mark) => `\\u{${mark.codePointAt(0)?.toString(16)}}`))].join('|'),
    'u',
  )
  return { families, marks, pattern: alternatives(marks, rows), starts }
}

function createLabel(): RegExp {
  const words = Object.keys(LABELS).join('|')
  return new RegExp(`^([#*_ \\t]*)(${words})(?: ?\\d{1,3})?([ \\t*_]*)[:：]`, 'i')
}
