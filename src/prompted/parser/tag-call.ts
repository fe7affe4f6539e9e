/**
 * Reads calls that are not JSON as a whole: with a tag for each argument, as Qwen3-Coder, GLM and MiniMax write them,
 * and those written as code.
 */
import type { FunctionDefinition } from '../../message.ts'
import type { ToolCallEmitter } from './tool-call-emitter.ts'
import { readCallExpressions } from './call-expression.ts'
import type { PartReader } from './json-call.ts'
import { emitCall } from './json-call.ts'
import { ELEMENT_MARK, readElements } from './element-call.ts'
import { toValue } from './tag-value.ts'

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
    const text = this.#text.join('')
    if (this.#readCode(text)) return true
    const mark = FIRST.exec(text)?.[0] ?? ''
    if (mark === ELEMENT_MARK) {
      for (const { name, args } of readElements(text, this.#tools))
        this.#begin(name, JSON.stringify(args))
    } else if (mark.startsWith('<f')) this.#readTags(text, FUNCTION)
    else if (mark.startsWith('<|open')) this.#readOpened(text)
    else if (mark.endsWith('"')) this.#readTags(text, INVOKE)
    else this.#readPairs(text)
    return this.#found
  }

  /** Calls in tags of their own, with one for each argument, or with JSON (Llama). */
  #readTags(text: string, [call, end, parameter]: Tags): void {
    for (const part of text.split(call).slice(1)) {
      const [head, rest] = cut(part, '>')
      const name = nameIn(head)
      const body = rest.split(end, 1)[0] as string
      // Without a tag it is JSON, or makes the call invalid, which would run without its arguments otherwise.
      if (/^\s*\{/.test(body) || (body.trim() && !parameter.test(body))) this.#begin(name, body)
      else
        this.#call(
          name,
          body
            .split(parameter)
            .slice(1)
            .map((pair) => {
              const [key, value] = cut(pair.split(END, 1)[0] as string, '>')
              return [nameIn(key), value, key.endsWith('string="true"')]
            }),
        )
    }
  }

  /** Kimi K3: `<|open|>call tool="name"<|sep|>`, and an element with a key and a type for each argument. */
  #readOpened(text: string): void {
    for (const part of text.split('<|open|>call ').slice(1)) {
      const [head, rest] = cut(part, '<|sep|>')
      const [body] = cut(rest, '<|close|>call<|sep|>')
      const pairs = body.split('<|open|>argument ').slice(1)
      this.#call(
        attribute(head, 'tool'),
        pairs.map((pair) => {
          const [start, value] = cut(pair, '<|sep|>')
          const isText = attribute(start, 'type') === 'string'
          return [attribute(start, 'key'), cut(value, '<|close|>argument<|sep|>')[0], isText]
        }),
      )
    }
  }

  /** GLM: the name, then `<arg_key>key</arg_key><arg_value>value</arg_value>` for each argument. */
  #readPairs(text: string): void {
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
   * `call:name{key:<|"|>value<|"|>}`. gpt-oss: `name <|constrain|>json<|message|>{"key": "value"}`.
   */
  #readCode(text: string): boolean {
    const source = text.replace(/^\s*call:([^]*)$/, (_all, call: string) =>
      call.replaceAll(/(<\|"\|>|<escape>)([^]*?)\1/g, (_string, _mark, value) =>
        JSON.stringify(value),
      ),
    )
    const [, name, json] = NAMED_JSON.exec(source) ?? []
    if (json && this.#tools.some((tool) => tool.name === name)) this.#begin(name as string, json)
    else
      for (const call of readCallExpressions(source, this.#tools))
        this.#begin(call.name, call.argumentsText)
    return this.#found
  }

  /** Emits a call whose arguments are JSON. */
  #begin(name: string, given: string): void {
    if (!name.trim()) return
    this.#found = true
    emitCall(this.#emitter, name, given)
  }

  /** @param pairs the last member is true for a value that is a text, whatever it looks like */
  #call(given: string, pairs: [key: string, value: string, isText?: boolean][]): void {
    const name = given.trim()
    if (!name) return
    this.#found = true
    const tool = this.#tools.find((each) => each.name === name)
    const schemas = (tool?.parameters?.properties ?? {}) as Record<string, unknown>
    const values = pairs.map(([key, value, isText]) => [
      key.trim(),
      isText ? value : toValue(value.replace(/^\n|\n$/g, ''), schemas[key.trim()]),
    ])
    this.#emitter.begin(name)
    this.#emitter.more(JSON.stringify(Object.fromEntries(values)))
  }
}

const NAMED_JSON =
  /^\s*([\w.-]+)(?![\w.-])\s*(?:```\w*\s*|(?:(?:<\|\w+\|>|commentary|json)\s*)*)(\{[^]*)$/

/** What begins a call, ends it, and begins an argument. */
type Tags = readonly [call: RegExp, end: RegExp, parameter: RegExp]

/** Qwen3-Coder: `<function=name><parameter=key>value</parameter></function>`. */
const FUNCTION: Tags = [/<function=/, /<\/function>/, /<parameter=/]
/** MiniMax and DeepSeek: `<invoke name="name"><parameter name="key">value</parameter></invoke>`. Step: `<steptml:invoke`. */
const PREFIX = '(?:[|\uff5c]DSML[|\uff5c] ?|\\w+:)?'
const INVOKE: Tags = [
  /* @__PURE__ */ new RegExp(`<${PREFIX}invoke name="`),
  /* @__PURE__ */ new RegExp(`</${PREFIX}invoke>`),
  /* @__PURE__ */ new RegExp(`<${PREFIX}parameter name="`),
]
const END = /* @__PURE__ */ new RegExp(`</${PREFIX}parameter>`)
/** The first tag tells the format: values may contain those of others. */
const FIRST = /* @__PURE__ */ new RegExp(
  `\\]<\\]minimax\\[>\\[|<function=|<\\|open\\|>call |<${PREFIX}invoke name="|<arg_key>`,
)

/** Returns `value` of `key="value"`. */
function attribute(head: string, key: string): string {
  return new RegExp(`\\b${key}="([^"]*)"`).exec(head)?.[1] ?? ''
}

/** Returns the name in `name`, `"name"` or `name" string="true"`. */
function nameIn(head: string): string {
  return head.replace(/^"/, '').split('"', 1)[0] as string
}

/** Splits the text at the first marker. */
function cut(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark)
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)]
}
