/**
 * Parses tool calls from the streamed text of a model.
 */
import type { StreamEvent, ToolCallDelta } from '../../event.ts'
import type { FunctionDefinition } from '../../message.ts'
import type { MarkerFamily } from './markers.ts'
import { BARE, LABELS } from './markers.ts'
import { ToolCallEmitter } from './tool-call-emitter.ts'
import type { Marker, Scope } from './marker-scanner.ts'
import { MarkerScanner } from './marker-scanner.ts'
import type { PartReader } from './json-call.ts'
import { ArgumentsReader, emitCall, JSONCall } from './json-call.ts'
import { AnyCall, LineCall } from './any-call.ts'
import type { CallExpression } from './call-expression.ts'
import { readCallExpression } from './call-expression.ts'
import { TagCall } from './tag-call.ts'

/** Options of the parser. */
export interface ToolCallParserOptions {
  tools: readonly FunctionDefinition[]
  /** The name of the model, for markers that only some write. */
  model?: string | undefined
  /** True to recognize ReAct labels such as `Action:`. */
  hasLabels?: boolean | undefined
  /** Maximum number of calls in a reply; the rest is dropped. @default Infinity */
  limit?: number | undefined
  /** The name of a call that the prompt has started. */
  begun?: string | undefined
  /** True if the prompt ended with a marker, so that the reply may begin with its colon. */
  continuesMarker?: boolean | undefined
  /** True if a stop sequence of the caller may have cut the text anywhere. */
  mayBeCut?: boolean | undefined
}

/** Maximum length of a tool name. Anything longer is text. */
const LONGEST_NAME = 256
/** Maximum length of the start of a reply that is held back because it may be a bare call. */
const LONGEST_START = 300

/**
 * Takes text and returns events: text without markers, and tool calls as deltas. Calls inside code are text. Text
 * after a call is dropped, since the model invented it. Linear time, no I/O.
 */
export class ToolCallParser {
  #options: ToolCallParserOptions
  #emitter: ToolCallEmitter
  #scanner: MarkerScanner
  #state: 'start' | 'text' | 'thought' | 'name' | 'part' | 'after' | 'over' = 'start'
  #scope: Scope = 'text'
  #input = ''
  /** Whitespace that is emitted only if text follows. */
  #blanks = ''
  /** Text to strip from the start of an answer. */
  #lead: RegExp | undefined
  #hasText = false
  #thoughts: string[] = []
  #name = ''
  /** Source of the current call, emitted as text if it turns out not to be one. */
  #raw: string[] = []
  /** Markers right before it, which began nothing. */
  #before: string[] = []
  #part: PartReader | undefined

  constructor(options: ToolCallParserOptions) {
    this.#options = options
    this.#emitter = new ToolCallEmitter(options.limit ?? Infinity)
    this.#scanner = new MarkerScanner(options)
    this.#name = options.begun ?? ''
  }

  /** Takes a piece of text and returns the events that are certain. */
  push(piece: string): StreamEvent[] {
    if (this.#state === 'over') return []
    this.#input += piece
    this.#read()
    return this.#emitter.take()
  }

  /** Passes on a native tool call delta, numbered among those found here. */
  pass(delta: ToolCallDelta): StreamEvent[] {
    this.#emitter.pass(delta)
    return this.#emitter.take()
  }

  /** Ends the text. Half a marker is text, and a complete call needs no end marker. */
  end(): StreamEvent[] {
    this.#scanner.isEnd = true
    if (this.#state !== 'over') this.#read()
    const { count } = this.#emitter
    const source = this.#raw.join('')
    const isEmpty = this.#part instanceof ArgumentsReader && source.replace(COLON, '') === ''
    const isOpen = !(this.#state === 'name' ? /\)[\s`*.;]*$/ : CLOSED).test(source)
    if (this.#state === 'name') this.#endName()
    else if (this.#state === 'part') this.#endPart()
    // A call that begins only here has a name or a value that was not closed.
    const isCut = isEmpty || (this.#emitter.count > count && isOpen)
    if (isCut && this.#options.mayBeCut) this.#emitter.spoil()
    if (this.#emitter.count === 0) {
      // An answer without a label was taken for a thought: emitted late, but not lost.
      if (!this.#hasText) this.#emitter.text(this.#thoughts.join('').trim())
      this.#emitter.text(this.#blanks)
    }
    return this.#emitter.take()
  }

  #read(): void {
    if (this.#state === 'start' && !this.#readStart()) return
    for (;;) {
      const { text, rest, marker } = this.#scanner.find(this.#input, this.#scope)
      const used = this.#state === 'name' ? this.#takeName(text) : text.length
      if (used < text.length) {
        this.#input = this.#input.slice(used)
        continue
      }
      this.#input = rest
      if (text && this.#state !== 'name') this.#take(text)
      if (!marker) return
      const isQuoted = this.#isQuoted(marker)
      if (isQuoted === undefined) {
        this.#input = marker.raw + rest
        return
      }
      if (isQuoted) this.#take(marker.raw)
      else this.#mark(marker)
      if (this.#state === 'over') return
    }
  }

  /** Returns false while the start of the reply is undecided. Llama writes a call as bare JSON or code. */
  #readStart(): boolean {
    const { continuesMarker, tools } = this.#options
    const pattern = continuesMarker ? COLON : BLANKS
    const text = this.#input.replace(pattern, '')
    const isShort = this.#input.length < LONGEST_START && !this.#scanner.isEnd
    if (isShort && (text === '' || mayBeCall(text, tools))) return false
    this.#state = 'text'
    if (continuesMarker) this.#lead = COLON
    const [bare, name] = BARE_CALL.exec(text) ?? BARE_LIST.exec(text) ?? []
    const end = this.#input.length - text.length + (bare?.length ?? 0)
    if (!bare || end > LONGEST_START || !tools.some((tool) => tool.name === name)) return true
    this.#begin('part', BARE)
    this.#part = bare.endsWith('(')
      ? new TagCall(this.#emitter, tools)
      : new JSONCall(this.#emitter, tools)
    return true
  }

  #take(text: string): void {
    if (this.#state === 'thought') {
      this.#emitter.reasoning(text)
      this.#thoughts.push(text)
    } else if (this.#state === 'part') {
      this.#raw.push(text)
      this.#part?.push(text)
    } else if (this.#state === 'text' || this.#emitter.count === 0) this.#show(text)
  }

  /** Takes the part that may belong to the name and returns its length: none, for prose. */
  #takeName(text: string): number {
    const before = this.#name.length
    const name = this.#name + text
    const match = this.#scope === LABELS ? /\S[^\S\n]*\n\s*(?=\S)/.exec(name) : null
    const line = match ? match.index + match[0].length : Infinity
    const end = Math.min(line, LONGEST_NAME)
    if (name.length <= end) {
      this.#name = name
      this.#raw.push(text)
      return text.length
    }
    const used = Math.max(0, end - before)
    this.#raw.push(text.slice(0, used))
    this.#name = ''
    this.#release()
    this.#scanner.resume(end === line ? 'head' : 'inside')
    return used
  }

  #show(given: string): void {
    const text = this.#lead ? given.replace(this.#lead, '') : given
    if (!text.trim()) {
      if (!this.#lead) this.#blanks += text
      return
    }
    this.#lead = undefined
    this.#hasText = true
    const whole = this.#blanks + text
    const shown = whole.trimEnd()
    this.#blanks = whole.slice(shown.length)
    this.#emitter.text(shown)
  }

  #mark(marker: Marker): void {
    const { role, raw } = marker
    if (this.#scope === 'text') return this.#markText(marker)
    if (role === 'arguments') return this.#markArguments(raw)
    if (role === 'end') this.#raw.push(raw)
    // Two markers in a row begin one call.
    const isEmpty = this.#part instanceof AnyCall && !this.#raw.slice(1).join('').trim()
    if (role === 'call' && isEmpty) this.#before.push(...this.#raw)
    else if (this.#state === 'name') this.#endName()
    else this.#endPart()
    if (role !== 'end') this.#markText(marker)
  }

  #markText({ role, raw, family }: Marker): void {
    const hasCalls = this.#emitter.count > 0
    if (role === 'name') {
      this.#begin('name', family, raw)
      this.#name = ''
    } else if (role === 'call') {
      this.#begin('part', family, raw)
      const isTag = raw === '<function='
      this.#part = isTag
        ? new TagCall(this.#emitter, this.#options.tools)
        : new AnyCall(this.#emitter, this.#options.tools)
      if (isTag) this.#part.push(raw)
    } else if (role === 'arguments') {
      if (!this.#name) return this.#take(raw)
      this.#begin('part', family)
      this.#beginCall()
    } else if (role === 'stop') this.#state = 'over'
    else if (role === 'skip' || hasCalls) this.#state = 'after'
    else {
      this.#state = role === 'answer' ? 'text' : 'thought'
      this.#lead = family === LABELS ? BLANKS : COLON
    }
  }

  /**
   * True inside a string, where a marker is part of the value. After a bracket the model may have forgotten to end the
   * string: then the reply or another call follows the end of this one, and `undefined` means that it is still open.
   * @see https://github.com/vllm-project/vllm/pull/48353
   */
  #isQuoted({ role, family }: Marker): boolean | undefined {
    if (this.#scope === LABELS || !this.#part?.isString) return false
    let last = this.#raw.length - 1
    while (last > 0 && !this.#raw[last]?.trim()) last--
    if (!/[}\]]\s*$/.test(this.#raw[last] ?? '')) return true
    const { isEnd } = this.#scanner
    const next = this.#input.trimStart()
    if (role !== 'end') return false
    if (next === '') return isEnd || this.#input.length > LONGEST_START ? false : undefined
    const marks = Object.keys(family)
    if (marks.some((mark) => next.startsWith(mark))) return false
    return !isEnd && marks.some((mark) => mark.startsWith(next)) ? undefined : true
  }

  /** Ends the name. One function may have several arguments, each of which is a call. */
  #markArguments(raw: string): void {
    if (this.#part instanceof ArgumentsReader) this.#part.end()
    else if (this.#part) this.#name = this.#raw.slice(1).join('') // Mistral: `[TOOL_CALLS]name[ARGS]{}`
    this.#name = this.#readExpression()?.name ?? toName(this.#name)
    if (this.#name) return this.#beginCall()
    this.#raw.push(raw)
    this.#release()
  }

  #begin(state: 'name' | 'part', scope: MarkerFamily, raw = ''): void {
    this.#state = state
    this.#scope = scope
    this.#raw = [raw]
    this.#part = undefined
  }

  #beginCall(): void {
    this.#state = 'part'
    // DeepSeek V3 and R1: `function`, then a line with the name.
    const isKind = this.#name === 'function' && this.#isNew('function')
    if (isKind) this.#part = new LineCall(this.#emitter)
    else {
      this.#emitter.begin(this.#name)
      this.#raw = []
      this.#part = new ArgumentsReader(this.#emitter)
    }
  }

  #isNew(name: string): boolean {
    return !this.#options.tools.some((tool) => tool.name === name)
  }

  /** ReAct, as some models write it: `Action: name(arguments)`. */
  #readExpression(): CallExpression | undefined {
    return this.#scope === LABELS ? readCallExpression(this.#name, this.#options.tools) : undefined
  }

  /** Ends a name without arguments after it: a call, if it names a tool. */
  #endName(): void {
    const expression = this.#readExpression()
    if (expression) {
      emitCall(this.#emitter, expression.name, expression.argumentsText)
      return this.#leave()
    }
    this.#name = toName(this.#name)
    if (this.#scope === LABELS && NO_NAME.test(this.#name)) return this.#leave()
    const isCall = this.#name && (this.#scope !== LABELS || !this.#isNew(this.#name))
    if (!isCall) return this.#release()
    this.#emitter.begin(this.#name)
    this.#leave()
  }

  #endPart(): void {
    if (this.#part?.end()) this.#leave()
    else this.#release()
  }

  /** Gives up on a call: its source is text. */
  #release(): void {
    const text = [...this.#before, ...this.#raw].join('')
    this.#leave()
    this.#take(text)
  }

  #leave(): void {
    this.#state = this.#emitter.count > 0 ? 'after' : 'text'
    this.#scope = 'text'
    this.#raw = []
    this.#before = []
    this.#part = undefined
    this.#scanner.resume('inside')
  }
}

const BLANKS = /^\s+/
/** The end of a call with a tag for each argument. */
const CLOSED = /(<\/(function|arg_value)>|\)\s*\])\s*$/
/** What models write instead of a name. https://github.com/crewAIInc/crewAI/issues/4186 */
const NO_NAME = /^(?:none|n\/a|null)$/i
const COLON = /^[\s:\uff1a]+/
/** Also in a list, whose marker the server removed, and in a code block. */
const BARE_CALL =
  /^(?:```\w*\s*)?(?:\[\s*)?\{\s*(?:"type"\s*:\s*"function"\s*,\s*)?"name"\s*:\s*"([^"]*)"\s*,\s*"(?:arguments|parameters)"\s*:/

/** A list of calls as code. */
const BARE_LIST = /^\[\s*([\w.-]+)\s*\(/

/** True if a text that begins with a bracket may still become a call. An answer in JSON must not be held back. */
function mayBeCall(text: string, tools: readonly FunctionDefinition[]): boolean {
  const [, start] = /^\[\s*([\w.-]*)\s*$/.exec(text) ?? []
  if (start !== undefined) return tools.some((tool) => tool.name.startsWith(start))
  if (/^`(?:`|``\w*\s*(?:\[\s*)?)?$/.test(text)) return true
  const json = text.replace(/^(?:```\w*\s*)?(?:\[\s*)?/, '')
  if (!json.startsWith('{') || BARE_CALL.test(text)) return false
  const [, key = '', end = '', , name] =
    /^\{\s*(?:"([^"]*)("?)(\s*:\s*"([^"]*)")?)?/.exec(json) ?? []
  const isKey = ['name', 'type'].some((each) => (end ? each === key : each.startsWith(key)))
  if (key === '' && end === '' && !/^\{\s*"?$/.test(json)) return false
  return isKey && (key !== 'name' || name === undefined || tools.some((tool) => tool.name === name))
}

/** Strips what models write around a name. Kimi's is `functions.name:0`, and Mistral's may be followed by an id. */
function toName(text: string): string {
  return (text.split('[CALL_ID]', 1)[0] as string)
    .replace(/^[\s:\uff1a*`"'[(]+|[\s:\uff1a*`"'\])(,.]+$/g, '')
    .replace(/^functions\.|:\d+$/g, '')
}
