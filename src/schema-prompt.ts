/**
 * Puts a JSON Schema into the messages, for models that do not see it otherwise.
 */
import type { Message, MessageInput, SystemMessage } from './message.ts'
import type { ResponseFormat } from './options.ts'

/** Returns the messages with a text at the end of the first system message. */
export function withInstruction<M extends MessageInput>(
  messages: readonly M[],
  text: string,
): (M | SystemMessage)[] {
  const [first, ...others] = messages
  if (first?.role !== 'system' && first?.role !== 'developer')
    return [{ role: 'system', content: text }, ...messages]
  const { content } = first
  const joined: SystemMessage['content'] =
    typeof content === 'string' ? `${content}\n\n${text}` : [...content, { type: 'text', text }]
  return [{ ...first, content: joined }, ...others]
}

/**
 * Returns the messages with the schema in the first system message. DashScope and DeepSeek require the word
 * "JSON" in JSON mode; local engines (llama.cpp, Ollama, vLLM, WebLLM) only constrain the grammar without showing
 * the schema to the model.
 * @see https://github.com/ggml-org/llama.cpp/tree/master/grammars
 */
export function withSchema<M extends MessageInput>(
  messages: readonly M[],
  schema: Record<string, unknown>,
  lead = 'Answer',
): (M | SystemMessage)[] {
  return withInstruction(
    messages,
    `${lead} with one JSON object and nothing else: no prose, no code fence. It must match this JSON Schema:\n${JSON.stringify(schema)}`,
  )
}

/** Adds the schema of a format: local engines constrain the output without showing the model why. */
export function withFormat(
  messages: readonly Message[],
  format: ResponseFormat | undefined,
): readonly Message[] {
  return format?.type === 'json_schema' ? withSchema(messages, format.json_schema.schema) : messages
}
