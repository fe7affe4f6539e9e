/** Shared by the tests of `failover`: models at simulated servers. */
import type { BaseChatModel } from '../../../src/chat/base.ts'
import { getChatModel } from '../../../src/builtins.ts'
import type { StreamEvent } from '../../../src/event.ts'
import type { ModelConfig } from '../../../src/options.ts'
import type { Script } from '../../../src/testing/script.ts'
import { simulate, type SimulatedVendor, type Simulator } from '../../../src/testing/simulator.ts'

export interface Simulated {
  llm: BaseChatModel
  server: Simulator
}

const MODELS: Partial<Record<SimulatedVendor, string>> = {
  openai: 'gpt-4o',
  zhipu: 'glm-4.7',
  dashscope: 'qwen-max',
  anthropic: 'claude-sonnet-4-6',
}

/** A model at a simulated server. It does not retry unless configured to. */
export function at(
  vendor: SimulatedVendor,
  script: Script,
  config: Partial<ModelConfig> = {},
): Simulated {
  const server = simulate(vendor, script)
  const llm = getChatModel({
    model: MODELS[vendor] ?? 'simulated',
    modelServer: vendor,
    apiKey: vendor === 'zhipu' ? 'id.secret' : 'sk-test',
    fetch: server,
    maxRetries: 0,
    ...config,
  })
  return { llm, server }
}

/** 60 words, one a piece. */
export const WORDS: readonly string[] = Array.from({ length: 60 }, (_, index) => `w${index} `)
export const sixty: string = WORDS.join('')
export const forty: string = WORDS.slice(0, 40).join('')

/** Returns the final text of a page that follows the events. */
export function shown(events: readonly StreamEvent[]): string {
  let text = ''
  for (const event of events) {
    if (event.type === 'text-delta') text += event.text
    if (event.type === 'failover' && event.action === 'restart') text = ''
  }
  return text
}

export function actions(events: readonly StreamEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === 'failover' ? `${event.action} ${event.provider} ${event.error.code}` : [],
  )
}
