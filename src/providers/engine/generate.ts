/**
 * Runs one generation of an engine.
 */
import { onAbort } from '../../async/abort.ts'
import type { Call } from '../../call.ts'
import type { StreamEvent } from '../../event.ts'
import type { Message } from '../../message.ts'
import { ChatCompletionDecoder } from '../../wire/openai/decode.ts'
import { isUnreadableToolCall, toEngineError } from './errors.ts'
import { takeTurn } from './turns.ts'
import type { Engine } from './types.ts'
import { askWebLLM } from './webllm.ts'
import { askWllama } from './wllama.ts'

/** Yields the events of one generation. */
export async function* generate(
  engine: Engine,
  messages: readonly Message[],
  call: Call,
): AsyncGenerator<StreamEvent[]> {
  const decoder = new ChatCompletionDecoder(call)
  const release = await takeTurn(engine, call)
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const finish = () => {
    clearTimeout(timer)
    release()
  }
  // Only once: a second call would stop the engine's next generation.
  const stop = () => {
    if (controller.signal.aborted) return
    controller.abort()
    // Whatever an engine throws here, its caller has left.
    new Promise((resolve) => resolve(engine.interruptGenerate?.())).catch(() => {})
    // An engine that ignores its flag, or hangs, must not block all others.
    timer = setTimeout(release, DRAIN_LIMIT)
  }
  let stopListening = () => {}
  let chunks: AsyncIterator<unknown> | undefined
  let isRunning = true
  let count = 0
  try {
    stopListening = onAbort(call.signal, stop)
    call.signal.throwIfAborted()
    const answer = engine.createChatCompletion
      ? askWllama(engine, messages, call, controller.signal)
      : await askWebLLM(engine, messages, call)
    chunks = answer[Symbol.asyncIterator]()
    for (;;) {
      const { done, value } = await chunks.next()
      if (done) break
      count++
      const events: StreamEvent[] = []
      decoder.read(value, events)
      if (events.length > 0) yield events
    }
    isRunning = false
  } catch (error) {
    isRunning = false
    // Cut by length inside a tool call, an engine fails to read what there is. One chunk is one token or less.
    if (!isUnreadableToolCall(error) || call.maxTokens === undefined || count < call.maxTokens)
      throw toEngineError(error, count > 0)
    yield [{ type: 'finish', finishReason: 'length', rawFinishReason: null }]
    return
  } finally {
    stopListening()
    // The reader stopped early, or a stop sequence was found. WebLLM holds its lock until its last chunk is read.
    if (isRunning) stop()
    if (!isRunning || !chunks) finish()
    else void drain(chunks).finally(finish)
  }
  const events: StreamEvent[] = []
  decoder.end(events)
  if (events.length > 0) yield events
}

/** Longest wait for the end of a stopped generation, in milliseconds. */
const DRAIN_LIMIT = 5000

async function drain(chunks: AsyncIterator<unknown>): Promise<void> {
  try {
    while (!(await chunks.next()).done);
  } catch {
    // The result of an interrupted generation is irrelevant: its caller has left.
  }
}
