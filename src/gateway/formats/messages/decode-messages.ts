/**
 * Rebuilds a conversation in the OpenAI format, which all models are asked in.
 * @see https://platform.claude.com/docs/en/api/messages/create#body-messages
 */
import { HttpError, invalid } from '../../../edge/http-error.ts'
import { isRecord } from '../../../is-record.ts'
import type { AssistantMessage, ContentPart, Message, MessageToolCall } from '../../../message.ts'
import type { Members } from '../shapes.ts'
import { asText, isPublicURL } from '../shapes.ts'
import { simplify, toToolMessage } from '../tool-result.ts'

/** Text by which Claude Code counts its own requests. It changes each time, so that no prompt would be cached. */
const BILLING = /^x-anthropic-billing-header:/

/** @throws {HttpError} 400 with the path of what cannot be used */
export function decodeConversation({ system, messages }: Members, most: number): Message[] {
  const given = messages as Members[]
  if (given.length > most)
    throw new HttpError(invalid(`messages must be at most ${most}, not ${given.length}`))
  const decoded = given.flatMap((message, index) => decodeMessage(message, `messages[${index}]`))
  checkResults(given)
  const instructions = system === undefined ? '' : decodeSystem(system, 'system')
  const conversation = joinTurns(decoded)
  return instructions ? [{ role: 'system', content: instructions }, ...conversation] : conversation
}

/** Joins messages of the assistant in a row, as the API does: the first may make calls, and the next more of them. */
function joinTurns(messages: readonly Message[]): Message[] {
  const joined: Message[] = []
  for (const message of messages) {
    const last = joined.at(-1)
    if (message.role !== 'assistant' || last?.role !== 'assistant') joined.push(message)
    else joined[joined.length - 1] = joinMessages(last, message)
  }
  return joined
}

function joinMessages(first: AssistantMessage, next: AssistantMessage): Message {
  const toolCalls = [...(first.tool_calls ?? []), ...(next.tool_calls ?? [])]
  const sealed = [first, next].flatMap(({ provider_data: data = [] }) => data as never[])
  const texts = [first, next].map(({ content }) => content as string | null)
  return toAssistantMessage(texts.filter(Boolean).join('\n\n'), toolCalls, sealed)
}

/** Checks that each result belongs to a call, where the path of its block is known. @throws {HttpError} 400 */
function checkResults(messages: readonly Members[]): void {
  const called = new Set<unknown>()
  for (const [index, { content }] of messages.entries()) {
    for (const [at, block] of (Array.isArray(content) ? (content as Members[]) : []).entries()) {
      if (block.type === 'tool_use') called.add(block.id)
      if (block.type !== 'tool_result' || called.has(block.tool_use_id)) continue
      const path = `messages[${index}].content[${at}].tool_use_id`
      const id = asText(block.tool_use_id).slice(0, 40)
      throw new HttpError(invalid(`${path} "${id}" matches no tool_use of an earlier message`))
    }
  }
}

function decodeSystem(content: unknown, path: string): string {
  if (typeof content === 'string') return content
  return blocksOf(content, path)
    .map((block, at) => textOf(block, `${path}[${at}]`))
    .filter((text) => text !== '' && !BILLING.test(text))
    .join('\n\n')
}

function decodeMessage({ role, content }: Members, path: string): Message[] {
  if (role === 'system') return [{ role, content: decodeSystem(content, `${path}.content`) }]
  if (role !== 'user' && role !== 'assistant')
    throw new HttpError(invalid(`${path}.role must be "user", "assistant" or "system"`))
  if (typeof content === 'string') return [{ role, content }]
  const blocks = blocksOf(content, `${path}.content`)
  return role === 'user'
    ? decodeUser(blocks, `${path}.content`)
    : [decodeAssistant(blocks, `${path}.content`)]
}

function blocksOf(content: unknown, path: string): Members[] {
  if (Array.isArray(content) && content.every(isRecord)) return content as Members[]
  throw new HttpError(invalid(`${path} must be a string or a list of blocks`))
}

/** Results of tools come first, each as a message of its own. */
function decodeUser(blocks: readonly Members[], path: string): Message[] {
  const results: Message[] = []
  const media: ContentPart[] = []
  const parts: ContentPart[] = []
  for (const [at, block] of blocks.entries()) {
    const where = `${path}[${at}]`
    if (block.type === 'tool_result') results.push(decodeResult(block, where, media))
    else parts.push(...decodeBlock(block, where))
  }
  const said = [...media, ...parts]
  if (said.length === 0) return results
  return [...results, { role: 'user', content: simplify(said) }]
}

function decodeResult(block: Members, path: string, media: ContentPart[]): Message {
  const { tool_use_id: id, content = '', is_error: isError } = block
  if (typeof id !== 'string') throw new HttpError(invalid(`${path}.tool_use_id must be a string`))
  const parts =
    typeof content === 'string' || content === null
      ? [{ type: 'text' as const, text: content ?? '' }]
      : blocksOf(content, `${path}.content`).flatMap((one, at) =>
          decodeBlock(one, `${path}.content[${at}]`),
        )
  const message = toToolMessage(id, parts, media)
  const text = message.content as string
  // No other format has a mark for it.
  const isMarked = isError !== true || /^\W*(\w*_)?error/i.test(text)
  return isMarked ? message : { ...message, content: `Error: ${text}` }
}

function decodeAssistant(blocks: readonly Members[], path: string): AssistantMessage {
  let content = ''
  const toolCalls: MessageToolCall[] = []
  const sealed: unknown[] = []
  for (const [at, block] of blocks.entries()) {
    const where = `${path}[${at}]`
    switch (block.type) {
      case 'text':
        content += textOf(block, where)
        break
      case 'tool_use':
        toolCalls.push(decodeToolUse(block, where))
        break
      // Only what a signature holds counts: the text beside it may be anything.
      case 'thinking':
        sealed.push(block.signature)
        break
      case 'redacted_thinking':
        sealed.push(block.data)
        break
      default:
        throw unsupported(block, where, 'text, tool_use, thinking or redacted_thinking')
    }
  }
  return toAssistantMessage(content, toolCalls, sealed)
}

function toAssistantMessage(
  content: string,
  toolCalls: MessageToolCall[],
  sealed: unknown[],
): AssistantMessage {
  return {
    role: 'assistant',
    content: content || (toolCalls.length > 0 ? null : ''),
    ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
    ...(sealed.length > 0 && { provider_data: sealed as never }),
  }
}

function decodeToolUse({ id, name, input }: Members, path: string): MessageToolCall {
  if (typeof id !== 'string' || typeof name !== 'string' || !isRecord(input))
    throw new HttpError(invalid(`${path} must be an object with id, name and input`))
  return { id, type: 'function', function: { name, arguments: JSON.stringify(input) } }
}

function decodeBlock(block: Members, path: string): ContentPart[] {
  switch (block.type) {
    case 'text':
      return [{ type: 'text', text: textOf(block, path) }]
    case 'image':
      return [{ type: 'image_url', image_url: { url: decodeSource(block.source, path, 'image/') } }]
    case 'document':
      return decodeDocument(block, path)
    case 'search_result':
      return decodeSearchResult(block, path)
    // The tools themselves are all sent.
    case 'tool_reference':
      return [{ type: 'text', text: `Tool available: ${asText(block.tool_name)}` }]
    default:
      throw unsupported(block, path, 'text, image, document, search_result or tool_result')
  }
}

function textOf({ type, text }: Members, path: string): string {
  if (type === 'text' && typeof text === 'string') return text
  throw new HttpError(invalid(`${path} must be a block with type "text" and text`))
}

/** Plain texts become text, which every model reads; other documents are files. */
function decodeDocument(block: Members, path: string): ContentPart[] {
  const { source, title, context, citations } = block
  if (isRecord(citations) && citations.enabled === true)
    throw new HttpError(invalid(`${path}.citations.enabled must be false: it is not supported`))
  const { type, data, content } = isRecord(source) ? source : ({} as Members)
  const heading = [title, context].filter((one) => typeof one === 'string' && one).join('\n')
  const headed: ContentPart[] = heading ? [{ type: 'text', text: heading }] : []
  if (type === 'text' && typeof data === 'string') return [...headed, { type: 'text', text: data }]
  if (type === 'content') {
    if (typeof content === 'string') return [...headed, { type: 'text', text: content }]
    const blocks = blocksOf(content, `${path}.source.content`)
    return [
      ...headed,
      ...blocks.flatMap((one, at) => decodeBlock(one, `${path}.source.content[${at}]`)),
    ]
  }
  const url = decodeSource(source, path, 'application/pdf')
  const filename = typeof title === 'string' && title ? title : 'document.pdf'
  const file = /^data:/i.test(url) ? { file_data: url, filename } : { file_url: url, filename }
  return [{ type: 'file', file }]
}

function decodeSearchResult({ source, title, content }: Members, path: string): ContentPart[] {
  const texts = blocksOf(content, `${path}.content`).map((block, at) =>
    textOf(block, `${path}.content[${at}]`),
  )
  const heading = [title, source].filter((one) => typeof one === 'string' && one)
  return [{ type: 'text', text: [...heading, ...texts].join('\n') }]
}

/** Ids of files would be those of the operator's account. */
function decodeSource(source: unknown, path: string, mediaType: string): string {
  const { type, url, data, media_type: given } = isRecord(source) ? source : ({} as Members)
  if (type === 'url' && typeof url === 'string' && /^https?:/i.test(url) && isPublicURL(url))
    return url
  const isKnown = typeof given === 'string' && given.startsWith(mediaType)
  if (type === 'base64' && typeof data === 'string' && isKnown)
    return `data:${given};base64,${data}`
  throw new HttpError(
    invalid(
      `${path}.source must be { type: "url", url } with an http(s) URL, or { type: "base64", media_type, data }`,
    ),
  )
}

function unsupported({ type }: Members, path: string, known: string): HttpError {
  return new HttpError(invalid(`${path}.type must be ${known}, not ${asText(type).slice(0, 40)}`))
}
