/**
 * Attributes of the conventions that spans have from their start, and of errors.
 * @see https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
 */
import { isChatError } from '../errors.ts'

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

/** Returns `error.type`: the code of our errors, else the name. */
export function errorType(error: unknown): string {
  return isChatError(error) ? error.code : ((error as Error | undefined)?.name ?? 'Error')
}

/** Returns the attributes of a request's URL. */
export function serverAttributes(url: string): Attributes {
  const [, secure, host, port] = /^http(s?):\/\/(\[.+?\]|[^/:?#]+):?(\d*)/.exec(url) ?? []
  return host ? { 'server.address': host, 'server.port': Number(port) || (secure ? 443 : 80) } : {}
}
