/**
 * Encodes messages in the OpenAI format as `contents`: alternating turns of user and model, made of parts.
 * @see https://ai.google.dev/api/caching#Content
 */
import type { Call } from '../../call.ts'
import { ConfigError } from '../../errors.ts'
import { parseDataURL } from '../../media.ts'
import type {
  AssistantMessage,
  ContentPart,
  FilePart,
  Message,
  ToolMessage,
} from '../../message.ts'
import { textOf, toParts } from '../../message.ts'
import { toToolCall } from '../../stream/tool-call-assembler.ts'
import { unsupported } from '../../wire/openai/dialect.ts'
import { isGemma, isThirdGeneration, takesResultMedia } from './models.ts'
import type { Part } from './parts.ts'
import { partsOf } from './parts.ts'

interface Content {
  role: 'user' | 'model'
  parts: Part[]
}

/** A call without a result. */
interface OpenCall {
  id: string
  name: string
  /** Present only if the vendor created it. */
  vendorId: string | undefined
  answer?: Part
}

/**
 * @throws {ConfigError} `unsupported_option` for an unsupported part; `invalid_messages` without a user message,
 * or for a call without a result
 */
export function encodeMessages(messages: readonly Message[], call: Call): object {
  const conversation = new Conversation(call)
  for (const message of messages) conversation.add(message)
  return conversation.end()
}

class Conversation {
  #call: Call
  #system: Part[] = []
  #contents: Content[] = []
  #open: OpenCall[] = []

  constructor(call: Call) {
    this.#call = call
  }

  add(message: Message): void {
    // There is one system instruction, wherever in the conversation it was written.
    if (message.role === 'system' || message.role === 'developer') {
      this.#system.push({ text: this.#textOf(message) })
      return
    }
    if (message.role === 'tool') return this.#answer(message)
    this.#closeCalls()
    if (message.role === 'assistant') this.#push('model', this.#encodeAssistant(message))
    else this.#push('user', encodeParts(toParts(message.content), this.#call))
  }

  end(): object {
    this.#closeCalls()
    if (this.#contents.length === 0)
      throw this.#invalid('requires a user message besides the system message')
    if (this.#system.length === 0) return { systemInstruction: undefined, contents: this.#contents }
    if (!isGemma(this.#call.model))
      return { systemInstruction: { parts: this.#system }, contents: this.#contents }
    // The start of the first turn is where Gemma's own chat template puts them.
    const [first, ...others] = this.#contents
    const isUser = first?.role === 'user'
    const parts = isUser ? [...this.#system, ...first.parts] : this.#system
    return { contents: [{ role: 'user', parts }, ...(isUser ? others : this.#contents)] }
  }

  #push(role: Content['role'], parts: Part[]): void {
    if (parts.length === 0) return
    const last = this.#contents.at(-1)
    if (last?.role === role) last.parts.push(...parts)
    else this.#contents.push({ role, parts: [...parts] })
  }

  #encodeAssistant(message: AssistantMessage): Part[] {
    const { tool_calls: calls = [] } = message
    const text = this.#textOf(message)
    const kept = partsOf(message, text)
    const parts = kept ?? [
      ...(text ? [{ text }] : []),
      ...calls.map(({ id, function: { name, arguments: written } }): Part => {
        const { arguments: args, invalid } = toToolCall(id, name, written)
        // Only an object can be sent: invalid JSON of another model is wrapped in one.
        return { functionCall: { name, args: invalid ? { invalid: written } : args } }
      }),
    ]
    const made = parts.filter((part) => part.functionCall)
    this.#open = calls.map(({ id, function: { name } }, index) => {
      const vendorId = made[index]?.functionCall?.id
      return { id, name, vendorId }
    })
    return isThirdGeneration(this.#call.model) ? withSignature(parts) : parts
  }

  /** Adds a result. The server matches results by name, so they are sent in the order of the calls. */
  #answer(message: ToolMessage): void {
    const { tool_call_id: id } = message
    const open = this.#open.find((one) => one.id === id && !one.answer)
    if (!open)
      throw this.#invalid(`requires results directly after their calls: "${id}" has no call`)
    const { name, vendorId } = open
    const { text, media } = takesResultMedia(this.#call.model)
      ? splitResult(message, this.#call)
      : { text: this.#textOf(message), media: [] }
    const parts = media.length > 0 ? { parts: media } : {}
    open.answer = { functionResponse: { id: vendorId, name, response: { result: text }, ...parts } }
  }

  /** Requires a result for each call, as the server does. */
  #closeCalls(): void {
    const missing = this.#open.find(({ answer }) => !answer)
    if (missing) throw this.#invalid(`requires a result for each call: "${missing.id}" has none`)
    this.#push(
      'user',
      this.#open.map(({ answer }) => answer as Part),
    )
    this.#open = []
  }

  #textOf({ role, content }: Message): string {
    const other = Array.isArray(content) && content.find((part) => part.type !== 'text')
    if (other)
      throw unsupported(this.#call, `a part of type ${other.type} in a message of role ${role}`)
    return textOf(content)
  }

  #invalid(problem: string): ConfigError {
    const { provider } = this.#call
    return new ConfigError('invalid_messages', `"${provider}" ${problem}`, { provider })
  }
}

/**
 * Adds signatures: a call without one is rejected with 400. Calls of other models and vendors get Google's
 * documented placeholder. Only the first of several calls needs one.
 * @see https://ai.google.dev/gemini-api/docs/thought-signatures
 */
function withSignature(parts: Part[]): Part[] {
  const first = parts.findIndex((part) => part.functionCall)
  if (first === -1 || parts.some((part) => part.functionCall && part.thoughtSignature)) return parts
  const thoughtSignature = 'skip_thought_signature_validator'
  return parts.map((part, index) => (index === first ? { ...part, thoughtSignature } : part))
}

/** Media types in the results of functions. */
const RESULT_TYPES = /^(image\/(png|jpeg|webp)|application\/pdf|text\/plain)$/

/**
 * Divides a result into its text and its media, which must be inline. Other types are described.
 * @see https://ai.google.dev/gemini-api/docs/function-calling#multimodal
 */
function splitResult({ content }: ToolMessage, call: Call): { text: string; media: Part[] } {
  const described: string[] = []
  const media: Part[] = []
  for (const part of toParts(content).filter(({ type }) => type !== 'text')) {
    const { inlineData } = encodePart(part, call) as { inlineData?: { mimeType: string } }
    if (!inlineData) throw unsupported(call, 'media in a tool result by URL: pass their bytes')
    if (RESULT_TYPES.test(inlineData.mimeType)) media.push({ inlineData })
    else described.push(`[${inlineData.mimeType}]`)
  }
  const text = [textOf(content), ...described].filter(Boolean).join('\n')
  return { text, media }
}

function encodeParts(parts: readonly ContentPart[], call: Call): Part[] {
  const encoded = parts.map((part) => encodePart(part, call))
  // An empty text is rejected next to other parts.
  const said = encoded.filter((part) => part.text !== '')
  return said.length > 0 ? said : [{ text: '' }]
}

function encodePart(part: ContentPart, call: Call): Part {
  if (part.type === 'text') return { text: part.text }
  // The vendor's own settings of a video or an image; `detail` is an OpenAI hint.
  const { videoMetadata, mediaResolution } = part as ContentPart & Part
  return { ...encodeMedia(part, call), videoMetadata, mediaResolution }
}

function encodeMedia(part: Exclude<ContentPart, { type: 'text' }>, call: Call): Part {
  switch (part.type) {
    case 'image_url':
      return fromURL(part.image_url.url, call)
    case 'video_url':
      return fromURL(part.video_url.url, call)
    case 'input_audio': {
      const { data, format } = part.input_audio
      if (/^(https?|data|gs):/i.test(data)) return fromURL(data, call)
      return { inlineData: { mimeType: `audio/${format}`, data } }
    }
    case 'file':
      return fromURL(addressOf(part.file, call), call)
    default:
      throw unsupported(call, `a message part of type ${part.type}`)
  }
}

/** Returns the URL of a file. The Files API identifies files by URL, so an id may be one. */
function addressOf({ file_data: data, file_url: url, file_id: id }: FilePart['file'], call: Call) {
  const address = data ?? url ?? id
  if (address === undefined) throw unsupported(call, 'a file without `file_data` or `file_url`')
  return address
}

function fromURL(url: string, call: Call): Part {
  const inline = parseDataURL(url)
  if (inline) return { inlineData: { mimeType: inline.mediaType, data: inline.base64 } }
  // "File URIs must be File API, YouTube, or HTTPS": https://ai.google.dev/gemini-api/docs/file-input-methods
  if (!/^(https|gs):\/\//i.test(url))
    throw unsupported(call, `media that is neither a data: URL nor at an https: address`)
  return { fileData: { mimeType: mediaTypeOf(url), fileUri: url } }
}

const MEDIA_TYPES = /* @__PURE__ */ new Map([
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['png', 'image/png'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['heic', 'image/heic'],
  ['pdf', 'application/pdf'],
  ['txt', 'text/plain'],
  ['mp4', 'video/mp4'],
  ['mov', 'video/mov'],
  ['webm', 'video/webm'],
  ['mp3', 'audio/mp3'],
  ['wav', 'audio/wav'],
  ['ogg', 'audio/ogg'],
  ['flac', 'audio/flac'],
])

/** Returns the media type by extension. Without one the server detects it. */
function mediaTypeOf(url: string): string | undefined {
  const path = url.split(/[?#]/, 1)[0] as string
  return MEDIA_TYPES.get(path.slice(path.lastIndexOf('.') + 1).toLowerCase())
}
