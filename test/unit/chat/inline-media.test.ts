import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { inlineMedia } from '../../../src/chat/inline-media.ts'
import { BaseChatModel, ConfigError, OpenAiLLM } from '../../../src/index.ts'
import type { ContentPartInput, Message } from '../../../src/index.ts'
import { simulate } from '../../../src/testing.ts'

const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)
const PNG_URL = `data:image/png;base64,${Buffer.from(PNG).toString('base64')}`
const WAV = new TextEncoder().encode('RIFF\0\0\0\0WAVEfmt ')
const WAV_TEXT = Buffer.from(WAV).toString('base64')

async function inline(part: ContentPartInput): Promise<unknown> {
  const messages = await inlineMedia([{ role: 'user', content: [part] }])
  return (messages[0] as { content: unknown[] }).content[0]
}

describe('inlineMedia()', () => {
  test.each([
    ['a Uint8Array', PNG],
    ['an ArrayBuffer', PNG.buffer.slice(0)],
    [
      'an ArrayBuffer of another realm',
      runInNewContext('Uint8Array.from(bytes).buffer', { bytes: [...PNG] }),
    ],
    [
      'a Uint8Array of another realm',
      runInNewContext('Uint8Array.from(bytes)', { bytes: [...PNG] }),
    ],
    ['a Blob', new Blob([PNG], { type: 'image/png' })],
    ['a Blob without a type', new Blob([PNG])],
    ['a Blob with parameters', new Blob([PNG], { type: 'image/png; q=1' })],
    ['a data URL', PNG_URL],
    ['a URL object', new URL(PNG_URL)],
  ])('makes a data URL of %s', async (_what, url) => {
    expect(await inline({ type: 'image_url', image_url: { url, detail: 'low' } })).toEqual({
      type: 'image_url',
      image_url: { url: PNG_URL, detail: 'low' },
    })
    expect(await inline({ type: 'video_url', video_url: { url } })).toEqual({
      type: 'video_url',
      video_url: { url: PNG_URL },
    })
  })

  test.each([
    ['bytes', { data: WAV }],
    ['a Blob', { data: new Blob([WAV], { type: 'audio/x-wav' }) }],
    ['a data URL', { data: `data:audio/wav;base64,${WAV_TEXT}` }],
    ['bare base64', { data: WAV_TEXT, format: 'wav' }],
  ])('makes bare base64 and a format of a sound: %s', async (_what, audio) => {
    expect(await inline({ type: 'input_audio', input_audio: audio })).toEqual({
      type: 'input_audio',
      input_audio: { data: WAV_TEXT, format: 'wav' },
    })
  })

  test('names a file as its File is named', async () => {
    const file = new File(['%PDF-1.7'], 'paper.pdf', { type: 'application/pdf' })
    expect(await inline({ type: 'file', file: { file_data: file } })).toEqual({
      type: 'file',
      file: { filename: 'paper.pdf', file_data: `data:application/pdf;base64,${btoa('%PDF-1.7')}` },
    })
    const other = await inline({ type: 'file', file: { file_data: file, filename: 'x.pdf' } })
    expect(other).toMatchObject({ file: { filename: 'x.pdf' } })
  })

  test('takes any size', async () => {
    const bytes = new Uint8Array(300_001).fill(7)
    const url = new Blob([bytes], { type: 'image/png' })
    const part = await inline({ type: 'image_url', image_url: { url } })
    const text = Buffer.from(bytes).toString('base64')
    expect((part as { image_url: { url: string } }).image_url.url).toBe(
      `data:image/png;base64,${text}`,
    )
  })

  test('rejects bytes without a media type', async () => {
    const url = Uint8Array.of(1, 2, 3)
    const call = inline({ type: 'image_url', image_url: { url } })
    await expect(call).rejects.toThrow(ConfigError)
    await expect(call).rejects.toThrow('Unknown media type at messages[0].content[0]')
  })

  test('leaves the messages as they are where there are no bytes', async () => {
    const messages: Message[] = [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: PNG_URL } }] },
    ]
    expect(await inlineMedia(messages)).toBe(messages)
  })
})

test.each([
  ['bytes', PNG],
  ['bytes of another realm', runInNewContext('Uint8Array.from(bytes)', { bytes: [...PNG] })],
])('a model of any class sees text for %s, which its caller keeps', async (_what, url) => {
  let seen: readonly Message[] = []
  class Seeing extends BaseChatModel {
    async *_chatStream(messages: readonly Message[]) {
      seen = messages
      yield 'A dot'
    }
  }
  const messages = [
    { role: 'user' as const, content: [{ type: 'image_url' as const, image_url: { url } }] },
  ]
  const result = await new Seeing({ model: 'any' }).chat({ messages })
  expect(result.text).toBe('A dot')
  expect(seen[0]?.content).toEqual([{ type: 'image_url', image_url: { url: PNG_URL } }])
  expect(messages[0]?.content[0]?.image_url.url).toBe(url)
})

test.each([
  [{ type: 'input_audio', input_audio: { data: 'https://a.example/a.wav', format: 'wav' } }],
  [{ type: 'file', file: { file_url: 'https://a.example/a.pdf' } }],
  [{ type: 'video_url', video_url: { url: 'https://a.example/a.mp4' } }],
] as [ContentPartInput][])('OpenAI itself refuses %j before it is sent', async (part) => {
  const fetch = simulate('openai')
  const llm = new OpenAiLLM({ model: 'gpt-4o', apiKey: 'sk-test', fetch })
  const call = llm.chat({ messages: [{ role: 'user', content: [part] }] })
  await expect(call).rejects.toMatchObject({ code: 'unsupported_option' })
  expect(fetch.requests).toHaveLength(0)
})
