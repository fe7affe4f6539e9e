/**
 * Rebuilds the messages of a request from the properties that their role defines.
 */
import { isRecord } from '../../../is-record.ts'
import type { ContentPart, Message } from '../../../message.ts'
import { invalid, HttpError } from '../../../edge/http-error.ts'
import { isPublicURL, pick } from '../shapes.ts'
import { toToolMessage } from '../tool-result.ts'

type Members = Record<string, unknown>

const MEMBERS = ['role', 'content', 'name', 'tool_call_id']

/** Members of an assistant message. `provider_data` is opaque; the gateway opens it. */
const ASSISTANT_MEMBERS = ['role', 'name', 'reasoning_content', 'provider_data']

/** Properties of an assistant message that are not forwarded although the model would need them. */
const LOST = ['function_call', 'audio']

/** Maximum length of short texts such as names and ids, in characters. */
const MAX_NAME = 512

/**
 * Copies messages without properties that the format does not define. Clients add properties for their own use,
 * and vendor-specific ones could refer to another caller's files.
 * @throws {HttpError} 400
 */
export function rebuildMessages(messages: readonly Members[], most: number): Message[] {
  if (messages.length > most) {
    throw new HttpError(invalid(`messages must be at most ${most}, not ${messages.length}`))
  }
  return messages.flatMap((message, index) => {
    const path = `messages[${index}]`
    const rebuilt =
      message.role === 'assistant' ? rebuildAssistant(message, path) : pick(message, MEMBERS)
    for (const name of ['name', 'tool_call_id']) {
      const value = rebuilt[name]
      if (value === undefined || (typeof value === 'string' && value.length <= MAX_NAME)) continue
      throw new HttpError(
        invalid(`${path}.${name} must be a string of at most ${MAX_NAME} characters`),
      )
    }
    if (Array.isArray(rebuilt.content)) {
      rebuilt.content = rebuilt.content.map((part, at) =>
        rebuildPart(part, `${path}.content[${at}]`),
      )
    }
    return splitResult(rebuilt as unknown as Message)
  })
}

/** Moves what is not text out of a result into a message of the user, as the other formats do: few vendors take it there. */
function splitResult(message: Message): Message[] {
  const { role, content } = message
  if (role !== 'tool' || !Array.isArray(content)) return [message]
  const known = content.every(
    (part: unknown) =>
      isRecord(part) && (part.type === 'text' ? typeof part.text === 'string' : isKnown(part)),
  )
  // What is malformed is left to the check.
  if (
    !known ||
    typeof message.tool_call_id !== 'string' ||
    content.every(({ type }) => type === 'text')
  )
    return [message]
  const media: ContentPart[] = []
  const result = toToolMessage(message.tool_call_id, content, media)
  return [result, { role: 'user', content: media }]
}

/** The payload property of each part type, with its own properties. */
const PARTS: Record<string, [member: string, members: readonly string[] | undefined]> = {
  text: ['text', undefined],
  image_url: ['image_url', ['url', 'detail']],
  input_audio: ['input_audio', ['data', 'format']],
  video_url: ['video_url', ['url']],
  video: ['video', undefined],
  file: ['file', ['file_data', 'filename']],
}

function isKnown(part: Members): part is Members & { type: string } {
  return typeof part.type === 'string' && Object.hasOwn(PARTS, part.type)
}

/** @throws {HttpError} 400 for file ids and for URLs that only a vendor can resolve */
function rebuildPart(part: unknown, path: string): unknown {
  if (!isRecord(part) || !isKnown(part)) return part
  const { type } = part
  if (type === 'video') return rebuildFrames(part, path)
  const [member, members] = PARTS[type] as (typeof PARTS)[string]
  const given = part[member]
  // Mistral's clients send the URL alone.
  const value = type === 'image_url' && typeof given === 'string' ? { url: given } : given
  if (!members || !isRecord(value)) return { type, [member]: value }
  if (value.file_id != null) {
    throw new HttpError(invalid(`${path}.file.file_id is not supported: send file_data`))
  }
  for (const name of ['url', 'file_data']) {
    checkSource(value[name], `${path}.${member}.${name}`)
  }
  return { type, [member]: pick(value, members) }
}

/** Frames of a video, as clients of DashScope's OpenAI endpoint send them. */
function rebuildFrames({ type, video, fps }: Members, path: string): Members {
  if (Array.isArray(video))
    for (const [index, frame] of video.entries()) checkSource(frame, `${path}.video[${index}]`)
  return { type, video, ...(fps != null && { fps }) }
}

function checkSource(source: unknown, path: string): void {
  if (typeof source === 'string' && !isPublicURL(source))
    throw new HttpError(invalid(`${path} must be an http(s) or data URL`))
}

function rebuildAssistant(message: Members, path: string): Members {
  // The words of speech are its content too.
  const lost = LOST.find((name) => message[name] != null && !(name === 'audio' && message.content))
  if (lost) throw new HttpError(invalid(`${path}.${lost} is not supported`))
  const rebuilt = pick(message, ASSISTANT_MEMBERS)
  rebuilt.content = toContent(message)
  const { tool_calls: toolCalls } = message
  if (Array.isArray(toolCalls)) rebuilt.tool_calls = toolCalls.map(rebuildToolCall)
  else if (toolCalls != null) rebuilt.tool_calls = toolCalls // the message check rejects it
  return rebuilt
}

/** Returns a refusal as text: only OpenAI's format has a separate property for it. */
function toContent({ content, refusal }: Members): unknown {
  if (!Array.isArray(content)) return content ?? (typeof refusal === 'string' ? refusal : null)
  return content.map((part) =>
    part?.type === 'refusal' ? { type: 'text', text: part.refusal } : part,
  )
}

/** Clients add an index, and the parsed arguments. Mistral's may send these alone. */
function rebuildToolCall(toolCall: unknown): unknown {
  if (!isRecord(toolCall)) return toolCall
  const { id, type = 'function', function: given } = toolCall
  if (!isRecord(given)) return toolCall
  const { name, arguments: text } = given
  return { id, type, function: { name, arguments: isRecord(text) ? JSON.stringify(text) : text } }
}
