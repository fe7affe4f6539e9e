/**
 * Sends a request to Zhipu and reads its reply.
 * @see https://docs.bigmodel.cn/api-reference
 */
import type { Call } from '../../call.ts'
import { resolveKey } from '../../api-key.ts'
import { ConfigError, ServiceError } from '../../errors.ts'
import type { StreamEvent } from '../../event.ts'
import type { BodyStream, Decoder } from '../../http/body-stream.ts'
import { post } from '../../http/client.ts'
import { readSSE } from '../../http/sse.ts'
import { mergeDeep } from '../../merge-deep.ts'
import type { Message, ToolDefinition } from '../../message.ts'
import { decodeEvents } from '../../wire/openai/decode.ts'
import type { ApiLocation } from '../../wire/openai/endpoint.ts'
import { endpoint, isVendorHost } from '../../wire/openai/endpoint.ts'
import type { Dialect } from '../../wire/openai/dialect.ts'
import { unsupported } from '../../wire/openai/dialect.ts'
import { encodeRequest } from '../../wire/openai/encode.ts'
import type { ErrorCodes } from '../../wire/openai/errors.ts'
import { decodeError } from '../../wire/openai/errors.ts'
import { TokenSigner } from '../../wire/zhipu-token.ts'
import type { ZhipuConfig } from '../zhipu.ts'
import { MarkerStripper } from './strip-markers.ts'

export { TokenSigner }

/** The vendor's own hosts, which require a key. */
const ZHIPU: ApiLocation = {
  baseURL: 'https://open.bigmodel.cn/api/paas/v4',
  hosts: ['bigmodel.cn', 'z.ai'],
}
const KEY_VARIABLES = ['ZHIPU_API_KEY', 'ZHIPUAI_API_KEY', 'ZAI_API_KEY']
const ZAI_KEY_VARIABLES = ['ZAI_API_KEY', 'ZHIPU_API_KEY', 'ZHIPUAI_API_KEY']
/** Markers of a final answer that some GLM models leave in the text. */
const BOX_MARKERS = ['<|begin_of_box|>', '<|end_of_box|>']

const DIALECT: Dialect = {
  streamUsage: false, // sent by default
  stopLimit: 1,
  renamed: { user: 'user_id' },
  unsupportedOptions: ['topK', 'repetitionPenalty'],
  toolChoice: ['auto', 'none'],
  formats: ['text', 'json_object'],
  reasoningStyle: 'type',
  // https://docs.z.ai/guides/capabilities/thinking
  models: [[/^glm-5\.[3-9]/i, { alwaysThinks: true, efforts: ['low', 'high', 'max'] }]],
  replayReasoning: 'tools',
  unsupportedParts: ['video', 'file'],
  rejectsEmpty: true,
}

// Documented as having no effect: dropped rather than rejected.
const WITHOUT_EFFECT = ['frequency_penalty', 'presence_penalty', 'parallel_tool_calls'] as const

/** @see https://docs.bigmodel.cn/cn/faq/api-code */
const ERROR_CODES: ErrorCodes = {
  ...codes('authentication', '1000 1001 1002 1003 1004 1100'),
  ...codes('permission', '1110 1111 1112 1120 1121 1220'),
  ...codes('insufficient_quota', '1113 1304 1308 1309 1310 1311 1312 1313'),
  ...codes('bad_request', '1200 1210 1212 1213 1214 1215 1221 1222 1231'),
  ...codes('model_not_found', '1211'),
  ...codes('context_length', '1261'),
  ...codes('content_filter', '1300 1301'),
  ...codes('server_error', '1230'),
  ...codes('server_error', '500 1234', { retryable: true }),
  ...codes('rate_limit', '1302 1303', { retryable: true }),
  ...codes('overloaded', '1305', { retryable: true }),
}

function codes(
  code: ErrorCodes[string][0],
  list: string,
  { retryable } = { retryable: false },
): ErrorCodes {
  return Object.fromEntries(list.split(' ').map((one) => [one, [code, retryable] as const]))
}

interface Settings {
  config: ZhipuConfig
  provider: string
  signer: TokenSigner
}

/** Sends the request at the first read. */
export function chat(
  model: Settings,
  messages: readonly Message[],
  call: Call,
  { stream }: { stream: boolean },
): BodyStream<StreamEvent> {
  const frames = readSSE(send(model, messages, call, { stream }), call)
  return decodeEvents(frames, call, { errorCodes: ERROR_CODES }).decode(new BoxStripper())
}

async function send(
  model: Settings,
  messages: readonly Message[],
  call: Call,
  { stream }: { stream: boolean },
): Promise<Response> {
  const body = encode(messages, call, { stream })
  const url = endpoint(model.config.baseURL ?? ZHIPU.baseURL, '/chat/completions', '/api/paas/v4')
  // A key is valid on one platform only.
  const isZai = isVendorHost({ baseURL: 'https://z.ai' }, url)
  const key = await resolveKey({
    config: model.config,
    provider: model.provider,
    variables: isZai ? ZAI_KEY_VARIABLES : KEY_VARIABLES,
    url,
    required: isVendorHost(ZHIPU, url),
    call,
  })
  const signs = key !== undefined && model.config.auth === 'jwt'
  try {
    return await postBody(url, body, call, signs ? await token(model.signer, key, call) : key)
  } catch (error) {
    // The clock is off, or the token expired in transit: tries a freshly signed one.
    if (!signs || !(error instanceof ServiceError) || error.vendorCode !== '1003') throw error
    return await postBody(url, body, call, await token(model.signer, key, call, { fresh: true }))
  }
}

function postBody(
  url: string,
  body: Record<string, unknown>,
  call: Call,
  key: string | undefined,
): Promise<Response> {
  return post(
    url,
    {
      body,
      headers: key ? { authorization: `Bearer ${key}` } : {},
      decodeError: (text, status) => decodeError(text, status, ERROR_CODES),
    },
    call,
  )
}

async function token(
  signer: TokenSigner,
  key: string,
  call: Call,
  options?: { fresh: boolean },
): Promise<string> {
  const signed = await signer.sign(key, options)
  call.secrets.push(signed)
  return signed
}

function encode(
  messages: readonly Message[],
  call: Call,
  { stream }: { stream: boolean },
): Record<string, unknown> {
  if (messages.every(({ role }) => role !== 'user' && role !== 'tool')) {
    throw new ConfigError(
      'invalid_messages',
      `"${call.provider}" requires a user message besides the system message`,
    )
  }
  if (call.user !== undefined && (call.user.length < 6 || call.user.length > 128)) {
    throw unsupported(call, 'a `user` of fewer than 6 or more than 128 characters')
  }
  const { extraBody = {}, search, ...options } = call
  const thinking = extraBody.thinking as { clear_thinking?: boolean } | undefined
  const dialect: Dialect =
    thinking?.clear_thinking === false ? { ...DIALECT, replayReasoning: 'always' } : DIALECT
  const body = encodeRequest(
    messages.map((message) => encodeFiles(message, call)),
    { ...options, extraBody: {} },
    dialect,
    {
      stream,
    },
  )
  for (const name of WITHOUT_EFFECT) delete body[name]
  encodeSampling(body)
  encodeTools(body, call, search, { stream })
  return mergeDeep(body, extraBody)
}

/** Encodes files, which have a part type of their own here and are passed by URL only. */
function encodeFiles(message: Message, call: Call): Message {
  if (!Array.isArray(message.content)) return message
  const content = message.content.map((part) => {
    if (part.type !== 'file') return part
    const { file_url: url } = part.file
    if (!url) throw unsupported(call, 'a file without `file_url`')
    return { type: 'file_url', file_url: { url } }
  })
  return { ...message, content } as Message
}

/** Clamps to two decimals and to ranges with an open end, as the vendor's own SDK does. */
function encodeSampling(body: Record<string, unknown>): void {
  const { temperature, top_p: topP } = body as { temperature?: number; top_p?: number }
  if (temperature !== undefined) {
    body.temperature = clamp(temperature)
    if (temperature <= 0) body.do_sample = false
  }
  if (topP !== undefined) body.top_p = clamp(topP)
}

function clamp(value: number): number {
  return Math.round(Math.min(0.99, Math.max(0.01, value)) * 100) / 100
}

function encodeTools(
  body: Record<string, unknown>,
  call: Call,
  search: Call['search'],
  { stream }: { stream: boolean },
): void {
  const encoded = (body.tools ?? []) as readonly ToolDefinition[]
  const tools = call.toolChoice === 'none' ? [] : [...encoded]
  if (tools.length > 0 && stream && streamsTools(call.model)) body.tool_stream = true
  if (search) {
    const settings = search === true ? {} : search
    const web_search = {
      enable: true,
      search_engine: 'search_std',
      search_result: true,
      ...settings,
    }
    tools.push({ type: 'web_search', web_search })
  }
  // The only way to forbid tools is to omit them, and "auto" is the only supported choice.
  if (tools.length > 0) body.tools = tools
  else delete body.tools
  if (call.toolChoice === 'none') delete body.tool_choice
}

/** True for GLM-4.6 and later, which can stream the arguments of a call. */
function streamsTools(model: string): boolean {
  const [, major = '0', minor = '0'] = /glm-(\d+)(?:\.(\d+))?/i.exec(model) ?? []
  return Number(major) > 4 || (Number(major) === 4 && Number(minor) >= 6)
}

/** Strips box markers, which some models put around the answer. */
class BoxStripper implements Decoder<StreamEvent, StreamEvent> {
  #stripper = new MarkerStripper(BOX_MARKERS)

  push(event: StreamEvent, out: StreamEvent[]): void {
    if (event.type === 'text-delta') event.text = this.#stripper.push(event.text)
    out.push(event)
  }

  end(out: StreamEvent[]): void {
    const text = this.#stripper.end()
    if (text) out.push({ type: 'text-delta', text })
  }
}
