/**
 * Encodes requests to Ollama.
 * @see https://docs.ollama.com/api/chat
 * @see https://docs.ollama.com/api/generate
 */
import type { Call } from '../../call.ts'
import { parseDataURL } from '../../media.ts'
import { mergeDeep } from '../../merge-deep.ts'
import type { AssistantMessage, ContentPart, Message } from '../../message.ts'
import { lastUserIndex, textOf, toParts, withoutVendorData } from '../../message.ts'
import { withFormat } from '../../schema-prompt.ts'
import type { ResponseFormat } from '../../options.ts'
import { toToolCall } from '../../stream/tool-call-assembler.ts'
import type { Dialect } from '../../wire/openai/dialect.ts'
import { isOn, rejectUnsupported, unsupported } from '../../wire/openai/dialect.ts'

/** Capabilities, as far as the OpenAI dialect can express them. */
const DIALECT: Dialect = {
  unsupportedOptions: ['user'],
  toolChoice: ['auto', 'none'],
  reasoningStyle: 'effort',
}

/** Efforts that a model can be given. */
const EFFORTS: readonly unknown[] = ['low', 'medium', 'high', 'max']

/** Encodes a request body. That of a raw prompt goes to another path. */
export function encodeRequest(
  messages: readonly Message[],
  call: Call,
  settings: { stream: boolean; contextLength: number | undefined },
): Record<string, unknown> {
  rejectOptions(call)
  const { tools, toolChoice, rawPrompt, responseFormat, reasoning } = call
  const options = encodeOptions(call, settings.contextLength)
  const format = encodeFormat(responseFormat)
  const body = {
    model: call.model,
    ...(rawPrompt === undefined
      ? { messages: encodeMessages(withFormat(messages, responseFormat), call) }
      : { prompt: rawPrompt, raw: true }),
    // Its own default is to stream.
    stream: settings.stream,
    // By default it silently drops messages that do not fit its context.
    truncate: false,
    // The only way to forbid tools is to omit them.
    ...(tools?.length && toolChoice !== 'none' && { tools }),
    ...(format !== undefined && { format }),
    ...(reasoning !== undefined && { think: encodeThink(call) }),
    ...(Object.keys(options).length > 0 && { options }),
  }
  return mergeDeep(body, call.extraBody)
}

function rejectOptions(call: Call): void {
  const { tools, toolChoice, parallelToolCalls, responseFormat } = call
  rejectUnsupported(call, DIALECT)
  if (parallelToolCalls === false) throw unsupported(call, '`parallelToolCalls: false`')
  // The format is a grammar for all output, which rules out tool calls (ollama/ollama#8095, #13750).
  if (tools?.length && toolChoice !== 'none' && encodeFormat(responseFormat) !== undefined)
    throw unsupported(call, '`responseFormat` together with `tools`')
}

function encodeOptions(call: Call, contextLength: number | undefined): Record<string, unknown> {
  const { temperature, topP, topK, seed, presencePenalty, frequencyPenalty, stop } = call
  const named = {
    num_ctx: contextLength,
    num_predict: call.maxTokens,
    temperature,
    top_p: topP,
    top_k: topK,
    seed,
    presence_penalty: presencePenalty,
    frequency_penalty: frequencyPenalty,
    repeat_penalty: call.repetitionPenalty,
    stop: stop.length > 0 ? stop : undefined,
  }
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined))
}

function encodeFormat(format: ResponseFormat | undefined): unknown {
  if (format?.type === 'json_object') return 'json'
  return format?.type === 'json_schema' ? format.json_schema.schema : undefined
}

/** Encodes reasoning. gpt-oss always thinks and accepts only efforts: it ignores `true` and `false`. */
function encodeThink(call: Call): boolean | string {
  const { model, reasoning = true } = call
  const isLeveled = /gpt-oss/i.test(model)
  if (!isOn(reasoning)) {
    if (isLeveled) throw unsupported(call, `\`reasoning\` switched off with ${model}`)
    return false
  }
  const effort = typeof reasoning === 'object' ? reasoning.effort : undefined
  if (effort === undefined) return isLeveled ? 'medium' : true
  if (!EFFORTS.includes(effort)) throw unsupported(call, `the \`reasoning.effort\` "${effort}"`)
  return effort
}

function encodeMessages(messages: readonly Message[], call: Call): unknown[] {
  // Names of tools by call id, since templates show the name next to the result.
  const names = new Map<string, string>()
  const lastUser = lastUserIndex(messages)
  return messages.map((message, index) => {
    const { content, name: _name, ...rest } = withoutVendorData(message)
    const encoded = { ...rest, ...encodeContent(content, call) }
    if (message.role === 'tool') {
      const name = names.get(message.tool_call_id)
      return { ...encoded, ...(name !== undefined && { tool_name: name }) }
    }
    if (message.role === 'developer') return { ...encoded, role: 'system' }
    if (message.role !== 'assistant') return encoded
    const { reasoning_content: thinking, tool_calls: calls } = message
    const {
      reasoning_content: _thinking,
      tool_calls: _calls,
      images: _images,
      audio: _audio,
      ...plain
    } = encoded as AssistantMessage
    for (const { id, function: called } of calls ?? []) names.set(id, called.name)
    return {
      ...plain,
      // Only thinking within the current tool loop is used; templates omit the rest.
      ...(thinking && index > lastUser && { thinking }),
      ...(calls?.length && {
        tool_calls: calls.map(({ id, function: { name, arguments: text } }) => ({
          id,
          // Arguments must be an object.
          function: { name, arguments: toToolCall(id, name, text).arguments },
        })),
      }),
    }
  })
}

/** Encodes text and images, which are separate fields rather than parts. */
function encodeContent(content: Message['content'], call: Call): object {
  const images = toParts(content).flatMap((part) => encodePart(part, call))
  return { content: textOf(content), ...(images.length > 0 && { images }) }
}

function encodePart(part: ContentPart, call: Call): string[] {
  if (part.type === 'text') return []
  if (part.type !== 'image_url') throw unsupported(call, `a message part of type ${part.type}`)
  const inline = parseDataURL(part.image_url.url)
  if (!inline) throw unsupported(call, 'an image URL (pass a data: URL)')
  return [inline.base64]
}
