/**
 * Asks a model for an object that matches a schema.
 */
import { ConfigError } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import type { ChatRequest } from '../options.ts'
import type { BaseChatModel } from '../chat/base.ts'
import { checkRequest } from '../validation/input.ts'
import { checkModel } from '../validation/model.ts'
import { checkMembers, oneOf, optional, rule } from '../validation/shape.ts'
import { ObjectRun } from './object-run.ts'
import type { DeepPartial } from './object-stream.ts'
import { ObjectStream } from './object-stream.ts'
import type { ObjectMode, ObjectResult, ObjectTaskOptions } from './object-task.ts'
import { ObjectTask } from './object-task.ts'
import type { InputOf, OutputOf, Schema } from '../schema/types.ts'

/** A request for an object. */
export interface ObjectRequest<S extends Schema = Schema> extends Omit<
  ChatRequest,
  'responseFormat'
> {
  /**
   * The schema of the object: a Standard Schema (valibot, zod, arktype, …) or a plain JSON Schema. Arrays,
   * strings and unions work too. It is adapted to what the server accepts; the answer is validated with the
   * original.
   */
  schema: S
  /**
   * Names the schema for the server: up to 64 letters, digits, `_` and `-`.
   * @default 'answer'
   */
  name?: string | undefined
  /**
   * Way to get JSON from the model.
   * @default the best mode that the server supports for this model, these options and this schema
   */
  mode?: ObjectMode | undefined
  /**
   * Maximum number of repair turns: an invalid answer is sent back to the model with the issues.
   * @default 1
   */
  repairs?: number | undefined
}

/**
 * Requests an object and validates the answer. An invalid answer is sent back to the model, up to `repairs`
 * times. Returns the result of `chat` with the validated `object`; `usage` and `attempts` cover all answers. With
 * `stream: true` returns an `ObjectStream` immediately, which sends nothing before it is read.
 * @throws {OutputError} `invalid_output`, with `issues`, `text` and `partial`; without a repair turn if the
 * answer was cut at `maxTokens`
 * @throws {ServiceError} `content_filter` for a filtered answer
 * @throws {ConfigError} for an invalid schema or option, before anything is sent
 * @throws {ChatError} if a request fails, with what had arrived in `partial`
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
  const task = new ObjectTask(llm, checkObjectRequest(llm, request))
  return new ObjectStream(new ObjectRun(llm, task), task)
}

// An invalid request rejects the promise, like any other failure.
async function drain(llm: BaseChatModel, request: ObjectRequest): Promise<ObjectResult<unknown>> {
  const task = new ObjectTask(llm, checkObjectRequest(llm, request))
  for (;;) {
    const next = await task.request()
    const answer = await llm.chat({ ...next, stream: false }).catch((error: unknown) => {
      throw task.sumError(error)
    })
    const result = await task.judge(answer)
    if (result) return result
  }
}

function checkObjectRequest(llm: BaseChatModel, request: ObjectRequest): ObjectTaskOptions {
  checkModel(llm, 'chatObject')
  if (!isRecord(request)) {
    throw new ConfigError('invalid_messages', 'chatObject() requires an object with `schema`')
  }
  const { schema, name = 'answer', mode, repairs = 1, ...others } = request
  const chatRequest: ChatRequest = others
  checkMembers(SHAPES, { name, mode, repairs }, 'unsupported_option', '')
  if (chatRequest.responseFormat !== undefined) {
    throw new ConfigError(
      'unsupported_option',
      'chatObject() sets `responseFormat` itself; pass `schema`, and `mode` to choose how',
    )
  }
  const { messages, options } = checkRequest(chatRequest, ['schema', ...Object.keys(SHAPES)])
  return { messages, options, schema, name, mode, repairs }
}

const SHAPES = {
  name: rule('must be up to 64 letters, digits, _ and -', (value) =>
    /^[\w-]{1,64}$/.test(String(value)),
  ),
  mode: optional(oneOf(['schema', 'json', 'prompt'], 'must be "schema", "json" or "prompt"')),
  repairs: rule('must be a whole number from 0', (value) => Number.isInteger(value) && value >= 0),
}
