/**
 * Runs a chat in its trace.
 */
import type { ChatResult } from '../event.ts'
import type { ChatStream } from '../stream/chat-stream.ts'
import type { Run } from '../stream/event-iterator.ts'
import { emptyResult } from '../stream/to-result.ts'
import type { ChatTrace, TracedChat } from './chat-trace.ts'
import { traceChat } from './chat-trace.ts'
import type { TraceOptions } from './options.ts'

/** A chat that has not begun: its stream, or a function that sends the request. */
export type Reply = ChatStream | (() => Promise<ChatResult>)

/** Starts the span of a chat. Returns the run of the chat, whose end ends the span. */
export function tracedRun(options: TraceOptions, traced: TracedChat, reply: Reply): Run {
  const chat = traceChat(options, traced)
  return typeof reply === 'function' ? bufferedRun(chat, reply) : streamedRun(chat, reply)
}

function bufferedRun(chat: ChatTrace, ask: () => Promise<ChatResult>): Run {
  let result: ChatResult | undefined
  let canceled: { reason: unknown } | undefined
  return {
    result: () => result ?? emptyResult(),
    async pull(onValue, onError) {
      try {
        if (canceled) throw canceled.reason
        result = await chat.within(ask)
        chat.end(result)
      } catch (error) {
        chat.end((error as { partial?: ChatResult } | undefined)?.partial, error)
        return onError(error)
      }
      return onValue(undefined)
    },
    async return() {},
    cancel(reason) {
      canceled = { reason }
      chat.end(undefined, reason)
    },
  }
}

function streamedRun(chat: ChatTrace, stream: ChatStream): Run {
  const events = stream.events()
  const result = () => stream.partial
  return {
    result,
    pull: (onValue, onError) =>
      chat
        .within(() => events.next())
        .then(
          ({ done, value }) => {
            if (done || value.type === 'finish') chat.end(result())
            else chat.onEvent(value)
            return onValue(done ? undefined : [value])
          },
          (error) => {
            chat.end(result(), error)
            return onError(error)
          },
        ),
    async return() {
      await events.return?.()
    },
    cancel(reason) {
      stream.cancel(reason)
      chat.end(result(), reason)
    },
  }
}
