/**
 * Writes events as AG-UI, version 1.0.
 * @see https://docs.ag-ui.com/concepts/events
 */
import type {
  FinishEvent,
  StreamEvent,
  ToolCallDelta,
  ToolResultEvent,
  Usage,
} from '../../event.ts'
import type { ToolCall } from '../../message.ts'
import { toJSON } from '../../well-formed.ts'
import type { EventEncoder } from './encoder.ts'
import { frame } from './encoder.ts'
import { GrowingCalls } from '../growing-calls.ts'

type AGUIEvent = { type: string } & Record<string, unknown>

const STOPPED = 'The reply was stopped'

/** Ids of the run; by default random ones. */
export interface AGUIOptions {
  messageId?: string
  threadId?: string
  runId?: string
}

/** Creates the encoder of one run. */
export function createAGUIEncoder({
  messageId = crypto.randomUUID(),
  threadId = crypto.randomUUID(),
  runId = crypto.randomUUID(),
}: AGUIOptions): EventEncoder {
  return new AGUIEncoder(messageId, { threadId, runId })
}

class AGUIEncoder implements EventEncoder {
  #id: string
  #run: { threadId: string; runId: string }
  #hasStarted = false
  #ids = 0
  #step: string | undefined
  /** The text or reasoning that is being written. */
  #block: { kind: 'TEXT' | 'REASONING'; messageId: string } | undefined
  /** The assistant's message of this step, which has its tool calls. */
  #messageId: string | undefined
  /** The reasoning of this step, and the id of its last message. */
  #reasoning = { text: '', messageId: '' }
  /** The first call of this step. */
  #call: string | undefined
  #growing = new GrowingCalls()
  /** The calls whose result the page does not have, by id. */
  #openCalls = new Map<string, ToolCall>()
  #usage: Usage | undefined
  #out: AGUIEvent[] = []

  constructor(id: string, run: { threadId: string; runId: string }) {
    this.#id = id
    this.#run = run
  }

  event(event: StreamEvent): string[] {
    this.#start()
    this.#encode(event)
    return this.#flush()
  }

  error({ message, code }: { message: string; code: string }): string[] {
    this.#start()
    this.#closeBlock()
    this.#out.push({ type: 'RUN_ERROR', message, code })
    return this.#flush()
  }

  abort(): string[] {
    // A run that finishes has complete tool calls, which a page may run.
    if (this.#growing.endAll().length > 0) return this.error({ message: STOPPED, code: 'aborted' })
    this.#start()
    this.#closeBlock()
    for (const toolCallId of this.#openCalls.keys()) this.#endTool({ toolCallId, content: STOPPED })
    this.#closeStep()
    // No outcome `cancelled`: clients before 1.0 refuse it.
    this.#out.push({ type: 'RUN_FINISHED', ...this.#run, result: { finishReason: 'aborted' } })
    return this.#flush()
  }

  #flush(): string[] {
    const frames = this.#out.map(frame)
    this.#out = []
    return frames
  }

  #start(): void {
    if (this.#hasStarted) return
    this.#hasStarted = true
    this.#out.push({ type: 'RUN_STARTED', ...this.#run })
  }

  #encode(event: StreamEvent): void {
    switch (event.type) {
      case 'text-delta':
        return this.#write('TEXT', event.text)
      case 'reasoning-delta':
        return this.#write('REASONING', event.text)
      case 'tool-call-delta':
        return this.#growCall(event)
      case 'tool-call':
        return this.#endCall(event.toolCall, event.index)
      case 'tool-result':
        return this.#endTool(event)
      case 'source':
        this.#out.push({ type: 'CUSTOM', name: 'source', value: event.source })
        return
      case 'step':
        this.#closeStep()
        this.#step = `step-${event.step}`
        this.#out.push({ type: 'STEP_STARTED', stepName: this.#step })
        return
      case 'failover':
        return event.action === 'restart' ? this.#restart() : undefined
      case 'retry':
        return
      case 'usage':
        this.#usage = event.usage
        return
      case 'finish':
        return this.#finish(event)
      default:
        event satisfies never
    }
  }

  #newId(): string {
    return ++this.#ids === 1 ? this.#id : `${this.#id}-${this.#ids}`
  }

  #write(kind: 'TEXT' | 'REASONING', delta: string): void {
    if (this.#block?.kind !== kind) {
      this.#closeBlock()
      const messageId = this.#newId()
      this.#block = { kind, messageId }
      if (kind === 'TEXT') this.#messageId ??= messageId
      else {
        this.#reasoning.messageId = messageId
        this.#out.push({ type: 'REASONING_START', messageId })
      }
      const role = kind === 'TEXT' ? 'assistant' : 'reasoning'
      this.#out.push({ type: `${kind}_MESSAGE_START`, messageId, role })
    }
    if (kind === 'REASONING') this.#reasoning.text += delta
    const { messageId } = this.#block
    this.#out.push({ type: `${kind}_MESSAGE_CONTENT`, messageId, delta })
  }

  #closeBlock(): void {
    if (!this.#block) return
    const { kind, messageId } = this.#block
    this.#block = undefined
    this.#out.push({ type: `${kind}_MESSAGE_END`, messageId })
    if (kind === 'REASONING') this.#out.push({ type: 'REASONING_END', messageId })
  }

  #closeStep(): void {
    this.#closeBlock()
    this.#forget()
    if (this.#step !== undefined) this.#out.push({ type: 'STEP_FINISHED', stepName: this.#step })
    this.#step = undefined
  }

  /** Another model starts over. AG-UI cannot take a message back: a custom event names the one to discard. */
  #restart(): void {
    this.#closeBlock()
    for (const toolCallId of this.#growing.endAll())
      this.#out.push({ type: 'TOOL_CALL_END', toolCallId })
    this.#openCalls.clear()
    const messageId = this.#messageId
    if (messageId !== undefined)
      this.#out.push({ type: 'CUSTOM', name: 'restart', value: { messageId } })
    this.#forget()
  }

  #forget(): void {
    this.#messageId = this.#call = undefined
    this.#reasoning = { text: '', messageId: '' }
  }

  #startCall(toolCallId: string, toolCallName: string): void {
    this.#closeBlock()
    this.#messageId ??= this.#newId()
    const parentMessageId = this.#messageId
    this.#out.push({ type: 'TOOL_CALL_START', toolCallId, toolCallName, parentMessageId })
  }

  #growCall(event: ToolCallDelta): void {
    for (const { call, isFirst, delta } of this.#growing.add(event)) {
      if (isFirst) this.#startCall(call.id, call.name)
      this.#out.push({ type: 'TOOL_CALL_ARGS', toolCallId: call.id, delta })
    }
  }

  #endCall(toolCall: ToolCall, index: number | undefined): void {
    const { id: toolCallId, name, argumentsText } = toolCall
    if (!this.#growing.end(index)) {
      this.#startCall(toolCallId, name)
      // Pages parse the arguments, so an empty text becomes an empty object.
      const delta = argumentsText.trim() ? argumentsText : '{}'
      this.#out.push({ type: 'TOOL_CALL_ARGS', toolCallId, delta })
    }
    this.#openCalls.set(toolCallId, toolCall)
    this.#call ??= toolCallId
    this.#out.push({ type: 'TOOL_CALL_END', toolCallId })
  }

  #endTool({ toolCallId, content }: Pick<ToolResultEvent, 'toolCallId' | 'content'>): void {
    this.#openCalls.delete(toolCallId)
    const messageId = this.#newId()
    this.#out.push({ type: 'TOOL_CALL_RESULT', messageId, toolCallId, content, role: 'tool' })
  }

  /** Sends what the vendor requires back: a page returns it with its messages, and `fromRunAgentInput` reads it. */
  #returnFields({ messageFields, stepFields }: FinishEvent): void {
    const { text, messageId } = this.#reasoning
    const own = { ...messageFields, ...(text && { reasoning_content: text }) }
    const send = (subtype: string, entityId: string | undefined, fields: object) => {
      const encryptedValue = toJSON(fields)
      if (entityId && encryptedValue !== '{}')
        this.#out.push({ type: 'REASONING_ENCRYPTED_VALUE', subtype, entityId, encryptedValue })
    }
    for (const [id, fields] of Object.entries(stepFields ?? {})) send('tool-call', id, fields)
    send('tool-call', this.#call, own)
    // assistant-ui (0.0.58) drops that of tool calls.
    send('message', messageId, own)
  }

  #finish(event: FinishEvent): void {
    const { finishReason, response, awaitsApproval = [] } = event
    if (this.#openCalls.size > 0) this.#returnFields(event)
    const interrupts: object[] = []
    for (const {
      id: toolCallId,
      name: toolName,
      arguments: input,
      invalid,
    } of this.#openCalls.values()) {
      if (awaitsApproval.includes(toolCallId)) {
        // TanStack AI answers only what has this metadata.
        const metadata = { kind: 'approval', toolName, input }
        const id = `approval-${toolCallId}`
        interrupts.push({ id, reason: 'tool_call', toolCallId, metadata })
      } else if (invalid === undefined) {
        // Tells pages of TanStack AI to run their tools.
        const value = { toolCallId, toolName, input }
        this.#out.push({ type: 'CUSTOM', name: 'tool-input-available', value })
      }
    }
    this.#closeStep()
    this.#out.push({
      type: 'RUN_FINISHED',
      ...this.#run,
      result: { finishReason },
      // No `pendingToolCallIds`: clients before 1.0 refuse it, later ones know which calls have no result.
      outcome: interrupts.length > 0 ? { type: 'interrupt', interrupts } : { type: 'success' },
      ...(this.#usage && { usage: [toTokenUsage(this.#usage, response)] }),
    })
  }
}

function toTokenUsage(usage: Usage, origin: { provider: string; model: string } | undefined) {
  const { promptTokens, completionTokens, totalTokens, reasoningTokens, cachedTokens } = usage
  return {
    ...(origin?.provider && { provider: origin.provider }),
    ...(origin?.model && { model: origin.model }),
    inputTokens: promptTokens,
    outputTokens: completionTokens,
    totalTokens,
    ...(reasoningTokens !== undefined && { reasoningTokens }),
    ...(cachedTokens !== undefined && { cachedInputTokens: cachedTokens }),
  }
}
