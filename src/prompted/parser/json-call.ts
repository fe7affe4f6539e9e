/**
 * Reads a call written as streamed JSON: with the name inside, or the arguments alone.
 */
import type { FunctionDefinition } from '../../message.ts'
import { isRecord } from '../../is-record.ts'
import type { ToolCallEmitter } from './tool-call-emitter.ts'
import { LenientJSON } from '../../json/lenient-json.ts'
import { parseJSON } from '../../parse-json.ts'

/** Reads a section of text that contains calls. */
export interface PartReader {
  /** True inside a string, where a marker may be part of a value. */
  readonly isString?: boolean
  push(text: string): void
  /** Ends the section. Returns false if it contains no call. */
  end(): boolean
}

/** The arguments, by any name that models give them. https://github.com/ollama/ollama/pull/18388 */
const ARGUMENTS = ['arguments', 'parameters', 'args', 'input']
const isArguments = (key: string | undefined) => ARGUMENTS.includes(key as string)

/** Reads `{"name", "arguments"}`, one or several, or a list of them. Ignores text after them. */
export class JSONCall implements PartReader {
  #emitter: ToolCallEmitter
  #tools: readonly FunctionDefinition[]
  #json: LenientJSON | undefined
  /** Depth of the call's properties: 1, or 2 in a list. */
  #depth = 1
  #name = ''
  /** The call so far, as long as it may have to be parsed as a whole. */
  #whole: string[] = []
  /** True if the arguments of the current call are emitted as they arrive. */
  #isStreaming = false
  /** True if the arguments came before the name. */
  #isLate = false
  #found = false

  constructor(emitter: ToolCallEmitter, tools: readonly FunctionDefinition[]) {
    this.#emitter = emitter
    this.#tools = tools
  }

  push(text: string): void {
    let rest = text
    while (rest) {
      if (!this.#json) {
        const start = rest.search(/[{[]/)
        if (start === -1) return
        rest = rest.slice(start)
        this.#depth = rest.startsWith('[') ? 2 : 1
        this.#json = new LenientJSON((piece) => this.#take(piece))
      }
      rest = this.#json.push(rest)
      if (this.#json.done) this.#json = undefined
    }
  }

  get isString(): boolean {
    return this.#json?.isString ?? false
  }

  end(): boolean {
    this.#json?.end()
    return this.#found
  }

  #take(piece: string): void {
    const { depth, keys, isString } = this.#json as LenientJSON
    if (depth < this.#depth) return
    const key = keys[this.#depth - 1]
    const isInside = depth > this.#depth && isArguments(key)
    if (isInside && this.#begin()) this.#emitter.more(piece)
    else if (!this.#isStreaming) {
      if (isInside) this.#isLate = true
      if (depth === this.#depth && key === 'name') this.#name += piece
      this.#whole.push(piece)
    }
    if (depth === this.#depth && piece === '}' && !isString) this.#endCall()
  }

  /** Starts a call. If the name comes after the arguments, the call is emitted when complete. */
  #begin(): boolean {
    if (this.#isStreaming || this.#isLate) return this.#isStreaming
    const name = parseJSON(this.#name)
    if (typeof name !== 'string' || !name.trim()) return false
    this.#found = this.#isStreaming = true
    this.#emitter.begin(name.trim())
    return true
  }

  #endCall(): void {
    const call = this.#isStreaming ? undefined : parseJSON(this.#whole.join(''))
    this.#isStreaming = this.#isLate = false
    this.#name = ''
    this.#whole = []
    if (!isRecord(call)) return
    const inner = isRecord(call.function) ? call.function : call
    const [key = ''] = Object.keys(call)
    // Apertus: the name is the key.
    const isNamed = isRecord(call[key]) && this.#tools.some((tool) => tool.name === key)
    const { name = call.tool ?? call.function ?? (isNamed && key) } = inner
    const given = inner[ARGUMENTS.find((each) => each in inner) ?? (isNamed ? key : '')]
    if (typeof name !== 'string' || !name.trim()) return
    this.#found = true
    // Some models write the arguments as a string that contains JSON.
    const text =
      typeof given === 'string' ? given : given === undefined ? '' : JSON.stringify(given)
    emitCall(this.#emitter, name, text)
  }
}

/** Emits a call whose arguments are complete. */
export function emitCall(emitter: ToolCallEmitter, name: string, argumentsText: string): void {
  emitter.begin(name.trim())
  const reader = new ArgumentsReader(emitter)
  reader.push(argumentsText)
  reader.end()
}

/** Maximum number of characters before the JSON of a call, which are held back. */
export const LONGEST_LEAD = 200

/** Text before the arguments: a colon, Markdown marks, a code fence. */
const LEAD = /^[\s:\uff1a*]*(?:`{1,3}[a-z]*\s*)?/i
const PART_OF_LEAD = /^[\s:\uff1a*]*(?:`{1,3}[a-z]*\s*)?$/i
const NOTHING = /^(?:none|null|undefined|n\/a|\u65e0|\u7a7a)?\.?$/i

/** Reads arguments alone: JSON, ignoring what follows, or else any text, which is not JSON. */
export class ArgumentsReader implements PartReader {
  #emitter: ToolCallEmitter
  #json: LenientJSON | undefined
  #text: string[] | undefined
  #lead = ''

  constructor(emitter: ToolCallEmitter) {
    this.#emitter = emitter
  }

  push(text: string): void {
    if (this.#json) this.#pushJson(text)
    else if (this.#text) this.#text.push(text)
    else {
      this.#lead += text
      if (PART_OF_LEAD.test(this.#lead) && this.#lead.length < LONGEST_LEAD) return
      const rest = this.#lead.replace(LEAD, '')
      if (rest.startsWith('{') && this.#lead.length - rest.length < LONGEST_LEAD) {
        this.#json = new LenientJSON((piece) => this.#emitter.more(piece))
        this.#pushJson(rest)
      } else this.#text = [this.#lead]
    }
  }

  get isString(): boolean {
    return this.#json?.isString ?? false
  }

  end(): true {
    this.#json?.end()
    const text = (this.#text?.join('') ?? '').replace(/^[\s:\uff1a*]+/, '').trimEnd()
    const bare = text.replace(/^(`{1,3})(.*?)\1$/s, '$2').trim()
    const value = parseJSON(bare)
    // A string that contains JSON.
    if (typeof value === 'string' && value.trim().startsWith('{')) {
      this.#text = undefined
      this.#lead = ''
      this.push(value)
      return this.end()
    }
    if (!NOTHING.test(bare)) this.#emitter.more(text)
    return true
  }

  #pushJson(text: string): void {
    const json = this.#json as LenientJSON
    if (!json.done) json.push(text)
  }
}
