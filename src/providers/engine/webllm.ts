/**
 * WebLLM: models compiled for WebGPU.
 * @see https://webllm.mlc.ai/docs/user/basic_usage.html
 */
import type { Call } from '../../call.ts'
import type { Message } from '../../message.ts'
import type { Dialect } from '../../wire/openai/dialect.ts'
import { unsupported } from '../../wire/openai/dialect.ts'
import { encodeRequest } from '../../wire/openai/encode.ts'
import type { Engine } from './types.ts'

/** @see https://github.com/mlc-ai/web-llm/blob/main/src/openai_api_protocols/chat_completion.ts */
const WEBLLM: Dialect = {
  toolChoice: ['auto', 'none', 'function'],
  reasoningStyle: 'flag',
  unsupportedOptions: ['topK', 'user', 'parallelToolCalls'],
  unsupportedParts: ['input_audio', 'video_url', 'video', 'file'],
  hidesSchema: true,
  systemFirst: true, // "System prompt should always be the first message in `messages`."
}

/**
 * Requests a reply from WebLLM.
 * @throws {ConfigError} `unsupported_option`
 */
export async function askWebLLM(
  engine: Engine,
  messages: readonly Message[],
  call: Call,
): Promise<unknown> {
  if (call.rawPrompt !== undefined) throw unsupported(call, 'raw prompts')
  const request = toWebLLM(encodeRequest(messages, call, WEBLLM, { stream: true }))
  return await engine.chat?.completions.create(request as never)
}

/** Converts a body: WebLLM requires a schema as text, and properties outside of OpenAI's format in `extra_body`. */
function toWebLLM({ enable_thinking, ...body }: Record<string, unknown>): Record<string, unknown> {
  const format = body.response_format as
    | { type: string; json_schema?: { schema: unknown } }
    | undefined
  return {
    ...body,
    ...(format?.json_schema && {
      response_format: { type: 'json_object', schema: JSON.stringify(format.json_schema.schema) },
    }),
    ...(enable_thinking !== undefined && { extra_body: { enable_thinking } }),
  }
}
