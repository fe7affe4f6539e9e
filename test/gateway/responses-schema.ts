/**
 * Objects of the Responses API, as OpenAI's package types them, which ships no schema. Strict: a member that is not
 * named here fails. That each schema is one of the package's types is checked by the compiler.
 */
import type * as OpenAI from 'openai/resources/responses/responses'
import { expect } from 'vitest'
import * as z from 'zod'

/** Compiles only if whatever passes the schema has the type. */
const typed =
  <Type>() =>
  <Schema extends z.ZodType<Type>>(schema: Schema): Schema =>
    schema

const count = z.int().nonnegative()
const id = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[\\da-f]{36}$`))
const sealed = z.string().regex(/^cw1\.[\w-]+$/)
const annotation = z.strictObject({
  type: z.literal('url_citation'),
  start_index: count,
  end_index: count,
  url: z.string().min(1),
  title: z.string(),
})
const textPart = z.strictObject({
  type: z.literal('output_text'),
  text: z.string(),
  annotations: z.array(annotation),
  logprobs: z.tuple([]),
})
const summaryPart = z.strictObject({ type: z.literal('summary_text'), text: z.string() })
const message = (status: 'in_progress' | 'completed' | 'incomplete') =>
  z.strictObject({
    id: id('msg'),
    type: z.literal('message'),
    role: z.literal('assistant'),
    status: z.literal(status),
    content: z.array(textPart),
  })
const reasoning = z.strictObject({
  id: id('rs'),
  type: z.literal('reasoning'),
  summary: z.array(summaryPart),
  encrypted_content: sealed.nullable(),
})
const functionCall = (status: 'in_progress' | 'completed' | 'incomplete') =>
  z.strictObject({
    id: id('fc'),
    type: z.literal('function_call'),
    status: z.literal(status),
    call_id: z.string().min(1),
    name: z.string().min(1),
    namespace: z
      .literal('agents')
      .optional()
      .transform((name) => name as string),
    arguments:
      status === 'in_progress' ? z.literal('') : z.string().min(status === 'completed' ? 2 : 1),
  })
const customCall = z.strictObject({
  id: id('ctc'),
  type: z.literal('custom_tool_call'),
  call_id: z.string().min(1),
  name: z.string().min(1),
  input: z.string(),
})
const called = {
  status: z.enum(['in_progress', 'completed', 'incomplete']),
  call_id: z.string().min(1),
}
const clientCalls = [
  z.strictObject({
    ...called,
    id: id('lsh'),
    type: z.literal('local_shell_call'),
    action: z
      .strictObject({
        type: z.literal('exec'),
        command: z.array(z.string()),
        env: z.record(z.string(), z.string()),
        timeout_ms: count.optional(),
        working_directory: z.string().optional(),
      })
      .transform((action) => action as OpenAI.ResponseOutputItem.LocalShellCall.Action),
  }),
  z.strictObject({
    ...called,
    id: id('sh'),
    type: z.literal('shell_call'),
    action: z.strictObject({
      commands: z.array(z.string()),
      timeout_ms: count.nullable(),
      max_output_length: count.nullable(),
    }),
    environment: z.strictObject({ type: z.literal('local') }),
  }),
  z.strictObject({
    ...called,
    status: z.enum(['in_progress', 'completed']),
    id: id('apc'),
    type: z.literal('apply_patch_call'),
    operation: z.union([
      z.strictObject({
        type: z.enum(['create_file', 'update_file']),
        path: z.string(),
        diff: z.string(),
      }),
      z.strictObject({ type: z.literal('delete_file'), path: z.string() }),
    ]),
  }),
  z.strictObject({
    ...called,
    id: id('tsc'),
    type: z.literal('tool_search_call'),
    execution: z.literal('client'),
    arguments: z.record(z.string(), z.any()),
  }),
] as const
const begunItem = z.union([
  message('in_progress'),
  reasoning,
  functionCall('in_progress'),
  customCall,
  ...clientCalls,
])
const item = z.union([
  message('completed'),
  message('incomplete'),
  reasoning,
  functionCall('completed'),
  functionCall('incomplete'),
  customCall,
  ...clientCalls,
])
/** Members that repeat the request; their types are the package's. */
const anything = z.any()

const response = typed<Omit<OpenAI.Response, 'output_text'>>()(
  z.strictObject({
    id: z.string().regex(/^resp_[\da-f]{32}$/),
    object: z.literal('response'),
    created_at: count,
    completed_at: count.nullable(),
    status: z.enum(['in_progress', 'completed', 'incomplete', 'failed']),
    error: z
      .strictObject({
        code: z.enum(['server_error', 'rate_limit_exceeded', 'invalid_prompt']),
        message: z.string().min(1),
      })
      .nullable(),
    incomplete_details: z
      .strictObject({ reason: z.enum(['max_output_tokens', 'content_filter']) })
      .nullable(),
    model: z.string(),
    output: z.array(item),
    access_programs: z.null(),
    background: z.literal(false),
    frequency_penalty: z.number(),
    instructions: z.string().nullable(),
    max_output_tokens: count.nullable(),
    max_tool_calls: count.nullable(),
    metadata: z.record(z.string(), z.string()),
    parallel_tool_calls: z.boolean(),
    presence_penalty: z.number(),
    previous_response_id: z.null(),
    reasoning: anything,
    store: z.literal(false),
    temperature: z.number().nullable(),
    text: anything,
    tool_choice: anything,
    tools: z.array(anything),
    top_p: z.number().nullable(),
    truncation: z.enum(['auto', 'disabled']),
    usage: z
      .strictObject({
        input_tokens: count,
        input_tokens_details: z.strictObject({ cached_tokens: count, cache_write_tokens: count }),
        output_tokens: count,
        output_tokens_details: z.strictObject({ reasoning_tokens: count }),
        total_tokens: count,
      })
      .optional()
      .transform((usage) => usage as NonNullable<typeof usage>),
  }),
)

const at = { sequence_number: count, output_index: count, item_id: z.string().min(1) }
const content = { ...at, content_index: z.literal(0) }
const summary = { ...at, summary_index: z.literal(0) }
const whole = <Type extends string>(type: Type) =>
  z.strictObject({ type: z.literal(type), sequence_number: count, response })

type Event = Exclude<OpenAI.ResponseStreamEvent, { response: unknown }>

const EVENTS: Record<string, z.ZodType> = {
  'response.created': whole('response.created'),
  'response.in_progress': whole('response.in_progress'),
  'response.completed': whole('response.completed'),
  'response.incomplete': whole('response.incomplete'),
  'response.failed': whole('response.failed'),
  'response.output_item.added': typed<Event>()(
    z.strictObject({
      type: z.literal('response.output_item.added'),
      sequence_number: count,
      output_index: count,
      item: begunItem,
    }),
  ),
  'response.output_item.done': typed<Event>()(
    z.strictObject({
      type: z.literal('response.output_item.done'),
      sequence_number: count,
      output_index: count,
      item,
    }),
  ),
  'response.content_part.added': typed<Event>()(
    z.strictObject({ type: z.literal('response.content_part.added'), ...content, part: textPart }),
  ),
  'response.content_part.done': typed<Event>()(
    z.strictObject({ type: z.literal('response.content_part.done'), ...content, part: textPart }),
  ),
  'response.output_text.delta': typed<Event>()(
    z.strictObject({
      type: z.literal('response.output_text.delta'),
      ...content,
      delta: z.string().min(1),
      logprobs: z.tuple([]),
    }),
  ),
  'response.output_text.done': typed<Event>()(
    z.strictObject({
      type: z.literal('response.output_text.done'),
      ...content,
      text: z.string(),
      logprobs: z.tuple([]),
    }),
  ),
  'response.output_text.annotation.added': typed<Event>()(
    z.strictObject({
      type: z.literal('response.output_text.annotation.added'),
      ...content,
      annotation_index: count,
      annotation,
    }),
  ),
  'response.reasoning_summary_part.added': typed<Event>()(
    z.strictObject({
      type: z.literal('response.reasoning_summary_part.added'),
      ...summary,
      part: summaryPart,
    }),
  ),
  'response.reasoning_summary_part.done': typed<Event>()(
    z.strictObject({
      type: z.literal('response.reasoning_summary_part.done'),
      ...summary,
      part: summaryPart,
    }),
  ),
  'response.reasoning_summary_text.delta': typed<Event>()(
    z.strictObject({
      type: z.literal('response.reasoning_summary_text.delta'),
      ...summary,
      delta: z.string().min(1),
    }),
  ),
  'response.reasoning_summary_text.done': typed<Event>()(
    z.strictObject({
      type: z.literal('response.reasoning_summary_text.done'),
      ...summary,
      text: z.string().min(1),
    }),
  ),
  'response.function_call_arguments.delta': typed<Event>()(
    z.strictObject({
      type: z.literal('response.function_call_arguments.delta'),
      ...at,
      delta: z.string().min(1),
    }),
  ),
  'response.function_call_arguments.done': typed<Event>()(
    z.strictObject({
      type: z.literal('response.function_call_arguments.done'),
      ...at,
      name: z.string().min(1),
      arguments: z.string().min(2),
    }),
  ),
  'response.custom_tool_call_input.delta': typed<Event>()(
    z.strictObject({
      type: z.literal('response.custom_tool_call_input.delta'),
      ...at,
      delta: z.string().min(1),
    }),
  ),
  'response.custom_tool_call_input.done': typed<Event>()(
    z.strictObject({
      type: z.literal('response.custom_tool_call_input.done'),
      ...at,
      input: z.string(),
    }),
  ),
  error: typed<Event>()(
    z.strictObject({
      type: z.literal('error'),
      sequence_number: count,
      code: z.string().nullable(),
      message: z.string().min(1),
      param: z.string().nullable(),
    }),
  ),
}

const failure = z.strictObject({
  error: z.strictObject({
    message: z.string().min(1),
    type: z.enum([
      'invalid_request_error',
      'authentication_error',
      'rate_limit_error',
      'server_error',
    ]),
    param: z.string().nullable(),
    code: z.string().nullable(),
    request_id: z.string().regex(/^req_[\da-f]{32}$/),
  }),
})

/** Judges a whole body of the Responses endpoint by its content type and status. */
export function checkResponsesBody(status: number, type: string, body: string): void {
  if (type.startsWith('text/event-stream')) return checkStream(body)
  const value: unknown = JSON.parse(body)
  if (status === 200) response.parse(value)
  else failure.parse(value)
}

/** Numbered without gaps, each item begun before it goes on and closed once, and the end as the sum of its parts. */
function checkStream(body: string): void {
  expect(body).toMatch(/\n\n$/)
  const frames = body
    .split('\n\n')
    .slice(0, -1)
    .filter((frame) => frame !== ': ping')
  const open = new Map<number, string>()
  const closed: unknown[] = []
  let last = ''
  for (const [number, frame] of frames.entries()) {
    const [, name = '', data] = /^event: ([\w.]+)\ndata: ([^\n]+)$/.exec(frame) ?? []
    expect(data, frame).toBeDefined()
    const event = JSON.parse(data as string)
    expect([event.type, event.sequence_number]).toEqual([name, number])
    expect(EVENTS, name).toHaveProperty([name])
    EVENTS[name]?.parse(event)
    expect(last, 'nothing follows the end').not.toMatch(/completed|incomplete|failed/)
    if (number === 0) expect(name).toMatch(/^(response.created|error)$/)
    if (name === 'response.output_item.added') open.set(event.output_index, event.item.id)
    else if (event.item_id) expect(open.get(event.output_index)).toBe(event.item_id)
    if (name === 'response.output_item.done') {
      expect(open.get(event.output_index)).toBe(event.item.id)
      open.delete(event.output_index)
      closed[event.output_index] = event.item
    }
    if (/completed|incomplete/.test(name)) {
      expect(open).toEqual(new Map())
      expect(event.response.output).toEqual(closed)
      expect(event.response.usage).toBeDefined()
    }
    last = name
  }
  expect(last).toMatch(/response\.(completed|incomplete|failed)|error/)
}
