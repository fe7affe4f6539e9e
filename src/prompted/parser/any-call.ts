/**
 * Reads a call whose format is known only from its text.
 */
import type { FunctionDefinition } from '../../message.ts'
import type { ToolCallEmitter } from './tool-call-emitter.ts'
import type { PartReader } from './json-call.ts'
import { ArgumentsReader, JSONCall, LONGEST_LEAD } from './json-call.ts'
import { TagCall } from './tag-call.ts'

/** Reads JSON or tags, whichever the first character indicates. */
export class AnyCall implements PartReader {
  #emitter: ToolCallEmitter
  #tools: readonly FunctionDefinition[]
  #lead = ''
  #reader: PartReader | undefined

  constructor(emitter: ToolCallEmitter, tools: readonly FunctionDefinition[]) {
    this.#emitter = emitter
    this.#tools = tools
  }

  push(text: string): void {
    if (this.#reader) return this.#reader.push(text)
    this.#lead += text
    // A code block inside the call.
    const start = this.#lead.replace(/^\s*(?:`{1,3}\w*\s*)?/, '')
    if (/^\[?\s*$/.test(start) && this.#lead.length < LONGEST_LEAD) return
    const isJson =
      /^(?:\{|\[\s*[{[])/.test(start) && this.#lead.length - start.length < LONGEST_LEAD
    this.#reader = isJson
      ? new JSONCall(this.#emitter, this.#tools)
      : new TagCall(this.#emitter, this.#tools)
    this.#reader.push(this.#lead)
  }

  get isString(): boolean {
    return this.#reader?.isString ?? false
  }

  end(): boolean {
    return this.#reader?.end() ?? false
  }
}

/** Reads a name in one line and the arguments after it. */
export class LineCall implements PartReader {
  #emitter: ToolCallEmitter
  #name = ''
  #reader: ArgumentsReader | undefined

  constructor(emitter: ToolCallEmitter) {
    this.#emitter = emitter
  }

  push(text: string): void {
    if (this.#reader) return this.#reader.push(text)
    this.#name = (this.#name + text).trimStart()
    if (!text.includes('\n')) return
    const end = this.#name.indexOf('\n')
    if (end === -1) return
    const rest = this.#name.slice(end + 1)
    this.#name = this.#name.slice(0, end)
    this.#begin().push(rest)
  }

  end(): boolean {
    if (!this.#reader && this.#name.trim()) this.#begin()
    return this.#reader?.end() ?? false
  }

  #begin(): ArgumentsReader {
    this.#emitter.begin(this.#name.trim())
    this.#reader = new ArgumentsReader(this.#emitter)
    return this.#reader
  }
}
