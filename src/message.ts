/**
 * Messages, tools and tool calls in the OpenAI format, used for every server.
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */

/** Plain text. */
export interface TextPart {
  type: 'text'
  /** The text. */
  text: string
}

/** An image, by `https:` or `data:` URL. */
export interface ImagePart {
  type: 'image_url'
  /** URL and resolution hint. */
  image_url: { url: string; detail?: 'auto' | 'low' | 'high' | undefined }
}

/** Audio: base64 with or without a `data:` prefix, or an `https:` URL if the server supports it. */
export interface AudioPart {
  type: 'input_audio'
  /** The audio and its format (`wav`, `mp3`). */
  input_audio: { data: string; format: string }
}

/** A video, by `https:` or `data:` URL. */
export interface VideoPart {
  type: 'video_url'
  /** URL of the video. */
  video_url: { url: string }
}

/**
 * A video as its frames, in order, by `https:` or `data:` URL. Read by Qwen's models; `fps` tells how many frames show a
 * second.
 * @see https://help.aliyun.com/zh/model-studio/vision
 */
export interface VideoFramesPart {
  type: 'video'
  /** URLs of the frames. */
  video: string[]
  /** Frames per second. By default the server's. */
  fps?: number | undefined
}

/** A file, by id, by URL, or as a `data:` URL in `file_data`. */
export interface FilePart {
  type: 'file'
  /** One of `file_id`, `file_url` and `file_data`; the model sees `filename`. */
  file: {
    file_id?: string | undefined
    file_data?: string | undefined
    file_url?: string | undefined
    filename?: string | undefined
  }
}

/** One part of a multimodal message. */
export type ContentPart = TextPart | ImagePart | AudioPart | VideoPart | VideoFramesPart | FilePart

/** Media by URL (`https:`, `data:`) or as bytes. */
export type MediaSource = string | URL | Blob | ArrayBuffer | Uint8Array

/** A content part as callers may pass it, with bytes in place of a URL. */
export type ContentPartInput =
  | ContentPart
  | {
      type: 'image_url'
      image_url: { url: MediaSource; detail?: 'auto' | 'low' | 'high' | undefined }
    }
  | { type: 'video_url'; video_url: { url: MediaSource } }
  | { type: 'video'; video: MediaSource[]; fps?: number | undefined }
  /** `format` (`wav`, `mp3`) defaults to the one detected from the bytes. */
  | { type: 'input_audio'; input_audio: { data: MediaSource; format?: string | undefined } }
  /** `filename` defaults to the name of a `File`. */
  | { type: 'file'; file: { file_data: MediaSource; filename?: string | undefined } }

/** Instructions. `developer` becomes `system` for servers that do not support it. */
export interface SystemMessage {
  /** Either works with every server. */
  role: 'system' | 'developer'
  /** The instructions. */
  content: string | TextPart[]
  /** Distinguishes participants of one role, if the server supports it. */
  name?: string | undefined
}

/** A user's turn. */
export interface UserMessage {
  role: 'user'
  /** Text, or parts with images, audio, video and files. */
  content: string | ContentPart[]
  /** Distinguishes participants of one role, if the server supports it. */
  name?: string | undefined
}

/** A tool call in an assistant message. */
export interface MessageToolCall {
  /** Referenced by `tool_call_id` of the tool message. */
  id: string
  type: 'function'
  /** Name of the tool and its arguments as JSON text. */
  function: { name: string; arguments: string }
}

/** Speech of a model, as OpenAI sends it. */
export interface ReplyAudio {
  /** Refers to it in a later turn, until it expires. */
  id?: string | undefined
  /** Base64 of the audio, in the format that the request asked for. */
  data?: string | undefined
  /** Its words. */
  transcript?: string | undefined
  /** End of the reference, in seconds since 1970. */
  expires_at?: number | undefined
}

/** A model's turn. */
export interface AssistantMessage {
  role: 'assistant'
  /** Absent or `null` if the model only called tools. */
  content?: string | TextPart[] | null | undefined
  /** Requested tool calls; each needs a `ToolMessage` after it. */
  tool_calls?: MessageToolCall[] | undefined
  /** Reasoning of this turn. Sent back only to vendors that require it. */
  reasoning_content?: string | undefined
  /** Speech of this turn. Of a reply the next turn gets the words, which are its content; `{ id }` refers to it. */
  audio?: ReplyAudio | null | undefined
  /** Pictures that the model made, by `data:` or `https:` URL. Not sent back: add one to a user's message for that. */
  images?: ImagePart[] | undefined
  /**
   * Data a vendor requires back unchanged in the next turn, such as reasoning signatures, keyed by vendor.
   * Sent only to that vendor.
   */
  provider_data?: Record<string, unknown> | undefined
  /** Distinguishes participants of one role, if the server supports it. */
  name?: string | undefined
}

/** A tool's result. `tool_call_id` refers to a tool call of an earlier assistant message. */
export interface ToolMessage {
  role: 'tool'
  /** Text or JSON for the model, with images and files for servers that take them in results. */
  content: string | ContentPart[]
  /** The `id` of the tool call. */
  tool_call_id: string
  /** Name of the tool. */
  name?: string | undefined
}

/**
 * One turn. Unlisted members are sent unchanged, for vendor extensions (`partial`, `cache_control`).
 */
export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage

/** One turn as callers may pass it; bytes become data URLs before they are sent. */
export type MessageInput =
  | Message
  | { role: 'user'; content: ContentPartInput[]; name?: string | undefined }

/** A function the model may call. */
export interface FunctionDefinition {
  /** Up to 64 letters, digits, `_` and `-`. */
  name: string
  /** Tells the model what the function does and when to call it. */
  description?: string | undefined
  /** JSON Schema of the arguments. Omitted: it takes none. */
  parameters?: Record<string, unknown> | undefined
  /** Makes the server enforce the schema, where supported. */
  strict?: boolean | undefined
}

/** A tool in the OpenAI format. */
export interface FunctionTool {
  type: 'function'
  /** Definition sent to the model. */
  function: FunctionDefinition
}

/** A tool the vendor runs (web search, retrieval, MCP), in the vendor's own format. */
export interface VendorTool {
  /** The vendor's type, such as `web_search`. */
  type: string & {}
  /** Its settings. */
  [member: string]: unknown
}

/** A tool in a request. */
export type ToolDefinition = FunctionTool | VendorTool

/** A complete tool call of a reply. */
export interface ToolCall {
  /** Referenced by `tool_call_id` of the tool message. */
  id: string
  /** Name of the tool as the model wrote it; it may not exist. */
  name: string
  /** Parsed arguments; `{}` if the text is empty or the call is `invalid`. */
  arguments: Record<string, unknown>
  /** Arguments as the model wrote them. */
  argumentsText: string
  /** Reason not to run the call: the arguments are not a JSON object, or the reply was cut. */
  invalid?: string
}

/** True for a caller's function, false for a tool the vendor runs. */
export function isFunctionTool(tool: ToolDefinition): tool is FunctionTool {
  return tool?.type === 'function'
}

/** Joins the text parts of a content; ignores other parts. */
export function textOf(content: MessageInput['content']): string {
  if (typeof content === 'string') return content
  if (!content) return ''
  let text = ''
  for (const part of content) if (part.type === 'text') text += part.text
  return text
}

/** Drops empty texts next to other parts, which some servers reject: pages send one with an image that has no text. */
export function withoutEmptyText(parts: readonly ContentPart[]): readonly ContentPart[] {
  const kept = parts.filter((part) => part.type !== 'text' || part.text !== '')
  return kept.length > 0 ? kept : parts
}

/** Index of the last user message, or -1. */
export function lastUserIndex(messages: readonly MessageInput[]): number {
  return messages.map(({ role }) => role).lastIndexOf('user')
}

/** Removes vendor-specific data, for requests to other vendors. */
export function withoutVendorData(message: Message): Message & Record<string, unknown> {
  const {
    provider_data: _data,
    reasoning_details: _details,
    ...rest
  } = message as Message & Record<string, unknown>
  return rest as Message & Record<string, unknown>
}

/** Converts content to parts. */
export function toParts(content: Message['content']): ContentPart[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return content ?? []
}
