/**
 * Chats with a model whose tools are part of the prompt.
 */
import type { Call } from '../call.ts'
import type { BaseChatModel } from '../chat/base.ts'
import { checkTools } from '../chat/check-call.ts'
import type { DelegateInput } from '../chat/delegate.ts'
import { askModel, optionsOf } from '../chat/delegate.ts'
import type { Chunk } from '../chat/normalize-output.ts'
import { stopWordsOf } from '../chat/stop-sequences.ts'
import { ConfigError, isChatError } from '../errors.ts'
import type { ChatResult, StreamEvent } from '../event.ts'
import type { FunctionDefinition, Message, ToolDefinition } from '../message.ts'
import { isFunctionTool, lastUserIndex, textOf, toParts } from '../message.ts'
import type { ChatOptions } from '../options.ts'
import { Reply } from '../stream/reply.ts'
import { describeCalls } from './describe-calls.ts'
import type { PromptFormat } from './format.ts'
import { addText } from './format.ts'
import { hermes } from './hermes.ts'
import type { ToolCallParserOptions } from './parser/tool-call-parser.ts'
import { ToolCallParser } from './parser/tool-call-parser.ts'
import type { Language } from './phrases.ts'
import { isChinese } from './phrases.ts'
import { qwen } from './qwen.ts'
import { react } from './react.ts'
import type { PromptedToolsOptions } from './with-prompted-tools.ts'

const FORMATS: Record<PromptedToolsOptions['format'], PromptFormat | undefined> = {
  react,
  hermes,
  qwen,
  native: undefined,
}

/** Writes the tools into the prompt, and yields the reply with the calls parsed from its text. */
export async function* chat(
  inner: BaseChatModel,
  format: PromptedToolsOptions['format'],
  messages: readonly Message[],
  call: Call,
): AsyncGenerator<Chunk> {
  const { input, reading } = write(inner, format, messages, call)
  let reader = reading && new ToolCallParser(reading)
  try {
    for await (const event of askModel(inner, input, call)) {
      if (event.type === 'failover' && event.action === 'restart') {
        reader = reading && new ToolCallParser(reading)
        yield event
      } else yield reader ? read(reader, event) : event
    }
  } catch (error) {
    if (isChatError(error) && error.partial && reading) readAgain(error.partial, reading)
    throw error
  }
}

/** Returns the request to the wrapped model, and the parser options if it may call tools. */
function write(
  inner: BaseChatModel,
  name: PromptedToolsOptions['format'],
  messages: readonly Message[],
  call: Call,
): Written {
  const format = FORMATS[name]
  const options = optionsOf(call)
  const tools = call.tools?.filter(isFunctionTool).map((tool) => tool.function) ?? []
  const input = { messages, prompt: call.rawPrompt, options }
  if (tools.length === 0 || call.rawPrompt !== undefined) return { input }
  const limit = call.parallelToolCalls === false ? 1 : Infinity
  const known = stopWordsOf(inner.model)
  const mayBeCut = call.stop.some((sequence) => !known.includes(sequence))
  if (!format) return { input, reading: { tools, limit, mayBeCut } }
  checkResults(messages, call)
  const own = { ...input, options: { ...options, ...withoutTools(call) } }
  if (call.toolChoice === 'none') return { input: { ...own, messages: describeCalls(messages) } }
  checkFormat(call)
  return writePrompt(format, own, { ...choose(tools, call), limit, mayBeCut, call })
}

interface Written {
  input: DelegateInput
  reading?: ToolCallParserOptions
}

interface PromptParts {
  tools: readonly FunctionDefinition[]
  /** The name of a tool that must be called. */
  forced?: string
  limit: number
  mayBeCut: boolean
  call: Call
}

function writePrompt(
  format: PromptFormat,
  input: DelegateInput,
  { tools, forced, limit, mayBeCut, call }: PromptParts,
): Written {
  const prompt = {
    tools,
    language: languageOf(input.messages),
    isRequired: forced !== undefined || call.toolChoice === 'required',
    isParallel: limit > 1,
  }
  const rendered = format.render(input.messages, forced)
  const hint = format.hint?.(prompt)
  const hinted = hint ? addHint(rendered.messages, hint) : rendered.messages
  const messages = addSystem(hinted, format.system(prompt), format.place)
  const stop = [...call.stop, ...format.stop]
  return {
    // An empty list would override the model's defaults.
    input: { ...input, messages, options: { ...input.options, ...(stop.length > 0 && { stop }) } },
    reading: {
      tools,
      model: call.model,
      limit,
      mayBeCut,
      hasLabels: format.hasLabels,
      begun: format.startsForcedCall ? forced : undefined,
      continuesMarker: rendered.endsWithMarker,
    },
  }
}

function read(reader: ToolCallParser, event: StreamEvent): StreamEvent[] {
  if (event.type === 'text-delta') return reader.push(event.text)
  if (event.type === 'tool-call-delta') return reader.pass(event)
  return event.type === 'finish' ? [...reader.end(), event] : [event]
}

/** Parses the partial result of a cut reply. */
function readAgain(partial: ChatResult, reading: ToolCallParserOptions): void {
  const reader = new ToolCallParser(reading)
  const reply = new Reply({ response: partial })
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

/** Removes function tools. The vendor's own tools are sent unchanged. */
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
    'responseFormat cannot be combined with prompted tools',
    { provider },
  )
}

/** Results are written as text: a picture in one would be lost. */
function checkResults(messages: readonly Message[], { provider }: Call): void {
  for (const { role, content } of messages) {
    const part = role === 'tool' && toParts(content).find(({ type }) => type !== 'text')
    if (!part) continue
    const problem = `prompted tools write the result of a tool as text: put its ${part.type} part into a message of the user`
    throw new ConfigError('unsupported_option', problem, { provider })
  }
}

/**
 * Chooses the tools to describe: only the one that must be called, if any.
 * @throws {ConfigError} `unsupported_option` for one that there is not
 */
function choose(
  tools: readonly FunctionDefinition[],
  { tools: given, toolChoice }: Call,
): { tools: readonly FunctionDefinition[]; forced?: string } {
  checkTools({ tools: given, toolChoice })
  if (typeof toolChoice !== 'object') return { tools }
  const forced = toolChoice.function.name
  return { tools: tools.filter(({ name }) => name === forced), forced }
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
