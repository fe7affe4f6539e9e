/**
 * Encodes events and results as strictly as OpenAI's own client requires: the role first, contiguous indexes, id
 * and name of a tool call once and complete, a finish reason, then the usage if requested, `[DONE]`.
 * @see https://platform.openai.com/docs/api-reference/chat/streaming
 */
import { createId } from '../../../create-id.ts'
import { StreamError } from '../../../errors.ts'
import type {
  ChatResult,
  FailoverEvent,
  FinishReason,
  Source,
  StreamEvent,
  ToolCallDelta,
  Usage,
} from '../../../event.ts'
import type { ToolCall } from '../../../message.ts'
import { GrowingCalls } from '../../../stream/growing-calls.ts'
import { toJSON } from '../../../well-formed.ts'
import type { ReplyHead, StreamEncoder } from '../../format.ts'
import { checkFailover } from '../check-failover.ts'

/** The format has one text for all steps. */
const STEP_GAP = '\n\n'

/** Encodes the events of one reply as chunks. */
export class ChunkEncoder implements StreamEncoder {
  #open: string
  #close: string
  #head: ReplyHead
  #includeUsage: boolean
  #begun = false
  #hasText = false
  /** What separates the next text from that of the step before. */
  #gap = ''
  #growing = new GrowingCalls({ needsId: false })
  /** Where each tool call stands among those that were sent, by its index. */
  #places = new Map<number | undefined, number>()
  #calls = 0
  #usage: Usage | undefined

  constructor(head: ReplyHead) {
    const includeUsage = head.encoding.includeUsage === true
    this.#head = head
    this.#includeUsage = includeUsage
    // Serialized once: the chunks of a long reply differ in a few bytes.
    const members = JSON.stringify(this.#chunkHead()).slice(0, -1)
    this.#open = `data: ${members},"choices":[{"index":0,"delta":`
    this.#close = `}]${includeUsage ? ',"usage":null' : ''}}\n\n`
  }

  encode(event: StreamEvent): string {
    switch (event.type) {
      case 'text-delta':
        return this.#textDelta(event.text)
      case 'reasoning-delta':
        return this.#delta(`{"reasoning_content":${toJSON(event.text)}}`)
      case 'tool-call-delta':
        return this.#callDelta(event)
      case 'tool-call':
        return this.#completeToolCall(event.toolCall, event.index)
      case 'source':
        return this.#source(event.source)
      case 'usage':
        this.#usage = event.usage
        return ''
      case 'failover':
        return this.#failover(event.action)
      case 'finish':
        return this.#finish(event.finishReason, event.messageFields)
      case 'step':
        if (this.#hasText) this.#gap = STEP_GAP
        return ''
      case 'retry':
      case 'tool-result':
        return ''
      default:
        event satisfies never
        return ''
    }
  }

  #chunkHead(): Record<string, unknown> {
    const { requestId, created, model } = this.#head
    return { id: toId(requestId), object: 'chat.completion.chunk', created, model }
  }

  /** Encodes a delta. The role comes first, since some clients read it only from the first chunk. */
  #delta(delta: string, finish = 'null'): string {
    const frame = `${this.#open}${delta},"logprobs":null,"finish_reason":${finish}${this.#close}`
    if (this.#begun) return frame
    this.#begun = true
    return this.#delta('{"role":"assistant","content":""}') + frame
  }

  #textDelta(text: string): string {
    this.#hasText = true
    const content = this.#gap + text
    this.#gap = ''
    return this.#delta(`{"content":${toJSON(content)}}`)
  }

  #callDelta(event: ToolCallDelta): string {
    let frames = ''
    for (const { index, call, isFirst, delta } of this.#growing.add(event))
      frames += isFirst
        ? this.#openCall(call, delta, index)
        : this.#arguments(this.#places.get(index), delta)
    return frames
  }

  #openCall({ id, name }: Pick<ToolCall, 'id' | 'name'>, text: string, index?: number): string {
    const place = this.#calls++
    this.#places.set(index, place)
    const head = { id: id || createId(), type: 'function', function: { name, arguments: '' } }
    const opened = this.#delta(`{"tool_calls":[${toJSON({ index: place, ...head })}]}`)
    return opened + this.#arguments(place, text)
  }

  #arguments(index: number | undefined, text: string): string {
    const piece = toJSON({ index, function: { arguments: text } })
    return this.#delta(`{"tool_calls":[${piece}]}`)
  }

  /** Handles the event that ends a tool call, whose deltas may have been sent. */
  #completeToolCall(toolCall: ToolCall, index: number | undefined): string {
    if (this.#growing.end(index)) return ''
    // Clients parse the arguments, so an empty text becomes an empty object.
    const { argumentsText } = toolCall
    return this.#openCall(toolCall, argumentsText.trim() ? argumentsText : '{}', index)
  }

  #source(source: Source): string {
    if (!source.url) return ''
    return this.#delta(toJSON({ annotations: [toAnnotation(source)] }) as string)
  }

  #failover(action: FailoverEvent['action']): string {
    checkFailover(action, this.#begun)
    if (action === 'restart') this.#growing.endAll()
    return ''
  }

  #finish(reason: FinishReason, fields?: Record<string, unknown>): string {
    if (reason === 'error') throw new StreamError('stream_truncated', 'The model reported an error')
    const delta = fields ? (toJSON(fields) as string) : '{}'
    const frames = this.#delta(delta, JSON.stringify(toFinishReason(reason)))
    return `${frames}${this.#usageFrame()}data: [DONE]\n\n`
  }

  #usageFrame(): string {
    if (!this.#includeUsage) return ''
    const usage = this.#usage ? encodeUsage(this.#usage) : null
    return `data: ${JSON.stringify({ ...this.#chunkHead(), choices: [], usage })}\n\n`
  }
}

/** Encodes a complete reply, whose vendor fields are already sealed. */
export function encodeResult(head: ReplyHead, result: ChatResult): string {
  const { requestId, created, model } = head
  const { text, toolCalls, message, finishReason, usage, sources = [] } = result
  const annotations = sources.filter(({ url }) => url).map(toAnnotation)
  return toJSON({
    id: toId(requestId),
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
    system_fingerprint: null,
  }) as string
}

function toId(requestId: string): string {
  return `chatcmpl-${requestId.replace('req_', '')}`
}

/** `other` means that the server stopped early for its own reason. The closest value is `length`, never `stop`. */
function toFinishReason(reason: FinishReason): string {
  return reason === 'other' || reason === 'error' ? 'length' : reason
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

/** Encodes a citation without its position, which no vendor reports in OpenAI's format. */
function toAnnotation({ url, title = '' }: Source): Record<string, unknown> {
  return { type: 'url_citation', url_citation: { start_index: 0, end_index: 0, url, title } }
}
