/**
 * Requests in Ollama's spelling.
 * @see https://docs.ollama.com/api/chat
 * @see https://docs.ollama.com/api/generate
 */
import type { Call } from '../../call.ts'
import { parseDataURL } from '../../media.ts'
import { mergeDeep } from '../../merge-deep.ts'
import type { AssistantMessage, ContentPart, Message } from '../../message.ts'
import { lastUserIndex, textOf, toParts, withoutVendorData } from '../../message.ts'
import { withSchema } from '../../schema-prompt.ts'
import type { ResponseFormat } from '../../options.ts'
import { toToolCall } from '../../stream/tool-call-assembler.ts'
import type { Dialect } from '../../wire/openai/dialect.ts'
import { isOn, refuse, unsupported } from '../../wire/openai/dialect.ts'

/** What it takes, as far as that can be said in the words of the OpenAI format. */
const DIALECT: Dialect = {
  unsupportedOptions: ['user'],
  toolChoice: ['auto', 'none'],
  reasoningStyle: 'effort',
}

/** The words by which a model can be told how hard to think. */
const EFFORTS: readonly unknown[] = ['low', 'medium', 'high', 'max']

/** The body of a request; that of a raw prompt goes to another path. */
export function encodeRequest(
  messages: readonly Message[],
  call: Call,
  settings: { stream: boolean; contextLength: number | undefined },
): Record<string, unknown> {
  refuseOptions(call)
  const { tools, toolChoice, rawPrompt, responseFormat, reasoning } = call
  const options = encodeOptions(call, settings.contextLength)
  const format = encodeFormat(responseFormat)
  const body = {
    model: call.model,
    ...(rawPrompt === undefined
      ? { messages: encodeMessages(showSchema(messages, responseFormat), call) }
      : { prompt: rawPrompt, raw: true }),
    // Its own default is the stream.
    stream: settings.stream,
    // By itself it leaves out what does not fit its context, and says nothing.
    truncate: false,
    // There is no way to forbid tools but to leave them out.
    ...(tools?.length && toolChoice !== 'none' && { tools }),
    ...(format !== undefined && { format }),
    ...(reasoning !== undefined && { think: encodeThink(call) }),
    ...(Object.keys(options).length > 0 && { options }),
  }
  return mergeDeep(body, call.extraBody)
}

function refuseOptions(call: Call): void {
  const { tools, toolChoice, parallelToolCalls, responseFormat } = call
  refuse(call, DIALECT)
  if (parallelToolCalls === false) throw unsupported(call, '`parallelToolCalls: false`')
  // The format is a grammar for all that the model writes: it could call nothing (ollama/ollama#8095, #13750).
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

/** Its grammar holds the model to a schema that it does not see. @see https://docs.ollama.com/capabilities/structured-outputs */
function showSchema(
  messages: readonly Message[],
  format: ResponseFormat | undefined,
): readonly Message[] {
  return format?.type === 'json_schema' ? withSchema(messages, format.json_schema.schema) : messages
}

function encodeFormat(format: ResponseFormat | undefined): unknown {
  if (format?.type === 'json_object') return 'json'
  return format?.type === 'json_schema' ? format.json_schema.schema : undefined
}

/** gpt-oss always thinks, and hears only how hard: it would pass over `true` and `false`. */
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
  // The names of the tools, by the ids of their calls: templates show the name beside the answer.
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
      ...plain
    } = encoded as AssistantMessage
    for (const { id, function: called } of calls ?? []) names.set(id, called.name)
    return {
      ...plain,
      // Earlier thinking is of use within a running tool exchange; the templates leave out the rest.
      ...(thinking && index > lastUser && { thinking }),
      ...(calls?.length && {
        tool_calls: calls.map(({ id, function: { name, arguments: text } }) => ({
          id,
          // It takes the arguments as an object only.
          function: { name, arguments: toToolCall(id, name, text).arguments },
        })),
      }),
    }
  })
}

/** A text and pictures: there are no parts. */
function encodeContent(content: Message['content'], call: Call): object {
  const images = toParts(content).flatMap((part) => encodePart(part, call))
  return { content: textOf(content), ...(images.length > 0 && { images }) }
}

function encodePart(part: ContentPart, call: Call): string[] {
  if (part.type === 'text') return []
  if (part.type !== 'image_url') throw unsupported(call, `a message part of the type ${part.type}`)
  const inline = parseDataURL(part.image_url.url)
  if (!inline) throw unsupported(call, 'a picture by its URL (it does not fetch: pass a data: URL)')
  return [inline.base64]
}
