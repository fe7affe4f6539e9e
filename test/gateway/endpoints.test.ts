/**
 * Third-party clients against each endpoint of the gateway, in Node and in workerd, before six simulated vendors: two
 * turns with thinking and two tool calls at once, streamed and not. Each body they read is judged by a schema.
 * `CLIENTS=write` writes `clients.json`, from which the README has its table; otherwise that file is checked.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import Anthropic, { APIError, NotFoundError } from '@anthropic-ai/sdk'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import { ChatAnthropic } from '@langchain/anthropic'
import { tool as langchainTool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import {
  Agent,
  OpenAIProvider,
  Runner,
  setTracingDisabled,
  tool as agentTool,
} from '@openai/agents'
import type { LanguageModel } from 'ai'
import { generateText, stepCountIs, streamText, tool } from 'ai'
import OpenAI from 'openai'
import { zodTextFormat } from 'openai/helpers/zod'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { Place } from './places.ts'
import { ALL_VENDORS, PLACES, TOKEN } from './places.ts'
import { checkMessagesBody } from './messages-schema.ts'
import { checkResponsesBody } from './responses-schema.ts'
import { checkBody } from './schema.ts'

setTracingDisabled(true)

const CALLS = ['Oslo', 'Rome'].map((city) => ({ name: 'weather', arguments: { city } }))
const TWO_TURNS = [
  { reasoning: 'Two cities', text: 'Let me see.', toolCalls: CALLS },
  'Both are fine',
]
const DONE = 'Both are fine'
const City = z.object({ city: z.string() })
const parameters = {
  type: 'object' as const,
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}
const prompt = 'How is the weather?'

/** Whole bodies that were read, to be judged when a test is over. */
const bodies: [path: string, status: number, type: string, text: string][] = []

const watchedFetch: typeof globalThis.fetch = async (input, init) => {
  const response = await globalThis.fetch(input, init)
  const { status, headers } = response
  const text = await response.text()
  const { pathname } = new URL(input instanceof Request ? input.url : input)
  bodies.push([pathname, status, headers.get('content-type') ?? '', text])
  return new Response(text, { status, headers })
}

afterEach(() => {
  for (const [path, ...body] of bodies.splice(0)) {
    if (path.endsWith('/responses')) checkResponsesBody(...body)
    else if (/\/messages(\/count_tokens)?$/.test(path)) checkMessagesBody(...body)
    else checkBody(...body)
  }
})

/** Options of a client, and its tool. */
interface Given {
  model: string
  url: string
  stream: boolean
  /** Answers a call of the tool. */
  weather: (city: string) => string
}

const openai = ({ url }: Given) =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: TOKEN, fetch: watchedFetch, maxRetries: 0 })

const anthropic = ({ url }: Given) =>
  new Anthropic({ baseURL: url, apiKey: TOKEN, fetch: watchedFetch, maxRetries: 0 })

async function withAI(model: LanguageModel, { stream, weather }: Given, providerOptions = {}) {
  const options = {
    model,
    prompt,
    providerOptions,
    stopWhen: stepCountIs(3),
    maxRetries: 0,
    tools: {
      weather: tool({
        description: 'Tells the weather',
        inputSchema: City,
        execute: async ({ city }) => weather(city),
      }),
    },
  }
  return stream ? await streamText(options).text : (await generateText(options)).text
}

async function withLangChain(llm: ChatOpenAI | ChatAnthropic, { stream, weather }: Given) {
  const weatherTool = langchainTool(async ({ city }: { city: string }) => weather(city), {
    name: 'weather',
    description: 'Tells the weather',
    schema: City,
  })
  const bound = llm.bindTools([weatherTool])
  const ask = async (messages: any): Promise<any> => {
    if (!stream) return bound.invoke(messages)
    let whole: any
    for await (const piece of await bound.stream(messages))
      whole = whole === undefined ? piece : whole.concat(piece)
    return whole
  }
  const asked = [{ role: 'user', content: prompt }]
  const reply = await ask(asked)
  const results = []
  for (const call of reply.tool_calls) results.push(await weatherTool.invoke(call))
  return (await ask([...asked, reply, ...results])).text
}

/** By endpoint and client: two turns, the second of which is returned. */
const CLIENTS: Record<string, Record<string, (given: Given) => Promise<unknown>>> = {
  '/v1/chat/completions': {
    openai: async (given) => {
      const runner = openai(given).chat.completions.runTools({
        model: given.model,
        messages: [{ role: 'user', content: prompt }],
        stream: given.stream as false,
        tools: [
          {
            type: 'function',
            function: {
              name: 'weather',
              description: 'Tells the weather',
              parameters,
              parse: JSON.parse,
              function: ({ city }: { city: string }) => given.weather(city),
            },
          },
        ],
      })
      return runner.finalContent()
    },
    '@ai-sdk/openai': (given) => {
      const provider = createOpenAI({
        baseURL: `${given.url}/v1`,
        apiKey: TOKEN,
        fetch: watchedFetch,
      })
      return withAI(provider.chat(given.model), given)
    },
    '@langchain/openai': (given) =>
      withLangChain(
        new ChatOpenAI({
          model: given.model,
          apiKey: TOKEN,
          maxRetries: 0,
          configuration: { baseURL: `${given.url}/v1`, fetch: watchedFetch },
        }),
        given,
      ),
  },
  '/v1/responses': {
    openai: async (given) => {
      const { model, stream, weather } = given
      const { responses } = openai(given)
      const base = {
        model,
        reasoning: { effort: 'low' as const },
        tools: [{ type: 'function' as const, name: 'weather', strict: true, parameters }],
      }
      const ask = (input: OpenAI.Responses.ResponseInput) =>
        stream
          ? responses.stream({ ...base, input }).finalResponse()
          : responses.create({ ...base, input })
      const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: prompt }]
      const { output } = await ask(input)
      const results = output.flatMap((item) =>
        item.type === 'function_call'
          ? [
              {
                type: 'function_call_output' as const,
                call_id: item.call_id,
                output: weather(JSON.parse(item.arguments).city),
              },
            ]
          : [],
      )
      return (await ask([...input, ...(output as OpenAI.Responses.ResponseInput), ...results]))
        .output_text
    },
    '@ai-sdk/openai': async (given) => {
      const { url, model, stream } = given
      const provider = createOpenAI({ baseURL: `${url}/v1`, apiKey: TOKEN, fetch: watchedFetch })
      // Its defaults, and without references to stored items.
      return stream
        ? withAI(provider(model), given)
        : withAI(provider.responses(model), given, { openai: { store: false } })
    },
    '@openai/agents': async (given) => {
      const { model, stream, weather } = given
      const agent = new Agent({
        name: 'Forecaster',
        instructions: 'Be brief',
        model,
        tools: [
          agentTool({
            name: 'weather',
            description: 'Tells the weather',
            parameters: City,
            execute: async ({ city }) => weather(city),
          }),
        ],
      })
      const modelProvider = new OpenAIProvider({ openAIClient: openai(given) as never })
      const runner = new Runner({ modelProvider })
      if (!stream) return (await runner.run(agent, prompt)).finalOutput
      const run = await runner.run(agent, prompt, { stream: true })
      for await (const _event of run);
      return run.finalOutput
    },
  },
  '/v1/messages': {
    '@anthropic-ai/sdk': async (given) => {
      const { model, stream, weather } = given
      const runner = anthropic(given).beta.messages.toolRunner({
        model,
        max_tokens: 4096,
        thinking: { type: 'enabled', budget_tokens: 1024 },
        messages: [{ role: 'user', content: prompt }],
        stream: stream as false,
        tools: [
          betaZodTool({
            name: 'weather',
            description: 'Tells the weather',
            inputSchema: City,
            run: ({ city }) => weather(city),
          }),
        ],
      })
      const { content } = await runner
      return content.map((block) => (block.type === 'text' ? block.text : '')).join('')
    },
    '@ai-sdk/anthropic': (given) => {
      const baseURL = `${given.url}/v1`
      const provider = createAnthropic({ baseURL, apiKey: TOKEN, fetch: watchedFetch })
      const thinking = { type: 'enabled', budgetTokens: 1024 }
      return withAI(provider(given.model), given, { anthropic: { thinking } })
    },
    '@langchain/anthropic': (given) =>
      withLangChain(
        new ChatAnthropic({
          model: given.model,
          apiKey: TOKEN,
          anthropicApiUrl: given.url,
          clientOptions: { fetch: watchedFetch },
          maxRetries: 0,
          maxTokens: 4096,
          thinking: { type: 'enabled', budget_tokens: 1024 },
        }),
        given,
      ),
  },
}

const file = new URL('clients.json', import.meta.url)
/** By endpoint and client: the vendors before which it passed. */
const passed: Record<string, Record<string, string[]>> = {}

describe.each(Object.entries(PLACES))('in %s', (name, start) => {
  let place: Place
  beforeAll(async () => (place = await start()))
  afterAll(() => place.close())

  for (const [endpoint, clients] of Object.entries(CLIENTS)) {
    describe(endpoint, () => {
      for (const [client, run] of Object.entries(clients)) {
        test.each(ALL_VENDORS)(`${client} before %s`, async (model) => {
          const simulator = place.vendors[model]
          for (const stream of [false, true]) {
            const cities: string[] = []
            const weather = (city: string) => {
              cities.push(city)
              return `${city} is fine`
            }
            simulator.use(TWO_TURNS)
            const answer = await run({ model, url: place.url, stream, weather })
            expect([stream, String(answer).endsWith(DONE), cities.toSorted()]).toEqual([
              stream,
              true,
              ['Oslo', 'Rome'],
            ])
            const sent = JSON.stringify(simulator.requests.at(-1)?.body)
            expect(sent).toContain('Rome is fine')
          }
          if (name === 'node') ((passed[endpoint] ??= {})[client] ??= []).push(model)
        })
      }
    })
  }

  describe('more of the clients', () => {
    const given = (model: string): Given => ({
      model,
      url: place.url,
      stream: true,
      weather: () => '',
    })
    const Forecast = z.object({ city: z.string(), degrees: z.number() })
    const FORECAST = { city: 'Oslo', degrees: 3 }

    test('openai parse() gets an object', async () => {
      place.vendors.openai.use(JSON.stringify(FORECAST))
      const response = await openai(given('openai')).responses.parse({
        model: 'openai',
        input: prompt,
        text: { format: zodTextFormat(Forecast, 'forecast') },
      })
      expect(response.output_parsed).toEqual(FORECAST)
    })

    test('@openai/agents hands over, and gets an object', async () => {
      place.vendors.openai.use([
        { toolCalls: [{ name: 'transfer_to_Expert', arguments: {} }] },
        JSON.stringify(FORECAST),
      ])
      const model = 'openai'
      const expert = new Agent({ name: 'Expert', model, outputType: Forecast })
      const agent = Agent.create({ name: 'Desk', model, handoffs: [expert] })
      const modelProvider = new OpenAIProvider({ openAIClient: openai(given(model)) as never })
      const run = await new Runner({ modelProvider }).run(agent, prompt)
      expect([run.lastAgent?.name, run.finalOutput]).toEqual(['Expert', FORECAST])
    })

    test('@anthropic-ai/sdk counts tokens, and knows errors', async () => {
      const client = anthropic(given('openai'))
      const messages = [{ role: 'user' as const, content: prompt }]
      const count = await client.messages.countTokens({ model: 'openai', messages })
      expect(count.input_tokens).toBeGreaterThan(3)
      const error: any = await client.messages
        .create({ model: 'none', max_tokens: 1, messages })
        .catch((error: unknown) => error)
      expect(error).toBeInstanceOf(NotFoundError)
      expect(error.requestID).toMatch(/^req_/)
    })

    test('a failure in mid-stream is thrown', async () => {
      const fault = { kind: 'reset' as const, after: 4 }
      place.vendors.openai.use({ text: 'one two three four five six', fault })
      const messages = [{ role: 'user' as const, content: prompt }]
      const stream = anthropic(given('openai')).messages.stream({
        model: 'openai',
        max_tokens: 100,
        messages,
      })
      await expect(stream.finalMessage()).rejects.toThrow(APIError)
      place.vendors.openai.use({ text: 'one two three four five six', fault })
      const responses = await openai(given('openai')).responses.create({
        model: 'openai',
        input: prompt,
        stream: true,
      })
      const read = async () => {
        for await (const _event of responses);
      }
      await expect(read()).rejects.toThrow('The model failed')
    })
  })
})

test('the table of clients is up to date', () => {
  if (process.env.CLIENTS === 'write') writeFileSync(file, `${JSON.stringify(passed, null, 2)}\n`)
  expect(passed).toEqual(JSON.parse(readFileSync(file, 'utf8')))
})
