/**
 * OpenAI's chat completion objects, from the types of its package (`resources/chat/completions`), which ships no
 * schema. Strict: a member that is not named here fails, `reasoning_content` being the one that OpenAI lacks.
 */
import { expect } from 'vitest'
import * as z from 'zod'

const count = z.int().nonnegative()
/** Data that a vendor requires back, opaque to the client. */
const sealed = z.string().regex(/^cw1\.[\w-]+$/)
const id = z.string().regex(/^chatcmpl-[\da-f]{32}$/)
const usage = z.strictObject({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: z.strictObject({ cached_tokens: count }).optional(),
  completion_tokens_details: z.strictObject({ reasoning_tokens: count }).optional(),
})
const finishReason = z.enum(['stop', 'length', 'tool_calls', 'content_filter'])
const annotation = z.strictObject({
  type: z.literal('url_citation'),
  url_citation: z.strictObject({
    start_index: count,
    end_index: count,
    url: z.string(),
    title: z.string(),
  }),
})

const completion = z.strictObject({
  id,
  object: z.literal('chat.completion'),
  created: count,
  model: z.string(),
  choices: z.tuple([
    z.strictObject({
      index: z.literal(0),
      message: z.strictObject({
        role: z.literal('assistant'),
        content: z.string().nullable(),
        refusal: z.null(),
        reasoning_content: z.string().optional(),
        provider_data: sealed.optional(),
        annotations: z.array(annotation).optional(),
        tool_calls: z
          .array(
            z.strictObject({
              id: z.string().min(1),
              type: z.literal('function'),
              function: z.strictObject({ name: z.string().min(1), arguments: z.string().min(2) }),
            }),
          )
          .nonempty()
          .optional(),
      }),
      logprobs: z.null(),
      finish_reason: finishReason,
    }),
  ]),
  usage,
  system_fingerprint: z.null(),
})

const toolCallHead = z.strictObject({
  index: count,
  id: z.string().min(1),
  type: z.literal('function'),
  function: z.strictObject({ name: z.string().min(1), arguments: z.literal('') }),
})
const toolCallPiece = z.strictObject({
  index: count,
  function: z.strictObject({ arguments: z.string().min(1) }),
})
const delta = z.union([
  z.strictObject({ role: z.literal('assistant'), content: z.literal('') }),
  z.strictObject({ content: z.string().min(1) }),
  z.strictObject({ reasoning_content: z.string().min(1) }),
  z.strictObject({ provider_data: sealed }),
  z.strictObject({ annotations: z.tuple([annotation]) }),
  z.strictObject({ tool_calls: z.tuple([z.union([toolCallHead, toolCallPiece])]) }),
  z.strictObject({}),
])
const chunk = z.strictObject({
  id,
  object: z.literal('chat.completion.chunk'),
  created: count,
  model: z.string(),
  choices: z
    .array(
      z.strictObject({
        index: z.literal(0),
        delta,
        logprobs: z.null(),
        finish_reason: finishReason.nullable(),
      }),
    )
    .max(1),
  usage: usage.nullable().optional(),
})

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

/** Judges a whole body by its content type and status. */
export function checkBody(status: number, type: string, body: string): void {
  if (type.startsWith('text/event-stream')) return checkStream(body)
  const value: unknown = JSON.parse(body)
  if (status !== 200) failure.parse(value)
  else if ((value as { object: string }).object === 'chat.completion') completion.parse(value)
}

/** Frames and comments only; the role first, one finish, then the usage if at all, then the end mark. */
function checkStream(body: string): void {
  expect(body).toMatch(/\n\n$/)
  const frames = body
    .split('\n\n')
    .filter((frame) => frame !== '' && frame !== ': ping')
    .map((frame) => {
      expect(frame).toMatch(/^data: [^\n]+$/)
      return frame.slice(6)
    })
  const last = frames.pop() as string
  if (last !== '[DONE]') {
    failure.parse(JSON.parse(last))
    for (const frame of frames) expect(readChunk(frame).choices[0]?.finish_reason).toBeNull()
    return
  }
  const chunks = frames.map(readChunk)
  expect(chunks[0].choices[0]?.delta).toMatchObject({ role: 'assistant' })
  expect(chunks.filter(({ choices }) => choices[0]?.finish_reason)).toHaveLength(1)
  const final = chunks.at(-1) as z.infer<typeof chunk>
  if (final.choices.length === 0) expect(final.usage).not.toBeNull()
  const finish = chunks.at(final.choices.length === 0 ? -2 : -1)
  expect(finish?.choices[0]?.finish_reason).not.toBeNull()
  expect(new Set(chunks.map((one) => `${one.id} ${one.created} ${one.model}`)).size).toBe(1)
}

function readChunk(frame: string): z.infer<typeof chunk> {
  return chunk.parse(JSON.parse(frame))
}
