/**
 * Asks, runs the tools that are called, asks again, until no tool is called.
 * A small stand-in for `runTools` of chatwire, with the same events and results: to be replaced by it.
 */
import type {
  BaseChatModel,
  ChatRequest,
  ChatResult,
  Message,
  StreamEvent,
  ToolCall,
} from 'chatwire'
import { ToolError } from 'chatwire'
import type { PageTool } from './tools.ts'

export interface StepEvent {
  type: 'step'
  step: number
}

export interface ToolResultEvent {
  type: 'tool-result'
  toolCallId: string
  content: string
  error?: { message: string }
}

export interface ToolRunRequest extends Omit<ChatRequest, 'tools' | 'messages'> {
  messages: readonly Message[]
  tools: readonly PageTool[]
  maxSteps: number
  stream: true
}

export type ToolRunResult = ChatResult & { messages: Message[] }

export function runTools(llm: BaseChatModel, request: ToolRunRequest): ToolRun {
  return new ToolRun(llm, request)
}

export class ToolRun {
  #llm: BaseChatModel
  #request: ToolRunRequest
  #messages: Message[]
  #reply: { partial: ChatResult } | undefined

  constructor(llm: BaseChatModel, request: ToolRunRequest) {
    this.#llm = llm
    this.#request = request
    this.#messages = [...request.messages]
  }

  get partial(): ToolRunResult | undefined {
    return this.#reply && { ...this.#reply.partial, messages: this.#messages }
  }

  async *events(): AsyncGenerator<StreamEvent | StepEvent | ToolResultEvent> {
    const { tools: box, maxSteps, ...request } = this.#request
    const tools = box.map(({ name, description, parameters }) => {
      return { type: 'function' as const, function: { name, description, parameters } }
    })
    for (let step = 1; step <= maxSteps; step++) {
      yield { type: 'step', step }
      const reply = this.#llm.chat({
        ...request,
        messages: this.#messages,
        ...(tools.length > 0 && { tools }),
        stream: true,
      })
      this.#reply = reply
      yield* reply.events()
      const { message, toolCalls } = await reply.result()
      this.#messages = [...this.#messages, message]
      if (toolCalls.length === 0) return
      for (const call of toolCalls) {
        const result = answer(call, box)
        this.#messages.push({ role: 'tool', tool_call_id: call.id, content: result.content })
        yield result
      }
    }
    throw new ToolError('too_many_steps', `The model still calls tools in step ${maxSteps}`)
  }
}

function answer(call: ToolCall, box: readonly PageTool[]): ToolResultEvent {
  const result = { type: 'tool-result' as const, toolCallId: call.id }
  try {
    const tool = box.find(({ name }) => name === call.name)
    if (!tool) throw new ReferenceError(`There is no tool "${call.name}"`)
    if (call.invalid) throw new SyntaxError(call.invalid)
    return { ...result, content: tool.execute(call.arguments) }
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    return { ...result, content: `Error: ${message}`, error: { message } }
  }
}
