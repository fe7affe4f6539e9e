/**
 * Pictures, sounds, films and files as bytes, at every server: translated, or refused before anything is sent.
 */
import { expect, test } from 'vitest'
import { getChatModel, isChatError } from '../../src/index.ts'
import type { ContentPartInput } from '../../src/index.ts'
import { simulate } from '../../src/testing.ts'
import type { SimulatedVendor } from '../../src/testing.ts'

const bytes = (start: string) => Uint8Array.from(start, (character) => character.charCodeAt(0))
const base64 = (start: string) => Buffer.from(bytes(start)).toString('base64')

const START = {
  picture: '\x89PNG\r\n\x1a\n picture',
  sound: 'RIFF\0\0\0\0WAVE sound',
  film: '\0\0\0\x20ftypisom film',
  frames: '\xff\xd8\xff frame',
  paper: '%PDF-1.7 paper',
}
const PARTS: Record<keyof typeof START, ContentPartInput> = {
  picture: { type: 'image_url', image_url: { url: bytes(START.picture) } },
  sound: { type: 'input_audio', input_audio: { data: new Blob([bytes(START.sound)]) } },
  film: { type: 'video_url', video_url: { url: bytes(START.film).buffer } },
  frames: { type: 'video', video: [new Blob([bytes(START.frames)])], fps: 2 },
  paper: { type: 'file', file: { file_data: new File([bytes(START.paper)], 'paper.pdf') } },
}

/** The media that each accepts as bytes; it rejects the rest. */
const SERVERS: [model: string, vendor: SimulatedVendor, takes: (keyof typeof START)[]][] = [
  ['openai:gpt-4o', 'openai', ['picture', 'sound', 'paper']],
  ['vllm-server:qwen-vl', 'openai', ['picture', 'sound', 'film', 'paper']],
  ['modelscope:Qwen/Qwen3-VL', 'openai', ['picture', 'sound', 'film', 'frames', 'paper']],
  ['dashscope:qwen-vl-max', 'dashscope', ['picture', 'sound', 'film', 'frames', 'paper']],
  ['zhipu:glm-4.6v', 'zhipu', ['picture', 'sound', 'film']],
  ['anthropic:claude-sonnet-4-6', 'anthropic', ['picture', 'paper']],
  ['gemini:gemini-2.5-flash', 'gemini', ['picture', 'sound', 'film', 'paper']],
  ['ollama:llava', 'ollama', ['picture']],
]
const LANES = SERVERS.flatMap(([model, vendor, takes]) =>
  (Object.keys(PARTS) as (keyof typeof PARTS)[]).map(
    (kind) => [model, kind, takes.includes(kind) ? 'takes it' : 'refuses it', vendor] as const,
  ),
)

test.each(LANES)('%s is shown a %s: %s', async (model, kind, outcome, vendor) => {
  const fetch = simulate(vendor, 'I see', { key: false })
  const llm = getChatModel(model, { apiKey: 'id12.secret34', fetch, maxRetries: 0 })
  const content = [{ type: 'text' as const, text: 'What is it?' }, PARTS[kind]]
  const call = llm.chat({ messages: [{ role: 'user', content }] })
  if (outcome === 'takes it') {
    expect((await call).text).toBe('I see')
    expect(JSON.stringify(fetch.requests[0]?.body)).toContain(base64(START[kind]))
  } else {
    const error = await call.catch((thrown: unknown) => thrown)
    expect(isChatError(error) && error.code).toBe('unsupported_option')
    expect(fetch.requests).toHaveLength(0)
  }
})
