/**
 * Attributes of the conventions for the options of a request, and for a reply.
 * @see https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
 */
import type { ChatResult } from '../event.ts'
import type { ChatRequest } from '../options.ts'
import type { Attributes } from './attributes.ts'

/** What was measured of a chat. Times are those of `performance.now()`. */
export interface Measures {
  /** Attributes of every measurement. */
  labels: Attributes
  began: number
  /** When each chunk arrived. */
  chunks: readonly number[]
  ended: number
  /** The reply, or as much of it as arrived. */
  result: ChatResult | undefined
  /** `error.type`, if it failed. */
  errorType: string | undefined
}

/** Returns the seconds from the call to the first chunk, if there was one. */
export function firstChunkOf({ began, chunks: [first] }: Measures): number | undefined {
  return first === undefined ? undefined : (first - began) / 1000
}

/** Returns the attributes of a chat's reply. */
export function chatAttributes(result: ChatResult, measures: Measures): Attributes {
  return {
    ...replyAttributes(result, measures.errorType),
    'gen_ai.response.time_to_first_chunk': firstChunkOf(measures),
  }
}

const OPTIONS = [
  'temperature',
  'topP',
  'topK',
  'maxTokens',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
] as const

/** Returns the attributes of a request's options. */
export function requestAttributes(request: ChatRequest): Attributes {
  const { stop, responseFormat, stream } = request
  const attributes: Attributes = {
    'gen_ai.request.stream': stream || undefined,
    'gen_ai.request.stop_sequences': stop && [stop].flat(),
    'gen_ai.output.type': responseFormat?.type.replace(/_.*/, ''),
  }
  for (const name of OPTIONS) {
    const spelled = name.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`)
    attributes[`gen_ai.request.${spelled}`] = request[name]
  }
  return attributes
}

/** Returns the attributes of a reply, or of what arrived before an error. Estimated usage is left out: no server sent it. */
export function replyAttributes(
  { id, model, finishReason, usage }: ChatResult,
  error: unknown,
): Attributes {
  return {
    'gen_ai.response.id': id,
    'gen_ai.response.model': model,
    'gen_ai.response.finish_reasons': error === undefined ? [finishReason] : undefined,
    ...(!usage.estimated && {
      'gen_ai.usage.input_tokens': usage.promptTokens,
      'gen_ai.usage.output_tokens': usage.completionTokens,
      'gen_ai.usage.cache_read.input_tokens': usage.cachedTokens,
      'gen_ai.usage.reasoning.output_tokens': usage.reasoningTokens,
    }),
  }
}
