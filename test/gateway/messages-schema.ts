/**
 * Anthropic's objects, as its package types them, which ships no schema. Strict: a member that is not named here fails.
 * That each schema is one of the package's types is checked by the compiler.
 */
import type Anthropic from '@anthropic-ai/sdk'
import { expect } from 'vitest'
import * as z from 'zod'

/** Compiles only if whatever passes the schema has the type. */
const typed =
  <Type>() =>
  <Schema extends z.ZodType<Type>>(schema: Schema): Schema =>
    schema

const count = z.int().nonnegative()
const id = z.string().regex(/^msg_[\da-f]{32}$/)
const requestId = z.string().regex(/^req_[\da-f]{32}$/)
const sealed = z.string().regex(/^cw1\.[\w-]+$/)
const stopReason = z.enum(['end_turn', 'max_tokens', 'stop_sequence', 'tool_use', 'refusal'])
const stopDetails = z
  .strictObject({ type: z.literal('refusal'), category: z.null(), explanation: z.null() })
  .nullable()
const counts = {
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
  input_tokens: count,
  output_tokens: count,
  output_tokens_details: z.strictObject({ thinking_tokens: count }).nullable(),
  server_tool_use: z.null(),
}
const usage = z.strictObject({
  ...counts,
  cache_creation: z.null(),
  inference_geo: z.null(),
  service_tier: z.null(),
  speed: z.null(),
})
const citation = z.strictObject({
  type: z.literal('web_search_result_location'),
  url: z.string().min(1),
  title: z.string().nullable(),
  cited_text: z.string(),
  encrypted_index: z.string(),
})
const toolUse = {
  type: z.literal('tool_use'),
  id: z.string().min(1),
  name: z.string().min(1),
  caller: z.strictObject({ type: z.literal('direct') }),
}
const redacted = z.strictObject({ type: z.literal('redacted_thinking'), data: sealed })
const contextManagement = z
  .strictObject({ applied_edits: z.tuple([]) })
  .optional()
  .transform((edits) => edits ?? undefined)

const head = {
  id,
  type: z.literal('message'),
  role: z.literal('assistant'),
  model: z.string(),
  container: z.null(),
  diagnostics: z.null(),
  usage,
  context_management: contextManagement,
}
/** Left out where there are none, as the API does, though the package's type has it always. */
const citations = z.array(citation).nonempty().optional() as unknown as z.ZodType<
  Anthropic.TextCitation[] | null
>
const message = typed<Anthropic.Message>()(
  z.strictObject({
    ...head,
    content: z.array(
      z.union([
        z.strictObject({
          type: z.literal('text'),
          text: z.string().min(1),
          citations,
        }),
        z.strictObject({ type: z.literal('thinking'), thinking: z.string(), signature: sealed }),
        redacted,
        z.strictObject({ ...toolUse, input: z.record(z.string(), z.unknown()) }),
      ]),
    ),
    stop_reason: stopReason,
    stop_sequence: z.string().nullable(),
    stop_details: stopDetails,
  }),
)

const events = {
  message_start: typed<Anthropic.RawMessageStartEvent>()(
    z.strictObject({
      type: z.literal('message_start'),
      message: z.strictObject({
        ...head,
        content: z.tuple([]),
        stop_reason: z.null(),
        stop_sequence: z.null(),
        stop_details: z.null(),
      }),
    }),
  ),
  content_block_start: typed<Anthropic.RawContentBlockStartEvent>()(
    z.strictObject({
      type: z.literal('content_block_start'),
      index: count,
      content_block: z.union([
        z.strictObject({ type: z.literal('text'), text: z.literal(''), citations: z.null() }),
        z.strictObject({
          type: z.literal('thinking'),
          thinking: z.literal(''),
          signature: z.literal(''),
        }),
        redacted,
        z.strictObject({ ...toolUse, input: z.strictObject({}) }),
      ]),
    }),
  ),
  content_block_delta: typed<Anthropic.RawContentBlockDeltaEvent>()(
    z.strictObject({
      type: z.literal('content_block_delta'),
      index: count,
      delta: z.union([
        z.strictObject({ type: z.literal('text_delta'), text: z.string().min(1) }),
        z.strictObject({ type: z.literal('thinking_delta'), thinking: z.string().min(1) }),
        z.strictObject({ type: z.literal('signature_delta'), signature: sealed }),
        z.strictObject({ type: z.literal('input_json_delta'), partial_json: z.string().min(1) }),
        z.strictObject({ type: z.literal('citations_delta'), citation }),
      ]),
    }),
  ),
  content_block_stop: typed<Anthropic.RawContentBlockStopEvent>()(
    z.strictObject({ type: z.literal('content_block_stop'), index: count }),
  ),
  message_delta: typed<Anthropic.RawMessageDeltaEvent>()(
    z.strictObject({
      type: z.literal('message_delta'),
      delta: z.strictObject({
        container: z.null(),
        stop_reason: stopReason,
        stop_sequence: z.string().nullable(),
        stop_details: stopDetails,
      }),
      usage: z.strictObject(counts),
      context_management: contextManagement,
    }),
  ),
  message_stop: typed<Anthropic.RawMessageStopEvent>()(
    z.strictObject({ type: z.literal('message_stop') }),
  ),
}

const failure = typed<Anthropic.ErrorResponse>()(
  z.strictObject({
    type: z.literal('error'),
    error: z.strictObject({
      message: z.string().min(1),
      details: z
        .strictObject({
          error_code: z.literal('thread_unsupported_request'),
          unsupported: z.tuple([z.literal('thread')]),
        })
        .optional(),
      type: z.enum([
        'invalid_request_error',
        'authentication_error',
        'permission_error',
        'not_found_error',
        'rate_limit_error',
        'timeout_error',
        'api_error',
        'overloaded_error',
      ]),
    }),
    request_id: requestId,
  }),
)

const tokenCount = typed<Anthropic.MessageTokensCount>()(z.strictObject({ input_tokens: count }))

/** Judges a whole body of the Messages endpoints by its content type and status. */
export function checkMessagesBody(status: number, type: string, body: string): void {
  if (type.startsWith('text/event-stream')) return checkStream(body)
  const value: unknown = JSON.parse(body)
  if (status !== 200) failure.parse(value)
  else if ('input_tokens' in (value as object)) tokenCount.parse(value)
  else if ((value as { type?: unknown }).type === 'message') message.parse(value)
}

/** The message first, each block begun before it goes on and ended once, then the reason and the end; or an error. */
function checkStream(body: string): void {
  expect(body).toMatch(/\n\n$/)
  const open = new Set<number>()
  let blocks = 0
  let last = ''
  for (const frame of body.split('\n\n').slice(0, -1)) {
    const [, name, data] = /^event: (\w+)\ndata: ([^\n]+)$/.exec(frame) ?? []
    expect(data, frame).toBeDefined()
    const event = JSON.parse(data as string)
    expect(event.type).toBe(name)
    if (name === 'ping') continue
    expect(last, 'nothing follows the end').not.toMatch(/message_stop|error/)
    if (name === 'error') failure.parse(event)
    else events[name as keyof typeof events].parse(event)
    if (last === '') expect(name).toMatch(/message_start|error/)
    if (last === 'message_delta') expect(name).toBe('message_stop')
    if (name === 'content_block_start') {
      expect(event.index).toBe(blocks++)
      open.add(event.index)
    } else if (name?.startsWith('content_block')) expect(open).toContain(event.index)
    if (name === 'content_block_stop') open.delete(event.index)
    if (name === 'message_delta') expect(open).toEqual(new Set())
    last = name as string
  }
  expect(last).toMatch(/message_stop|error/)
}
