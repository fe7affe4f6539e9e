/**
 * Sends a request to DashScope, corrects it where the server requires another one, and reads the reply.
 */
import { pullFrom } from '../../async/pull.ts'
import type { Call } from '../../call.ts'
import { shouldStream } from '../../chat/should-stream.ts'
import { resolveKey } from '../../api-key.ts'
import { ServiceError } from '../../errors.ts'
import type { StreamEvent } from '../../event.ts'
import type { BodyStream } from '../../http/body-stream.ts'
import { post } from '../../http/client.ts'
import type { RequestStream } from '../../http/late-stream.ts'
import { readSSE } from '../../http/sse.ts'
import type { Message } from '../../message.ts'
import type { ModelConfig } from '../../options.ts'
import { ReplyDecoder } from './decode.ts'
import type { EncodedRequest, Plan } from './encode.ts'
import { encodeParameters, encodeRequest } from './encode.ts'
import { isVendorHost } from './endpoint.ts'
import { decodeError } from './errors.ts'
import { hasMedia } from './messages.ts'
import type { GenerationPath } from './models.ts'
import { pathOf } from './models.ts'
import { needsStream } from './thinking.ts'

/** What a model's instance has learned from its server. */
export interface Learned {
  /** The path of this model, once the server has contradicted the table. */
  path: GenerationPath | undefined
  /** True once the server has reported that this model only streams. */
  streamOnly: boolean
}

interface Settings {
  config: ModelConfig
  provider: string
  base: string
  workspace: string | undefined
  learned: Learned
}

/** Sends the request at the first read. */
export function chat(
  model: Settings,
  messages: readonly Message[],
  call: Call,
): RequestStream<StreamEvent> {
  const parameters = encodeParameters(messages, call)
  const media = hasMedia(messages)
  const plan: Plan = {
    path: choosePath(model.learned, call, { media }),
    stream:
      model.learned.streamOnly ||
      needsStream(call.model, parameters) ||
      shouldStream(call, model.config, { thinks: false }),
  }
  const asked: RequestHistory = { call, media, tried: [] }
  return new CorrectingStream(
    () => {
      const request = encodeRequest(messages, call, parameters, plan)
      const decoder = new ReplyDecoder(call, request)
      return readSSE(send(model, request, plan, call), call).decode(decoder)
    },
    (error) => {
      if (!correct(model.learned, plan, error, asked)) throw explain(error, asked)
      call.idempotencyKey = undefined // stands for one body
    },
  )
}

/** Returns the learned path, else the table's, else the one that supports the messages. */
function choosePath(learned: Learned, call: Call, { media }: { media: boolean }): GenerationPath {
  if (learned.path && !(media && learned.path === 'text-generation')) return learned.path
  return pathOf(call.model) ?? (media ? 'multimodal-generation' : 'text-generation')
}

/** Corrects the plan if the server requires another kind of request. */
function correct(
  learned: Learned,
  plan: Plan,
  error: unknown,
  { call, media, tried }: RequestHistory,
): boolean {
  if (!(error instanceof ServiceError)) return false
  if (!plan.stream && WANTS_STREAM.test(error.message)) {
    plan.stream = learned.streamOnly = true
    return true
  }
  if (!isWrongPath(error, call.model)) return false
  if (tried.push(error) > 1) {
    learned.path = undefined // neither path knows the model
    return false
  }
  const path = plan.path === 'text-generation' ? 'multimodal-generation' : 'text-generation'
  // The text path does not support images, and the other one no raw prompt.
  if (path === 'text-generation' ? media : call.rawPrompt !== undefined) return false
  plan.path = learned.path = path
  return true
}

/** Explains "url error", which also stands for an unknown model if both paths report it. */
function explain(error: unknown, { call, tried }: RequestHistory): unknown {
  const { model, provider } = call
  if (tried.length < 2 || !(error instanceof ServiceError)) return error
  const { message, status, vendorCode, requestId } =
    tried.find(({ code }) => code === 'model_not_found') ?? error
  const hint = `unknown model "${model}" on both generation paths: check its name and the region of \`baseURL\``
  const details = { provider, status, vendorCode, requestId, cause: error }
  return new ServiceError('model_not_found', `${message} (${hint})`, details)
}

async function send(
  model: Settings,
  { body, oss }: EncodedRequest,
  plan: Plan,
  call: Call,
): Promise<Response> {
  const url = `${model.base}/services/aigc/${plan.path}/generation`
  return post(
    url,
    { body, headers: await headersFor(model, call, plan, { oss }), decodeError },
    call,
  )
}

async function headersFor(
  model: Settings,
  call: Call,
  plan: Plan,
  { oss }: { oss: boolean },
): Promise<Record<string, string>> {
  const key = await resolveKey({
    config: model.config,
    provider: model.provider,
    variables: ['DASHSCOPE_API_KEY'],
    url: model.base,
    required: isVendorHost(model.base),
    temporaryPrefix: 'st-',
    call,
  })
  return {
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
    // The header requests a stream: a `stream` property in the body has no effect.
    ...(plan.stream && { accept: 'text/event-stream', 'x-dashscope-sse': 'enable' }),
    ...(!plan.stream && { accept: 'application/json' }),
    ...(oss && { 'x-dashscope-ossresourceresolve': 'enable' }),
    ...(model.workspace !== undefined && { 'x-dashscope-workspace': model.workspace }),
  }
}

/** Repeats a request with corrections as long as no part of its reply was emitted. */
class CorrectingStream implements AsyncIterableIterator<StreamEvent[]> {
  #open: () => BodyStream<StreamEvent>
  #correct: (error: unknown) => void
  #stream: BodyStream<StreamEvent>
  #begun = false

  /** @param correct changes the request, or throws the error for the reader */
  constructor(open: () => BodyStream<StreamEvent>, correct: (error: unknown) => void) {
    this.#open = open
    this.#correct = correct
    this.#stream = open()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<StreamEvent[]>> {
    return this.#begun ? this.#stream.next() : this.#first()
  }

  pull<R>(give: (events: StreamEvent[] | undefined) => R, fail: (error: unknown) => R): Promise<R> {
    // Not wrapped: each layer would cost a few microtasks per chunk.
    return this.#begun ? this.#stream.pull(give, fail) : pullFrom(this)(give, fail)
  }

  return(): Promise<IteratorResult<StreamEvent[]>> {
    return this.#stream.return()
  }

  async #first(): Promise<IteratorResult<StreamEvent[]>> {
    for (;;) {
      try {
        const first = await this.#stream.next()
        this.#begun = true
        return first
      } catch (error) {
        this.#correct(error)
        this.#stream = this.#open()
      }
    }
  }
}

/** A request and its history. */
interface RequestHistory {
  call: Call
  media: boolean
  /** The "wrong path" errors of this call. */
  tried: ServiceError[]
}

// "parameter.enable_thinking must be set to false for non-streaming calls"; "This model only
// support stream mode, please enable the stream parameter to access the model."
const WANTS_STREAM = /only supports? stream|for non-streaming calls|enable the stream parameter/i

/**
 * "url error, please check url！", as HTTP 400 or in a frame. A name that is not in the table is also tried at the
 * other path if the server reports an unknown model, as the official SDK does.
 */
function isWrongPath(error: ServiceError, model: string): boolean {
  if (/url error/i.test(error.message)) return true
  return error.code === 'model_not_found' && pathOf(model) === undefined
}
