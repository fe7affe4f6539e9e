/**
 * wllama: llama.cpp in WebAssembly.
 * @see https://github.com/ngxson/wllama
 */
import type { Call } from '../../call.ts'
import type { Message } from '../../message.ts'
import type { Dialect } from '../../wire/openai/dialect.ts'
import { unsupported } from '../../wire/openai/dialect.ts'
import { encodeRequest } from '../../wire/openai/encode.ts'
import { iterateAnswer } from './answer.ts'
import type { Engine } from './types.ts'
import { toWllama } from './wllama-media.ts'

/** llama.cpp's options, which wllama wraps. @see https://github.com/ggml-org/llama.cpp/tree/master/tools/server */
const WLLAMA: Dialect = {
  renamed: { repetitionPenalty: 'repeat_penalty' },
  toolChoice: ['auto', 'none', 'required'],
  reasoningStyle: 'template',
  unsupportedOptions: ['user'],
  unsupportedParts: ['video_url', 'video', 'file'],
  dataOnlyParts: ['image_url', 'input_audio'],
  hidesSchema: true,
  bareLists: true,
}

/**
 * Requests a reply from wllama.
 * @throws {ConfigError} `unsupported_option`
 */
export function askWllama(
  engine: Engine,
  messages: readonly Message[],
  call: Call,
  abortSignal: AbortSignal,
): AsyncIterable<unknown> {
  const request = toWllama(encodeRequest(messages, call, WLLAMA, { stream: true }), engine, call)
  const method = call.rawPrompt === undefined ? 'createChatCompletion' : 'createCompletion'
  if (!engine[method]) throw unsupported(call, 'raw prompts')
  return fromCallback(async (onData) => {
    return await engine[method]?.({ ...request, abortSignal, onData } as never)
  }, call.provider)
}

/** Uses wllama's callback. Its iterable (3.8) causes an unhandled rejection when it is returned and aborted. */
async function* fromCallback(
  run: (onData: (chunk: unknown) => void) => Promise<unknown>,
  provider: string,
): AsyncGenerator {
  const chunks: unknown[] = []
  let wake = () => {}
  let hasChunks = false
  let end: { error?: unknown; answer?: unknown } | undefined
  const settle = (how: { error?: unknown; answer?: unknown }) => {
    end = how
    wake()
  }
  run((chunk) => {
    hasChunks = true
    chunks.push(chunk)
    wake()
  }).then(
    (answer) => settle({ answer }),
    (error: unknown) => settle({ error }),
  )
  for (;;) {
    while (chunks.length > 0) yield chunks.shift()
    if (end) break
    await new Promise((resolve) => (wake = () => resolve(undefined)))
  }
  if ('error' in end) throw end.error
  if (hasChunks || end.answer === undefined) return
  // An engine that ignores `onData`.
  const rest = iterateAnswer(end.answer, provider)
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}
