/**
 * Third-party clients of OpenAI's Chat Completions, each as its documentation uses it: two turns with two tool calls at
 * once, and an object by a schema. The gateway is all that they know.
 */
import { createOpenAI } from '@ai-sdk/openai'
import { ai as axAI, ax, f } from '@ax-llm/ax'
import { createModels, createProvider } from '@earendil-works/pi-ai'
import { openAICompletionsApi } from '@earendil-works/pi-ai/api/openai-completions.lazy'
import { compatOaiModelRef, openAICompatible } from '@genkit-ai/compat-oai'
import createInstructor from '@instructor-ai/instructor'
import { createReactAgent } from '@langchain/langgraph/prebuilt'
import { tool as langchainTool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { OpenAI as LlamaOpenAI } from '@llamaindex/openai'
import { agent as llamaAgent } from '@llamaindex/workflow'
import { Agent as MastraAgent } from '@mastra/core/agent'
import { createTool as createMastraTool } from '@mastra/core/tools'
import {
  Agent,
  OpenAIProvider,
  Runner,
  setTracingDisabled,
  tool as agentTool,
} from '@openai/agents'
import { chat, toolDefinition } from '@tanstack/ai'
import { createOpenaiChatCompletions } from '@tanstack/ai-openai'
import { generateText, Output, stepCountIs, streamText, tool } from 'ai'
import { genkit, z as genkitZod } from 'genkit'
import { FunctionTool } from 'llamaindex'
import OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import * as z from 'zod'
import * as z3 from 'zod/v3'

setTracingDisabled(true)

/**
 * @typedef {object} Given
 * @property {string} model
 * @property {string} url of the gateway, with `/v1`
 * @property {string} apiKey
 * @property {boolean} stream
 * @property {(city: string) => string} weather answers a call of the tool
 */

const prompt = 'How is the weather? Answer in JSON.'
const description = 'Tells the weather'
const City = z.object({ city: z.string() })
export const Forecast = z.object({ city: z.string(), degrees: z.number() })
const parameters = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}
const user = [{ role: 'user', content: prompt }]

/** @param {Given} given */
const openai = ({ url, apiKey }) => new OpenAI({ baseURL: url, apiKey, maxRetries: 0 })

/** @param {Given} given */
const langchain = ({ model, url, apiKey }, more = {}) =>
  new ChatOpenAI({ model, apiKey, maxRetries: 0, configuration: { baseURL: url }, ...more })

/** @param {Given} given */
const langchainWeather = ({ weather }) =>
  langchainTool(async ({ city }) => weather(city), { name: 'weather', description, schema: City })

/** @param {Given} given */
const aiModel = ({ model, url, apiKey }) => createOpenAI({ baseURL: url, apiKey }).chat(model)

/** @param {AsyncIterable<unknown>} source */
async function drain(source) {
  for await (const _event of source);
}

/** @param {Given} given @param {object} options */
async function runAgent({ model, stream, ...given }, options) {
  const agent = new Agent({ name: 'Forecaster', instructions: 'Be brief', model, ...options })
  const modelProvider = new OpenAIProvider({
    openAIClient: openai({ model, stream, ...given }),
    useResponses: false,
  })
  const runner = new Runner({ modelProvider })
  if (!stream) return (await runner.run(agent, prompt)).finalOutput
  const run = await runner.run(agent, prompt, { stream: true })
  await drain(run)
  return run.finalOutput
}

/** @param {Given} given */
const mastra = ({ model, url, apiKey }, more = {}) =>
  new MastraAgent({
    id: 'forecaster',
    name: 'Forecaster',
    instructions: 'Be brief',
    model: { providerId: 'gateway', modelId: model, url, apiKey },
    ...more,
  })

/** @param {Given} given */
function createGenkit({ model, url, apiKey }) {
  const plugin = openAICompatible({ name: 'gateway', apiKey, baseURL: url, maxRetries: 0 })
  const ai = genkit({ plugins: [plugin] })
  return { ai, model: compatOaiModelRef({ name: model, namespace: 'gateway' }) }
}

/** @param {Given} given @param {object} options */
async function runGenkit(given, options) {
  const { ai, model } = createGenkit(given)
  const request = { model, prompt, ...options(ai) }
  if (!given.stream) return ai.generate(request)
  const { stream, response } = ai.generateStream(request)
  await drain(stream)
  return response
}

/** @param {Given} given */
const tanstack = ({ model, url, apiKey }) =>
  createOpenaiChatCompletions(model, apiKey, { baseURL: url, maxRetries: 0 })

/** @param {Given} given */
const llama = ({ model, url, apiKey }) =>
  new LlamaOpenAI({ model, apiKey, baseURL: url, maxRetries: 0, supportToolCall: true })

/** @param {Given} given */
function createPi({ model: id, url, apiKey }) {
  const model = {
    id,
    name: id,
    api: 'openai-completions',
    provider: 'gateway',
    baseUrl: url,
    reasoning: true,
    input: ['text'],
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    contextWindow: 100_000,
    maxTokens: 4096,
  }
  const models = createModels()
  models.setProvider(
    createProvider({
      id: 'gateway',
      name: 'Gateway',
      baseUrl: url,
      auth: { apiKey: { name: 'key', resolve: async () => ({ auth: { apiKey } }) } },
      models: [model],
      api: openAICompletionsApi(),
    }),
  )
  return { models, model }
}

/** @param {Given} given */
const axModel = ({ model, url, apiKey, stream }) =>
  axAI({ name: 'openai', apiKey, apiURL: url, config: { model, stream } })

/**
 * `tools` returns the text of the second turn, `object` the object. `reply` is what the model says at the end, where the
 * client expects a form. `thinks`: the client asks for reasoning. `streamsObject: false`: it has no streamed objects.
 * @type {Record<string, {
 *   package: string, thinks?: true, streamsObject?: false, reply?: string, objectReply?: 'tool' | 'wrapped',
 *   tools?: (given: Given) => Promise<unknown>, object?: (given: Given) => Promise<unknown>,
 * }>}
 */
export const CLIENTS = {
  openai: {
    package: 'openai',
    thinks: true,
    tools: (given) =>
      openai(given)
        .chat.completions.runTools({
          model: given.model,
          messages: user,
          stream: given.stream,
          reasoning_effort: 'low',
          tools: [
            {
              type: 'function',
              function: {
                name: 'weather',
                description,
                parameters,
                parse: JSON.parse,
                function: ({ city }) => given.weather(city),
              },
            },
          ],
        })
        .finalContent(),
    object: async (given) => {
      const { completions } = openai(given).chat
      const body = {
        model: given.model,
        messages: user,
        response_format: zodResponseFormat(Forecast, 'forecast'),
      }
      const answer = given.stream
        ? await completions.stream(body).finalChatCompletion()
        : await completions.parse(body)
      return answer.choices[0].message.parsed
    },
  },
  'OpenAI Agents': {
    package: '@openai/agents',
    tools: (given) =>
      runAgent(given, {
        tools: [
          agentTool({
            name: 'weather',
            description,
            parameters: City,
            execute: async ({ city }) => given.weather(city),
          }),
        ],
      }),
    object: (given) => runAgent(given, { outputType: Forecast }),
  },
  'AI SDK': {
    package: '@ai-sdk/openai',
    thinks: true,
    tools: async (given) => {
      const options = {
        model: aiModel(given),
        prompt,
        maxRetries: 0,
        stopWhen: stepCountIs(3),
        providerOptions: { openai: { reasoningEffort: 'low', forceReasoning: true } },
        tools: {
          weather: tool({
            description,
            inputSchema: City,
            execute: async ({ city }) => given.weather(city),
          }),
        },
      }
      return given.stream ? streamText(options).text : (await generateText(options)).text
    },
    object: async (given) => {
      const output = Output.object({ schema: Forecast })
      const options = { model: aiModel(given), prompt, maxRetries: 0, output }
      return given.stream ? streamText(options).output : (await generateText(options)).output
    },
  },
  LangChain: {
    package: '@langchain/openai',
    streamsObject: false,
    thinks: true,
    tools: async (given) => {
      const weather = langchainWeather(given)
      const bound = langchain(given, { modelKwargs: { reasoning_effort: 'low' } }).bindTools([
        weather,
      ])
      const ask = async (messages) => {
        if (!given.stream) return bound.invoke(messages)
        let whole
        for await (const piece of await bound.stream(messages))
          whole = whole === undefined ? piece : whole.concat(piece)
        return whole
      }
      const reply = await ask(user)
      const results = []
      for (const call of reply.tool_calls) results.push(await weather.invoke(call))
      return (await ask([...user, reply, ...results])).text
    },
    object: (given) =>
      langchain(given).withStructuredOutput(Forecast, { method: 'jsonSchema' }).invoke(prompt),
  },
  'LangChain, JSON mode': {
    package: '@langchain/openai',
    streamsObject: false,
    object: (given) =>
      langchain(given).withStructuredOutput(Forecast, { method: 'jsonMode' }).invoke(prompt),
  },
  'LangChain, functions': {
    package: '@langchain/openai',
    streamsObject: false,
    objectReply: 'tool',
    object: (given) =>
      langchain(given)
        .withStructuredOutput(Forecast, { method: 'functionCalling', name: 'forecast' })
        .invoke(prompt),
  },
  LangGraph: {
    package: '@langchain/langgraph',
    tools: async (given) => {
      const agent = createReactAgent({ llm: langchain(given), tools: [langchainWeather(given)] })
      if (!given.stream) return (await agent.invoke({ messages: user })).messages.at(-1).text
      let last
      for await (const state of await agent.stream({ messages: user }, { streamMode: 'values' }))
        last = state.messages.at(-1)
      return last.text
    },
  },
  Mastra: {
    package: '@mastra/core',
    thinks: true,
    tools: async (given) => {
      const weather = createMastraTool({
        id: 'weather',
        description,
        inputSchema: City,
        execute: async ({ city }) => given.weather(city),
      })
      const agent = mastra(given, { tools: { weather } })
      const options = { maxSteps: 3, providerOptions: { gateway: { reasoningEffort: 'low' } } }
      if (!given.stream) return (await agent.generate(prompt, options)).text
      return (await agent.stream(prompt, options)).text
    },
    object: async (given) => {
      const options = { structuredOutput: { schema: Forecast } }
      const agent = mastra(given)
      if (!given.stream) return (await agent.generate(prompt, options)).object
      return (await agent.stream(prompt, options)).object
    },
  },
  Genkit: {
    package: '@genkit-ai/compat-oai',
    tools: async (given) => {
      const response = await runGenkit(given, (ai) => ({
        tools: [
          ai.defineTool(
            {
              name: 'weather',
              description,
              inputSchema: genkitZod.object({ city: genkitZod.string() }),
              outputSchema: genkitZod.string(),
            },
            async ({ city }) => given.weather(city),
          ),
        ],
      }))
      return response.text
    },
    object: async (given) => {
      const schema = genkitZod.object({ city: genkitZod.string(), degrees: genkitZod.number() })
      return (await runGenkit(given, () => ({ output: { schema } }))).output
    },
  },
  'TanStack AI': {
    package: '@tanstack/ai-openai',
    streamsObject: false,
    thinks: true,
    tools: async (given) => {
      const weather = toolDefinition({
        name: 'weather',
        description,
        inputSchema: City,
        outputSchema: z.string(),
      }).server(async ({ city }) => given.weather(city))
      const options = {
        adapter: tanstack(given),
        messages: user,
        tools: [weather],
        modelOptions: { reasoning_effort: 'low' },
      }
      if (!given.stream) return chat({ ...options, stream: false })
      let text = ''
      for await (const chunk of chat(options)) {
        /** @type {string} */
        const type = chunk.type
        if (type === 'RUN_ERROR') throw new Error(chunk.message)
        if (type === 'TEXT_MESSAGE_CONTENT') text += chunk.delta
      }
      return text
    },
    object: (given) => chat({ adapter: tanstack(given), messages: user, outputSchema: Forecast }),
  },
  LlamaIndex: {
    package: '@llamaindex/openai',
    streamsObject: false,
    tools: async (given) => {
      const weather = FunctionTool.from(async ({ city }) => given.weather(city), {
        name: 'weather',
        description,
        parameters,
      })
      const workflow = llamaAgent({ llm: llama(given), tools: [weather] })
      if (!given.stream) return (await workflow.run(prompt)).data.result
      const events = workflow.runStream(prompt)
      let text = ''
      for await (const { data } of events) text += data?.delta ?? ''
      return text
    },
    object: async (given) => {
      const response = await llama(given).chat({ messages: user, responseFormat: Forecast })
      return JSON.parse(response.message.content)
    },
  },
  'pi-ai': {
    package: '@earendil-works/pi-ai',
    thinks: true,
    tools: async (given) => {
      const { models, model } = createPi(given)
      const context = {
        messages: [{ role: 'user', content: prompt, timestamp: Date.now() }],
        tools: [{ name: 'weather', description, parameters }],
      }
      const ask = async () => {
        const options = { reasoning: 'low' }
        const message = given.stream
          ? await models.streamSimple(model, context, options).result()
          : await models.completeSimple(model, context, options)
        if (message.errorMessage) throw new Error(message.errorMessage)
        context.messages.push(message)
        return message.content
      }
      for (const call of await ask()) {
        if (call.type !== 'toolCall') continue
        context.messages.push({
          role: 'toolResult',
          toolCallId: call.id,
          toolName: call.name,
          content: [{ type: 'text', text: given.weather(call.arguments.city) }],
          isError: false,
          timestamp: Date.now(),
        })
      }
      return (await ask()).map((part) => (part.type === 'text' ? part.text : '')).join('')
    },
  },
  instructor: {
    package: '@instructor-ai/instructor',
    streamsObject: false,
    objectReply: 'tool',
    object: (given) => instruct(given, 'TOOLS'),
  },
  'instructor, JSON': {
    package: '@instructor-ai/instructor',
    streamsObject: false,
    object: (given) => instruct(given, 'JSON'),
  },
  'instructor, schema': {
    package: '@instructor-ai/instructor',
    streamsObject: false,
    object: (given) => instruct(given, 'JSON_SCHEMA'),
  },
  ax: {
    package: '@ax-llm/ax',
    reply: 'Answer: Both are fine',
    objectReply: 'wrapped',
    tools: async (given) => {
      const agent = ax('question:string -> answer:string', {
        functions: [
          {
            name: 'weather',
            description,
            parameters,
            func: async ({ city }) => given.weather(city),
          },
        ],
      })
      return (await agent.forward(axModel(given), { question: prompt }, { stream: given.stream }))
        .answer
    },
    object: async (given) => {
      const fields = { city: f.string(), degrees: f.number() }
      const extract = ax(
        f().input('question', f.string()).output('forecast', f.object(fields)).build(),
      )
      const options = { stream: given.stream, structuredOutputMode: 'native' }
      return (await extract.forward(axModel(given), { question: prompt }, options)).forecast
    },
  },
}

/** @param {Given} given @param {'TOOLS' | 'JSON' | 'JSON_SCHEMA'} mode */
function instruct(given, mode) {
  const client = createInstructor({ client: openai(given), mode })
  return client.chat.completions.create({
    model: given.model,
    messages: user,
    max_retries: 0,
    response_model: {
      name: 'forecast',
      schema: z3.z.object({ city: z3.z.string(), degrees: z3.z.number() }),
    },
  })
}
