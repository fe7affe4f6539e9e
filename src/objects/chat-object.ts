/**
 * Objects: a schema in, a validated value out.
 */
import { ConfigError } from '../errors.ts'
import type { ChatRequest } from '../options.ts'
import type { BaseChatModel } from '../chat/base.ts'
import { checkRequest } from '../validation/input.ts'
import { checkMembers, oneOf, optional, rule } from '../validation/shape.ts'
import { ObjectRun } from './object-run.ts'
import type { DeepPartial } from './object-stream.ts'
import { ObjectStream } from './object-stream.ts'
import type { ObjectMode, ObjectResult, ObjectTaskOptions } from './object-task.ts'
import { ObjectTask } from './object-task.ts'
import type { OutputOf, Schema } from '../schema/standard-schema.ts'

/** What goes into a schema: what the model writes, and so what partials are of. */
export type InputOf<S> = S extends {
  readonly '~standard': { readonly types?: { readonly input: infer Input } | undefined }
}
  ? Input
  : Record<string, unknown>

/** A request for an object. */
export interface ObjectRequest<S extends Schema = Schema> extends Omit<
  ChatRequest,
  'responseFormat'
> {
  /**
   * What the object is: a schema of valibot, zod, arktype or any other Standard Schema, or a plain JSON Schema. One of
   * a list or a text will do as well. OpenAI guarantees only what is strict: every object closed (`v.strictObject`,
   * `z.strictObject`, `additionalProperties: false`) and every member required.
   */
  schema: S
  /**
   * What the server calls the schema: up to 64 letters, digits, `_` and `-`.
   * @default 'answer'
   */
  name?: string | undefined
  /**
   * How the model is brought to write JSON.
   * @default the best that the server offers this model with these options
   */
  mode?: ObjectMode | undefined
  /**
   * How often the model is asked again, with what was wrong, where its answer is not valid.
   * @default 1
   */
  repairs?: number | undefined
}

/**
 * Asks for an object. The answer is validated; one that is not valid goes back to the model, `repairs` times. The
 * result is that of `chat` with the validated `object`; its `usage` and `attempts` are of all answers together. With
 * `stream: true` it gives an `ObjectStream` at once, which sends nothing before it is read.
 * @throws {OutputError} `invalid_output`, with `issues`, `text` and `partial`; at once for an answer cut at `maxTokens`
 * @throws {ServiceError} `content_filter` for an answer that was filtered
 * @throws {ConfigError} for what cannot be sent
 * @throws {ChatError} for what fails, with `partial` holding what had arrived
 * @example
 * const { object } = await chatObject(llm, { prompt, schema: v.object({ city: v.string() }) })
 */
export function chatObject<S extends Schema>(
  llm: BaseChatModel,
  request: ObjectRequest<S> & { stream: true },
): ObjectStream<OutputOf<S>, DeepPartial<InputOf<S>>>
export function chatObject<S extends Schema>(
  llm: BaseChatModel,
  request: ObjectRequest<S> & { stream?: false | undefined },
): Promise<ObjectResult<OutputOf<S>>>
export function chatObject<S extends Schema>(
  llm: BaseChatModel,
  request: ObjectRequest<S>,
): ObjectStream<OutputOf<S>, DeepPartial<InputOf<S>>> | Promise<ObjectResult<OutputOf<S>>>
export function chatObject(
  llm: BaseChatModel,
  request: ObjectRequest,
): ObjectStream<unknown> | Promise<ObjectResult<unknown>> {
  if (request?.stream !== true) return drain(llm, request)
  const task = new ObjectTask(llm, checkObjectRequest(request))
  return new ObjectStream(new ObjectRun(llm, task), task)
}

// What is wrong with the request rejects the promise, like everything else that can go wrong.
async function drain(llm: BaseChatModel, request: ObjectRequest): Promise<ObjectResult<unknown>> {
  const task = new ObjectTask(llm, checkObjectRequest(request))
  for (;;) {
    const next = await task.request()
    const answer = await llm.chat({ ...next, stream: false }).catch((error: unknown) => {
      throw task.sumError(error)
    })
    const result = await task.judge(answer)
    if (result) return result
  }
}

function checkObjectRequest(request: ObjectRequest): ObjectTaskOptions {
  const { schema, name = 'answer', mode, repairs = 1, ...others } = request ?? {}
  const chatRequest: ChatRequest = others
  checkMembers(SHAPES, { name, mode, repairs }, 'unsupported_option', '')
  if (chatRequest.responseFormat !== undefined) {
    throw new ConfigError(
      'unsupported_option',
      'chatObject() sets `responseFormat` itself: pass `schema`, and `mode` if need be',
    )
  }
  const { messages, options } = checkRequest(chatRequest)
  return { messages, options, schema, name, mode, repairs }
}

const SHAPES = {
  name: rule('must be up to 64 letters, digits, _ and -', (value) =>
    /^[\w-]{1,64}$/.test(String(value)),
  ),
  mode: optional(oneOf(['schema', 'json', 'prompt'], 'must be "schema", "json" or "prompt"')),
  repairs: rule(
    'must be a whole number, not negative',
    (value) => Number.isInteger(value) && value >= 0,
  ),
}
