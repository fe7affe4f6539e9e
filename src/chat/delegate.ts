/**
 * Calls a model on behalf of another one that wraps it.
 */
import type { Call } from '../call.ts'
import { FAILS_OVER, OBSERVER } from '../call.ts'
import type { StreamEvent } from '../event.ts'
import type { Message } from '../message.ts'
import type { ChatOptions } from '../options.ts'
import type { BaseChatModel } from './base.ts'
import { toEvents } from './to-events.ts'

/** The input: messages, or the text of a raw prompt. */
export interface DelegateInput {
  messages: readonly Message[]
  prompt: string | undefined
  options: ChatOptions
  /** True while another model stands ready. */
  failsOver?: boolean | undefined
}

/** Runs the model with its own retries, timeouts, key and stop sequences. */
export async function* askModel(
  model: BaseChatModel,
  { messages, prompt, options, failsOver }: DelegateInput,
  call: Pick<Call, 'stream' | 'keepsTime' | 'failsOver' | 'observer'>,
): AsyncGenerator<StreamEvent, void> {
  const { stream } = call
  const hints = {
    ...((failsOver || call.failsOver) && { [FAILS_OVER]: true }),
    ...(call.observer && { [OBSERVER]: call.observer }),
  }
  call.keepsTime = true // the model's own run does
  const reply =
    prompt === undefined
      ? model.chat({ ...options, ...hints, messages, stream })
      : model.chatWithRawPrompt({ ...options, ...hints, prompt, stream })
  if ('events' in reply) yield* reply.events()
  else yield* toEvents(await reply)
}

const OPTIONS: Record<keyof ChatOptions, true> = {
  temperature: true,
  topP: true,
  topK: true,
  maxTokens: true,
  seed: true,
  stop: true,
  presencePenalty: true,
  frequencyPenalty: true,
  repetitionPenalty: true,
  tools: true,
  toolChoice: true,
  parallelToolCalls: true,
  responseFormat: true,
  reasoning: true,
  verbosity: true,
  search: true,
  user: true,
  extraBody: true,
  headers: true,
  signal: true,
}

/** Returns the options that the caller passed, without the call's own state. */
export function optionsOf(call: Call): ChatOptions {
  const options: Record<string, unknown> = {}
  for (const name of Object.keys(OPTIONS)) options[name] = call[name as keyof ChatOptions]
  // An empty list would override the model's defaults.
  if (call.stop.length === 0) delete options.stop
  return options
}
