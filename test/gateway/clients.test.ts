/**
 * Third-party clients against the gateway in Node and in workerd, with every simulated vendor as its upstream.
 * Every body that they are sent is judged by `schema.ts`.
 */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { ChatOpenAI } from '@langchain/openai'
import { tool as langchainTool } from '@langchain/core/tools'
import { generateText as xsaiGenerateText } from '@xsai/generate-text'
import { streamText as xsaiStreamText } from '@xsai/stream-text'
import { rawTool } from '@xsai/tool'
import { generateText, Output, stepCountIs, streamText, tool } from 'ai'
import type { Script } from 'chatwire/testing'
import OpenAI, { APIError, AuthenticationError, BadRequestError, NotFoundError } from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { Place } from './places.ts'
import { ALL_VENDORS, JOKE, PLACES, TOKEN, VENDORS } from './places.ts'
import { checkBody } from './schema.ts'

const USAGE = { promptTokens: 11, completionTokens: 7, totalTokens: 18 }
const messages = [{ role: 'user' as const, content: 'What is the weather, in json?' }]
const parameters = {
  type: 'object' as const,
  properties: { city: { type: 'string' as const } },
  required: ['city'],
}
/** Two calls at once, then the answer. */
const WEATHER: Script = [
  {
    text: 'Let me see.',
    toolCalls: [
      { name: 'weather', arguments: { city: 'Oslo' } },
      { name: 'weather', arguments: { city: 'Rome' } },
    ],
  },
  'Both are fine',
]
const Forecast = z.object({ city: z.string(), degrees: z.number() })
const FORECAST = { city: 'Oslo', degrees: 3 }

/** Whole bodies that were read, to be judged when a test is over. Those that are left early are not. */
const bodies: [status: number, type: string, text: string][] = []

const watchedFetch: typeof globalThis.fetch = async (input, init) => {
  const response = await globalThis.fetch(input, init)
  const { status, headers, body } = response
  const decoder = new TextDecoder()
  let text = ''
  const watch = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      text += decoder.decode(piece, { stream: true })
      controller.enqueue(piece)
    },
    flush: () => void bodies.push([status, headers.get('content-type') ?? '', text]),
  })
  return new Response(body?.pipeThrough(watch), { status, headers })
}

afterEach(() => {
  for (const body of bodies.splice(0)) checkBody(...body)
})

describe.each(Object.entries(PLACES))('in %s', (_name, start) => {
  let place: Place
  beforeAll(async () => (place = await start()))
  afterAll(() => place.close())

  describe.each(VENDORS)('before %s', (model) => {
    const say = (script: Script) => place.vendors[model].use(script)
    const lastBody = () => place.vendors[model].requests.at(-1)?.body
    const openai = (options = {}) =>
      new OpenAI({
        baseURL: `${place.url}/v1`,
        apiKey: TOKEN,
        fetch: watchedFetch,
        maxRetries: 0,
        ...options,
      })

    describe('openai', () => {
      test('create() gets text, thinking and usage', async () => {
        say({ text: JOKE, reasoning: 'A pun', usage: { ...USAGE, cachedTokens: 4 } })
        const answer = await openai().chat.completions.create({
          model,
          messages,
          temperature: 0.5,
          max_completion_tokens: 100_000,
          user: 'user-1',
          store: false,
          metadata: { run: '1' },
          stop: ['END'],
          n: 1,
          seed: 7,
        })
        const [{ message, finish_reason: reason }] = answer.choices
        expect([message.content, reason, answer.model]).toEqual([JOKE, 'stop', model])
        expect(message).toMatchObject({ reasoning_content: 'A pun' })
        expect(answer.usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 7 })
        expect(answer.usage?.prompt_tokens_details).toEqual({ cached_tokens: 4 })
        const sent = JSON.stringify(lastBody())
        expect(sent).toContain('4096') // what is asked beyond the limit is lowered to it
        expect(sent).not.toMatch(/user-1|metadata|store/)
      })

      test('create() streams chunk by chunk, the usage only where it is asked for', async () => {
        say({ text: JOKE, reasoning: 'A pun', usage: USAGE })
        const create = (stream_options?: { include_usage: boolean }) =>
          openai().chat.completions.create({
            model,
            messages,
            stream: true,
            ...(stream_options && { stream_options }),
          })
        let text = ''
        let thinking = ''
        for await (const { choices, usage } of await create()) {
          expect(usage).toBeUndefined()
          text += choices[0].delta.content ?? ''
          thinking += (choices[0].delta as { reasoning_content?: string }).reasoning_content ?? ''
        }
        expect([text, thinking]).toEqual([JOKE, 'A pun'])
        let last
        for await (const chunk of await create({ include_usage: true })) last = chunk
        expect(last).toMatchObject({ choices: [], usage: { total_tokens: 18 } })
      })

      test('stream() puts the whole together', async () => {
        say({ text: JOKE, reasoning: 'A pun', usage: USAGE })
        const runner = openai().chat.completions.stream({
          model,
          messages,
          stream_options: { include_usage: true },
        })
        expect(await runner.finalContent()).toBe(JOKE)
        expect(await runner.totalUsage()).toMatchObject({ prompt_tokens: 11, total_tokens: 18 })
      })

      test.each([true, false])(
        'runTools() runs two calls at once, streamed: %s',
        async (stream) => {
          say(WEATHER)
          const asked: string[] = []
          const runner = openai().chat.completions.runTools({
            model,
            messages,
            stream: stream as false,
            parallel_tool_calls: true,
            tools: [
              {
                type: 'function',
                function: {
                  name: 'weather',
                  description: 'Tells the weather',
                  parameters,
                  parse: JSON.parse,
                  function: ({ city }: { city: string }) => {
                    asked.push(city)
                    return `${city} is fine`
                  },
                },
              },
            ],
          })
          expect(await runner.finalContent()).toBe('Both are fine')
          expect(asked.toSorted()).toEqual(['Oslo', 'Rome'])
          expect(JSON.stringify(lastBody())).toContain('Rome is fine')
        },
      )

      test.each([true, false])('parse() gets an object, streamed: %s', async (stream) => {
        say(JSON.stringify(FORECAST))
        const { completions } = openai().chat
        const body = {
          model,
          messages,
          response_format: zodResponseFormat(Forecast, 'forecast'),
        }
        const answer = stream
          ? await completions.stream(body).finalChatCompletion()
          : await completions.parse(body)
        expect(answer.choices[0].message.parsed).toEqual(FORECAST)
      })

      test('a reply cut by its length says so', async () => {
        say({ text: 'half', finishReason: 'length' })
        const answer = await openai().chat.completions.create({ model, messages, max_tokens: 1 })
        expect(answer.choices[0].finish_reason).toBe('length')
      })

      test('an abort reaches the model', async () => {
        say({ text: JOKE, fault: { kind: 'stall', after: 2 } })
        const controller = new AbortController()
        // workerd notices a disconnected client only when it writes, even a comment.
        const baseURL = `${place.url}/lively/v1`
        const client = openai({ fetch: globalThis.fetch, baseURL })
        const stream = await client.chat.completions.create(
          { model, messages, stream: true },
          { signal: controller.signal },
        )
        for await (const _chunk of stream) controller.abort()
        const [request] = place.vendors[model].requests.slice(-1)
        await expect.poll(() => request.cancelled).toBe(true)
      })

      test('it retries on request', async () => {
        const headers = { 'retry-after': '0' }
        say([{ error: { status: 429, headers } }, { error: { status: 503 } }, 'At last'])
        const answer = await openai({ maxRetries: 2 }).chat.completions.create({ model, messages })
        expect(answer.choices[0].message.content).toBe('At last')
      })

      test('it does not try again what cannot succeed', async () => {
        say({ error: { status: 401 } })
        const before = place.vendors[model].requests.length
        const ask = openai({ maxRetries: 2 }).chat.completions.create({ model, messages })
        await expect(ask).rejects.toMatchObject({ status: 502, code: 'model_unavailable' })
        expect(place.vendors[model].requests.length - before).toBe(1)
      })

      test.each([true, false])(
        'a failure in the middle is thrown, by stream(): %s',
        async (helper) => {
          say({ text: JOKE, fault: { kind: 'reset', after: 4 } })
          const { completions } = openai().chat
          const stream = helper
            ? completions.stream({ model, messages })
            : await completions.create({ model, messages, stream: true })
          let text = ''
          const read = async () => {
            for await (const { choices } of stream) text += choices[0].delta.content ?? ''
          }
          const error = await read().catch((error: unknown) => error)
          expect(error).toBeInstanceOf(APIError)
          expect(text).toMatch(/^Why/)
        },
      )

      test('errors are the ones it knows', async () => {
        const ask = (body: object, options = {}) =>
          openai(options)
            .chat.completions.create({ model, messages, ...body } as never)
            .catch((error: unknown) => error)
        expect(await ask({}, { apiKey: 'guessed' })).toBeInstanceOf(AuthenticationError)
        expect(await ask({ model: 'gpt-9' })).toBeInstanceOf(NotFoundError)
        const two = await ask({ n: 2 })
        expect(two).toBeInstanceOf(BadRequestError)
        expect(two).toMatchObject({ param: 'n', requestID: expect.stringMatching(/^req_/) })
      })

      test('it lists the models', async () => {
        const ids: string[] = []
        for await (const { id } of openai().models.list()) ids.push(id)
        expect(ids).toEqual([...ALL_VENDORS, 'thinker', 'spare'])
        expect(await openai().models.retrieve(model)).toMatchObject({ id: model, object: 'model' })
        await expect(openai().models.retrieve('none')).rejects.toBeInstanceOf(NotFoundError)
      })
    })

    describe('ai', () => {
      const provider = () =>
        createOpenAICompatible({
          name: 'gateway',
          baseURL: `${place.url}/v1`,
          apiKey: TOKEN,
          fetch: watchedFetch,
          includeUsage: true,
          supportsStructuredOutputs: true,
        })(model)
      const tools = {
        weather: tool({
          description: 'Tells the weather',
          inputSchema: z.object({ city: z.string() }),
          execute: async ({ city }) => `${city} is fine`,
        }),
      }

      test('generateText() gets text, thinking and usage', async () => {
        say({ text: JOKE, reasoning: 'A pun', usage: USAGE })
        const result = await generateText({ model: provider(), messages, maxOutputTokens: 50 })
        expect([result.text, result.reasoningText]).toEqual([JOKE, 'A pun'])
        expect(result.usage).toMatchObject({ inputTokens: 11, outputTokens: 7 })
      })

      test('streamText() gets text, thinking and usage', async () => {
        say({ text: JOKE, reasoning: 'A pun', usage: USAGE })
        const result = streamText({ model: provider(), messages })
        let text = ''
        for await (const piece of result.textStream) text += piece
        expect([text, await result.reasoningText]).toEqual([JOKE, 'A pun'])
        expect(await result.usage).toMatchObject({ inputTokens: 11, outputTokens: 7 })
        expect(await result.finishReason).toBe('stop')
      })

      test('streamText() runs tools over two steps', async () => {
        say(WEATHER)
        const result = streamText({ model: provider(), messages, tools, stopWhen: stepCountIs(3) })
        await result.consumeStream()
        expect(await result.text).toBe('Both are fine')
        expect((await result.steps)[0].toolResults).toHaveLength(2)
      })

      test('an object comes out', async () => {
        say(JSON.stringify(FORECAST))
        const output = Output.object({ schema: Forecast })
        expect((await generateText({ model: provider(), messages, output })).output).toEqual(
          FORECAST,
        )
      })

      test('a failure in mid-stream is reported', async () => {
        say({ text: JOKE, fault: { kind: 'reset', after: 4 } })
        const errors: unknown[] = []
        const result = streamText({
          model: provider(),
          messages,
          onError: ({ error }) => void errors.push(error),
        })
        await result.consumeStream()
        expect(errors).toHaveLength(1)
      })
    })

    describe('xsai', () => {
      const common = () => ({
        baseURL: `${place.url}/v1/`,
        apiKey: TOKEN,
        fetch: watchedFetch,
        model,
        messages,
      })
      const tools = [
        rawTool<{ city: string }>({
          name: 'weather',
          description: 'Tells the weather',
          parameters,
          execute: ({ city }) => `${city} is fine`,
        }),
      ]

      test('generateText() gets text, thinking and usage, and runs tools', async () => {
        say({ text: JOKE, reasoning: 'A pun', usage: USAGE })
        const result = await xsaiGenerateText({ ...common(), temperature: 0.2 })
        expect([result.text, result.reasoningText]).toEqual([JOKE, 'A pun'])
        say(WEATHER)
        const run = await xsaiGenerateText({ ...common(), tools, maxSteps: 3 })
        expect([run.text, run.steps]).toMatchObject(['Both are fine', { length: 2 }])
      })

      test('streamText() gets text and usage, and runs tools', async () => {
        say({ text: JOKE, usage: USAGE })
        const result = xsaiStreamText({ ...common(), streamOptions: { includeUsage: true } })
        let text = ''
        for await (const piece of result.textStream) text += piece
        expect(text).toBe(JOKE)
        expect(await result.usage).toMatchObject({ prompt_tokens: 11, total_tokens: 18 })
        say(WEATHER)
        const run = xsaiStreamText({ ...common(), tools, maxSteps: 3 })
        text = ''
        for await (const piece of run.textStream) text += piece
        expect(text).toBe('Let me see.Both are fine')
      })
    })

    describe('@langchain/openai', () => {
      const llm = (options = {}) =>
        new ChatOpenAI({
          model,
          apiKey: TOKEN,
          maxRetries: 0,
          configuration: { baseURL: `${place.url}/v1`, fetch: watchedFetch },
          ...options,
        })
      const weather = langchainTool(async ({ city }: { city: string }) => `${city} is fine`, {
        name: 'weather',
        description: 'Tells the weather',
        schema: z.object({ city: z.string() }),
      })

      test('invoke() gets text and usage', async () => {
        say({ text: JOKE, usage: USAGE })
        const answer = await llm({ temperature: 0.3, maxTokens: 90 }).invoke('Tell me a joke')
        expect(answer.text).toBe(JOKE)
        expect(answer.usage_metadata).toMatchObject({ input_tokens: 11, output_tokens: 7 })
      })

      test('stream() gets text and usage', async () => {
        say({ text: JOKE, usage: USAGE })
        let text = ''
        let usage
        for await (const piece of await llm().stream('Tell me a joke')) {
          text += piece.text
          usage = piece.usage_metadata ?? usage
        }
        expect(text).toBe(JOKE)
        expect(usage).toMatchObject({ input_tokens: 11, output_tokens: 7 })
      })

      test('bound tools are called and get their results', async () => {
        say(WEATHER)
        const bound = llm().bindTools([weather])
        const asked = await bound.invoke('How is the weather?')
        expect(asked.tool_calls?.map(({ args }) => args.city)).toEqual(['Oslo', 'Rome'])
        const told: any[] = []
        for (const call of asked.tool_calls ?? []) told.push(await weather.invoke(call as never))
        const answer = await bound.invoke([{ role: 'user', content: 'How?' }, asked, ...told])
        expect(answer.text).toBe('Both are fine')
      })

      test.each(['jsonSchema', 'jsonMode', 'functionCalling'] as const)(
        'withStructuredOutput() gets an object by %s',
        async (method) => {
          const isCall = method === 'functionCalling'
          say(
            isCall
              ? { toolCalls: [{ name: 'extract', arguments: FORECAST }] }
              : JSON.stringify(FORECAST),
          )
          const structured = llm().withStructuredOutput(Forecast, { method, name: 'extract' })
          expect(await structured.invoke('How is the weather, in JSON?')).toEqual(FORECAST)
        },
      )
    })
  })
})
