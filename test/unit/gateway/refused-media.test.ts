/**
 * Media that a model does not take: the caller learns that it is a message part, and nothing of the vendor.
 */
import { expect, test } from 'vitest'
import { getChatModel } from '../../../src/builtins.ts'
import { createGateway } from '../../../src/gateway.ts'
import type { SimulatedVendor } from '../../../src/testing/simulator.ts'
import { simulate } from '../../../src/testing/simulator.ts'

const MODELS: Partial<Record<SimulatedVendor, string>> = {
  dashscope: 'qwen-doc-turbo', // takes files only
  zhipu: 'glm-4.5v',
  openai: 'gpt-4o',
  anthropic: 'claude-sonnet-4-5',
  gemini: 'gemini-2.5-flash',
  ollama: 'qwen3:8b',
  openai_responses: 'gpt-5',
}

const PARTS = [
  { type: 'image_url', image_url: { url: 'http://files.example/a.png' } },
  { type: 'image_url', image_url: { url: 'data:image/png,raw' } },
  { type: 'video_url', video_url: { url: 'http://files.example/a.mp4' } },
  { type: 'video_url', video_url: { url: 'https://files.example/a.mp4' } },
  { type: 'input_audio', input_audio: { data: 'http://files.example/a.wav', format: 'wav' } },
  { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
  { type: 'file', file: { file_url: 'http://files.example/a.pdf' } },
  { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
]

const gateway = createGateway({
  models: Object.fromEntries(
    Object.entries(MODELS).map(([vendor, model]) => [
      vendor,
      getChatModel({
        model,
        modelServer: vendor,
        apiKey: 'id.secret',
        maxRetries: 0,
        fetch: simulate(vendor as SimulatedVendor, 'Hello'),
      }),
    ]),
  ),
  authorize: 'public',
})

for (const vendor of Object.keys(MODELS))
  test(`${vendor}: a refused part is called one`, async () => {
    let refused = 0
    for (const part of PARTS) {
      const response = await gateway(
        new Request('https://gateway.example/v1/chat/completions', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ model: vendor, messages: [{ role: 'user', content: [part] }] }),
        }),
      )
      const { error } = (await response.json()) as { error?: { code: string } }
      if (part.file?.file_url)
        expect(error).toMatchObject({ message: expect.stringMatching(/file_data is missing$/) })
      if (error?.code !== 'unsupported_parameter') continue // taken, or refused by the server itself
      refused++
      expect(error, JSON.stringify(part)).toMatchObject({
        message: 'A message part of this request is not supported by this model',
        param: 'messages',
      })
    }
    expect(refused).toBeGreaterThan(0)
  })
