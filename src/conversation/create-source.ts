/**
 * Sources of the replies of a conversation: a model, a URL or a function. Loaded with the first reply.
 */
import type { BaseChatModel } from '../chat/base.ts'
import { ConfigError } from '../errors.ts'
import { loadPart } from '../load-part.ts'
import type { Message } from '../message.ts'
import type { ChatStream } from '../stream/chat-stream.ts'
import type { Opened, Source, SourceRequest } from './source.ts'
import { resolve } from './source.ts'
import type { ConversationOptions } from './types.ts'

/** Creates the source of the replies of these options, which were checked. */
export function createSource(options: ConversationOptions): Source {
  const { model, url, reply, tools, defaults } = options
  if (url !== undefined) {
    // A page with a model does not need the code that reads from a URL.
    const load = async () => new (await loadPart(() => import('./remote.ts'))).RemoteSource(options)
    return {
      open: async (request) => (await load()).open(request),
      resume: async (request) => (await load()).resume(request),
      cancel: async (replyId) => (await load()).cancel(replyId),
    }
  }
  return {
    async open(request) {
      if (reply) return openReply(await reply(request), request)
      const { messages, signal } = request
      const chat = { ...resolve(defaults), messages, signal, stream: true as const }
      if (!tools?.length) return openReply((model as BaseChatModel).chat(chat), request)
      const { askWithTools } = await loadPart(() => import('./page-tools.ts'))
      return openReply(askWithTools(options, chat), request)
    },
  }
}

async function openReply(answer: ChatStream | Response, request: SourceRequest): Promise<Opened> {
  if (typeof answer !== 'object' || answer === null)
    throw new ConfigError('invalid_config', '`reply` must return a ChatStream or a Response')
  // Not `instanceof`: there may be another copy of the package.
  if ('events' in answer) {
    const { messages, signal } = request
    const sent = messages.length
    const stop = () => answer.cancel(signal.reason)
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    return {
      events: answer.events(),
      added: () => (answer.partial as { messages?: Message[] }).messages?.slice(sent),
    }
  }
  const { readResponse } = await loadPart(() => import('./remote.ts'))
  return { events: readResponse(answer, request) }
}
