/**
 * Writes events as the UI message stream of the AI SDK, version 1.
 * @see https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol
 */
import type {
  FinishEvent,
  FinishReason,
  Source,
  StreamEvent,
  ToolCallDelta,
  ToolResultEvent,
} from '../../event.ts'
import type { ToolCall } from '../../message.ts'
import type { EventEncoder } from './encoder.ts'
import { frame } from './encoder.ts'
import { GrowingCalls } from '../growing-calls.ts'
import { parseJSON } from '../../parse-json.ts'

type Chunk = { type: string } & Record<string, unknown>

const FINISH_REASONS: Partial<Record<FinishReason, string>> = {
  content_filter: 'content-filter',
  tool_calls: 'tool-calls',
}

/** Creates the encoder of one stream. */
export function createUIMessageEncoder({ messageId }: { messageId?: string }): EventEncoder {
  return new UIMessageEncoder(messageId)
}

class UIMessageEncoder implements EventEncoder {
  #messageId: string | undefined
  #hasStarted = false
  #isInStep = false
  /** The text or reasoning that is being written. */
  #block: { type: 'text' | 'reasoning'; id: string } | undefined
  #blocks = 0
  #sources = 0
  #growing = new GrowingCalls()
  /** The first call of this step. */
  #call: string | undefined
  /** Ids of the calls whose result the page does not have. */
  #openCalls = new Set<string>()
  #out: Chunk[] = []

  constructor(messageId: string | undefined) {
    this.#messageId = messageId
  }

  event(event: StreamEvent): string[] {
    this.#start()
    this.#encode(event)
    return this.#flush(event.type === 'finish')
  }

  error({ message }: { message: string }): string[] {
    this.#start()
    this.#closeBlock()
    this.#out.push({ type: 'error', errorText: message })
    return this.#flush(true)
  }

  abort(): string[] {
    this.#start()
    this.#closeBlock()
    this.#out.push({ type: 'abort' })
    return this.#flush(true)
  }

  #flush(isLast: boolean): string[] {
    const frames = this.#out.map(frame)
    this.#out = []
    if (isLast) frames.push('data: [DONE]\n\n')
    return frames
  }

  #start(): void {
    if (this.#hasStarted) return
    this.#hasStarted = true
    this.#out.push({ type: 'start', ...(this.#messageId && { messageId: this.#messageId }) })
  }

  #encode(event: StreamEvent): void {
    switch (event.type) {
      case 'text-delta':
        return this.#write('text', event.text)
      case 'reasoning-delta':
        return this.#write('reasoning', event.text)
      case 'tool-call-delta':
        return this.#growCall(event)
      case 'tool-call':
        return this.#endCall(event.toolCall)
      case 'tool-result':
        return this.#endTool(event)
      case 'source':
        return this.#addSource(event.source)
      case 'step':
        return this.#nextStep()
      case 'failover':
        return event.action === 'restart' ? this.#resetStep() : undefined
      case 'retry':
        return
      case 'usage':
        this.#out.push({ type: 'message-metadata', messageMetadata: { usage: event.usage } })
        return
      case 'finish':
        return this.#finish(event)
      default:
        event satisfies never
    }
  }

  #write(type: 'text' | 'reasoning', delta: string): void {
    this.#openStep()
    if (this.#block?.type !== type) {
      this.#closeBlock()
      this.#block = { type, id: `${type}-${++this.#blocks}` }
      this.#out.push({ type: `${type}-start`, id: this.#block.id })
    }
    this.#out.push({ type: `${type}-delta`, id: this.#block.id, delta })
  }

  #closeBlock(): void {
    if (this.#block) this.#out.push({ type: `${this.#block.type}-end`, id: this.#block.id })
    this.#block = undefined
  }

  #openStep(): void {
    if (this.#isInStep) return
    this.#isInStep = true
    this.#out.push({ type: 'start-step' })
  }

  #closeStep(): void {
    this.#closeBlock()
    if (this.#isInStep) this.#out.push({ type: 'finish-step' })
    this.#isInStep = false
    this.#growing.endAll()
  }

  #nextStep(): void {
    this.#call = undefined
    this.#closeStep()
    this.#openStep()
  }

  /** Discards what this step has shown: another model starts over. */
  #resetStep(): void {
    this.#block = undefined
    this.#growing.endAll()
    this.#openCalls.clear()
    this.#call = undefined
    if (this.#isInStep) this.#out.push({ type: 'reset-step' })
  }

  #growCall(event: ToolCallDelta): void {
    this.#openStep()
    this.#closeBlock()
    for (const { call, isFirst, delta: inputTextDelta } of this.#growing.add(event)) {
      const { id: toolCallId, name: toolName } = call
      if (isFirst) this.#out.push({ type: 'tool-input-start', toolCallId, toolName })
      this.#out.push({ type: 'tool-input-delta', toolCallId, inputTextDelta })
    }
  }

  #endCall({ id: toolCallId, name: toolName, invalid, ...call }: ToolCall): void {
    this.#openStep()
    this.#closeBlock()
    this.#openCalls.add(toolCallId)
    this.#call ??= toolCallId
    const members = { toolCallId, toolName }
    this.#out.push(
      invalid === undefined
        ? { type: 'tool-input-available', ...members, input: call.arguments }
        : { type: 'tool-input-error', ...members, input: call.argumentsText, errorText: invalid },
    )
  }

  #endTool({ toolCallId, content, error, refused }: ToolResultEvent): void {
    this.#openCalls.delete(toolCallId)
    if (refused) return this.#deny(toolCallId, content)
    this.#out.push(
      error
        ? { type: 'tool-output-error', toolCallId, errorText: content }
        : { type: 'tool-output-available', toolCallId, output: parseContent(content) },
    )
  }

  /** A part that was denied has an approval: here one that the server asked for and answered. */
  #deny(toolCallId: string, reason: string): void {
    const approvalId = `approval-${toolCallId}`
    this.#out.push(
      { type: 'tool-approval-request', approvalId, toolCallId, isAutomatic: true },
      { type: 'tool-approval-response', approvalId, approved: false, reason },
      { type: 'tool-output-denied', toolCallId },
    )
  }

  #addSource({ url, title, siteName }: Source): void {
    this.#openStep()
    const sourceId = `source-${++this.#sources}`
    const name = title ?? siteName
    if (url !== undefined) {
      this.#out.push({
        type: 'source-url',
        sourceId,
        url,
        ...(name !== undefined && { title: name }),
      })
    } else if (name !== undefined) {
      this.#out.push({ type: 'source-document', sourceId, mediaType: 'text/plain', title: name })
    }
  }

  #finish(event: FinishEvent): void {
    const { finishReason, messageFields, stepFields, awaitsApproval = [], response } = event
    for (const toolCallId of awaitsApproval) {
      const approvalId = `approval-${toolCallId}`
      this.#out.push({ type: 'tool-approval-request', approvalId, toolCallId })
    }
    this.#closeStep()
    // What the vendor requires back, for a page that answers the tool calls: `fromUIMessages` reads it.
    const call = this.#openCalls.size > 0 ? this.#call : undefined
    const needed = { ...stepFields, ...(call && messageFields && { [call]: messageFields }) }
    const messageMetadata = {
      ...(response && { model: response.model, provider: response.provider }),
      ...(Object.keys(needed).length > 0 && { messageFields: needed }),
    }
    this.#out.push({
      type: 'finish',
      finishReason: FINISH_REASONS[finishReason] ?? finishReason,
      messageMetadata,
    })
  }
}

/** Returns the object or list that the text is the JSON of, or the text. */
function parseContent(content: string): unknown {
  return /^\s*[[{]/.test(content) ? (parseJSON(content) ?? content) : content
}
