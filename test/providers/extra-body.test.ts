/** `extraBody` of config, defaults and call reaches members at any depth of each vendor's request. */
import { describe, expect, test } from 'vitest'
import { getChatModel } from '../../src/builtins.ts'
import type { ChatRequest } from '../../src/options.ts'

type Sent = (body: any) => unknown

const SCHEMA = {
  type: 'json_schema' as const,
  json_schema: { name: 'a', schema: { type: 'object' } },
}

describe.each<[string, string, object, ChatRequest, object, Sent, object]>([
  [
    'OpenAI format',
    'vllm-server:q',
    {},
    { reasoning: false },
    { chat_template_kwargs: { custom: 1 } },
    (body) => body.chat_template_kwargs,
    { enable_thinking: false, thinking: false, custom: 1 },
  ],
  [
    'OpenAI format, a schema',
    'openai:gpt-4o',
    {},
    { responseFormat: SCHEMA },
    { response_format: { json_schema: { strict: true } } },
    (body) => body.response_format.json_schema,
    { name: 'a', schema: { type: 'object' }, strict: true },
  ],
  [
    'OpenAI format, another form',
    'openai:gpt-4o',
    {},
    { responseFormat: SCHEMA },
    { response_format: { type: 'text' } },
    (body) => body.response_format,
    { type: 'text' },
  ],
  [
    'Claude',
    'anthropic:claude-sonnet-4-5',
    {},
    { reasoning: { budget: 2000 } },
    { thinking: { display: 'omitted' } },
    (body) => body.thinking,
    { type: 'enabled', budget_tokens: 2000, display: 'omitted' },
  ],
  [
    'Claude, thinking of another kind',
    'anthropic:claude-sonnet-4-6',
    {},
    { reasoning: { budget: 2000 } },
    { thinking: { type: 'disabled' } },
    (body) => body.thinking,
    { type: 'disabled' },
  ],
  [
    'Gemini',
    'gemini:gemini-2.5-flash',
    {},
    { reasoning: true, temperature: 1 },
    { generationConfig: { thinkingConfig: { includeThoughts: false } } },
    (body) => body.generationConfig,
    { temperature: 1, thinkingConfig: { includeThoughts: false, thinkingBudget: -1 } },
  ],
  [
    'Gemini in snake_case',
    'gemini:gemini-2.5-flash',
    {},
    { reasoning: true, temperature: 1 },
    { generation_config: { thinking_config: { includeThoughts: false }, top_k: 3 } },
    (body) => body.generationConfig,
    { temperature: 1, topK: 3, thinkingConfig: { includeThoughts: false, thinkingBudget: -1 } },
  ],
  [
    'Ollama',
    'ollama:q',
    {},
    { temperature: 1 },
    { options: { min_p: 0.1 } },
    (body) => body.options,
    { temperature: 1, min_p: 0.1 },
  ],
  [
    'DashScope',
    'dashscope:qwen-plus',
    {},
    { search: true },
    { parameters: { search_options: { forced_search: true } } },
    (body) => body.parameters.search_options,
    { enable_source: true, forced_search: true },
  ],
  [
    'Zhipu',
    'zhipu:glm-4.7',
    {},
    { reasoning: true },
    { thinking: { clear_thinking: false } },
    (body) => body.thinking,
    { type: 'enabled', clear_thinking: false },
  ],
])('%s', (_name, model, config, request, extraBody, sent, expected) => {
  const ask = async (more: object, asked: object) => {
    let body: unknown
    const llm = getChatModel(model, {
      apiKey: 'id.secret',
      env: {},
      maxRetries: 0,
      ...config,
      ...more,
      fetch: async (_url, init) => {
        body = JSON.parse(String(init.body))
        return new Response('{}', { status: 400 })
      },
    })
    await llm.chat({ prompt: 'Hi', ...request, ...asked, stream: false }).catch(() => {})
    return sent(body)
  }

  test('of the call, the defaults and the config', async () => {
    expect(await ask({}, { extraBody })).toEqual(expected)
    expect(await ask({ extraBody }, {})).toEqual(expected)
    expect(await ask({ defaults: { extraBody } }, {})).toEqual(expected)
  })
})

test('the call adds to the config at any depth', async () => {
  let body: any
  const llm = getChatModel({
    model: 'q',
    modelServer: 'vllm-server',
    extraBody: { chat_template_kwargs: { a: 1 }, stop_token_ids: [1] },
    fetch: async (_url, init) => {
      body = JSON.parse(String(init.body))
      return Response.json({ choices: [{ message: { content: 'ok' }, finish_reason: 'stop' }] })
    },
  })
  const extraBody = { chat_template_kwargs: { b: 2 }, stop_token_ids: [2] }
  await llm.chat({ prompt: 'Hi', extraBody })
  expect(body).toMatchObject({ chat_template_kwargs: { a: 1, b: 2 }, stop_token_ids: [2] })
})
