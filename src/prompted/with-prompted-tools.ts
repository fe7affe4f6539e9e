/**
 * Tools for models that have none of their own: written into the prompt, and the calls read back out of the text.
 */
import type { Call } from '../call.ts'
import { ConfigError, isChatError } from '../errors.ts'
import type { ChatResult, StreamEvent } from '../event.ts'
import type { FunctionDefinition, Message, ToolDefinition } from '../message.ts'
import { isFunctionTool, lastUserIndex, textOf } from '../message.ts'
import type { ChatOptions, ModelConfig } from '../options.ts'
import type { ToolCallParserOptions } from './parser/tool-call-parser.ts'
import { ToolCallParser } from './parser/tool-call-parser.ts'
import { Reply } from '../stream/reply.ts'
import type { Asked } from '../chat/delegate.ts'
import { askModel, optionsOf } from '../chat/delegate.ts'
import { BaseChatModel } from '../chat/base.ts'
import { ANYTHING, checkMembers, oneOf } from '../validation/shape.ts'
import type { Chunk } from '../chat/normalize-output.ts'
import type { PromptFormat } from './format.ts'
import { addText } from './format.ts'
import { hermes } from './hermes.ts'
import { tellCalls } from './describe-calls.ts'
import { qwen } from './qwen.ts'
import { react } from './react.ts'
import type { Language } from './phrases.ts'
import { isChinese } from './phrases.ts'
import type { SchemaDialect } from '../schema/vendor-support.ts'

/** How tools are written into the prompt. */
export interface PromptedToolsOptions {
  /**
   * `hermes`: JSON in `<tool_call>` tags, as Qwen2.5, Qwen3 and Hermes were trained on. `react`: `Action:` and
   * `Action Input:`, which most models understand. `qwen`: `✿FUNCTION✿`, for Qwen models before 2.5.
   * `native`: nothing is written; the server gets the tools as they are, and its template writes them. For a server
   * that leaves the calls in the text, since its own parser is off.
   *
   * Calls are read back in the formats of all these and of Llama 3, Mistral, DeepSeek, Kimi, GLM, Qwen3-Coder and
   * LM Studio, whichever was asked for; `Action:` only with `react`.
   */
  format: 'react' | 'hermes' | 'qwen' | 'native'
  /** Told of the chat as the caller sees it; those of the model itself are told of prompt and text as they are. */
  callbacks?: ModelConfig['callbacks']
}

/**
 * A model that takes tools, made of one that does not. Text, thinking, usage, retries and limits are those of the
 * model inside; calls come as from any other model, and their marks never as text. A call in a code block or in
 * thinking is none. `toolChoice` is asked of the model in words, which it may not heed.
 * @throws {ConfigError} `invalid_config`
 * @example
 * const llm = withPromptedTools(getChatModel('ollama:gemma3'), { format: 'react' })
 * const { toolCalls } = await llm.chat({ messages, tools })
 */
export function withPromptedTools(
  llm: BaseChatModel,
  options: PromptedToolsOptions,
): BaseChatModel {
  return new PromptedTools(llm, options)
}

const FORMATS: Record<PromptedToolsOptions['format'], PromptFormat | undefined> = {
  react,
  hermes,
  qwen,
  native: undefined,
}

class PromptedTools extends BaseChatModel {
  #inner: BaseChatModel
  #format: PromptFormat | undefined

  constructor(inner: BaseChatModel, options: PromptedToolsOptions) {
    if (typeof inner?.chat !== 'function')
      throw new ConfigError('invalid_config', 'withPromptedTools() takes a model')
    const format = oneOf(Object.keys(FORMATS), 'must be "react", "hermes", "qwen" or "native"')
    checkMembers({ format, callbacks: ANYTHING }, options ?? {}, 'invalid_config', 'options')
    super({
      model: inner.model,
      modelServer: inner.provider,
      // The model inside has its own.
      maxRetries: 0,
      totalTimeout: false,
      callbacks: options.callbacks,
    })
    this.#inner = inner
    this.#format = FORMATS[options.format]
  }

  // For whole answers too: they are read in one go.
  protected override async *_chatStream(
    messages: readonly Message[],
    call: Call,
  ): AsyncGenerator<Chunk> {
    const { asked, reading } = this.#write(messages, call)
    // The model inside has parted thinking from text already.
    const parted: StreamEvent = { type: 'reasoning-delta', text: '' }
    yield parted
    let reader = reading && new ToolCallParser(reading)
    try {
      for await (const event of askModel(this.#inner, asked, call)) {
        if (event.type === 'failover' && event.action === 'restart') {
          reader = reading && new ToolCallParser(reading)
          yield [event, parted]
        } else yield reader ? read(reader, event) : event
      }
    } catch (error) {
      if (isChatError(error) && error.partial && reading) readAgain(error.partial, reading)
      throw error
    }
  }

  /** What to ask of the model inside, and how to read what it says; not at all where it may not call. */
  #write(messages: readonly Message[], call: Call): Written {
    const options = optionsOf(call)
    const tools = call.tools?.filter(isFunctionTool).map((tool) => tool.function) ?? []
    const asked = { messages, prompt: call.rawPrompt, options }
    if (tools.length === 0 || call.rawPrompt !== undefined) return { asked }
    const limit = call.parallelToolCalls === false ? 1 : Infinity
    if (!this.#format) return { asked, reading: { tools, limit } }
    const own = { ...asked, options: { ...options, ...withoutTools(call) } }
    if (call.toolChoice === 'none') return { asked: { ...own, messages: tellCalls(messages) } }
    checkFormat(call)
    return writePrompt(this.#format, own, { ...choose(tools, call), limit, call })
  }

  /** Not along with tools: a model that must write JSON cannot write a call. */
  override supportResponseFormat(
    type: 'json_object' | 'json_schema',
    options?: ChatOptions,
  ): boolean {
    if (this.#format && options?.tools?.some(isFunctionTool)) return false
    return this.#inner.supportResponseFormat(type, options)
  }

  /** None for tools, which are written into the prompt. */
  override schemaDialects(use: 'format' | 'tools'): readonly SchemaDialect[] {
    return use === 'tools' ? [] : this.#inner.schemaDialects(use)
  }

  override supportRawPrompt(): boolean {
    return this.#inner.supportRawPrompt()
  }

  override getMaxLength(): number {
    return this.#inner.getMaxLength()
  }

  override countTokens(input: string | readonly Message[]): number {
    return this.#inner.countTokens(input)
  }
}

interface Written {
  asked: Asked
  reading?: ToolCallParserOptions
}

interface Told {
  tools: readonly FunctionDefinition[]
  /** The name of a tool that must be called. */
  forced?: string
  limit: number
  call: Call
}

function writePrompt(
  format: PromptFormat,
  asked: Asked,
  { tools, forced, limit, call }: Told,
): Written {
  const prompt = {
    tools,
    language: languageOf(asked.messages),
    isRequired: forced !== undefined || call.toolChoice === 'required',
    isParallel: limit > 1,
  }
  const rendered = format.render(asked.messages, forced)
  const hint = format.hint?.(prompt)
  const hinted = hint ? addHint(rendered.messages, hint) : rendered.messages
  const messages = addSystem(hinted, format.system(prompt), format.place)
  const stop = [...call.stop, ...format.stop]
  return {
    // An empty list would win over the model's defaults.
    asked: { ...asked, messages, options: { ...asked.options, ...(stop.length > 0 && { stop }) } },
    reading: {
      tools,
      limit,
      labels: format.labels,
      begun: format.begins ? forced : undefined,
      lead: rendered.continues ? 'continues' : undefined,
    },
  }
}

function read(reader: ToolCallParser, event: StreamEvent): StreamEvent[] {
  if (event.type === 'text-delta') return reader.push(event.text)
  if (event.type === 'tool-call-delta') return reader.pass(event)
  return event.type === 'finish' ? [...reader.end(), event] : [event]
}

/** What had arrived of a reply that was cut, read as the caller sees it. */
function readAgain(partial: ChatResult, reading: ToolCallParserOptions): void {
  const reader = new ToolCallParser(reading)
  const reply = new Reply({ response: partial, splitThink: false })
  if (partial.reasoning) reply.accept({ type: 'reasoning-delta', text: partial.reasoning })
  reply.accept([...reader.push(partial.text), ...reader.end()])
  const { text, reasoning, toolCalls, message } = reply.result()
  Object.assign(partial, {
    text,
    reasoning,
    toolCalls: [...toolCalls, ...partial.toolCalls],
    message: { ...partial.message, ...message },
  })
}

/** The vendor's own tools are no functions: they go on as they are. */
function withoutTools({ tools = [] }: Call): ChatOptions {
  const others: readonly ToolDefinition[] = tools.filter((tool) => !isFunctionTool(tool))
  return {
    tools: others.length > 0 ? others : undefined,
    toolChoice: undefined,
    parallelToolCalls: undefined,
  }
}

function checkFormat({ responseFormat, provider }: Call): void {
  if (!responseFormat || responseFormat.type === 'text') return
  throw new ConfigError(
    'unsupported_option',
    'responseFormat cannot be had along with tools that are written into the prompt',
    { provider },
  )
}

/** A tool that must be called is the only one that is told of. */
function choose(
  tools: readonly FunctionDefinition[],
  { toolChoice, provider }: Call,
): { tools: readonly FunctionDefinition[]; forced?: string } {
  if (typeof toolChoice !== 'object') return { tools }
  const forced = toolChoice.function.name
  const chosen = tools.filter(({ name }) => name === forced)
  if (chosen.length > 0) return { tools: chosen, forced }
  throw new ConfigError(
    'unsupported_option',
    `toolChoice names "${forced}", but there is no such tool`,
    {
      provider,
    },
  )
}

function languageOf(messages: readonly Message[]): Language {
  return isChinese(textOf(messages[lastUserIndex(messages)]?.content)) ? 'zh' : 'en'
}

function addHint(messages: readonly Message[], hint: string): readonly Message[] {
  const place = lastUserIndex(messages)
  return messages.map((message, index) =>
    index === place
      ? ({ ...message, content: addText(message.content, hint, 'before') } as Message)
      : message,
  )
}

function addSystem(
  messages: readonly Message[],
  text: string,
  place: PromptFormat['place'],
): readonly Message[] {
  const [first, ...rest] = messages
  if (first?.role !== 'system' && first?.role !== 'developer')
    return [{ role: 'system', content: text }, ...messages]
  return [{ ...first, content: addText(first.content, text, place) }, ...rest]
}
