/** Odd replies that any server may send, at every built-in server that can send them. */
import { describe, expect, test } from 'vitest'
import { getChatModel } from '../../src/builtins.ts'
import { runTools } from '../../src/tools/run-tools.ts'
import { tool } from '../../src/tools/tool.ts'

interface Format {
  /** Frames of the reply "Hello". */
  hello: string[]
  /** Number of frames before any text, and until the text "Hel". */
  half: number
  /** Frames after "Hello" that end with a reason. */
  ends: (reason: string) => string
}

const data = (value: object | string) =>
  `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`
const event = (value: { type: string }) => `event: ${value.type}\n${data(value)}`

const chunk = (delta: object, finish_reason: string | null = null) =>
  data({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason }] })
const OPENAI: Format = {
  hello: [chunk({ content: 'Hel' }), chunk({ content: 'lo' }), chunk({}, 'stop'), data('[DONE]')],
  half: 1,
  ends: (reason) => chunk({}, reason) + data('[DONE]'),
}

const delta = (text: string) =>
  event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } } as never)
const stop = (stop_reason: string) =>
  event({ type: 'message_delta', delta: { stop_reason }, usage: { output_tokens: 2 } } as never) +
  event({ type: 'message_stop' })
const message = { id: 'm', role: 'assistant', model: 'claude', content: [], usage: {} }
const CLAUDE: Format = {
  hello: [
    event({ type: 'message_start', message } as never),
    event({
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'text', text: '' },
    } as never),
    delta('Hel'),
    delta('lo'),
    event({ type: 'content_block_stop', index: 0 } as never),
    stop('end_turn'),
  ],
  half: 3,
  ends: stop,
}

const candidate = (text: string, finishReason?: string) =>
  data({ candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason }] })
const GEMINI: Format = {
  hello: [candidate('Hel'), candidate('lo'), candidate('', 'STOP')],
  half: 1,
  ends: (reason) => candidate('', reason),
}

const output = (content: string, finish_reason = 'null') =>
  data({ output: { choices: [{ message: { role: 'assistant', content }, finish_reason }] } })
const DASHSCOPE: Format = {
  hello: [output('Hel'), output('lo'), output('', 'stop')],
  half: 1,
  ends: (reason) => output('', reason),
}

const SERVERS: readonly (readonly [server: string, model: string, format: Format])[] = [
  ...[
    ['openai', 'gpt-4o'],
    ['vllm-server', 'q'],
    ['deepseek', 'deepseek-chat'],
    ['moonshot', 'kimi-k2'],
    ['siliconflow', 'q'],
    ['modelscope', 'q'],
    ['openrouter', 'x/y'],
    ['groq', 'l'],
    ['mistral', 'm'],
    ['xai', 'grok-2'],
    ['perplexity', 'sonar'],
    ['cerebras', 'c'],
    ['lmstudio', 'l'],
    ['llamacpp', 'l'],
    ['zhipu', 'glm-4.7'],
  ].map(([server = '', model = '']) => [server, model, OPENAI] as const),
  ['anthropic', 'claude-sonnet-4-5', CLAUDE],
  ['gemini', 'gemini-2.5-flash', GEMINI],
  ['dashscope', 'qwen-plus', DASHSCOPE],
]

describe.each(SERVERS)('%s', (modelServer, model, { hello, half, ends }) => {
  const llm = (body: string) =>
    getChatModel({
      model,
      modelServer,
      apiKey: 'id.secret',
      env: {},
      maxRetries: 0,
      fetch: async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
    })
  const read = (body: string) => llm(body).chat({ prompt: 'x', stream: true }).result()
  const failure = async (body: string) => await read(body).catch((error: unknown) => error)

  test.each(['data:\n\n', 'data: \n\n', 'event: ping\ndata:\n\n', 'event: ping\n\n', ': ping\n\n'])(
    'the heartbeat %j, wherever it stands',
    async (beat) => {
      for (let place = 0; place <= hello.length; place++) {
        const frames = [...hello.slice(0, place), beat, ...hello.slice(place)]
        expect((await read(frames.join(''))).text).toBe('Hello')
      }
    },
  )

  test.each(['\n', '\r\n'])('frames set apart by one line break: %j', async (end) => {
    const lines = hello
      .join('')
      .split('\n')
      .filter((line) => line.startsWith('data'))
    expect((await read(lines.join(end) + end)).text).toBe('Hello')
  })

  test.each(['abort', 'error', 'network_error', 'load', 'unload', 'malformed_function_call'])(
    'the reason "%s" is an error that keeps the text, and no tool runs',
    async (reason) => {
      const word = modelServer === 'gemini' ? reason.toUpperCase() : reason
      const body = hello.slice(0, half).join('') + ends(word)
      expect(await failure(body)).toMatchObject({
        name: 'ServiceError',
        retryable: true,
        partial: { text: 'Hel' },
      })
      if (modelServer === 'perplexity') return // takes no tools
      let runs = 0
      const w = tool({ name: 'w', execute: () => String(++runs) })
      const run = runTools(llm(body), { prompt: 'x', tools: [w], stream: true }).result()
      await expect(run).rejects.toMatchObject({ name: 'ServiceError' })
      expect(runs).toBe(0)
    },
  )

  test.each([
    '{"error":{"code":500,"message":"boom"}}\n\n',
    'data: {"error":{"code":500,"message":"boom"}}\n\n',
    'event: error\ndata: {"error":{"code":500,"message":"boom"}}\n\n',
    'error: {"code":500,"message":"boom"}\n\n',
  ])('%s after some text is an error, also before [DONE]', async (line) => {
    for (const rest of ['', data('[DONE]')])
      expect(await failure(hello.slice(0, half).join('') + line + rest)).toMatchObject({
        name: 'ServiceError',
        message: expect.stringContaining('boom') as string,
        partial: { text: 'Hel' },
      })
  })

  test('a reply that was cut is an error', async () => {
    expect(await failure(hello.slice(0, half).join(''))).toMatchObject({
      code: 'stream_truncated',
      partial: { text: 'Hel' },
    })
  })
})

interface WholeFormat {
  /** A whole reply with a text and a reason. */
  says: (text: string, reason: string) => object
  /** The reason of a good end, and one for a cut by length. */
  stop: string
  length: string
}

const choice = (text: string, finish_reason: string) => {
  return { index: 0, message: { role: 'assistant', content: text }, finish_reason }
}
const WHOLE: Record<string, WholeFormat> = {
  anthropic: {
    says: (text, stop_reason) => ({
      ...message,
      type: 'message',
      content: [{ type: 'text', text }],
      stop_reason,
      usage: { input_tokens: 1, output_tokens: 1 },
    }),
    stop: 'end_turn',
    length: 'max_tokens',
  },
  gemini: {
    says: (text, finishReason) => ({
      candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason }],
    }),
    stop: 'STOP',
    length: 'MAX_TOKENS',
  },
  dashscope: {
    says: (text, reason) => ({ output: { choices: [choice(text, reason)] } }),
    stop: 'stop',
    length: 'length',
  },
}
const OPENAI_WHOLE: WholeFormat = {
  says: (text, reason) => ({ id: 'c', model: 'm', choices: [choice(text, reason)] }),
  stop: 'stop',
  length: 'length',
}

describe.each(SERVERS)('%s, whole', (modelServer, model) => {
  const { says, stop, length } = WHOLE[modelServer] ?? OPENAI_WHOLE
  const ask = (body: string) =>
    getChatModel({
      model,
      modelServer,
      apiKey: 'id.secret',
      env: {},
      maxRetries: 0,
      streaming: false,
      fetch: async () => new Response(body, { headers: { 'content-type': 'application/json' } }),
    }).chat('x')
  const failure = async (body: string) => await ask(body).catch((error: unknown) => error)

  test('a reply, with blank lines around it', async () => {
    const body = JSON.stringify(says('Hello', stop))
    for (const text of [
      body,
      `\n\n${body}`,
      `${body}\n \n`,
      JSON.stringify(JSON.parse(body), null, 2),
    ])
      expect(await ask(text)).toMatchObject({ text: 'Hello', finishReason: 'stop' })
  })

  test('cut by length', async () => {
    const body = JSON.stringify(says('Hel', length))
    expect(await ask(body)).toMatchObject({ text: 'Hel', finishReason: 'length' })
  })

  test.each(['abort', 'error', 'network_error', 'load', 'unload', 'malformed_function_call'])(
    'the reason "%s" is an error that keeps the text',
    async (reason) => {
      const word = modelServer === 'gemini' ? reason.toUpperCase() : reason
      expect(await failure(JSON.stringify(says('Hel', word)))).toMatchObject({
        name: 'ServiceError',
        retryable: true,
        partial: { text: 'Hel' },
      })
    },
  )

  test.each([
    { error: { code: 500, message: 'boom' } },
    { error: { code: '500', message: 'boom', type: 'server_error' } },
  ])('%o under 200 is an error', async (body) => {
    expect(await failure(JSON.stringify(body))).toMatchObject({
      name: 'ServiceError',
      message: expect.stringContaining('boom') as string,
    })
  })

  test('cut at any byte it is an error, and never a short reply', async () => {
    const body = JSON.stringify(says('Hello', stop))
    for (let end = 1; end < body.length; end += 7)
      expect(await failure(body.slice(0, end))).toMatchObject({ code: 'stream_truncated' })
  })
})
