/**
 * Events and results in OpenAI's spelling, as strictly as its own client reads them: the role first, contiguous
 * indexes, the head of a tool call once and whole, a finish reason, then the usage if it was asked for, `[DONE]`.
 * @see https://platform.openai.com/docs/api-reference/chat/streaming
 */
import { createId } from '../../../create-id.ts'
import { StreamError } from '../../../errors.ts'
import type {
  ChatResult,
  FinishReason,
  Source,
  StreamEvent,
  ToolCallDelta,
  Usage,
} from '../../../event.ts'
import type { ToolCall } from '../../../message.ts'

/** What every chunk of an answer says. The id is ours: the vendor's would tell whose it is. */
export interface AnswerHead {
  id: string
  /** Seconds since 1970. */
  created: number
  /** The name on the list of models. */
  model: string
}

/** A tool call as far as it was sent. */
interface SentCall {
  index: number
  id: string
  name: string
  /** Whether its head is out. */
  begun: boolean
  /** Whether its arguments have begun. */
  hasArguments: boolean
  /** Whether the whole call was told of. */
  whole: boolean
}

/** Events to frames. One for each answer. */
export class ChunkEncoder {
  #open: string
  #close: string
  #head: AnswerHead
  #includeUsage: boolean
  #begun = false
  #calls: SentCall[] = []
  #byIndex = new Map<number, SentCall>()
  #usage: Usage | undefined

  constructor(head: AnswerHead, includeUsage: boolean) {
    this.#head = head
    this.#includeUsage = includeUsage
    // Made once: what differs between the chunks of a long answer is a few bytes.
    const members = JSON.stringify(this.#chunkHead()).slice(0, -1)
    this.#open = `data: ${members},"choices":[{"index":0,"delta":`
    this.#close = `}]${includeUsage ? ',"usage":null' : ''}}\n\n`
  }

  /** The frames for an event; an empty text for one that clients are not told of. */
  encode(event: StreamEvent): string {
    switch (event.type) {
      case 'text-delta':
        return this.#delta(`{"content":${JSON.stringify(event.text)}}`)
      case 'reasoning-delta':
        return this.#delta(`{"reasoning_content":${JSON.stringify(event.text)}}`)
      case 'tool-call-delta':
        return this.#callDelta(event)
      case 'tool-call':
        return this.#wholeCall(event.toolCall)
      case 'source':
        return this.#source(event.source)
      case 'usage':
        this.#usage = event.usage
        return ''
      case 'failover':
        return this.#failover(event.action)
      case 'finish':
        return this.#finish(event.finishReason, event.messageFields)
      case 'retry':
      case 'step':
      case 'tool-result':
        return ''
      default:
        event satisfies never
        return ''
    }
  }

  #chunkHead(): Record<string, unknown> {
    const { id, created, model } = this.#head
    return { id, object: 'chat.completion.chunk', created, model }
  }

  /** Lets the client see at once who speaks; some take the role only from the first chunk. */
  #delta(delta: string, finish = 'null'): string {
    const frame = `${this.#open}${delta},"logprobs":null,"finish_reason":${finish}${this.#close}`
    if (this.#begun) return frame
    this.#begun = true
    return this.#delta('{"role":"assistant","content":""}') + frame
  }

  #callDelta({ index, id, name, argumentsDelta }: ToolCallDelta): string {
    let call = this.#byIndex.get(index)
    if (!call) {
      call = this.#addCall(id, name)
      this.#byIndex.set(index, call)
    }
    if (!call.begun) {
      // Vendors may send the id, or more of the name, a little later: clients take either only once.
      call.id = id ?? call.id
      call.name = name ?? call.name
    }
    return argumentsDelta ? this.#arguments(call, argumentsDelta) : ''
  }

  #addCall(id = '', name = ''): SentCall {
    const index = this.#calls.length
    const call = { index, id, name, begun: false, hasArguments: false, whole: false }
    this.#calls.push(call)
    return call
  }

  #arguments(call: SentCall, text: string): string {
    const { index, id, name, begun } = call
    call.begun = true
    call.hasArguments ||= text.trim() !== ''
    const piece = { index, function: { arguments: text } }
    if (begun) return this.#delta(`{"tool_calls":[${JSON.stringify(piece)}]}`)
    call.id = id || createId()
    const head = { index, id: call.id, type: 'function', function: { name, arguments: '' } }
    return (
      this.#delta(`{"tool_calls":[${JSON.stringify(head)}]}`) +
      this.#delta(`{"tool_calls":[${JSON.stringify(piece)}]}`)
    )
  }

  /** Comes for every call at the end; its pieces, if there were any, are out. */
  #wholeCall({ id, name, argumentsText }: ToolCall): string {
    const sent =
      this.#calls.find((call) => !call.whole && call.id === id) ??
      this.#calls.find((call) => !call.whole && call.name === name)
    const call = sent ?? this.#addCall(id, name)
    call.whole = true
    if (call.hasArguments) return ''
    if (!call.begun) call.id = id
    // Clients parse them: no arguments are an empty object.
    return this.#arguments(call, argumentsText.trim() ? argumentsText : '{}')
  }

  #source(source: Source): string {
    if (!source.url) return ''
    return this.#delta(JSON.stringify({ annotations: [toAnnotation(source)] }))
  }

  // OpenAI's format cannot take back what it said.
  #failover(action: 'next' | 'restart' | 'continue'): string {
    if (action === 'restart' && this.#begun) {
      throw new StreamError('connection_lost', 'The answer began again: it cannot be taken back')
    }
    return ''
  }

  #finish(reason: FinishReason, fields?: Record<string, unknown>): string {
    if (reason === 'error') throw new StreamError('stream_truncated', 'The model failed')
    const delta = fields ? JSON.stringify(fields) : '{}'
    const frames = this.#delta(delta, JSON.stringify(toFinishReason(reason)))
    return `${frames}${this.#usageFrame()}data: [DONE]\n\n`
  }

  #usageFrame(): string {
    if (!this.#includeUsage) return ''
    const usage = this.#usage ? encodeUsage(this.#usage) : null
    return `data: ${JSON.stringify({ ...this.#chunkHead(), choices: [], usage })}\n\n`
  }
}

/** A whole answer. */
export function encodeResult(head: AnswerHead, result: ChatResult): string {
  const { id, created, model } = head
  const { text, toolCalls, message, finishReason, usage, sources = [] } = result
  const annotations = sources.filter(({ url }) => url).map(toAnnotation)
  return JSON.stringify({
    id,
    object: 'chat.completion',
    created,
    model,
    choices: [
      {
        index: 0,
        message: {
          ...message,
          content: toolCalls.length > 0 && !text ? null : text,
          refusal: null,
          ...(annotations.length > 0 && { annotations }),
        },
        logprobs: null,
        finish_reason: toFinishReason(finishReason),
      },
    ],
    usage: encodeUsage(usage),
  })
}

function toFinishReason(reason: FinishReason): string {
  return reason === 'other' || reason === 'error' ? 'stop' : reason
}

function encodeUsage(usage: Usage): Record<string, unknown> {
  const { promptTokens, completionTokens, totalTokens, cachedTokens, reasoningTokens } = usage
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: totalTokens,
    ...(cachedTokens !== undefined && { prompt_tokens_details: { cached_tokens: cachedTokens } }),
    ...(reasoningTokens !== undefined && {
      completion_tokens_details: { reasoning_tokens: reasoningTokens },
    }),
  }
}

/** Where in the text it is cited, no vendor here tells in OpenAI's way. */
function toAnnotation({ url, title = '' }: Source): Record<string, unknown> {
  return { type: 'url_citation', url_citation: { start_index: 0, end_index: 0, url, title } }
}
