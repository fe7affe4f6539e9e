/**
 * OpenAI's rules for messages.
 * @see https://platform.openai.com/docs/api-reference/chat/create#chat-create-messages
 */
import { callIdsOf, findOrphan, isObject, messagesOf, type Failure, type Json } from '../vendor.ts'
import { missing } from './parameters.ts'
import { hasType, refuse, wrongType } from './refusal.ts'

const ROLES = ['developer', 'system', 'user', 'assistant', 'tool', 'function']

/** Checks the rules for messages that all servers of the format share. */
export function checkMessages(value: unknown): Failure {
  const messages = messagesOf(value)
  if (!messages) return missing('messages')
  if (!messages.length) {
    return refuse("Invalid 'messages': empty array.", 'empty_array', 'messages')
  }
  for (const [index, message] of messages.entries()) {
    const failure = checkMessage(message, index)
    if (failure) return failure
  }
  return checkToolMessages(messages)
}

/** @see https://platform.openai.com/docs/api-reference/chat/create#chat-create-messages */
function checkMessage(message: Json, index: number): Failure {
  const { role, content, function_call: older } = message
  if (!ROLES.includes(String(role)))
    return refuse(`Invalid value: '${String(role)}'.`, 'invalid_value', `messages[${index}].role`)
  if (content == null && !callIdsOf(message).length && older == null) {
    const problem = "Invalid value for 'content': expected a string, got null."
    return refuse(problem, '', `messages.[${index}].content`)
  }
  if (content != null && typeof content !== 'string' && !Array.isArray(content))
    return refuse(
      `Invalid type for 'messages[${index}].content': expected one of a string or array of objects, but got ${Array.isArray(content) ? 'an array' : `a ${typeof content}`} instead.`,
      'invalid_type',
      `messages[${index}].content`,
    )
  const calls = message['tool_calls']
  for (const [place, call] of (Array.isArray(calls) ? calls : []).entries()) {
    const failure = checkCall(call, `messages[${index}].tool_calls[${place}]`)
    if (failure) return failure
  }
  return undefined
}

function checkCall(call: unknown, at: string): Failure {
  if (!isObject(call)) return wrongType(at, 'object', call)
  if (typeof call['id'] !== 'string') return missing(`${at}.id`)
  if (call['type'] === 'custom') return undefined
  const called = call['function']
  if (!isObject(called)) return missing(`${at}.function`)
  if (typeof called['name'] !== 'string') return missing(`${at}.function.name`)
  return typeof called['arguments'] === 'string'
    ? undefined
    : wrongType(`${at}.function.arguments`, 'string', called['arguments'])
}

/** @see https://platform.openai.com/docs/guides/function-calling */
function checkToolMessages(messages: readonly Json[]): Failure {
  const orphan = findOrphan(messages)
  if (orphan !== -1) {
    const message =
      "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
    return refuse(message, '', `messages.[${orphan}].role`)
  }
  for (const [index, message] of messages.entries()) {
    const answered = new Set<unknown>()
    for (let at = index + 1; messages[at]?.['role'] === 'tool'; at++)
      answered.add(messages[at]?.['tool_call_id'])
    const calls = callIdsOf(message)
    if (calls.some((id) => String(id).length > 40)) {
      return refuse(
        'Invalid tool call id: string too long. Expected at most 40 characters.',
        'string_above_max_length',
      )
    }
    if (!calls.every((id) => answered.has(id))) {
      const message =
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'."
      return refuse(message, '', `messages.[${index}].role`)
    }
  }
  return undefined
}

/** Members of a message, by its role. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  developer: ['role', 'content', 'name'],
  system: ['role', 'content', 'name'],
  user: ['role', 'content', 'name'],
  assistant: [
    'role',
    'content',
    'name',
    'tool_calls',
    'function_call',
    'refusal',
    'audio',
    'annotations',
  ],
  tool: ['role', 'content', 'tool_call_id', 'name'],
  function: ['role', 'content', 'name'],
}

/** Parts of content, by the role of the message. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  user: ['text', 'image_url', 'input_audio', 'file'],
  assistant: ['text', 'refusal'],
}

/** Checks the rules of OpenAI itself. */
export function checkMembers(messages: readonly Json[]): Failure {
  const answered = new Set<unknown>() // the calls, since the last message of another role
  for (const [index, message] of messages.entries()) {
    const { role, content, tool_calls: calls } = message
    const at = `messages[${index}]`
    const unknown = Object.keys(message).find((name) => !MEMBERS[String(role)]?.includes(name))
    if (unknown)
      return refuse(
        `Unknown parameter: '${at}.${unknown}'.`,
        'unknown_parameter',
        `${at}.${unknown}`,
      )
    if (typeof message['name'] === 'string' && !/^[^\s<|\\/>]+$/.test(message['name']))
      return refuse(
        `Invalid '${at}.name': string does not match pattern. Expected a string that matches the pattern '^[^\\s<|\\\\/>]+$'.`,
        'invalid_value',
        `${at}.name`,
      )
    if (calls !== undefined && calls !== null && !(Array.isArray(calls) && calls.length > 0))
      return refuse(`Invalid '${at}.tool_calls': empty array.`, 'empty_array', `${at}.tool_calls`)
    const ids = callIdsOf(message)
    if (new Set(ids).size < ids.length)
      return refuse(`Duplicate tool call ids in '${at}.tool_calls'.`)
    if (role !== 'tool') answered.clear()
    else {
      if (answered.has(message['tool_call_id']))
        return refuse(
          `Invalid parameter: Duplicate value for 'tool_call_id' of '${String(message['tool_call_id'])}' in message[${index}].`,
          '',
          at,
        )
      answered.add(message['tool_call_id'])
    }
    if (!Array.isArray(content)) continue
    if (content.length === 0)
      return refuse(`Invalid '${at}.content': empty array.`, 'empty_array', `${at}.content`)
    const failure = content
      .map((part, place) =>
        checkPart(part, PARTS[String(role)] ?? ['text'], `${at}.content[${place}]`),
      )
      .find(Boolean)
    if (failure) return failure
  }
  return undefined
}

/** @see https://platform.openai.com/docs/guides/images-vision */
function checkPart(part: unknown, known: readonly string[], at: string): Failure {
  if (!isObject(part)) return wrongType(at, 'object', part)
  const { type, text, image_url: image, input_audio: audio, file } = part
  if (!known.includes(String(type))) {
    const words = known.map((one) => `'${one}'`).join(', ')
    return refuse(
      `Invalid value: '${String(type)}'. Supported values are: ${words}.`,
      'invalid_value',
      `${at}.type`,
    )
  }
  if (type === 'text')
    return typeof text === 'string' ? undefined : wrongType(`${at}.text`, 'string', text)
  if (type === 'refusal') return undefined
  const inner = { image_url: image, input_audio: audio, file }[String(type)]
  if (!hasType(inner, 'object')) return wrongType(`${at}.${String(type)}`, 'object', inner)
  return type === 'image_url'
    ? checkImage(inner as Json, at)
    : checkBytes(inner as Json, String(type), at)
}

/** @see https://platform.openai.com/docs/guides/images-vision */
function checkImage({ url, detail }: Json, at: string): Failure {
  if (typeof url !== 'string') return missing(`${at}.image_url.url`)
  if (detail !== undefined && !['auto', 'low', 'high', 'original'].includes(detail as string))
    return refuse(
      `Invalid value: ${JSON.stringify(detail)}.`,
      'invalid_value',
      `${at}.image_url.detail`,
    )
  if (/^https?:\/\/./i.test(url)) return undefined
  return /^data:image\/(png|jpe?g|webp|gif);base64,[A-Za-z0-9+/]+={0,2}$/.test(url)
    ? undefined
    : refuse(
        `Invalid '${at}.image_url.url'. Expected a valid URL or a base64-encoded data URL of a png, jpeg, gif or webp image.`,
        'invalid_image_url',
        `${at}.image_url.url`,
      )
}

/** @see https://platform.openai.com/docs/guides/pdf-files */
function checkFile({ file_id: id, file_data: data }: Json, at: string): Failure {
  if (id === undefined && data === undefined) return missing(`${at}.file.file_id`)
  return data === undefined || /^data:[^,]*;base64,/i.test(data as string)
    ? undefined
    : refuse(
        `Invalid '${at}.file.file_data'. Expected a base64-encoded data URL with an application/pdf MIME type (e.g. 'data:application/pdf;base64,aGVsbG8gd29ybGQ='), but got a value without the 'data:' prefix.`,
        'invalid_value',
        `${at}.file.file_data`,
      )
}

function checkBytes(inner: Json, type: string, at: string): Failure {
  if (type === 'file') return checkFile(inner, at)
  const { data, format } = inner
  if (typeof data !== 'string') return missing(`${at}.input_audio.data`)
  return ['wav', 'mp3'].includes(String(format))
    ? undefined
    : refuse(
        `Invalid value: '${String(format)}'. Supported values are: 'wav' and 'mp3'.`,
        'invalid_value',
        `${at}.input_audio.format`,
      )
}
