import { ConfigError } from '../../src/errors.ts'
import { getChatModel } from '../../src/builtins.ts'
import type { BaseChatModel } from '../../src/chat/base.ts'
import { BrowserLLM } from '../../src/providers/browser.ts'
import { EngineLLM } from '../../src/providers/engine.ts'
import type { Rules } from './rules.ts'
import * as rules from './rules.ts'

type Body = Record<string, any>

/** A schema as it goes on the wire. */
export interface Sent {
  schema: Record<string, unknown>
  strict?: boolean | undefined
}

/** One column of the matrix: a server with a model that has the best mode the server offers. */
export interface Vendor {
  model: string
  /** The rules of structured output, and of tools; those of strict ones first. */
  format: [strict: Rules, plain?: Rules]
  tools: [strict: Rules, plain?: Rules] | 'none'
  /** Finds the schemas in a request. */
  read?: (body: Body) => { format?: Sent; tool?: Sent }
  /** True if the model sees a schema only if it is in the messages as well. */
  hidesSchema?: boolean
  /** Creates the model, if it has no requests over HTTP. Keeps its requests, and refuses them. */
  create?: (keep: (request: Body) => never) => BaseChatModel
}

const readOpenAI = ({ response_format: format, tools }: Body) => ({
  ...(format?.type === 'json_schema' && { format: format.json_schema as Sent }),
  ...(tools && { tool: { ...tools[0].function, schema: tools[0].function.parameters } as Sent }),
})

const readResponses = ({ text, tools }: Body) => ({
  ...(text?.format?.type === 'json_schema' && { format: text.format as Sent }),
  ...(tools && { tool: { ...tools[0], schema: tools[0].parameters } as Sent }),
})

const { openaiPlain, openaiStrict, none } = rules

export const VENDORS: Record<string, Vendor> = {
  openai: {
    model: 'gpt-5.4',
    format: [openaiStrict, openaiPlain],
    tools: [openaiStrict, openaiPlain],
  },
  azure_openai: {
    model: 'gpt-5.4',
    format: [rules.azureStrict, openaiPlain],
    tools: [rules.azureStrict, openaiPlain],
  },
  openai_responses: {
    model: 'gpt-5.4',
    format: [openaiStrict, openaiPlain],
    tools: [openaiStrict, openaiPlain],
    read: readResponses,
  },
  anthropic: {
    model: 'claude-sonnet-4-6',
    format: [rules.anthropicStrict],
    tools: [rules.anthropicStrictTool, rules.anthropicPlain],
    read: ({ output_config: output, tools }) => ({
      ...(output?.format && { format: output.format as Sent }),
      ...(tools && { tool: { ...tools[0], schema: tools[0].input_schema } as Sent }),
    }),
  },
  gemini: {
    model: 'gemini-3-flash',
    format: [rules.gemini],
    tools: [rules.gemini],
    read: ({ generationConfig: config, tools }) => ({
      ...(config?.responseJsonSchema && { format: { schema: config.responseJsonSchema } }),
      ...(tools && {
        tool: { schema: tools[0].functionDeclarations[0].parametersJsonSchema ?? {} },
      }),
    }),
  },
  ollama: {
    model: 'qwen3:8b',
    format: [rules.llamacpp],
    tools: [rules.ollamaTools],
    read: ({ format, tools }) => ({
      ...(typeof format === 'object' && { format: { schema: format } }),
      ...(tools && { tool: { schema: tools[0].function.parameters } }),
    }),
    hidesSchema: true,
  },
  llamacpp: {
    model: 'qwen3',
    format: [rules.llamacpp],
    tools: [rules.llamacpp],
    hidesSchema: true,
  },
  lmstudio: {
    model: 'qwen3',
    format: [rules.llamacpp],
    tools: [rules.llamacpp],
    hidesSchema: true,
  },
  'vllm-server': {
    model: 'Qwen/Qwen3-8B',
    format: [rules.vllm],
    tools: [rules.vllm],
    hidesSchema: true,
  },
  llamacpp_responses: {
    model: 'qwen3',
    format: [rules.llamacpp],
    tools: [rules.llamacpp],
    read: readResponses,
    hidesSchema: true,
  },
  dashscope: {
    model: 'qwen-plus',
    format: [none],
    tools: [openaiPlain],
    read: ({ parameters }) => readOpenAI(parameters ?? {}),
  },
  zhipu: { model: 'glm-4.7', format: [none], tools: [openaiPlain] },
  deepseek: { model: 'deepseek-chat', format: [none], tools: [openaiPlain] },
  moonshot: { model: 'kimi-k2-0905-preview', format: [none], tools: [openaiPlain] },
  siliconflow: { model: 'Qwen/Qwen3-32B', format: [none], tools: [openaiPlain] },
  modelscope: { model: 'Qwen/Qwen3-32B', format: [none], tools: [openaiPlain] },
  openrouter: {
    model: 'openai/gpt-5.4',
    format: [openaiStrict, openaiPlain],
    tools: [openaiStrict, openaiPlain],
  },
  groq: {
    model: 'openai/gpt-oss-120b',
    format: [rules.groqStrict, openaiPlain],
    tools: [rules.groqStrict, openaiPlain],
  },
  mistral: {
    model: 'mistral-medium-latest',
    format: [openaiStrict, openaiPlain],
    tools: [openaiStrict, openaiPlain],
  },
  xai: { model: 'grok-4', format: [rules.xai, rules.xai], tools: [openaiPlain, openaiPlain] },
  cerebras: {
    model: 'qwen-3-235b-a22b-instruct-2507',
    format: [rules.cerebrasStrict, openaiPlain],
    tools: [rules.cerebrasStrict, openaiPlain],
  },
  'engine (wllama)': {
    model: 'tiny',
    format: [rules.llamacpp],
    tools: [rules.llamacpp],
    hidesSchema: true,
    create: (keep) => new EngineLLM({ model: 'tiny', engine: { createChatCompletion: keep } }),
  },
  'engine (WebLLM)': {
    model: 'tiny',
    format: [rules.xgrammar],
    tools: [rules.ollamaTools],
    // A schema is a text there: https://github.com/mlc-ai/web-llm/blob/main/src/openai_api_protocols/chat_completion.ts
    read: ({ response_format: format, tools }) => ({
      ...(format?.schema && { format: { schema: JSON.parse(format.schema) as Sent['schema'] } }),
      ...readOpenAI({ tools }),
    }),
    hidesSchema: true,
    create: (keep) =>
      new EngineLLM({ model: 'tiny', engine: { chat: { completions: { create: keep } } } }),
  },
  browser: {
    model: 'built-in',
    format: [rules.chrome],
    tools: 'none',
    read: ({ responseConstraint: schema }) => ({ ...(schema && { format: { schema } as Sent }) }),
    create: (keep) => {
      const session = {
        promptStreaming: (input: unknown, { responseConstraint }: Body) =>
          keep({ input, responseConstraint }),
        destroy: () => {},
      }
      Object.assign(globalThis, {
        LanguageModel: { availability: async () => 'available', create: async () => session },
      })
      return new BrowserLLM({ model: 'built-in' })
    },
  },
  perplexity: { model: 'sonar-pro', format: [rules.perplexity, rules.perplexity], tools: 'none' },
}

/** A model whose requests are kept, and refused. */
export function createModel(name: string): { llm: BaseChatModel; requests: Body[] } {
  const requests: Body[] = []
  const create = VENDORS[name]?.create
  if (create) {
    const keep = (request: Body): never => {
      requests.push(JSON.parse(JSON.stringify(request)) as Body)
      throw new Error('seen')
    }
    return { llm: create(keep), requests }
  }
  const llm = getChatModel({
    model: VENDORS[name]?.model ?? '',
    modelServer: name,
    apiKey: 'sk-0123456789.abcdef',
    ...(name === 'azure_openai' && { baseURL: 'https://example.openai.azure.com/openai/v1' }),
    maxRetries: 0,
    fetch: async (_url: unknown, init: { body?: unknown } = {}) => {
      requests.push(JSON.parse(String(init.body)) as Body)
      return new Response('{"error":{"message":"seen"}}', { status: 400 })
    },
  } as never)
  return { llm, requests }
}

export function readRequest(name: string, body: Body): { format?: Sent; tool?: Sent } {
  return (VENDORS[name]?.read ?? readOpenAI)(body)
}

/** Applies the rules to what was sent. */
export function judge(sides: readonly (Rules | undefined)[], { schema, strict }: Sent): string[] {
  const [first, plain] = sides
  const isStrict = strict === true || plain === undefined
  return (isStrict ? first : plain)?.(schema) ?? []
}

export function isRefusal(error: unknown): boolean {
  return error instanceof ConfigError
}
