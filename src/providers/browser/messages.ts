/**
 * Encodes messages and options for the browser's Prompt API.
 */
import type { Call } from '../../call.ts'
import { ConfigError, unsupportedOption } from '../../errors.ts'
import { parseDataURL } from '../../media.ts'
import type { ContentPart, Message } from '../../message.ts'
import { textOf, toParts } from '../../message.ts'
import type { ChatOptions } from '../../options.ts'
import type { Prompt, PromptPart } from './session.ts'

/** Options that the API lacks or silently ignores. */
const UNSUPPORTED = [
  'topP',
  'maxTokens',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'repetitionPenalty',
  'user',
] as const satisfies readonly (keyof ChatOptions)[]

/** A conversation, divided as the API requires. */
export interface EncodedMessages {
  /** The start of the session. */
  initialPrompts: Prompt[]
  /** The prompt to the model. */
  input: Prompt
  /** Input types other than text. */
  expectedInputs: { type: PromptPart['type'] }[] | undefined
}

/** @throws {ConfigError} `unsupported_option` */
export function rejectOptions(call: Call): void {
  const { provider, tools, toolChoice, reasoning, search } = call
  for (const option of UNSUPPORTED)
    if (call[option] !== undefined) throw unsupported(provider, `\`${option}\``)
  if (search !== undefined && search !== false) throw unsupported(provider, '`search`')
  const thinks = typeof reasoning === 'object' ? reasoning.effort !== 'none' : reasoning
  if (thinks) throw unsupported(provider, '`reasoning`')
  if (tools?.length && toolChoice !== 'none') throw unsupported(provider, TOOLS)
}

const TOOLS = 'tools natively: wrap it in `withPromptedTools`'

/** @throws {ConfigError} `unsupported_option`, `invalid_messages` */
export function encodeMessages(messages: readonly Message[], provider: string): EncodedMessages {
  const prompts: Prompt[] = []
  const types = new Set<PromptPart['type']>(['text'])
  for (const message of messages) {
    const prompt = encodeMessage(message, provider)
    for (const part of toList(prompt.content)) types.add(part.type)
    const [first] = prompts
    if (prompt.role !== 'system' || !first) prompts.push(prompt)
    else if (prompts.length > 1 || first.role !== 'system')
      throw unsupported(provider, 'a system message that is not the first')
    // The API accepts a single system message.
    else first.content = `${first.content as string}\n\n${prompt.content as string}`
  }
  const input = prompts.pop() as Prompt
  // The start of a reply, which the model continues, as other servers do.
  if (input.role === 'assistant') input.prefix = true
  if (input.role === 'system') {
    throw new ConfigError(
      'invalid_messages',
      `"${provider}" requires a user message besides the system message`,
      { provider },
    )
  }
  const expectedInputs = types.size > 1 ? [...types].map((type) => ({ type })) : undefined
  return { initialPrompts: prompts, input, expectedInputs }
}

function toList(content: Prompt['content']): PromptPart[] {
  return typeof content === 'string' ? [] : content
}

function encodeMessage(message: Message, provider: string): Prompt {
  const { role, content } = message
  if (role === 'user') return { role, content: encodeContent(content, provider) }
  if (message.role === 'tool') throw unsupported(provider, TOOLS)
  if (message.role !== 'assistant') return { role: 'system', content: textOf(content) }
  if (message.tool_calls?.length) throw unsupported(provider, TOOLS)
  return { role: 'assistant', content: textOf(content) }
}

function encodeContent(content: Message['content'], provider: string): Prompt['content'] {
  const parts = toParts(content)
  if (parts.every(({ type }) => type === 'text')) return textOf(content)
  return parts.map((part) => encodePart(part, provider))
}

function encodePart(part: ContentPart, provider: string): PromptPart {
  if (part.type === 'text') return { type: 'text', value: part.text }
  if (part.type === 'image_url') {
    const inline = parseDataURL(part.image_url.url)
    if (!inline) throw unsupported(provider, 'an image URL (pass a data: URL)')
    return { type: 'image', value: toBlob(inline.base64, inline.mediaType) }
  }
  if (part.type === 'input_audio') {
    const { data, format } = part.input_audio
    return { type: 'audio', value: toBlob(data, `audio/${format}`) }
  }
  throw unsupported(provider, `a message part of type ${part.type}`)
}

function toBlob(base64: string, type: string): Blob {
  try {
    return new Blob([Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0))], { type })
  } catch (cause) {
    throw new ConfigError('invalid_messages', `A message part of ${type} is not base64`, { cause })
  }
}

/** Creates the error for an unsupported option. */
export function unsupported(provider: string, what: string): ConfigError {
  return unsupportedOption(provider, `does not support ${what}`)
}
