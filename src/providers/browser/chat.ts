/**
 * Chats with the built-in model.
 * @see https://developer.chrome.com/docs/ai/prompt-api
 */
import type { Call } from '../../call.ts'
import { isChatError } from '../../errors.ts'
import type { StreamEvent } from '../../event.ts'
import type { Message } from '../../message.ts'
import type { ResponseFormat } from '../../options.ts'
import type { BrowserConfig } from '../browser.ts'
import { PromptDeltaReader } from './deltas.ts'
import { encodeMessages, rejectOptions, unsupported } from './messages.ts'
import type { Prompt, Session } from './session.ts'
import { askAvailability, askReason, findApi, toError, unavailable, Watch } from './session.ts'

/** Opens a session for one call, and yields its reply. */
export async function* chat(
  messages: readonly Message[],
  call: Call,
  onProgress: BrowserConfig['onDownloadProgress'],
): AsyncGenerator<StreamEvent[]> {
  rejectOptions(call)
  // `Watch` enforces the timeouts: the run's own timer would end a download at `timeout`.
  call.keepsTime = true
  const watch = new Watch(call)
  const made: Made = {}
  try {
    yield* talk(messages, call, { watch, made, onProgress })
  } catch (error) {
    if (watch.signal.aborted) throw watch.signal.reason
    throw isChatError(error) ? error : toError(error)
  } finally {
    watch.release()
    watch.end(new DOMException('The call is over', 'AbortError'))
    made.reader?.cancel().catch(() => {}) // it may have failed already
    made.session?.destroy()
  }
}

interface Talk {
  watch: Watch
  made: Made
  onProgress: BrowserConfig['onDownloadProgress']
}

async function* talk(
  messages: readonly Message[],
  call: Call,
  { watch, made, onProgress }: Talk,
): AsyncGenerator<StreamEvent[]> {
  const { initialPrompts, input, expectedInputs } = encodeMessages(messages, call.provider)
  const core = { ...(expectedInputs && { expectedInputs }), ...call.extraBody }
  const session = await open({ initialPrompts, ...core }, core, call, { watch, onProgress })
  made.session = session
  const before = usageOf(session)
  const asked = typeof input.content === 'string' && !input.prefix ? input.content : [input]
  const options = { ...encodeFormat(call.responseFormat), signal: watch.signal }
  const reader = session.promptStreaming(asked, options).getReader()
  made.reader = reader
  const deltas = new PromptDeltaReader(before !== undefined)
  let which: 'response' | 'idle' = 'response'
  for (;;) {
    const limit = which === 'idle' ? call.idleTimeout : call.timeout
    const { done, value } = await watch.wait(reader.read(), which, limit)
    if (done) break
    which = 'idle'
    const text = deltas.push(value)
    if (text) yield [{ type: 'text-delta', text }]
  }
  yield [
    { type: 'text-delta', text: deltas.end() },
    ...(await countUsage(session, { asked, before, options }, (counting) =>
      watch.wait(counting, 'idle', call.idleTimeout),
    )),
    { type: 'finish', finishReason: 'stop', rawFinishReason: null },
  ]
}

/** Opens a session for this call alone. */
async function open(
  options: object,
  core: object,
  call: Call,
  { watch, onProgress }: Pick<Talk, 'watch' | 'onProgress'>,
): Promise<Session> {
  const { provider, timeout } = call
  const state = await watch.wait(askAvailability(core), 'response', timeout).catch((cause) => {
    throw watch.signal.aborted ? cause : unavailable(provider, cause)
  })
  const api = findApi()
  if (!api) throw unavailable(provider)
  if (state === 'unavailable') {
    const asked = askReason({ ...core, signal: watch.signal })
    throw unavailable(provider, await watch.wait(asked, 'response', timeout))
  }
  const sampling = await watch.wait(encodeSampling(call), 'response', timeout)
  const created = api.create({
    ...options,
    ...sampling,
    signal: watch.signal,
    monitor: (target: EventTarget) => watchDownload(target, watch, onProgress),
  })
  try {
    // A download has no limit of its own.
    return await watch.wait(created, 'response', state === 'available' && timeout)
  } catch (error) {
    created.then(
      (late) => late.destroy(),
      () => {}, // reported already
    )
    throw error
  }
}

/** Encodes sampling options. They must be set together, and pages ignore them. */
async function encodeSampling({ provider, temperature, topK }: Call): Promise<object> {
  if (temperature === undefined && topK === undefined) return {}
  const params = await findApi()?.params?.()
  if (!params) {
    throw unsupported(
      provider,
      '`temperature` or `topK` in a page: pass `extraBody: { samplingMode: "predictable" }`, or another mode',
    )
  }
  return {
    temperature: temperature ?? params.defaultTemperature,
    topK: topK ?? params.defaultTopK,
  }
}

function watchDownload(
  target: EventTarget,
  watch: Watch,
  onProgress: BrowserConfig['onDownloadProgress'],
): void {
  target.addEventListener('downloadprogress', (event) => {
    // Bytes in early versions, a fraction since.
    const { loaded, total } = event as ProgressEvent
    try {
      onProgress?.(total > 1 ? loaded / total : loaded)
    } catch (error) {
      watch.end(error)
    }
  })
}

interface Made {
  session?: Session
  reader?: ReadableStreamDefaultReader<string>
}

/** Encodes the schema of the reply. */
function encodeFormat(format: ResponseFormat | undefined): object {
  if (format?.type === 'json_schema') return { responseConstraint: format.json_schema.schema }
  return format?.type === 'json_object' ? { responseConstraint: { type: 'object' } } : {}
}

/** Returns the number of tokens in a session. */
function usageOf({ contextUsage, inputUsage }: Session): number | undefined {
  return contextUsage ?? inputUsage
}

/** Counts tokens with the browser, which measures sessions and prompts. Estimated if it does not. */
async function countUsage(
  session: Session,
  {
    asked,
    before,
    options,
  }: { asked: string | Prompt[]; before: number | undefined; options: object },
  wait: (counting: Promise<number>) => Promise<number>,
): Promise<StreamEvent[]> {
  const totalTokens = usageOf(session)
  if (before === undefined || !totalTokens) return []
  try {
    const counting =
      session.measureContextUsage?.(asked, options) ?? session.measureInputUsage?.(asked, options)
    const promptTokens = before + (counting ? await wait(counting) : Number.NaN)
    const completionTokens = totalTokens - promptTokens
    // Negative if the session dropped earlier messages.
    if (!(completionTokens >= 0)) return []
    return [{ type: 'usage', usage: { promptTokens, completionTokens, totalTokens } }]
  } catch {
    return [] // the reply is complete: missing usage must not fail it
  }
}
