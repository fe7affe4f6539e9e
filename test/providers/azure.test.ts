import { describe, expect, test } from 'vitest'
import type { AzureConfig } from '../../src/providers/azure-openai.ts'
import { AzureOpenAiLLM } from '../../src/providers/azure-openai.ts'
import { jsonAnswer, replayFetch, sseAnswer } from './replay.ts'

const OK = jsonAnswer({ choices: [{ message: { content: 'ok' }, finish_reason: 'stop' }] })
const HOST = 'https://res.openai.azure.com'

function create(config: Partial<AzureConfig> = {}, answer = OK) {
  const fetch = replayFetch(answer)
  const settings = {
    model: 'my-gpt',
    apiKey: 'azure-key',
    baseURL: HOST,
    env: {},
    fetch,
    maxRetries: 0,
  }
  return { llm: new AzureOpenAiLLM({ ...settings, ...config }), fetch }
}

async function urlOf(config: Partial<AzureConfig>): Promise<string> {
  const { llm, fetch } = create(config)
  await llm.chat('Hi')
  return fetch.requests[0]!.url
}

const CLASSIC = `${HOST}/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21`
const V1 = `${HOST}/openai/v1/chat/completions`
const ENV = { OPENAI_API_VERSION: '2024-10-21' }

describe('the address', () => {
  test.each<[string, Partial<AzureConfig>, string]>([
    ['v1 without a version', {}, V1],
    ['v1, preview', { apiVersion: 'preview' }, `${V1}?api-version=preview`],
    ['v1, pasted', { baseURL: `${HOST}/openai/v1/` }, V1],
    [
      'v1, a whole endpoint',
      { baseURL: `${HOST}/openai/v1/chat/completions?api-version=preview` },
      `${V1}?api-version=preview`,
    ],
    ['v1, pasted, whatever the variable says', { baseURL: `${HOST}/openai/v1/`, env: ENV }, V1],
    [
      'v1 of the newer host',
      { baseURL: 'https://res.services.ai.azure.com/openai/v1/' },
      'https://res.services.ai.azure.com/openai/v1/chat/completions',
    ],
    ['classic', { apiVersion: '2024-10-21' }, CLASSIC],
    [
      'classic, a preview of then',
      { apiVersion: '2025-04-01-preview' },
      CLASSIC.replace('2024-10-21', '2025-04-01-preview'),
    ],
    ['classic by the variable', { env: ENV }, CLASSIC],
    ['classic, below /openai', { baseURL: `${HOST}/openai/`, apiVersion: '2024-10-21' }, CLASSIC],
    [
      'classic, a whole endpoint, which names its deployment',
      { baseURL: `${HOST}/openai/deployments/dep/chat/completions?api-version=2024-10-21` },
      CLASSIC.replace('my-gpt', 'dep'),
    ],
    [
      'the config wins over the pasted version',
      { baseURL: CLASSIC, apiVersion: '2023-05-15' },
      CLASSIC.replace('2024-10-21', '2023-05-15'),
    ],
    [
      'a deployment that needs escaping',
      { model: 'a b/c', apiVersion: '2024-10-21' },
      CLASSIC.replace('my-gpt', 'a%20b%2Fc'),
    ],
    ['from its variable', { baseURL: undefined, env: { AZURE_OPENAI_ENDPOINT: `${HOST}/` } }, V1],
  ])('%s', async (_name, config, url) => {
    expect(await urlOf(config)).toBe(url)
  })

  test('none is an error that names the variable', () => {
    const error = {
      code: 'invalid_config',
      message: expect.stringContaining('AZURE_OPENAI_ENDPOINT') as string,
    }
    expect(() => create({ baseURL: undefined })).toThrow(expect.objectContaining(error))
  })

  test('raw prompts have both shapes too', async () => {
    const raw = jsonAnswer({ choices: [{ text: 'a', finish_reason: 'stop' }] })
    for (const [config, path] of [
      [{}, '/openai/v1/completions'],
      [
        { apiVersion: '2024-10-21' },
        '/openai/deployments/my-gpt/completions?api-version=2024-10-21',
      ],
    ] as const) {
      const { llm, fetch } = create(config, raw)
      await llm.chatWithRawPrompt({ prompt: 'x' })
      expect(fetch.requests[0]!.url).toBe(HOST + path)
    }
  })
})

describe('the key', () => {
  test.each<[string, Partial<AzureConfig>, string, string]>([
    ['in the header of Azure', {}, 'api-key', 'azure-key'],
    [
      'from its variable',
      { apiKey: undefined, env: { AZURE_OPENAI_API_KEY: 'k2' } },
      'api-key',
      'k2',
    ],
    [
      'a token of Entra is known by its start',
      { apiKey: 'eyJ0eXAi.x.y' },
      'authorization',
      'Bearer eyJ0eXAi.x.y',
    ],
    [
      'a token, on demand',
      { apiKey: () => 'opaque', auth: 'bearer' },
      'authorization',
      'Bearer opaque',
    ],
    ['a key that looks like a token', { apiKey: 'eyJkey', auth: 'key' }, 'api-key', 'eyJkey'],
  ])('%s', async (_name, config, header, value) => {
    const { llm, fetch } = create(config)
    await llm.chat('Hi')
    const { headers, url } = fetch.requests[0]!
    expect(headers.get(header)).toBe(value)
    expect(headers.has(header === 'api-key' ? 'authorization' : 'api-key')).toBe(false)
    expect(url).not.toContain(value)
  })

  test('is demanded at the hosts of Azure, and not at a gateway', async () => {
    for (const baseURL of [
      HOST,
      'https://res.services.ai.azure.com',
      'https://res.cognitiveservices.azure.com',
    ]) {
      const { llm } = create({ apiKey: undefined, baseURL })
      await expect(llm.chat('Hi')).rejects.toMatchObject({ code: 'missing_api_key' })
    }
    expect(await urlOf({ apiKey: undefined, baseURL: 'http://gateway.local' })).toBe(
      'http://gateway.local/openai/v1/chat/completions',
    )
  })

  test.each([{ auth: 'jwt' }, { apiVersion: { year: 2024 } }])('%j is an error', (config) => {
    expect(() => create(config as never)).toThrow(
      expect.objectContaining({ code: 'invalid_config' }),
    )
  })
})

test('the body: the deployment as model, developer kept, the newer name of the limit', async () => {
  const { llm, fetch } = create()
  await llm.chat({
    messages: [
      { role: 'developer', content: 'x' },
      { role: 'user', content: 'Hi' },
    ],
    maxTokens: 5,
  })
  expect(fetch.requests[0]!.body).toEqual({
    model: 'my-gpt',
    messages: [
      { role: 'developer', content: 'x' },
      { role: 'user', content: 'Hi' },
    ],
    max_completion_tokens: 5,
  })
})

test('a first chunk of filter results, without choices, id and time', async () => {
  const answer = sseAnswer([
    {
      choices: [],
      created: 0,
      id: '',
      model: '',
      object: '',
      prompt_filter_results: [{ prompt_index: 0 }],
    },
    {
      id: 'c1',
      model: 'gpt-4o',
      choices: [
        { index: 0, delta: { role: 'assistant', content: '' }, content_filter_results: {} },
      ],
    },
    { id: 'c1', model: 'gpt-4o', choices: [{ index: 0, delta: { content: 'Hi' } }] },
    {
      id: 'c1',
      model: 'gpt-4o',
      choices: [{ index: 0, delta: {}, finish_reason: 'content_filter' }],
    },
  ])
  const result = await create({}, answer).llm.chat({ prompt: 'Hi', stream: true }).result()
  expect(result).toMatchObject({
    text: 'Hi',
    id: 'c1',
    model: 'gpt-4o',
    provider: 'azure_openai',
    finishReason: 'content_filter',
  })
})

test.each([
  [
    400,
    {
      error: {
        message: 'The response was filtered',
        code: 'content_filter',
        innererror: { code: 'ResponsibleAIPolicyViolation' },
      },
    },
    'content_filter',
  ],
  [
    404,
    {
      error: {
        code: 'DeploymentNotFound',
        message: 'The API deployment for this resource does not exist.',
      },
    },
    'model_not_found',
  ],
  [
    401,
    { error: { code: '401', message: 'Access denied due to invalid subscription key' } },
    'authentication',
  ],
])('HTTP %i is reported', async (status, body, code) => {
  await expect(create({}, jsonAnswer(body, status)).llm.chat('Hi')).rejects.toMatchObject({
    code,
    retryable: false,
    status,
  })
})

// https://github.com/ChatGPTNextWeb/NextChat/issues/6604
test('sampling that gpt-5 refuses is refused by the name of the deployment', async () => {
  const ask = (model: string) => {
    const fetch = replayFetch(OK)
    const llm = new AzureOpenAiLLM({ model, baseURL: HOST, apiKey: 'key', fetch })
    return llm.chat({ prompt: 'Hi', temperature: 0.3 })
  }
  await expect(ask('gpt-5-mini')).rejects.toMatchObject({ code: 'unsupported_option' })
  expect(String(await ask('my-deployment'))).toBe('ok')
})
