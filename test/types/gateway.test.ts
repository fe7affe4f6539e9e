import type { ModelConfig } from 'chatwire'
import { DashScopeLLM } from 'chatwire'
import type {
  GatewayEnd,
  GatewayHandler,
  GatewayRequest,
  Keys,
  RelayEnd,
  RelayHandler,
  RelayRequest,
} from 'chatwire/gateway'
import {
  createGateway,
  createKeys,
  createRelay,
  createSlimGateway,
  keysInMemory,
} from 'chatwire/gateway'
import { expect, test } from 'vitest'

test('the example of the contract compiles, with an env that is named and with one that is not', () => {
  const primary = { model: 'qwen-max', modelServer: 'dashscope' }
  const backup = { model: 'glm-4.7', modelServer: 'zhipu', auth: 'jwt' }
  const worker = {
    fetch: createGateway({
      models: (env) => ({
        fast: { model: 'qwen-plus', modelServer: 'dashscope', env },
        smart: [primary, backup],
      }),
      authorize: (request, env) =>
        request.headers.get('authorization') === `Bearer ${env.APP_TOKEN}`,
    }),
  }
  const named: GatewayHandler<{ APP_TOKEN: string }> = createGateway<{ APP_TOKEN: string }>({
    models: (env) => ({ fast: { model: 'qwen-plus', modelServer: 'dashscope', env } }),
    authorize: (request, env) => request.headers.get('authorization') === env.APP_TOKEN,
  })
  const slim = createSlimGateway({
    models: { fast: new DashScopeLLM({ model: 'qwen-plus' }), short: 'dashscope:qwen-plus' },
    getChatModel: () => new DashScopeLLM({ model: 'qwen-plus' }),
    authorize: async (request) => ({ id: request.url }),
    admit: ({ caller }) => caller?.id !== 'x',
    onEnd: ({ caller, result }) => [caller?.id, result?.usage.totalTokens],
  })
  // @ts-expect-error: without `authorize` there is no service
  expect(() => createGateway({ models: { fast: 'dashscope:qwen-plus' } })).toThrow('authorize')
  expect([worker.fetch, named, slim].map((one) => typeof one)).toEqual(Array(3).fill('function'))
})

test('exports can be annotated without type arguments, as `isolatedDeclarations` demands', () => {
  const keys: Keys = createKeys({ store: keysInMemory() })
  const gateway: GatewayHandler = createGateway({
    models: { fast: 'dashscope:qwen-plus' },
    ...keys.hooks,
    admit: ({ env }: GatewayRequest) => env.isOpen,
    onEnd: ({ env, outcome }: GatewayEnd) => env.log(outcome),
  })
  const relay: RelayHandler = createRelay({
    servers: { dashscope: { apiKey: 'k' } },
    authorize: 'public',
    admit: ({ env }: RelayRequest) => env.isOpen,
    onEnd: ({ env, outcome }: RelayEnd) => env.log(outcome),
  })
  expect([typeof gateway, typeof relay]).toEqual(['function', 'function'])
})

test('a misspelled member of a config is a compile error, for one model and in a list', () => {
  const authorize = () => true
  const [model, modelServer] = ['qwen-plus', 'dashscope']
  const wrong = [
    // @ts-expect-error: apiKey
    () => createGateway({ authorize, models: { a: { model, modelServer, apikey: 'k' } } }),
    // @ts-expect-error: baseURL
    () => createGateway({ authorize, models: { a: [{ model, modelServer, baseUrl: '/v1' }] } }),
    // @ts-expect-error: defaults: { temperature }
    () => createGateway({ authorize, models: { a: { model, modelServer, temperature: 1 } } }),
  ]
  for (const create of wrong) expect(create).toThrow(/did you mean|pass defaults/)
  interface BoxConfig extends ModelConfig {
    lid: boolean
  }
  const own = () =>
    createGateway<unknown, unknown, BoxConfig>({
      authorize,
      models: { a: { model, modelServer: 'box', lid: true } },
    })
  expect(own).toThrow('Unknown model server "box"')
})

interface RegionConfig extends ModelConfig {
  region: string
}

test('a wrong member of a config in a table, alone or in a list, does not compile', () => {
  const wrong = () => [
    // @ts-expect-error: did you mean `apiKey`?
    createGateway({ models: { a: { apikey: 'k' } }, authorize: 'public' }),
    createGateway({
      // @ts-expect-error: did you mean `apiKey`?
      models: { a: { model: 'a', modelServer: 'zhipu', apikey: 'k' } },
      authorize: 'public',
    }),
    createGateway({
      // @ts-expect-error: did you mean `apiKey`?
      models: { a: ['zhipu:a', { model: 'a', modelServer: 'zhipu', apikey: 'k' }] },
      authorize: 'public',
    }),
    createGateway({
      // @ts-expect-error: did you mean `baseURL`?
      models: { a: { failover: [{ model: 'a', model_server: 'zhipu', baseUrl: '/' }] } },
      authorize: 'public',
    }),
    // @ts-expect-error: a member of a wrong type is found in what a function returns, too
    createGateway({ models: () => ({ a: { model: 'a', timeout: '5s' } }), authorize: 'public' }),
  ]
  const own = { model: 'a', modelServer: 'mine', region: 'eu' }
  const right = () => [
    createGateway<unknown, unknown, RegionConfig>({ models: { own }, authorize: 'public' }),
    createGateway({
      models: {
        legacy: { model: 'a', model_server: 'zhipu', api_key: 'k', temperature: 1 },
        azure: { model: 'a', modelServer: 'azure_openai', apiVersion: '2024-10-21' },
        list: ['zhipu:a', { model: 'a', modelServer: 'zhipu', auth: 'jwt' }],
        options: { failover: ['zhipu:a'], onCut: 'continue' },
        configs: [] as ModelConfig[],
      },
      authorize: 'public',
    }),
  ]
  expect([wrong, right].map((one) => typeof one)).toEqual(['function', 'function'])
})

test('a wrong member of what a function of `env` returns does not compile either', () => {
  const authorize = 'public'
  const own = new DashScopeLLM({ model: 'qwen-plus', apiKey: 'k' })
  const right = () => [
    createGateway({
      authorize,
      models: (env) => ({
        a: { model: 'a', modelServer: 'zhipu', apiKey: env.KEY, env },
        b: 'zhipu:b',
        c: own,
        d: ['zhipu:d', own, { model: 'd', model_server: 'zhipu', api_key: 'k' }],
        e: { failover: ['zhipu:e', { model: 'e' }], onCut: 'restart', coolDown: 5 },
        f: [
          { model: 'f', modelServer: 'azure_openai', apiVersion: '2026-01-01' },
          { model: 'f', modelServer: 'zhipu', auth: 'jwt' },
        ],
      }),
    }),
    createGateway<{ KEY: string }>({
      authorize,
      models: ({ KEY }) => ({ a: { model: 'a', modelServer: 'zhipu', apiKey: KEY } }),
    }),
    createGateway<unknown, unknown, RegionConfig>({
      authorize,
      models: () => ({ a: { model: 'a', modelServer: 'box', region: 'eu' } }),
    }),
  ]
  const wrong = () => [
    // @ts-expect-error: apiKey
    createGateway({ authorize, models: () => ({ a: { model: 'a', apikey: 'k' } }) }),
    // @ts-expect-error: apiKey
    createGateway({ authorize, models: (env) => ({ a: { model: 'a', apikey: env.KEY } }) }),
    // @ts-expect-error: baseURL
    createGateway({ authorize, models: () => ({ a: ['zhipu:a', { model: 'a', baseUrl: '/' }] }) }),
    createGateway({
      authorize,
      // @ts-expect-error: apiKey
      models: () => ({ a: { failover: [{ model: 'a', apikey: 'k' }, 'zhipu:a'] } }),
    }),
    // @ts-expect-error: onCut
    createGateway({ authorize, models: () => ({ a: { failover: ['zhipu:a'], oncut: 'error' } }) }),
    // @ts-expect-error: maxRetries is a number
    createGateway({ authorize, models: () => ({ a: { model: 'a', maxRetries: '2' } }) }),
  ]
  expect([right, wrong].map((one) => typeof one)).toEqual(['function', 'function'])
})
