/**
 * Runs one generation of an engine.
 */
import { onAbort } from '../../async/abort.ts'
import type { Call } from '../../call.ts'
import type { StreamEvent } from '../../event.ts'
import { toFrameError } from '../../http/frame.ts'
import type { Message } from '../../message.ts'
import { ChatCompletionDecoder } from '../../wire/openai/decode.ts'
import { iterateAnswer, WholeAnswer } from './answer.ts'
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
  let isRunning = false
  let count = 0
  try {
    stopListening = onAbort(call.signal, stop)
    call.signal.throwIfAborted()
    const answer = engine.createChatCompletion
      ? askWllama(engine, messages, call, controller.signal)
      : await askWebLLM(engine, messages, call)
    chunks = iterateAnswer(answer, call.provider)
    for (;;) {
      isRunning = false // in case that it throws
      const { done, value } = await chunks.next()
      if (done) break
      isRunning = true
      count++
      yield decode(decoder, value) // without events too: a chunk is a sign of life
    }
  } catch (error) {
    // Cut by length inside a tool call, an engine fails to read what there is. One chunk is one token or less.
    if (!isUnreadableToolCall(error) || call.maxTokens === undefined || count < call.maxTokens)
      throw toEngineError(error, { hasBegun: count > 0 })
    yield [{ type: 'finish', finishReason: 'length', rawFinishReason: null }]
    return
  } finally {
    stopListening()
    // The reader stopped early, a stop sequence was found, or a chunk was unreadable. WebLLM holds its lock until its last chunk is read.
    if (isRunning) stop()
    if (!isRunning || !chunks) finish()
    else void drain(chunks).finally(finish)
  }
  const events: StreamEvent[] = []
  decoder.end(events)
  if (events.length > 0) yield events
}

/** Decodes a chunk, or a complete reply. */
function decode(decoder: ChatCompletionDecoder, value: unknown): StreamEvent[] {
  const events: StreamEvent[] = []
  try {
    if (!(value instanceof WholeAnswer)) decoder.read(value, events)
    else decoder.read(value.reply, events, { kind: 'notAStream', data: value.text })
  } catch (error) {
    throw toFrameError(error)
  }
  return events
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
