/**
 * Encodes messages in the OpenAI format as DashScope's `input`: plain strings on the text path, parts on the
 * multimodal one.
 * @see https://help.aliyun.com/zh/model-studio/dashscope-api-reference
 */
import type { Call } from '../../call.ts'
import { unsupportedOption } from '../../errors.ts'
import type { ContentPart, FilePart, Message } from '../../message.ts'
import { textOf, toParts, withoutEmptyText, withoutVendorData } from '../../message.ts'
import { isOn } from '../../wire/openai/dialect.ts'
import { knownMembers, missingReasoning } from '../../wire/openai/messages.ts'
import { requireResults } from '../../wire/require-results.ts'
import { systemFirst } from '../../wire/system-first.ts'
import { toObjectText } from '../../wire/tool-arguments.ts'
import type { GenerationPath } from './models.ts'
import { readsDocuments } from './models.ts'
import { isThinking } from './thinking.ts'

type Members = Record<string, unknown>

interface EncodedInput {
  input: Members
  oss: boolean
}

/** Properties found while encoding a request. */
interface Findings {
  oss: boolean
}

/** True if a message contains more than text. */
export function hasMedia(messages: readonly Message[]): boolean {
  return messages.some(
    ({ content }) => Array.isArray(content) && content.some((part) => part.type !== 'text'),
  )
}

/**
 * Encodes the `input` of a request.
 * @throws {ConfigError} `unsupported_option` for media on the text path, a raw prompt on the other; `invalid_messages`
 * for tool calls without a result
 */
export function encodeInput(
  messages: readonly Message[],
  call: Call,
  path: GenerationPath,
): EncodedInput {
  const found: Findings = { oss: false }
  const { rawPrompt } = call
  if (rawPrompt !== undefined) {
    if (path === 'text-generation') return { input: { prompt: rawPrompt }, oss: false }
    throw unsupportedOption(call.provider, `does not support raw prompts for "${call.model}"`)
  }
  const encode = path === 'text-generation' ? encodeText : encodeParts
  const spoken = systemFirst(messages.filter((message) => !isSilent(message)))
  requireResults(spoken)
  const input = { messages: spoken.map((message) => encode(message, call, found)) }
  const last = spoken.at(-1)
  // "The last message must come from user, tool or function", unless it is marked as the start of the reply:
  // https://help.aliyun.com/zh/model-studio/partial-mode
  if (last?.role === 'assistant' && !last.tool_calls?.length) {
    if (isThinking(call))
      throw unsupportedOption(
        call.provider,
        'takes no assistant message at the end while thinking: pass `reasoning: false`',
      )
    Object.assign(input.messages.at(-1) ?? {}, { partial: true })
  }
  return { input, oss: found.oss }
}

/**
 * True for an assistant message without content or tool calls ("The content field is a required field"), and for an empty
 * system message, which clients send whose system prompt is not set.
 */
function isSilent(message: Message): boolean {
  if (message.role === 'assistant') return !message.content?.length && !message.tool_calls?.length
  return (
    (message.role === 'system' || message.role === 'developer') && textOf(message.content) === ''
  )
}

/** Returns the properties of a message besides its content. */
function membersOf(message: Message, call: Call): Members {
  if (message.role !== 'assistant') return { ...withoutVendorData(message), role: roleOf(message) }
  const { role, content, tool_calls: toolCalls = [], reasoning_content: reasoning } = message
  const isThoughtless = !reasoning && toolCalls.length > 0 && call.reasoning !== undefined
  // Most models ignore thinking; those with `preserve_thinking` must get it back unchanged.
  const thought =
    reasoning ??
    (isThoughtless && isOn(call.reasoning ?? false) ? missingReasoning(call.model) : undefined)
  return {
    role,
    content,
    ...knownMembers(message),
    ...(thought !== undefined && { reasoning_content: thought }),
    ...(toolCalls.length > 0 && {
      tool_calls: toolCalls.map(({ id, type, function: called }) => ({
        id,
        type,
        // "The "function.arguments" parameter of the code model must be in JSON format."
        function: { ...called, arguments: toObjectText(called.arguments) },
      })),
    }),
  }
}

function encodeText(message: Message, call: Call, found: Findings): Members {
  const { content } = message
  const members: Members = { ...membersOf(message, call), content: textOf(content) }
  if (!Array.isArray(content)) return members
  if (content.some((part) => part.type !== 'text')) {
    if (!readsDocuments(call.model)) {
      throw unsupportedOption(
        call.provider,
        `supports only text for "${call.model}": use a vision model such as qwen3-vl-plus`,
      )
    }
    members.content = content.map((part) => encodeDocument(part, call, found))
    return members
  }
  // A text model rejects parts ("input content must be a string") but accepts a cache marker on the message.
  const marked = content.find((part) => 'cache_control' in part) as Members | undefined
  if (marked) members.cache_control = marked.cache_control
  return members
}

/** Encodes a part for `qwen-doc` models, the only text models that accept parts, with a `type` that others lack. */
function encodeDocument(part: ContentPart, call: Call, found: Findings): Members {
  if (part.type === 'text') return { ...part }
  if (part.type !== 'file')
    throw unsupportedOption(call.provider, `supports only text and files for "${call.model}"`)
  const { type: _type, file, ...rest } = part
  const url = addressOfFile(file, call, found)
  return { type: 'doc_url', doc_url: [url], file_parsing_strategy: 'auto', ...rest }
}

function encodeParts(message: Message, call: Call, found: Findings): Members {
  const { role, content } = message
  const members = membersOf(message, call)
  // An assistant message with only tool calls has no parts: `[]`. Others have a text, which may be empty.
  const silent = role === 'assistant' && !content
  members.content = silent
    ? []
    : withoutEmptyText(toParts(content)).map((part) => encodePart(part, call, found))
  return members
}

/** Encodes a part under its type as the key; other properties (`fps`, `min_pixels`, …) are kept. */
function encodePart(part: ContentPart, call: Call, found: Findings): Members {
  switch (part.type) {
    case 'text': {
      const { type: _type, ...rest } = part
      return rest
    }
    case 'image_url': {
      const { type: _type, image_url: image, ...rest } = part
      // `detail` is an OpenAI hint, replaced by `min_pixels` and `max_pixels` here.
      const { url, detail: _detail, ...settings } = image
      return { image: noteURL(url, found), ...settings, ...rest }
    }
    case 'video_url': {
      const { type: _type, video_url: video, ...rest } = part
      const { url, ...settings } = video
      return { video: noteURL(url, found), ...settings, ...rest }
    }
    case 'video': {
      const { type: _type, video, ...rest } = part
      return { video: video.map((frame) => noteURL(frame, found)), ...rest }
    }
    case 'input_audio': {
      const { type: _type, input_audio: audio, ...rest } = part
      const { data, format, ...settings } = audio
      const isURL = /^(https?|oss|data):/.test(data)
      const mediaType = format === 'mp3' ? 'audio/mpeg' : `audio/${format}`
      const url = isURL ? data : `data:${mediaType};base64,${data}`
      return { audio: noteURL(url, found), ...settings, ...rest }
    }
    default: {
      const { type: _type, file, ...rest } = part
      return { file: addressOfFile(file, call, found), ...rest }
    }
  }
}

function addressOfFile(file: FilePart['file'], call: Call, found: Findings): string {
  const url = file.file_url ?? file.file_data
  if (url === undefined)
    throw unsupportedOption(
      call.provider,
      'supports files by URL only: pass `file_url` or `file_data`',
    )
  return noteURL(url, found)
}

function noteURL(url: string, found: Findings): string {
  if (url.startsWith('oss://')) found.oss = true
  return url
}

function roleOf({ role }: Message): string {
  return role === 'developer' ? 'system' : role
}
