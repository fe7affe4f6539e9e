/**
 * Rebuilds a conversation from the items of an input.
 * @see https://platform.openai.com/docs/api-reference/responses/create#responses_create-input
 */
import { HttpError, invalid } from '../../../edge/http-error.ts'
import { isRecord } from '../../../is-record.ts'
import type { AssistantMessage, ContentPart, Message, MessageToolCall } from '../../../message.ts'
import type { Members } from '../shapes.ts'
import { asText, isPublicURL } from '../shapes.ts'
import { simplify, toToolMessage } from '../tool-result.ts'
import {
  CLIENT_KINDS,
  clientArguments,
  clientResult,
  isHostedSearch,
  kindOfCall,
  kindOfOutput,
} from './client-tools.ts'
import { toArguments } from './custom-tools.ts'
import { flattenTools, joinName } from './namespaces.ts'

/** The items that hold more tools. */
export const ITEMS_WITH_TOOLS: readonly string[] = ['additional_tools', 'tool_search_output']
/** Items of an input that carry nothing for a model of another vendor: dropped. */
const ITEMS_WITHOUT_EFFECT: readonly string[] = [
  'web_search_call',
  'image_generation_call',
  'ghost_snapshot',
]

/** @throws {HttpError} 400 with the path of what cannot be used */
export function decodeInput({ instructions, input }: Members, most: number): Message[] {
  const messages: Message[] = []
  if (typeof instructions === 'string' && instructions)
    messages.push({ role: 'system', content: instructions })
  if (typeof input === 'string') return [...messages, { role: 'user', content: input }]
  if (!Array.isArray(input) || !input.every(isRecord))
    throw new HttpError(invalid('input must be a string or a list of items'))
  if (input.length > most)
    throw new HttpError(invalid(`input must be at most ${most} items, not ${input.length}`))
  const reader = new InputReader(messages)
  for (const index of orderOf(input)) {
    if (!besideCall(input, index)) reader.read(input[index] as Members, `input[${index}]`)
  }
  const read = reader.end()
  if (read.length === 0) throw new HttpError(invalid('input must not be empty'))
  return read
}

/**
 * Indices of the items, each output next to its call. What a user sent while a tool ran may stand between them here, and
 * what a model said once it knew some of the results of parallel calls: in no other format.
 */
function orderOf(input: readonly Members[]): Set<number> {
  const order = new Set<number>()
  const outputs = indexOutputs(input)
  /** Ids of the calls of the turn that have no output yet; ids may repeat in a later one. */
  const open = new Set<unknown>()
  /** Whether outputs of the turn were read: what the model says then is its next one. */
  let answered = false
  for (const [index, { type = 'message', role, call_id: id }] of input.entries()) {
    if (order.has(index)) continue
    if (OUTPUTS.includes(type)) answered = open.delete(id) || answered
    else if (answered || (type === 'message' && role !== 'assistant')) {
      const later = [...open].map((each) => takeAfter(index, outputs.get(each)))
      for (const at of later.sort((a, b) => a - b)) if (at !== Infinity) order.add(at)
      open.clear()
      answered = false
    }
    if (CALLS.includes(type)) open.add(id)
    order.add(index)
  }
  return order
}

/** Indices of the outputs by the id of their call, the last one first. */
function indexOutputs(input: readonly Members[]): Map<unknown, number[]> {
  const outputs = new Map<unknown, number[]>()
  for (let index = input.length - 1; index >= 0; index--) {
    const { type, call_id: id } = input[index] as Members
    if (!OUTPUTS.includes(type)) continue
    const known = outputs.get(id)
    if (known) known.push(index)
    else outputs.set(id, [index])
  }
  return outputs
}

/** Takes the first index after another one from a list that ends with the first; `Infinity` if there is none. */
function takeAfter(index: number, indices: number[] = []): number {
  let first = indices.pop()
  while (first !== undefined && first <= index) first = indices.pop()
  return first ?? Infinity
}

const CALLS: unknown[] = [
  'function_call',
  'custom_tool_call',
  ...CLIENT_KINDS.map((kind) => `${kind}_call`),
]
const OUTPUTS: unknown[] = [...CALLS.map((type) => `${asText(type)}_output`), 'tool_search_output']

/**
 * True for references beside a tool call. The AI SDK sends them by default for what a model said and thought in the turn
 * of its calls; without it the model still sees its calls and their results.
 */
function besideCall(input: readonly Members[], index: number): boolean {
  if (input[index]?.type !== 'item_reference') return false
  const isItem = ({ type }: Members) => type !== 'item_reference'
  const sides = [input.slice(0, index).filter(isItem).at(-1), input.slice(index).find(isItem)]
  return sides.some((item) => CALLS.includes(item?.type))
}

interface Turn {
  text: string
  toolCalls: MessageToolCall[]
  /** Reasoning and vendor's data, as they were sealed here. */
  sealed: unknown[]
}

class InputReader {
  #messages: Message[]
  /** The turn of the model that is being read: its reasoning, text and calls are items of their own. */
  #turn: Turn | undefined
  /** Parts of tool results other than text. */
  #media: ContentPart[] = []
  /** Ids of the calls so far. */
  #called = new Set<string>()
  /** Ids of calls by those of their items, which outputs of a local shell may name. */
  #ids = new Map<unknown, unknown>()

  constructor(messages: Message[]) {
    this.#messages = messages
  }

  read(item: Members, path: string): void {
    const { type = 'message' } = item
    switch (type) {
      case 'message':
        return this.#message(item, path)
      case 'reasoning':
        this.#open().sealed.push(item.encrypted_content)
        return
      case 'function_call':
        return this.#call(item, item.arguments, path)
      case 'custom_tool_call':
        return this.#call(item, toArguments(item.input), path)
      case 'function_call_output':
      case 'custom_tool_call_output':
        return this.#result(item, item.output, path)
      case 'agent_message':
        return this.#note('user', agentText(item))
      case 'compaction':
      case 'compaction_summary':
      case 'context_compaction':
        return this.#note('system', COMPACTED)
      case 'item_reference':
        throw new HttpError(
          invalid(
            `${path} must be an item, not a reference: no responses are stored here (in the AI SDK, set providerOptions.openai.store to false)`,
          ),
        )
      default:
        return this.#other(item, path)
    }
  }

  /** Calls and results of tools that a client runs. */
  #other(item: Members, path: string): void {
    const { type } = item
    if (type === 'additional_tools' || ITEMS_WITHOUT_EFFECT.includes(type as string)) return
    if (isHostedSearch(item)) return
    const called = kindOfCall(item)
    if (called) {
      this.#ids.set(item.id, item.call_id)
      return this.#call({ ...item, name: called }, clientArguments(called, item), path)
    }
    const answered = kindOfOutput(item)
    if (!answered)
      throw new HttpError(
        invalid(
          `${path}.type must be an item such as message, reasoning, function_call or function_call_output, not ${asText(type).slice(0, 40)}`,
        ),
      )
    const id = item.call_id ?? this.#ids.get(item.id) ?? item.id
    const output = answered === 'tool_search' ? foundTools(item) : clientResult(answered, item)
    this.#result({ call_id: id }, output, path)
  }

  /** Adds a message of its own. */
  #note(role: 'user' | 'system', content: string): void {
    this.#close()
    this.#flushMedia()
    this.#messages.push({ role, content })
  }

  end(): Message[] {
    this.#close()
    this.#flushMedia()
    return this.#messages
  }

  #open(): Turn {
    this.#flushMedia()
    return (this.#turn ??= { text: '', toolCalls: [], sealed: [] })
  }

  #close(): void {
    const turn = this.#turn
    this.#turn = undefined
    if (!turn) return
    const { text, toolCalls, sealed } = turn
    // Reasoning whose reply is missing has no place in the conversation.
    if (!text && toolCalls.length === 0) return
    const message: AssistantMessage = {
      role: 'assistant',
      content: text || null,
      ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
      ...(sealed.length > 0 && { provider_data: sealed as never }),
    }
    this.#messages.push(message)
  }

  #flushMedia(): void {
    const media = this.#media.splice(0)
    if (media.length > 0) this.#messages.push({ role: 'user', content: media })
  }

  #message({ role, content }: Members, path: string): void {
    if (role === 'assistant') {
      this.#open().text +=
        typeof content === 'string' ? content : textOf(content, `${path}.content`)
      return
    }
    if (role !== 'user' && role !== 'system' && role !== 'developer')
      throw new HttpError(
        invalid(`${path}.role must be "user", "assistant", "system" or "developer"`),
      )
    this.#close()
    const parts = decodeParts(content, `${path}.content`)
    if (role === 'user') {
      const all = [...this.#media.splice(0), ...parts]
      this.#messages.push({ role, content: simplify(all) })
      return
    }
    this.#flushMedia()
    this.#messages.push({ role, content: simplify(parts) as string })
  }

  #call(item: Members, args: unknown, path: string): void {
    const { call_id: id } = item
    const name = joinName(item)
    if (typeof id !== 'string' || typeof name !== 'string' || typeof args !== 'string')
      throw new HttpError(invalid(`${path} must be an item with call_id, name and arguments`))
    this.#called.add(id)
    this.#open().toolCalls.push({ id, type: 'function', function: { name, arguments: args } })
  }

  #result({ call_id: id }: Members, output: unknown, path: string): void {
    if (typeof id !== 'string') throw new HttpError(invalid(`${path}.call_id must be a string`))
    if (!this.#called.has(id))
      throw new HttpError(invalid(`${path}.call_id "${id.slice(0, 40)}" matches no earlier call`))
    this.#close()
    const parts = decodeParts(output, `${path}.output`)
    this.#messages.push(toToolMessage(id, parts, this.#media))
  }
}

/** Stands for a summary that OpenAI encrypted: tells other models that something is missing. */
const COMPACTED =
  '[Earlier turns of this conversation were replaced by a summary that cannot be read here. Ask for what you miss.]'

/** Returns what another agent of Codex said. */
function agentText({ author, content }: Members): string {
  const parts = Array.isArray(content) ? content.filter(isRecord) : []
  const texts = parts.map(({ text }) =>
    typeof text === 'string' ? text : '[This part of the message cannot be read here.]',
  )
  return `Message from ${typeof author === 'string' ? author : 'another agent'}:\n${texts.join('\n')}`
}

/** The model receives the tools themselves beside the messages. */
function foundTools({ tools }: Members): string {
  const found = flattenTools(Array.isArray(tools) ? tools.filter(isRecord) : [])
  const names = found.tools.map(({ name, type }) => asText(name ?? type))
  return names.length > 0
    ? `These tools can be called now: ${names.join(', ')}`
    : 'No tool was found'
}

function textOf(content: unknown, path: string): string {
  const parts = Array.isArray(content) ? (content as unknown[]) : [undefined]
  return parts
    .map((part, index) => {
      const { type, text, refusal } = isRecord(part) ? part : ({} as Members)
      if (type === 'refusal' && typeof refusal === 'string') return refusal
      if (/^(output_|input_)?text$/.test(asText(type)) && typeof text === 'string') return text
      throw new HttpError(invalid(`${path}[${index}] must be a part with type and text`))
    })
    .join('')
}

function decodeParts(content: unknown, path: string): ContentPart[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content) || !content.every(isRecord))
    throw new HttpError(invalid(`${path} must be a string or a list of parts`))
  return content.map((part, index) => decodePart(part as Members, `${path}[${index}]`))
}

/** Ids of files would be those of the operator's account. */
function decodePart(part: Members, path: string): ContentPart {
  const { type, text, image_url: image, detail, filename } = part
  if (part.file_id != null)
    throw new HttpError(invalid(`${path}.file_id is not supported: send the content`))
  switch (type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      if (typeof text === 'string') return { type: 'text', text }
      break
    case 'input_image': {
      const hint = ['auto', 'low', 'high'].includes(detail as string) && {
        detail: detail as 'auto',
      }
      if (isSource(image)) return { type: 'image_url', image_url: { url: image, ...hint } }
      break
    }
    case 'input_file': {
      const named = typeof filename === 'string' && { filename }
      const { file_data, file_url } = part
      if (isSource(file_data) || isPDF(file_data))
        return { type: 'file', file: { file_data, ...named } }
      if (isSource(file_url)) return { type: 'file', file: { file_url, ...named } }
      break
    }
    case 'input_audio': {
      const { data, format } = isRecord(part.input_audio) ? part.input_audio : ({} as Members)
      if (typeof data === 'string' && typeof format === 'string')
        return { type: 'input_audio', input_audio: { data, format } }
      break
    }
  }
  throw new HttpError(
    invalid(
      `${path} must be input_text, input_image, input_file or input_audio with http(s) or data URLs`,
    ),
  )
}

/** Bare base64, which the documentation shows. */
function isPDF(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('JVBERi')
}

function isSource(value: unknown): value is string {
  return typeof value === 'string' && /^(https?|data):/i.test(value) && isPublicURL(value)
}
