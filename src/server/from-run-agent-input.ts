/**
 * Reads the requests of AG-UI clients.
 * @see https://docs.ag-ui.com/sdk/js/core/types
 */
import { isRecord } from '../is-record.ts'
import type {
  AssistantMessage,
  ContentPart,
  FunctionTool,
  Message,
  MessageToolCall,
} from '../message.ts'
import { textOf } from '../message.ts'
import { toMediaPart } from './media-part.ts'
import { invalid, readList, readOptionalText, readRecord, readText } from './reader.ts'

/** Options of `fromRunAgentInput`. */
export interface FromRunAgentInputOptions {
  /**
   * Accepts system and developer messages. By default they are refused, since a page could use them to replace the
   * instructions of your server.
   * @default false
   */
  allowSystem?: boolean | undefined
}

/** A request of an AG-UI client. */
export interface AGUIRequest {
  /** For `toResponse({ threadId })`. */
  threadId: string
  /** For `toResponse({ runId })`. */
  runId: string
  /** The conversation. */
  messages: Message[]
  /** The tools of the page. It runs their calls itself, and sends the results with its next request. */
  tools: FunctionTool[]
  /** Statements of the page about itself. Put into a prompt what you trust. */
  context: { description: string; value: string }[]
}

type Members = Record<string, unknown>

const UNANSWERED = 'The tool was not run'
/** Media types of parts that come without one. */
const TYPES: Record<string, string> = {
  image: 'image/*',
  audio: 'audio/wav',
  video: 'video/*',
  document: 'application/pdf',
}

/**
 * Converts a `RunAgentInput`, as AG-UI clients, CopilotKit and TanStack AI send it, to messages and tools of a chat.
 * A tool call without a result gets one that says so, since servers refuse a call without its tool message.
 * @throws {ConfigError} `invalid_messages` with the path of the member that is wrong: respond with 400
 * @example
 * const { messages, tools, threadId, runId } = fromRunAgentInput(await request.json())
 * const stream = llm.chatWithFunctions({ messages, tools, stream: true })
 * const response = stream.toResponse({ format: 'ag-ui', threadId, runId })
 */
export function fromRunAgentInput(
  input: unknown,
  options: FromRunAgentInputOptions = {},
): AGUIRequest {
  const body = readRecord(input, 'input')
  const tools = readList(body.tools ?? [], 'tools').map((value, index): FunctionTool => {
    const path = `tools[${index}]`
    const tool = readRecord(value, path)
    const description = readOptionalText(tool, 'description', path)
    return {
      type: 'function',
      function: {
        name: readText(tool, 'name', path),
        ...(description !== undefined && { description }),
        ...(isRecord(tool.parameters) && { parameters: tool.parameters }),
      },
    }
  })
  const context = readList(body.context ?? [], 'context').map((value, index) => {
    const path = `context[${index}]`
    const entry = readRecord(value, path)
    return {
      description: readText(entry, 'description', path),
      value: readText(entry, 'value', path),
    }
  })
  const threadId = readText(body, 'threadId', 'input')
  const runId = readText(body, 'runId', 'input')
  return { threadId, runId, messages: readMessages(body.messages, options), tools, context }
}

function readMessages(value: unknown, { allowSystem }: FromRunAgentInputOptions): Message[] {
  const out: Message[] = []
  let reasoning = ''
  let open: string[] = []
  const closeCalls = () => {
    for (const id of open) out.push({ role: 'tool', tool_call_id: id, content: UNANSWERED })
    open = []
  }
  for (const [index, one] of readList(value, 'messages').entries()) {
    const path = `messages[${index}]`
    const message = readRecord(one, path)
    const { role } = message
    if (role === 'tool') {
      const id = readText(message, 'toolCallId', path)
      open = open.filter((other) => other !== id)
      const content = textOf(readContent(message.content, `${path}.content`))
      out.push({ role, tool_call_id: id, content })
      continue
    }
    if (role === 'activity') continue
    closeCalls()
    if (role === 'reasoning') reasoning += readText(message, 'content', path)
    else if (role === 'assistant') {
      const assistant = readAssistant(message, path)
      if (reasoning) assistant.reasoning_content = reasoning
      reasoning = ''
      open = assistant.tool_calls?.map(({ id }) => id) ?? []
      if (assistant.content || open.length > 0) out.push(assistant)
    } else if (role === 'user')
      out.push({ role, content: readContent(message.content, `${path}.content`) })
    else if (role === 'system' || role === 'developer') {
      if (!allowSystem)
        throw invalid(path, `is a ${role} message, which a page may not send (see \`allowSystem\`)`)
      out.push({ role, content: readText(message, 'content', path) })
    } else
      throw invalid(`${path}.role`, 'must be user, assistant, tool, reasoning, activity or system')
  }
  closeCalls()
  return out
}

function readAssistant(message: Members, path: string): AssistantMessage {
  const list = readList(message.toolCalls ?? [], `${path}.toolCalls`)
  let fields: Members = {}
  const toolCalls = list.map((value, index): MessageToolCall => {
    const own = `${path}.toolCalls[${index}]`
    const call = readRecord(value, own)
    const { name, arguments: args } = readRecord(call.function, `${own}.function`)
    if (typeof name !== 'string') throw invalid(`${own}.function.name`, 'must be a string')
    if (typeof args !== 'string') throw invalid(`${own}.function.arguments`, 'must be a string')
    fields = { ...readFields(call.encryptedValue), ...fields }
    return {
      id: readText(call, 'id', own),
      type: 'function',
      function: { name, arguments: args || '{}' },
    }
  })
  const content = message.content ?? ''
  return {
    ...fields,
    role: 'assistant',
    content: textOf(readContent(content, `${path}.content`)),
    ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
  }
}

/** Reads what `toResponse()` sent for the vendor. Values of other servers are not ours to read. */
function readFields(encrypted: unknown): Members {
  try {
    const value: unknown = typeof encrypted === 'string' ? JSON.parse(encrypted) : undefined
    if (!isRecord(value)) return {}
    const { provider_data, reasoning_details } = value
    return {
      ...(isRecord(provider_data) && { provider_data }),
      ...(Array.isArray(reasoning_details) && { reasoning_details }),
    }
  } catch {
    return {}
  }
}

function readContent(content: unknown, path: string): string | ContentPart[] {
  if (typeof content === 'string') return content
  const parts = readList(content, path).map((value, index) => {
    const own = `${path}[${index}]`
    return readPart(readRecord(value, own), own)
  })
  return parts.every((part) => part.type === 'text') ? textOf(parts) : parts
}

function readPart(part: Members, path: string): ContentPart {
  const type = readText(part, 'type', path)
  if (type === 'text') {
    // TanStack AI calls it `content`.
    return { type, text: readText(part, part.text === undefined ? 'content' : 'text', path) }
  }
  // Clients before AG-UI 1.0.
  if (type === 'binary') {
    const mediaType = readText(part, 'mimeType', path)
    const data = readOptionalText(part, 'data', path)
    const url =
      data === undefined ? readText(part, 'url', path) : `data:${mediaType};base64,${data}`
    const filename = readOptionalText(part, 'filename', path)
    return toMediaPart({ url, mediaType, filename }, path)
  }
  if (!Object.hasOwn(TYPES, type))
    throw invalid(`${path}.type`, 'must be text, image, audio, video or document')
  const source = readRecord(part.source, `${path}.source`)
  const value = readText(source, 'value', `${path}.source`)
  const mediaType =
    readOptionalText(source, 'mimeType', `${path}.source`) ?? (TYPES[type] as string)
  if (source.type === 'file')
    throw invalid(`${path}.source.type`, 'must be data or url: this server keeps no files')
  const url = source.type === 'data' ? `data:${mediaType};base64,${value}` : value
  return toMediaPart({ url, mediaType }, `${path}.source.value`)
}
