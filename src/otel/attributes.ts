/**
 * Attributes of the conventions for a request, a reply and an error.
 * @see https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
 */
import { isChatError } from '../errors.ts'
import type { ChatResult } from '../event.ts'
import type { ChatRequest } from '../options.ts'

/** Attribute values. */
export type Attributes = Record<string, unknown>

/** The model, as spans and metrics name it. */
export interface Subject {
  provider: string
  model: string
}

/** Names in the conventions where they differ from the server's. */
const PROVIDERS: Record<string, string> = {
  azure_openai: 'azure.ai.openai',
  gemini: 'gcp.gemini',
  mistral: 'mistral_ai',
  moonshot: 'moonshot_ai',
  xai: 'x_ai',
}

/** Returns the attributes that spans and metrics share. */
export function subjectAttributes({ provider, model }: Subject, operation?: string): Attributes {
  const server = provider.replace(/_responses$/, '')
  return {
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': PROVIDERS[server] ?? server,
    'gen_ai.request.model': model,
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

/** Returns `error.type`: the code of our errors, else the name. */
export function errorType(error: unknown): string {
  return isChatError(error) ? error.code : ((error as Error | undefined)?.name ?? 'Error')
}

/** Returns the attributes of a request's URL. */
export function serverAttributes(url: string): Attributes {
  const [, secure, host, port] = /^http(s?):\/\/(\[.+?\]|[^/:?#]+):?(\d*)/.exec(url) ?? []
  return host ? { 'server.address': host, 'server.port': Number(port) || (secure ? 443 : 80) } : {}
}
