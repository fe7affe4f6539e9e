/**
 * Asks one model on behalf of another that is made of it.
 */
import type { Call } from '../call.ts'
import type { StreamEvent } from '../event.ts'
import type { Message } from '../message.ts'
import type { ChatOptions } from '../options.ts'
import type { BaseChatModel } from './base.ts'
import { toEvents } from './normalize-output.ts'

/** What is asked: messages, or the text of a raw prompt. */
export interface Asked {
  messages: readonly Message[]
  prompt: string | undefined
  options: ChatOptions
}

/** The model's own run, so that its retries, clocks, key and stop words are its own. */
export async function* askModel(
  model: BaseChatModel,
  { messages, prompt, options }: Asked,
  call: Pick<Call, 'stream' | 'keepsTime'>,
): AsyncGenerator<StreamEvent, void> {
  const { stream } = call
  call.keepsTime = true // the run of that model does
  const reply =
    prompt === undefined
      ? model.chat({ ...options, messages, stream })
      : model.chatWithRawPrompt({ ...options, prompt, stream })
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
  search: true,
  user: true,
  extraBody: true,
  headers: true,
  signal: true,
}

/** What the caller asked for, without what the call knows besides. */
export function optionsOf(call: Call): ChatOptions {
  const options: Record<string, unknown> = {}
  for (const name of Object.keys(OPTIONS)) options[name] = call[name as keyof ChatOptions]
  // An empty list would win over the model's defaults.
  if (call.stop.length === 0) delete options.stop
  return options
}
