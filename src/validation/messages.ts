/**
 * Validates messages in the OpenAI format.
 */
import { ConfigError } from '../errors.ts'
import type { MediaSource, MessageInput } from '../message.ts'
import type { Shape } from './shape.ts'
import { checkShape, choose, list, object, once, oneOf, optional, rule, text } from './shape.ts'

/** Picks the shape by the value of one property. */
function variant(member: string, shapes: Record<string, Shape>, unknown: Shape): Shape {
  return choose((value: Record<string, string> | null) => {
    const key = value?.[member]
    return (typeof key === 'string' && Object.hasOwn(shapes, key) && shapes[key]) || unknown
  })
}

const message = once(() => {
  const source = rule('must be a URL or bytes (Blob, ArrayBuffer, Uint8Array)', isSource)
  const url = object({ url: source }, 'must be an object with a url')
  const audioMessage = 'must be an object with data and format'
  const bareAudio = object({ data: text, format: text }, audioMessage)
  const sound = object({ data: source, format: optional(text) }, audioMessage)
  const byType = {
    text: object({ text }),
    image_url: object({ image_url: url }),
    input_audio: object({
      // Bare base64 needs an explicit format.
      input_audio: choose((audio: { data?: unknown } | null) =>
        typeof audio?.data === 'string' && !/^data:/i.test(audio.data) ? bareAudio : sound,
      ),
    }),
    video_url: object({ video_url: url }),
    video: object({ video: list(source, 'must be a list of frames') }),
    file: object({
      file: choose((file: { file_id?: unknown; file_url?: unknown } | null) =>
        object({ file_data: file?.file_id || file?.file_url ? optional(source) : source }),
      ),
    }),
  }
  const part = variant(
    'type',
    byType,
    object({ type: oneOf([], 'must be text, image_url, input_audio, video_url, video or file') }),
  )
  const parts = list(part, '')
  const neither = oneOf([], 'must be a string or a list of parts')
  const content = choose((value) =>
    Array.isArray(value) ? parts : typeof value === 'string' ? text : neither,
  )
  const toolCall = object({
    id: text,
    type: oneOf(['function'], 'must be "function"'),
    function: object(
      { name: text, arguments: text },
      'must be an object with name and arguments as text',
    ),
  })
  const system = object({ content })
  return variant(
    'role',
    {
      system,
      developer: system,
      user: system,
      assistant: object({
        content: optional(choose((value) => (value === null ? oneOf([null], '') : content))),
        tool_calls: optional(list(toolCall, 'must be a list of tool calls')),
      }),
      tool: object({ content, tool_call_id: text }),
    },
    object(
      { role: oneOf([], 'must be system, developer, user, assistant or tool') },
      'must be an object with role and content',
    ),
  )
})

/** @throws {ConfigError} `invalid_messages` with the path: `messages[2].content[0].type` */
export function checkMessages(messages: readonly MessageInput[]): void {
  if (messages?.length === 0)
    throw new ConfigError('invalid_messages', 'messages list must not be empty')
  checkEach(messages)
  const called = new Set<string>()
  for (const [index, message] of messages.entries()) {
    if (message.role === 'assistant')
      for (const toolCall of message.tool_calls ?? []) called.add(toolCall.id)
    if (message.role === 'tool' && !called.has(message.tool_call_id)) {
      throw new ConfigError(
        'invalid_messages',
        `messages[${index}].tool_call_id "${message.tool_call_id}" matches no tool call of an earlier assistant message`,
      )
    }
  }
}

/**
 * Checks each message by itself: for a part of a conversation, which may be empty.
 * @throws {ConfigError} `invalid_messages` with the path: `messages[2].content[0].type`
 */
export function checkEach(messages: readonly MessageInput[]): void {
  checkShape(
    list(message(), 'must be a list of messages'),
    messages,
    'invalid_messages',
    'messages',
  )
}

function isSource(value: unknown): value is MediaSource {
  return (
    typeof value === 'string' ||
    value instanceof URL ||
    // Bytes or a Blob, possibly of another realm, as in tests with jsdom.
    /^\[object (ArrayBuffer|Uint8Array)\]$/.test(Object.prototype.toString.call(value)) ||
    typeof (value as Blob | null | undefined)?.arrayBuffer === 'function'
  )
}
