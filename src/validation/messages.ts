/**
 * Messages in the OpenAI format, checked before anything is sent.
 */
import { ConfigError } from '../errors.ts'
import type { MediaSource, MessageInput } from '../message.ts'
import type { Shape } from './shape.ts'
import { checkShape, choose, list, object, once, oneOf, optional, rule, text } from './shape.ts'

/** The shape for a value by the word in one of its members. */
function variant(member: string, shapes: Record<string, Shape>, unknown: Shape): Shape {
  return choose((value: Record<string, string> | null) => {
    const word = value?.[member]
    return (typeof word === 'string' && Object.hasOwn(shapes, word) && shapes[word]) || unknown
  })
}

const message = once(() => {
  const source = rule('must be a URL or bytes (Blob, ArrayBuffer, Uint8Array)', isSource)
  const url = object({ url: source }, 'must be an object with a url')
  const audioWords = 'must be an object with data and format'
  const bareAudio = object({ data: text, format: text }, audioWords)
  const sound = object({ data: source, format: optional(text) }, audioWords)
  const byType = {
    text: object({ text }),
    image_url: object({ image_url: url }),
    input_audio: object({
      // Bare base64 does not tell what it is.
      input_audio: choose((audio: { data?: unknown } | null) =>
        typeof audio?.data === 'string' && !/^data:/i.test(audio.data) ? bareAudio : sound,
      ),
    }),
    video_url: object({ video_url: url }),
    file: object({ file: object({ file_data: optional(source) }) }),
  }
  const part = variant(
    'type',
    byType,
    object({ type: oneOf([], 'must be text, image_url, input_audio, video_url or file') }),
  )
  const parts = list(part, '')
  const words = oneOf([], 'must be a string or a list of parts')
  const content = choose((value) =>
    Array.isArray(value) ? parts : typeof value === 'string' ? text : words,
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

/** @throws {ConfigError} `invalid_messages`, with the path in words: `messages[2].content[0].type` */
export function checkMessages(messages: readonly MessageInput[]): void {
  if (messages.length === 0)
    throw new ConfigError('invalid_messages', 'messages list must not be empty')
  checkShape(list(message(), ''), messages, 'invalid_messages', 'messages')
  const asked = new Set<string>()
  for (const [index, message] of messages.entries()) {
    if (message.role === 'assistant')
      for (const call of message.tool_calls ?? []) asked.add(call.id)
    if (message.role === 'tool' && !asked.has(message.tool_call_id)) {
      throw new ConfigError(
        'invalid_messages',
        `messages[${index}].tool_call_id "${message.tool_call_id}" answers no tool call of an assistant message before it`,
      )
    }
  }
}

function isSource(value: unknown): value is MediaSource {
  return (
    typeof value === 'string' ||
    value instanceof URL ||
    value instanceof ArrayBuffer ||
    value instanceof Uint8Array ||
    // A Blob, also one of another realm.
    typeof (value as Blob | null | undefined)?.arrayBuffer === 'function'
  )
}
