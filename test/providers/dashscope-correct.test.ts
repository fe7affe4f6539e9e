import { describe, expect, test } from 'vitest'
import type { Message } from '../../src/message.ts'
import { DashScopeLLM } from '../../src/providers/dashscope.ts'
import { QwenChatAtDS } from '../../src/providers/dashscope-qwen.ts'
import { pathOf } from '../../src/providers/dashscope/models.ts'
import type { Answer, ReplayFetch } from './replay.ts'
import { jsonAnswer, replayFetch, sseAnswer } from './replay.ts'

const OK = sseAnswer([
  { output: { choices: [{ message: { content: [{ text: 'ok' }] }, finish_reason: 'stop' }] } },
])
const URL_ERROR = {
  code: 'InvalidParameter',
  message: 'url error, please check url！ For details, see: https://help.aliyun.com/…',
  request_id: 'r1',
}
const AS_HTTP = jsonAnswer(URL_ERROR, 400)
const AS_FRAME: Answer = {
  body: `id:1\nevent:error\n:HTTP_STATUS/400\ndata:${JSON.stringify(URL_ERROR)}\n\n`,
  headers: { 'content-type': 'text/event-stream;charset=UTF-8' },
}
const UNKNOWN = jsonAnswer({ code: 'ModelNotFound', message: 'Model can not be found.' }, 404)
const PICTURE: Message[] = [
  { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://a.b/c.png' } }] },
]

function create(model: string, answers: Answer | Answer[], maxRetries = 0) {
  const fetch = replayFetch(answers)
  return { llm: new DashScopeLLM({ model, apiKey: 'sk-test', fetch, maxRetries }), fetch }
}

function pathsOf(fetch: ReplayFetch): string[] {
  return fetch.requests.map(({ url }) => url.split('/').at(-2)?.split('-')[0] as string)
}

test.each([
  ['qwen-vl-max', 'multimodal'],
  ['qwen3-vl-235b-a22b-thinking', 'multimodal'],
  ['qwen2.5-omni-7b', 'multimodal'],
  ['qwen3-asr-flash', 'multimodal'],
  ['qwen-vl-ocr', 'multimodal'],
  ['qvq-max', 'multimodal'],
  ['qwen-audio-turbo', 'multimodal'],
  ['qwen2-audio-instruct', 'multimodal'],
  ['qwen3.5-397b-a17b', 'multimodal'],
  ['qwen3.6-plus', 'multimodal'],
  ['qwen3.7-flash', 'multimodal'],
  ['qwen3.8-max', 'multimodal'],
  ['kimi-k2.5', 'multimodal'],
  ['moonshot/Kimi-K2.6', 'multimodal'],
  ['qwen3.7-max', 'text'],
  ['qwen-max-latest', 'text'],
  ['qwen2.5-72b-instruct', 'text'],
  ['qwen3-235b-a22b', 'text'],
  ['qwen3-coder-plus', 'text'],
  ['qwen-plus-character', 'text'],
  ['qwq-32b', 'text'],
  ['deepseek-v3.2', 'text'],
  ['qwen9-plus', undefined],
  ['glm-4.7', undefined],
])('the path of %s is %s', (model, path) => {
  expect(pathOf(model)?.split('-')[0]).toBe(path)
})

describe('the path', () => {
  test.each([
    ['HTTP 400', AS_HTTP],
    ['a frame', AS_FRAME],
  ])('is corrected by %s without a retry, and the winner is remembered', async (_name, error) => {
    for (const stream of [true, false]) {
      const { llm, fetch } = create('qwen-plus', [error, OK])
      const messages: Message[] = [{ role: 'user', content: 'Hi' }]
      const ask = () =>
        stream ? llm.chat({ messages, stream: true }).result() : llm.chat({ messages })
      const result = await ask()
      expect(result.text).toBe('ok')
      expect(result.attempts).toHaveLength(1)
      expect(pathsOf(fetch)).toEqual(['text', 'multimodal'])
      expect(fetch.requests[0]?.body.input.messages[0].content).toBe('Hi')
      expect(fetch.requests[1]?.body.input.messages[0].content).toEqual([{ text: 'Hi' }])
      await ask()
      expect(pathsOf(fetch)).toEqual(['text', 'multimodal', 'multimodal'])
    }
  })

  test('is corrected under another idempotency key, since the body is another one', async () => {
    const fetch = replayFetch([AS_HTTP, OK])
    const config = { model: 'qwen-plus', apiKey: 'sk-test', fetch, idempotencyKey: true }
    await new DashScopeLLM(config).chat('Hi')
    const keys = fetch.requests.map(({ headers }) => headers.get('idempotency-key'))
    expect(keys).toEqual([expect.any(String), expect.any(String)])
    expect(keys[0]).not.toBe(keys[1])
  })

  test('is corrected the other way round too', async () => {
    const { llm, fetch } = create('qwen3.5-plus', [AS_HTTP, OK])
    expect((await llm.chat('Hi')).text).toBe('ok')
    expect(pathsOf(fetch)).toEqual(['multimodal', 'text'])
  })

  test('is corrected once: a name that neither knows is an unknown model', async () => {
    const { llm, fetch } = create('qwen-plus', AS_HTTP, 2)
    await expect(llm.chat('Hi')).rejects.toMatchObject({
      code: 'model_not_found',
      retryable: false,
      status: 400,
      vendorCode: 'InvalidParameter',
      requestId: 'r1',
      message: expect.stringContaining('unknown model "qwen-plus" on both generation paths'),
    })
    expect(pathsOf(fetch)).toEqual(['text', 'multimodal'])
  })

  test('an unknown name is tried at both, a name of the table is not', async () => {
    const strange = create('qwen9-plus', [UNKNOWN, OK])
    expect((await strange.llm.chat('Hi')).text).toBe('ok')
    const known = create('qwen-plus', [UNKNOWN, OK])
    await expect(known.llm.chat('Hi')).rejects.toMatchObject({ code: 'model_not_found' })
    expect(known.fetch.requests).toHaveLength(1)
    const nowhere = create('qwen9-plus', [UNKNOWN, AS_HTTP])
    await expect(nowhere.llm.chat('Hi')).rejects.toMatchObject({
      code: 'model_not_found',
      status: 404,
      message: expect.stringContaining('Model can not be found.'),
    })
  })

  test('a picture chooses for a name that is not in the table, and is never text', async () => {
    const strange = create('glm-4.6v', OK)
    await strange.llm.chat({ messages: PICTURE })
    expect(pathsOf(strange.fetch)).toEqual(['multimodal'])
    const wrong = create('qwen-vl-max', AS_HTTP)
    await expect(wrong.llm.chat({ messages: PICTURE })).rejects.toThrow('url error')
    expect(wrong.fetch.requests).toHaveLength(1)
  })

  test('a raw prompt never goes to the multimodal path', async () => {
    const fetch = replayFetch(AS_HTTP)
    const llm = new QwenChatAtDS({ model: 'qwen-plus', apiKey: 'sk-test', fetch, maxRetries: 0 })
    await expect(llm.chatWithRawPrompt({ prompt: 'Hi' })).rejects.toThrow('url error')
    expect(fetch.requests).toHaveLength(1)
  })

  test('is not corrected once the reader has seen something', async () => {
    const text = { output: { choices: [{ message: { content: 'Hm' }, finish_reason: 'null' }] } }
    const body = `data:${JSON.stringify(text)}\n\n${AS_FRAME.body as string}`
    const { llm, fetch } = create('qwen-plus', { body })
    await expect(llm.chat('Hi')).rejects.toMatchObject({
      code: 'bad_request',
      partial: { text: 'Hm' },
    })
    expect(fetch.requests).toHaveLength(1)
  })

  test('another failure at the other path is reported unchanged', async () => {
    const busy = jsonAnswer({ code: 'Throttling.RateQuota', message: 'Slow down' }, 429)
    const { llm } = create('qwen-plus', [AS_HTTP, busy])
    await expect(llm.chat('Hi')).rejects.toMatchObject({ code: 'rate_limit', retryable: true })
  })
})

describe('streaming underneath', () => {
  test.each([
    'This model only support stream mode, please enable the stream parameter to access the model.',
    'parameter.enable_thinking must be set to false for non-streaming calls',
  ])('is learned from "%s"', async (message) => {
    const no = jsonAnswer({ code: 'InvalidParameter', message }, 400)
    const { llm, fetch } = create('some-model', [no, OK])
    expect((await llm.chat('Hi')).text).toBe('ok')
    await llm.chat('Hi')
    const asked = fetch.requests.map(({ headers }) => headers.has('x-dashscope-sse'))
    expect(asked).toEqual([false, true, true])
  })

  test('is asked for once', async () => {
    const message = 'This model only support stream mode'
    const { llm, fetch } = create('m', jsonAnswer({ code: 'InvalidParameter', message }, 400))
    await expect(llm.chat('Hi')).rejects.toMatchObject({ code: 'bad_request' })
    expect(fetch.requests).toHaveLength(2)
  })

  test('and the other path: both in one call', async () => {
    const message = 'This model only support stream mode'
    const no = jsonAnswer({ code: 'InvalidParameter', message }, 400)
    const { llm, fetch } = create('some-model', [AS_HTTP, no, OK])
    expect((await llm.chat('Hi')).text).toBe('ok')
    expect(pathsOf(fetch)).toEqual(['text', 'multimodal', 'multimodal'])
  })
})
