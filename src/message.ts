/**
 * Messages, tools and tool calls in the OpenAI format, the common language of every server here.
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */

/** Plain text. */
export interface TextPart {
  type: 'text'
  /** As it is written. */
  text: string
}

/** A picture: an `https:` URL or a `data:` URL. */
export interface ImagePart {
  type: 'image_url'
  /** Where it is, and how closely the model shall look. */
  image_url: { url: string; detail?: 'auto' | 'low' | 'high' | undefined }
}

/** Sound: base64, with or without a `data:` prefix; an `https:` URL where the server takes one. */
export interface AudioPart {
  type: 'input_audio'
  /** The sound, and its format (`wav`, `mp3`). */
  input_audio: { data: string; format: string }
}

/** A film: an `https:` URL or a `data:` URL. */
export interface VideoPart {
  type: 'video_url'
  /** Where it is. */
  video_url: { url: string }
}

/** A file: by id, by URL, or as a `data:` URL in `file_data`. */
export interface FilePart {
  type: 'file'
  /** One of `file_id`, `file_url` and `file_data`; `filename` is what the model is told. */
  file: {
    file_id?: string | undefined
    file_data?: string | undefined
    file_url?: string | undefined
    filename?: string | undefined
  }
}

/** One piece of a message that is more than a string. */
export type ContentPart = TextPart | ImagePart | AudioPart | VideoPart | FilePart

/** Where a picture, a sound or a file is: at a URL (`https:`, `data:`), or here as bytes. */
export type MediaSource = string | URL | Blob | ArrayBuffer | Uint8Array

/** A piece of a message as a caller may write it: bytes may stand where a URL is sent. */
export type ContentPartInput =
  | ContentPart
  | {
      type: 'image_url'
      image_url: { url: MediaSource; detail?: 'auto' | 'low' | 'high' | undefined }
    }
  | { type: 'video_url'; video_url: { url: MediaSource } }
  /** `format` (`wav`, `mp3`) is read from the bytes where it is absent. */
  | { type: 'input_audio'; input_audio: { data: MediaSource; format?: string | undefined } }
  /** `filename` is that of a `File` where it is absent. */
  | { type: 'file'; file: { file_data: MediaSource; filename?: string | undefined } }

/** Instructions. `developer` is sent as `system` to servers that do not know it. */
export interface SystemMessage {
  /** Which of the two words a server knows is not your concern. */
  role: 'system' | 'developer'
  /** What the model shall be and do. */
  content: string | TextPart[]
  /** Tells speakers of one role apart, where the server takes it. */
  name?: string | undefined
}

/** What the person said. */
export interface UserMessage {
  role: 'user'
  /** A text, or parts of it with pictures, sounds and files. */
  content: string | ContentPart[]
  /** Tells speakers of one role apart, where the server takes it. */
  name?: string | undefined
}

/** A tool call as it stands in an assistant message: `arguments` is JSON text. */
export interface MessageToolCall {
  /** What the answer to it names as `tool_call_id`. */
  id: string
  type: 'function'
  /** The tool, and its arguments as JSON text. */
  function: { name: string; arguments: string }
}

/** What the model said. */
export interface AssistantMessage {
  role: 'assistant'
  /** Absent or `null` where it only called tools. */
  content?: string | TextPart[] | null | undefined
  /** What it wanted to be run; each needs a `ToolMessage` behind it. */
  tool_calls?: MessageToolCall[] | undefined
  /** Thinking of this turn. Sent back where a vendor demands it, left out where it is forbidden. */
  reasoning_content?: string | undefined
  /**
   * What a vendor wants back unchanged on the next turn (signatures of its thinking), by the vendor's name.
   * Sent to that vendor only.
   */
  provider_data?: Record<string, unknown> | undefined
  /** Tells speakers of one role apart, where the server takes it. */
  name?: string | undefined
}

/** What a tool answered. `tool_call_id` names a call of an assistant message before it. */
export interface ToolMessage {
  role: 'tool'
  /** What the model is told: a text, or JSON. */
  content: string | TextPart[]
  /** The `id` of the call. */
  tool_call_id: string
  /** The tool that answered. */
  name?: string | undefined
}

/**
 * One turn. Members that are not listed here travel on as they are, for a vendor's own (`partial`, `cache_control`).
 */
export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage

/** One turn as a caller may write it: the bytes in it become data URLs before a model sees them. */
export type MessageInput =
  | Message
  | { role: 'user'; content: ContentPartInput[]; name?: string | undefined }

/** A function that the model may ask for; `parameters` is a JSON Schema. */
export interface FunctionDefinition {
  /** Up to 64 letters, digits, `_` and `-`. */
  name: string
  /** What it does and when to call it, for the model. */
  description?: string | undefined
  /** A JSON Schema of the arguments. Absent: it takes none. */
  parameters?: Record<string, unknown> | undefined
  /** Asks the server to hold the model to the schema, where it can. */
  strict?: boolean | undefined
}

/** A tool in the OpenAI format. */
export interface FunctionTool {
  type: 'function'
  /** What the model is told of it. */
  function: FunctionDefinition
}

/** A tool that the vendor runs itself (web search, retrieval, MCP), in the vendor's own spelling. */
export interface VendorTool {
  /** The vendor's word for it, such as `web_search`. */
  type: string & {}
  /** Its settings. */
  [member: string]: unknown
}

/** A tool as a request carries it. */
export type ToolDefinition = FunctionTool | VendorTool

/** A whole tool call of a reply. */
export interface ToolCall {
  /** What the answer to it names as `tool_call_id`. */
  id: string
  /** The tool, as the model wrote it: it may be one that there is not. */
  name: string
  /** The parsed arguments; `{}` for an empty text and for one that is `invalid`. */
  arguments: Record<string, unknown>
  /** The arguments as the model wrote them. */
  argumentsText: string
  /** Why the call must not be run: its text is no JSON object, or the reply was cut. */
  invalid?: string
}

/** True for a tool of the caller's own, false for one that the vendor runs. */
export function isFunctionTool(tool: ToolDefinition): tool is FunctionTool {
  return tool.type === 'function'
}

/** The text of a content, its parts joined; anything that is not text is left out. */
export function textOf(content: MessageInput['content']): string {
  if (typeof content === 'string') return content
  if (!content) return ''
  let text = ''
  for (const part of content) if (part.type === 'text') text += part.text
  return text
}

/** Where the user spoke last; -1 where that never was. */
export function lastUserIndex(messages: readonly MessageInput[]): number {
  return messages.map(({ role }) => role).lastIndexOf('user')
}

/** The message without what single vendors want back: for a vendor whose it is not. */
export function withoutVendorData(message: Message): Message & Record<string, unknown> {
  const {
    provider_data: _data,
    reasoning_details: _details,
    ...rest
  } = message as Message & Record<string, unknown>
  return rest as Message & Record<string, unknown>
}

/** The content as parts, whichever way it was written. */
export function toParts(content: Message['content']): ContentPart[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return content ?? []
}
