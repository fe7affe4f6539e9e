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
  ToolMessage,
} from '../message.ts'
import { textOf } from '../message.ts'
import { toMediaPart } from './media-part.ts'
import {
  invalid,
  readList,
  readOptionalText,
  readRecord,
  readText,
  toContentText,
} from './reader.ts'
import { parseJSON } from '../parse-json.ts'

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
const DENIED = 'The user denied the tool call'
/** Start of the ids of interrupts that ask for an approval. */
const APPROVAL = 'approval-'
/** Media types of parts that come without one. */
const TYPES: Record<string, string> = {
  image: 'image/*',
  audio: 'audio/wav',
  video: 'video/*',
  document: 'application/pdf',
}

/**
 * Converts a `RunAgentInput`, as AG-UI clients, CopilotKit and TanStack AI send it, to messages and tools of a chat.
 * A tool call without a result gets one that says so, since servers refuse a call without its tool message. Only calls
 * at the end that the user approved, by the `resume` of the request, stay open: `runTools({ approved: true })` runs them.
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
  const reader = new MessageReader(options)
  for (const [index, value] of readList(body.messages, 'messages').entries())
    reader.read(readRecord(value, `messages[${index}]`), `messages[${index}]`)
  reader.decide(readResume(body.resume))
  return { threadId, runId, messages: reader.out, tools, context }
}

/** What the user decided about a tool call, by the id of its interrupt. */
type Decisions = Map<string, Members | undefined>

function readResume(value: unknown): Decisions {
  const decisions: Decisions = new Map()
  for (const [index, one] of readList(value ?? [], 'resume').entries()) {
    const path = `resume[${index}]`
    const { status, payload, ...entry } = readRecord(one, path)
    const id = readText(entry, 'interruptId', path)
    const decision = isRecord(payload) ? payload : { approved: payload === true }
    decisions.set(id, status === 'cancelled' ? undefined : decision)
  }
  return decisions
}

/** Converts messages one by one. */
class MessageReader {
  readonly out: Message[] = []
  #allowSystem: boolean | undefined
  /** The tool message of each call, which waits for its result. */
  #results = new Map<string, ToolMessage>()
  /** Reasoning of the reply that follows, and what the vendor requires back with it. */
  #reasoning = ''
  #fields: Members = {}

  constructor({ allowSystem }: FromRunAgentInputOptions) {
    this.#allowSystem = allowSystem
  }

  read(message: Members, path: string): void {
    const { role } = message
    if (role === 'activity') return
    if (role === 'tool') return this.#readResult(message, path)
    if (role === 'reasoning') {
      this.#reasoning += readText(message, 'content', path)
      this.#fields = readFields(message.encryptedValue)
      return
    }
    if (role === 'assistant') this.#readAssistant(message, path)
    else if (role === 'user')
      this.out.push({ role, content: readContent(message.content, `${path}.content`) })
    else if (role === 'system' || role === 'developer') {
      if (!this.#allowSystem)
        throw invalid(path, `is a ${role} message, which a page may not send (see \`allowSystem\`)`)
      this.out.push({ role, content: readText(message, 'content', path) })
    } else
      throw invalid(`${path}.role`, 'must be user, assistant, tool, reasoning, activity or system')
    this.#reasoning = ''
    this.#fields = {}
  }

  /** Vendors want the results of calls directly after them; a page may add one later. */
  #readResult(message: Members, path: string): void {
    const id = readText(message, 'toolCallId', path)
    const result: ToolMessage = this.#results.get(id) ?? {
      role: 'tool',
      tool_call_id: id,
      content: '',
    }
    if (!this.#results.has(id)) this.out.push(result)
    const content = readContent(message.content, `${path}.content`)
    result.content = content.length > 0 ? content : (readOptionalText(message, 'error', path) ?? '')
  }

  #readAssistant(message: Members, path: string): void {
    for (const assistant of readAssistant(message, path, {
      ...(this.#reasoning && { reasoning_content: this.#reasoning }),
      ...this.#fields,
    })) {
      const calls = assistant.tool_calls ?? []
      if (assistant.content || calls.length > 0) this.out.push(assistant)
      for (const { id } of calls) {
        const result: ToolMessage = { role: 'tool', tool_call_id: id, content: UNANSWERED }
        this.#results.set(id, result)
        this.out.push(result)
      }
    }
  }

  /** Leaves the calls open that the user approved, if they are the last messages, and answers those that were denied. */
  decide(decisions: Decisions): void {
    const last = this.out.at(-1)
    // The page asks again after a reply that was cut.
    if (decisions.size > 0 && last?.role === 'assistant' && !last.tool_calls) this.out.pop()
    let end = this.out.length
    while (this.out[end - 1]?.role === 'tool') end--
    const assistant = this.out[end - 1] as AssistantMessage | undefined
    const approved = new Set<string>()
    for (const call of assistant?.tool_calls ?? []) {
      const decision = decisions.get(APPROVAL + call.id)
      const result = this.#results.get(call.id)
      if (!decision || !isOpen(result)) continue
      const { reason, editedArgs } = decision
      if (decision.approved === true) {
        approved.add(call.id)
        if (isRecord(editedArgs)) call.function.arguments = toContentText(editedArgs)
      } else result.content = typeof reason === 'string' ? reason : DENIED
    }
    const results = this.out.splice(end) as ToolMessage[]
    for (const result of results) if (!approved.has(result.tool_call_id)) this.out.push(result)
  }
}

/** A result that TanStack AI (0.33.2) adds for the user's decision. */
const DECISION = /^\{"approved":(?:true,"pendingExecution":true|false),"message":"[^"]*"\}$/

/** True for a call that has no result: one that has run must not run again. */
function isOpen(result: ToolMessage | undefined): result is ToolMessage {
  const content = textOf(result?.content ?? '')
  return content === UNANSWERED || DECISION.test(content)
}

/**
 * Reads the replies of a message: TanStack AI (0.33.2) adds the calls of a step without text to the message before.
 * `toResponse()` sent the fields of each reply with its first call.
 */
function readAssistant(message: Members, path: string, before: Members): AssistantMessage[] {
  const content = textOf(readContent(message.content ?? '', `${path}.content`))
  const replies: AssistantMessage[] = [{ ...before, role: 'assistant', content }]
  const list = readList(message.toolCalls ?? [], `${path}.toolCalls`)
  for (const [index, value] of list.entries()) {
    const own = `${path}.toolCalls[${index}]`
    const call = readRecord(value, own)
    const { name, arguments: args } = readRecord(call.function, `${own}.function`)
    if (typeof name !== 'string') throw invalid(`${own}.function.name`, 'must be a string')
    if (typeof args !== 'string') throw invalid(`${own}.function.arguments`, 'must be a string')
    const fields = readFields(call.encryptedValue)
    const isNext = index > 0 && Object.keys(fields).length > 0
    if (isNext) replies.push({ role: 'assistant', content: '' })
    const reply = Object.assign(replies.at(-1) as AssistantMessage, fields)
    const calls = (reply.tool_calls ??= [])
    calls.push({
      id: readText(call, 'id', own),
      type: 'function',
      function: { name, arguments: args || '{}' },
    })
  }
  return replies
}

/** Reads what `toResponse()` sent for the vendor. Values of other servers are not ours to read. */
function readFields(encrypted: unknown): Members {
  const value = typeof encrypted === 'string' ? parseJSON(encrypted) : undefined
  if (!isRecord(value)) return {}
  const { provider_data, reasoning_details, reasoning_content } = value
  return {
    ...(isRecord(provider_data) && { provider_data }),
    ...(Array.isArray(reasoning_details) && { reasoning_details }),
    ...(typeof reasoning_content === 'string' && { reasoning_content }),
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
  // assistant-ui, TanStack AI
  const { filename } = isRecord(part.metadata) ? part.metadata : {}
  const name = typeof filename === 'string' ? { filename } : {}
  return toMediaPart({ url, mediaType, ...name }, `${path}.source.value`)
}
