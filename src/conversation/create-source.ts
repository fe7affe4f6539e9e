/**
 * Sources of the replies of a conversation: a model, a URL or a function.
 */
import { ConfigError } from '../errors.ts'
import type { Message } from '../message.ts'
import type { ChatStream } from '../stream/chat-stream.ts'
import type { EventBatch } from '../stream/read-events.ts'
import type { RemoteSource } from './remote.ts'
import type { Opened, Source, SourceRequest } from './source.ts'
import { resolve } from './source.ts'
import type { ConversationOptions } from './types.ts'

/** @throws {ConfigError} `invalid_config` unless there is exactly one source */
export function createSource(options: ConversationOptions): Source {
  const { model, url, reply } = options ?? {}
  const given = [model, url, reply].filter((each) => each !== undefined)
  const isValid =
    typeof (model ?? { chat: reply ?? open }).chat === 'function' &&
    (url === undefined || typeof url === 'string' || url instanceof URL)
  if (given.length !== 1 || !isValid) {
    throw new ConfigError(
      'invalid_config',
      'createConversation() takes one of { model: llm }, { url: string } and { reply: function }',
    )
  }
  if (url !== undefined) return createRemoteSource(String(url), options)
  if (reply) return { open: async (request) => open(await reply(request), request) }
  return {
    open: async ({ messages, signal, cursor }) => {
      const chat = { ...resolve(options.defaults), messages, signal, stream: true as const }
      const { tools, maxSteps } = options
      if (!tools?.length) return open(model.chat(chat), { messages, signal, cursor })
      const { askWithTools } = await import('./page-tools.ts')
      const stream = askWithTools(model, { ...chat, maxSteps, tools })
      return open(stream, { messages, signal, cursor })
    },
  }
}

/** Loads the code that reads from a URL, which a page with a model does not need. */
function createRemoteSource(url: string, options: ConversationOptions): Source {
  let loading: Promise<RemoteSource> | undefined
  const load = () =>
    (loading ??= import('./remote.ts').then(
      ({ RemoteSource }) => new RemoteSource(url, options),
      (error: unknown) => {
        loading = undefined
        throw error
      },
    ))
  return {
    prepare: () => void load().catch(() => {}),
    open: async (request) => (await load()).open(request),
    resume: async (request) => (await load()).resume(request),
    cancel: ({ replyId }) => {
      if (replyId !== undefined)
        load().then(
          (source) => source.cancel({ replyId }),
          () => {},
        )
    },
  }
}

async function open(
  answer: ChatStream | Response,
  { messages, signal, cursor }: SourceRequest,
): Promise<Opened> {
  // Not `instanceof`: there may be another copy of the package.
  if (!('events' in answer)) {
    const { readResponse } = await import('./remote.ts')
    return { events: readResponse(answer, { signal, cursor }) }
  }
  const sent = messages.length
  return {
    events: readStream(answer, signal),
    added: () => (answer.partial as { messages?: Message[] }).messages?.slice(sent),
  }
}

async function* readStream(stream: ChatStream, signal: AbortSignal): AsyncGenerator<EventBatch> {
  const stop = () => stream.cancel(signal.reason)
  signal.addEventListener('abort', stop)
  try {
    if (signal.aborted) stop()
    for await (const event of stream.events()) yield { events: [event] }
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
