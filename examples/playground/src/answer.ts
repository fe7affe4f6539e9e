/**
 * One answer of a model: from what it streams to the parts that are shown and kept.
 */
import type {
  BaseChatModel,
  ChatOptions,
  ErrorInfo,
  Message,
  StreamEvent,
  ToolCallEvent,
  ToolResultEvent,
  ToolRunStream,
} from 'chatwire'
import { isChatError, runTools } from 'chatwire'
import type { AssistantTurn, Part, Settings, ToolPart } from './chat.ts'
import { textOfAnswer } from './chat.ts'
import { TOOLS } from './tools.ts'

export interface AnswerRequest {
  turn: AssistantTurn
  settings: Settings
  /** The conversation up to here. */
  messages: readonly Message[]
  signal: AbortSignal
  /** Called after every change of `turn`. */
  onChange: () => void
}

/** Most replies of the model to one question. */
const MAX_STEPS = 8

/** Fills in the turn. Never rejects: the turn shows the error. */
export async function answer(
  createModel: () => Promise<BaseChatModel>,
  request: AnswerRequest,
): Promise<void> {
  const { turn, settings, messages, signal, onChange } = request
  const writer = new TurnWriter(turn)
  let run: ToolRunStream | undefined
  try {
    const llm = await createModel()
    Object.assign(turn, { provider: llm.provider, model: llm.model })
    run = runTools(llm, {
      ...optionsOf(settings),
      messages,
      tools: settings.tools && llm.supportFunctionCalling() ? TOOLS : [],
      maxSteps: MAX_STEPS,
      signal,
      stream: true,
    })
    for await (const event of run.events()) {
      writer.write(event)
      onChange()
    }
    turn.state = 'done'
  } catch (thrown) {
    turn.state = signal.aborted ? 'stopped' : 'failed'
    if (!signal.aborted) turn.error = toErrorInfo(thrown)
  }
  writer.end()
  turn.messages = (run?.partial?.messages ?? messages).slice(messages.length)
  // The words of a reply that did not come to its end are said all the same.
  const rest = turn.state === 'done' ? '' : run?.partial?.text
  if (rest) turn.messages.push({ role: 'assistant', content: rest })
  onChange()
}

function optionsOf({ temperature, topP, maxTokens, reasoning }: Settings): ChatOptions {
  return {
    temperature,
    topP,
    maxTokens,
    reasoning: reasoning === 'auto' ? undefined : reasoning === 'on',
  }
}

function toErrorInfo(thrown: unknown): ErrorInfo {
  if (isChatError(thrown)) return thrown.toJSON()
  const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown))
  return { name, code: 'invalid_config', message, retryable: false }
}

class TurnWriter {
  #turn: AssistantTurn
  #began = performance.now()
  #thinkingSince = 0
  /** The calls of the reply that is read, by their place in it. */
  #calls = new Map<number, ToolPart>()

  constructor(turn: AssistantTurn) {
    this.#turn = turn
  }

  write(event: StreamEvent): void {
    const turn = this.#turn
    if (event.type.endsWith('-delta')) {
      turn.firstTokenMs ??= performance.now() - this.#began
      delete turn.retry
      delete turn.download
    }
    if (event.type === 'step') this.#calls.clear()
    else if (event.type === 'text-delta') this.#partOf('text').text += event.text
    else if (event.type === 'reasoning-delta') this.#partOf('thinking').text += event.text
    else if (event.type === 'tool-call-delta') this.#writeCall(event)
    else if (event.type === 'tool-call') this.#nameCall(event)
    else if (event.type === 'tool-result') this.#writeResult(event)
    else if (event.type === 'source') (turn.sources ??= []).push(event.source)
    else if (event.type === 'retry') turn.retry = { attempt: event.attempt, error: event.error }
    else if (event.type === 'usage') turn.usage = add(turn.usage, event.usage)
    else if (event.type === 'finish') turn.isCutAtLimit = event.finishReason === 'length'
  }

  end(): void {
    this.#endThinking()
    delete this.#turn.retry
    delete this.#turn.download
    this.#turn.tookMs = performance.now() - this.#began
    if (textOfAnswer(this.#turn) || this.#turn.state !== 'stopped') return
    if (this.#turn.parts.length === 0) delete this.#turn.firstTokenMs
  }

  #partOf<Kind extends Part['kind']>(kind: Kind): Extract<Part, { kind: Kind }> {
    const last = this.#turn.parts.at(-1)
    if (last?.kind === kind) return last as Extract<Part, { kind: Kind }>
    this.#endThinking()
    if (kind === 'thinking') this.#thinkingSince = performance.now()
    const part = { kind, text: '' } as Extract<Part, { kind: Kind }>
    this.#turn.parts.push(part)
    return part
  }

  #endThinking(): void {
    const last = this.#turn.parts.at(-1)
    if (last?.kind === 'thinking') last.tookMs ??= performance.now() - this.#thinkingSince
  }

  #writeCall(event: { index: number; id?: string; name?: string; argumentsDelta: string }): void {
    let part = this.#calls.get(event.index)
    if (!part) {
      this.#endThinking()
      part = { kind: 'tool', index: event.index, name: '', argumentsText: '' }
      this.#calls.set(event.index, part)
      this.#turn.parts.push(part)
    }
    if (event.id !== undefined) part.id = event.id
    if (event.name !== undefined) part.name = event.name
    part.argumentsText += event.argumentsDelta
  }

  /** Some servers give a call no id: then it has one only when it is whole. */
  #nameCall({ index = -1, toolCall }: ToolCallEvent): void {
    const part = this.#calls.get(index)
    if (part) part.id = toolCall.id
  }

  #writeResult({ toolCallId, content, error }: ToolResultEvent): void {
    const part = [...this.#calls.values()].find(({ id }) => id === toolCallId)
    if (!part) return
    part.result = content
    if (error) part.failed = true
  }
}

type Usage = NonNullable<AssistantTurn['usage']>

function add(sum: Usage | undefined, usage: Usage): Usage {
  if (!sum) return usage
  const thinking = (sum.reasoningTokens ?? 0) + (usage.reasoningTokens ?? 0)
  return {
    promptTokens: sum.promptTokens + usage.promptTokens,
    completionTokens: sum.completionTokens + usage.completionTokens,
    totalTokens: sum.totalTokens + usage.totalTokens,
    ...(thinking > 0 && { reasoningTokens: thinking }),
    ...((sum.estimated ?? usage.estimated) && { estimated: true as const }),
  }
}
