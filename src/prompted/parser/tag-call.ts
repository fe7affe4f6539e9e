/**
 * Reads calls that are not JSON as a whole: with a tag for each argument, as Qwen3-Coder, GLM and MiniMax write them,
 * and those written as code.
 */
import type { FunctionDefinition } from '../../message.ts'
import type { ToolCallEmitter } from './tool-call-emitter.ts'
import { readCallExpressions } from './call-expression.ts'
import type { PartReader } from './json-call.ts'
import { emitCall } from './json-call.ts'

/**
 * Reads a call when it is complete: the schema determines the type of a value, which its first characters do not
 * show.
 */
export class TagCall implements PartReader {
  #emitter: ToolCallEmitter
  #tools: readonly FunctionDefinition[]
  #text: string[] = []
  #found = false

  constructor(emitter: ToolCallEmitter, tools: readonly FunctionDefinition[]) {
    this.#emitter = emitter
    this.#tools = tools
  }

  push(text: string): void {
    this.#text.push(text)
  }

  end(): boolean {
    const text = toFunctions(this.#text.join(''))
    if (text.includes('<function=')) this.#readFunctions(text)
    else this.#readPairs(text)
    return this.#found
  }

  /** Qwen3-Coder: `<function=name><parameter=key>value</parameter></function>`. */
  #readFunctions(text: string): void {
    for (const part of text.split('<function=').slice(1)) {
      const [name, body] = cut(part, '>')
      // Llama: `<function=name>{"key": "value"}</function>`.
      if (/^\s*\{/.test(body)) {
        this.#begin(name, cut(body, '</function>')[0])
        continue
      }
      const parameters = cut(body, '</function>')[0].split('<parameter=').slice(1)
      this.#call(
        name,
        parameters.map((each) => cut(cut(each, '</parameter>')[0], '>')),
      )
    }
  }

  /** GLM: the name, then `<arg_key>key</arg_key><arg_value>value</arg_value>` for each argument. */
  #readPairs(text: string): void {
    if (this.#readCode(text)) return
    const [head, ...pairs] = text.split('<arg_key>')
    const name = (head as string).trim()
    if (/\s/.test(name)) return
    if (pairs.length === 0 && !this.#tools.some((tool) => tool.name === name)) return
    this.#call(
      name,
      pairs.map((pair) => {
        const [key, value] = cut(pair, '</arg_key>')
        return [key, cut(cut(value, '<arg_value>')[1], '</arg_value>')[0]]
      }),
    )
  }

  /**
   * LFM2 and Llama 4: `[name(key="value")]`, OLMo 3 in lines. Mistral and Hunyuan: `name{"key": "value"}`. Gemma 4:
   * `call:name{key:<|"|>value<|"|>}`.
   */
  #readCode(given: string): boolean {
    const text = given
      .replaceAll(/(<\|"\|>|<escape>)([^]*?)\1/g, (_all, _mark, value) => JSON.stringify(value))
      .replace(/^\s*call:/, '')
    const [, name, json] = /^\s*([\w.-]+)\s*(?:```\w*\s*)?(\{[^]*)$/.exec(text) ?? []
    if (json && this.#tools.some((tool) => tool.name === name)) this.#begin(name as string, json)
    else
      for (const call of readCallExpressions(text, this.#tools))
        this.#begin(call.name, call.argumentsText)
    return this.#found
  }

  /** Emits a call whose arguments are JSON. */
  #begin(name: string, given: string): void {
    this.#found = true
    emitCall(this.#emitter, name, given)
  }

  #call(given: string, pairs: [key: string, value: string][]): void {
    const name = given.trim()
    if (!name) return
    this.#found = true
    const tool = this.#tools.find((each) => each.name === name)
    const types = (tool?.parameters?.properties ?? {}) as Record<
      string,
      { type?: unknown } | undefined
    >
    const values = pairs.map(([key, value]) => [
      key.trim(),
      toValue(value.replace(/^\n|\n$/g, ''), types[key.trim()]?.type),
    ])
    this.#emitter.begin(name)
    this.#emitter.more(JSON.stringify(Object.fromEntries(values)))
  }
}

/** Rewrites the tags of MiniMax and DeepSeek: `<invoke name="name"><parameter name="key">value</parameter></invoke>`. */
function toFunctions(text: string): string {
  if (!text.includes('invoke name=')) return text
  return text
    .replaceAll(/<(?:\uff5cDSML\uff5c)?(invoke|parameter) name="([^"]*)"[^>]*>/g, '<$1=$2>')
    .replaceAll(/<(\/?)invoke|<\/\uff5cDSML\uff5c/g, (_all, end) =>
      end === undefined ? '</' : `<${end}function`,
    )
    .replaceAll('</invoke', '</function')
}

/** Splits the text at the first marker. */
function cut(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark)
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)]
}

function toValue(text: string, type: unknown): unknown {
  if (type === 'string') return text
  try {
    return JSON.parse(PYTHON.get(text.trim()) ?? text)
  } catch {
    return text // a string, whatever its schema says
  }
}

const PYTHON = /* @__PURE__ */ new Map([
  ['True', 'true'],
  ['False', 'false'],
  ['None', 'null'],
])
