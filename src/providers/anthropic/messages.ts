/**
 * Encodes messages in the OpenAI format as turns of content blocks.
 * @see https://platform.claude.com/docs/en/api/messages
 */
import type { Call } from '../../call.ts'
import { ConfigError } from '../../errors.ts'
import { parseDataURL } from '../../media.ts'
import { isRecord } from '../../is-record.ts'
import type {
  AssistantMessage,
  ContentPart,
  FilePart,
  Message,
  ToolMessage,
} from '../../message.ts'
import { textOf, toParts } from '../../message.ts'
import { unsupported } from '../../wire/openai/dialect.ts'
import { sortedJSON } from '../../wire/sorted-json.ts'
import { versionOf } from './models.ts'
import { SIGNER } from './signer.ts'
import { checkAnswers, fitId, separateIds } from './tool-ids.ts'
import type { Block, Turn } from './turn.ts'
import { parseJSON } from '../../parse-json.ts'

/** A conversation with its system prompt separated. */
export interface Conversation {
  system: string | Block[] | undefined
  turns: Turn[]
}

/** Selects the thinking of earlier turns that is sent back. */
interface Replay {
  keepsThinking: boolean
  /** The signer of the model's own thinking. `undefined` for Claude. */
  signer: string | undefined
}

/**
 * Encodes a conversation. The caller's messages are not changed.
 * @throws {ConfigError} `unsupported_option` for an unsupported part, `invalid_messages` for tool calls without a
 * result or without any user text
 */
export function encodeMessages(
  messages: readonly Message[],
  call: Call,
  replay: Replay,
): Conversation {
  const system: Block[] = []
  const turns: Turn[] = []
  for (const message of messages) {
    const blocks = markCache(encodeMessage(message, call, replay), message)
    if (message.role === 'system' || message.role === 'developer') system.push(...blocks)
    else addTurn(turns, message.role === 'assistant' ? 'assistant' : 'user', blocks)
  }
  for (const turn of turns) if (turn.role === 'user') turn.content.sort(resultsFirst)
  separateIds(turns)
  checkAnswers(turns)
  trimLast(turns)
  if (!turns.some(({ role }) => role === 'user'))
    throw new ConfigError(
      'invalid_messages',
      `"${call.provider}" requires a user message with text`,
    )
  // Pages that greet their user: "first message must use the user role".
  if (turns[0]?.role === 'assistant')
    turns.unshift({ role: 'user', content: [{ type: 'text', text: FIRST }] })
  return { system: joinSystem(system), turns }
}

/** Stands before an assistant message that begins the conversation. */
const FIRST = '(The assistant begins.)'

function encodeMessage(message: Message, call: Call, replay: Replay): Block[] {
  if (message.role === 'assistant') return encodeAssistant(message, call, replay)
  const blocks = toParts(message.content).flatMap((part) => encodePart(part, call))
  return message.role === 'tool' ? [encodeResult(message, blocks)] : blocks
}

/** Merges consecutive messages of a role into one turn: the results of parallel tool calls belong together. */
function addTurn(turns: Turn[], role: Turn['role'], blocks: Block[]): void {
  if (blocks.length === 0) return
  const last = turns.at(-1)
  if (last?.role === role) last.content.push(...blocks)
  else turns.push({ role, content: blocks })
}

function resultsFirst(one: Block, other: Block): number {
  return Number(other.type === 'tool_result') - Number(one.type === 'tool_result')
}

/** True for blank text, which is rejected in blocks and messages. */
function isSilent({ type, text }: Block): boolean {
  return type === 'text' && typeof text === 'string' && text.trim() === ''
}

function joinSystem(blocks: Block[]): Conversation['system'] {
  if (blocks.length === 0) return undefined
  const isPlain = blocks.every((block) => Object.keys(block).length === 2)
  return isPlain ? blocks.map(({ text }) => text).join('\n\n') : blocks
}

/** A cache marker on a message applies to everything up to its end. */
function markCache(blocks: Block[], message: Message): Block[] {
  const last = blocks.at(-1)
  if (!last || !('cache_control' in message)) return blocks
  return [...blocks.slice(0, -1), { ...last, cache_control: message.cache_control }]
}

/** Trims a final assistant message, which must not end in whitespace. */
function trimLast(turns: Turn[]): void {
  const last = turns.at(-1)
  const block = last?.content.at(-1)
  if (last?.role !== 'assistant' || typeof block?.text !== 'string') return
  last.content = [...last.content.slice(0, -1), { ...block, text: block.text.trimEnd() }]
}

function encodeResult(message: ToolMessage & { is_error?: unknown }, blocks: Block[]): Block {
  return {
    type: 'tool_result',
    tool_use_id: fitId(message.tool_call_id),
    ...(blocks.length > 0 && { content: blocks }),
    ...(message.is_error !== undefined && { is_error: message.is_error }),
  }
}

/** A block that the server sends but does not accept. */
const ONE_WAY = 'fallback'
const THINKING = /^(redacted_)?thinking$/

function encodeAssistant(message: AssistantMessage, call: Call, replay: Replay): Block[] {
  const kept = keptBlocks(message)
  if (kept) {
    // "Invalid `signature` in `thinking` block": servers that follow the format sign nothing.
    const isClaude = versionOf(call.model) !== undefined
    // After a failover from a compatible server, or from another host.
    const signer = message.provider_data?.[SIGNER]
    const isForeign = isClaude && signer !== undefined && signer !== replay.signer
    const keepsThinking = replay.keepsThinking && !isForeign
    return kept.filter(
      (block) =>
        block.type !== ONE_WAY &&
        !isSilent(block) &&
        (keepsThinking || !THINKING.test(block.type)) &&
        (!isClaude || block.type !== 'thinking' || Boolean(block.signature)),
    )
  }
  // Thinking without a signature, from another vendor's model, is rejected and therefore omitted.
  const blocks = toParts(message.content)
    .map((part) => ({ ...part }) as Block)
    .filter((block) => !isSilent(block))
  for (const { id, function: called } of message.tool_calls ?? []) {
    const { name, arguments: text } = called
    blocks.push({ type: 'tool_use', id: fitId(id), name, input: parseInput(text) })
  }
  return blocks
}

/** Returns the original blocks, unless the caller has changed the message since. A text beside calls may be left out. */
function keptBlocks(message: AssistantMessage): Block[] | undefined {
  const {
    provider_data: data,
    content,
    tool_calls: calls = [],
    reasoning_content: reasoning,
  } = message
  const kept = data?.anthropic
  if (!Array.isArray(kept) || !kept.every((block) => typeof block?.type === 'string'))
    return undefined
  const said = textOf(content)
  const isLeftOut = said === '' && calls.length > 0
  const blocks = (kept as Block[]).filter(({ type }) => type !== 'text' || !isLeftOut)
  const text = blocks.map((block) => (block.type === 'text' ? block.text : '')).join('')
  const ids = blocks.filter((block) => block.type === 'tool_use').map(({ id }) => id)
  const isSame = text === said && ids.join() === calls.map(({ id }) => id).join()
  if (!isSame) return undefined
  const thinking = blocks.map((block) => (block.type === 'thinking' ? block.thinking : '')).join('')
  // Thinking that the caller removed or changed stays out: its signature fits no other.
  const replayed =
    thinking === (reasoning ?? '') ? blocks : blocks.filter(({ type }) => !THINKING.test(type))
  // Keeps arguments that the caller redacted or shortened.
  const inputs = new Map(calls.map(({ id, function: { arguments: args } }) => [id, args]))
  return replayed.map((block) =>
    block.type === 'tool_use' ? withInput(block, inputs.get(String(block.id)) ?? '') : block,
  )
}

function withInput(block: Block, text: string): Block {
  const input = parseInput(text)
  return sortedJSON(input) === sortedJSON(block.input ?? {}) ? block : { ...block, input }
}

/** Returns the container of Claude's code execution in which the last turn ran, unless it has expired. */
export function containerOf(messages: readonly Message[]): string | undefined {
  const containers = messages.flatMap((message) => {
    const container = message.role === 'assistant' && message.provider_data?.[CONTAINER]
    return isRecord(container) ? [container] : []
  })
  const { id, expires_at: end } = containers.at(-1) ?? {}
  const isOver = typeof end === 'string' && Date.parse(end) < Date.now()
  return typeof id === 'string' && !isOver ? id : undefined
}

/** Name of the container in `provider_data`. @see https://platform.claude.com/docs/en/agents-and-tools/tool-use/programmatic-tool-calling */
export const CONTAINER = 'anthropic_container'

/** Parses the arguments of a call. Invalid JSON is sent back as the vendor recommends. */
export function parseInput(text: string): unknown {
  if (text.trim() === '') return {}
  const value = parseJSON(text)
  return isRecord(value) ? value : { INVALID_JSON: text }
}

function encodePart(part: ContentPart, call: Call): Block[] {
  switch (part.type) {
    case 'text': {
      const block: Block = { ...part }
      return isSilent(block) ? [] : [block]
    }
    case 'image_url': {
      const { type: _type, image_url: image, ...rest } = part
      return [{ type: 'image', source: encodeSource(image.url, call), ...rest }]
    }
    case 'file': {
      const { type: _type, file, ...rest } = part
      return [{ ...encodeFile(file, call), ...rest }]
    }
    default:
      throw unsupported(call, `a message part of type ${part.type}`)
  }
}

function encodeFile(file: FilePart['file'], call: Call): Block {
  const { file_id: id, filename: title } = file
  const url = file.file_data ?? file.file_url
  if (typeof url !== 'string' && typeof id !== 'string')
    throw unsupported(call, 'a file without `file_data`, `file_url` or `file_id`')
  const source =
    typeof url === 'string' ? encodeSource(url, call, 'file') : { type: 'file', file_id: id }
  if (IMAGES.test(String(source.media_type))) return { type: 'image', source }
  return { type: 'document', source, ...(title && { title }) }
}

const IMAGES = /^image\/(jpeg|png|gif|webp)$/
const FILES = /^(image\/(jpeg|png|gif|webp)|application\/pdf|text\/.+)$/

/** @see https://platform.claude.com/docs/en/build-with-claude/files */
function encodeSource(url: string, call: Call, kind: 'image' | 'file' = 'image'): Block {
  const inline = parseDataURL(url)
  if (!inline) {
    if (/^https?:/i.test(url)) return { type: 'url', url }
    throw unsupported(call, `a ${kind} that is neither an https: nor a data: URL`)
  }
  const type = inline.mediaType.replace('image/jpg', 'image/jpeg')
  if (!(kind === 'image' ? IMAGES : FILES).test(type))
    throw unsupported(call, `a ${kind} of ${type}`)
  // Plain text is sent as is, under one media type.
  if (type.startsWith('text/'))
    return { type: 'text', media_type: 'text/plain', data: decodeText(inline.base64, call) }
  return { type: 'base64', media_type: type, data: inline.base64 }
}

function decodeText(base64: string, call: Call): string {
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    return new TextDecoder().decode(bytes)
  } catch {
    throw unsupported(call, 'a data: URL that is not base64')
  }
}
