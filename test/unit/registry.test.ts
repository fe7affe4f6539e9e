import { LLM_REGISTRY as BUILTINS } from '../../src/builtins.ts'
import { describe, expect, test } from 'vitest'
import { BaseChatModel } from '../../src/chat/base.ts'
import { LLM_REGISTRY, ModelRegistry, modelPrefixes, registerLLM } from '../../src/registry.ts'
import { failure } from './helpers.ts'

class Echo extends BaseChatModel {
  protected async *_chatStream(): AsyncGenerator<string> {
    yield `${this.constructor.name} ${this.model}`
  }
  get seen(): unknown {
    return this.config
  }
}
class Family extends Echo {}
class Exact extends Echo {}
class OpenAi extends Echo {
  static override readonly configMembers = ['apiVersion']
}

const registry = () =>
  new ModelRegistry([
    ['dashscope', Echo],
    ['dashscope_qwen', Family],
    ['dashscope_llama', Family],
    ['zhipu', Echo],
    ['zhipu_glm', Family],
    ['ollama', Echo],
    ['openai', OpenAi],
    ['azure_openai', OpenAi],
  ])

describe('registerLLM()', () => {
  test('takes a class as second argument, later, and as a decorator', async () => {
    const own = new ModelRegistry()
    expect(own.registerLLM('two', Echo)).toBe(Echo)
    expect(own.registerLLM('curried')(Echo)).toBe(Echo)
    const decorate = own.registerLLM('decorator')
    expect(decorate(Echo, { kind: 'class', name: 'Echo' })).toBe(Echo)
    expect(own.names()).toEqual(['curried', 'decorator', 'two'])
    expect((await own.getChatModel('two:any').chat('Hi')).text).toBe('Echo any')
  })

  test('of the package registers in LLM_REGISTRY alone', () => {
    registerLLM('unit_test_server', Echo)
    expect(LLM_REGISTRY.has('unit_test_server')).toBe(true)
    expect(new ModelRegistry().has('unit_test_server')).toBe(false)
  })

  test('refuses what is no class of models', () => {
    for (const other of [42, {}, Map])
      expect(() => new ModelRegistry().registerLLM('other')(other as never)).toThrow(
        /^"other" must be a class that extends BaseChatModel$/,
      )
    expect(() => new ModelRegistry([Echo] as never)).toThrow(/^entries must be pairs$/)
  })

  test('refuses a name that another class has, unless `replace` is set', async () => {
    const own = registry()
    for (const twice of [
      () => own.registerLLM('zhipu', Exact),
      () => own.registerLLM('zhipu')(Exact),
    ]) {
      expect(await failure(twice)).toMatchObject({
        code: 'duplicate_server',
        message: expect.stringContaining('zhipu'),
      })
    }
    expect(own.resolve('zhipu', 'x')).toBe(Echo)
    own.registerLLM('zhipu', Exact, { replace: true })
    expect(own.resolve('zhipu', 'x')).toBe(Exact)
    own.registerLLM('zhipu', { replace: true })(Echo)
    expect(own.resolve('zhipu', 'x')).toBe(Echo)
    expect(
      () =>
        new ModelRegistry([
          ['a', Echo],
          ['a', Exact],
        ]),
    ).toThrow(/already registered/)
  })
})

test('a class of the same class name replaces the old one, as hot reload does', () => {
  const own = new ModelRegistry()
  const evaluate = () => class Parrot extends Echo {}
  const [first, second] = [evaluate(), evaluate()]
  own.registerLLM('parrot', first)
  own.registerLLM('parrot', second)
  expect(own.resolve('parrot', 'x')).toBe(second)
  expect(() => own.registerLLM('parrot', Exact)).toThrow(/already registered/)
  // Classes without a name are never the same.
  const anonymous = () => (() => class extends Echo {})()
  own.registerLLM('anonymous', anonymous())
  expect(() => own.registerLLM('anonymous', anonymous())).toThrow(/already registered/)
})

describe('resolve()', () => {
  test.each([
    ['dashscope', 'qwen-max', Family],
    ['dashscope', 'qwen2.5-72b-instruct', Family],
    ['dashscope', 'qwen3-max', Family],
    ['dashscope', 'Qwen/Qwen3-8B', Family],
    ['dashscope', 'QWEN-MAX', Family],
    ['dashscope', 'qwen_vl', Family],
    ['dashscope', 'llama3-70b-instruct', Family],
    ['dashscope', 'llama3.1-8b', Family],
    ['dashscope', 'meta-llama/Llama-3.1-8B', Family],
    ['dashscope', 'deepseek-v3', Echo],
    ['dashscope', 'qwenlike-7b', Echo],
    ['zhipu', 'glm4', Family],
    ['zhipu', 'glm-4.7', Family],
    ['zhipu', 'GLM-4-Plus', Family],
    ['zhipu', 'zai-org/GLM4.5-Air', Family],
    ['zhipu', 'cogview-3', Echo],
  ])('finds for %s and %s the class %o', (server, model, expected) => {
    expect(registry().resolve(server, model)).toBe(expected)
  })

  test('prefers the exact version to the family', () => {
    const own = registry()
    own.registerLLM('dashscope_qwen2.5', Exact)
    expect(own.resolve('dashscope', 'qwen2.5-72b-instruct')).toBe(Exact)
    expect(own.resolve('dashscope', 'qwen2-72b-instruct')).toBe(Family)
    expect(own.resolve('dashscope', 'Qwen/Qwen2.5-7B')).toBe(Family) // `Qwen` comes before `Qwen2.5`
  })

  test.each([
    ['dashscop', 'dashscope'],
    ['ZHIPU', 'zhipu'],
    ['azure-openai', 'azure_openai'],
    ['open-ai', 'openai'],
    ['qianwen', 'dashscope'],
    ['chatglm', 'zhipu'],
  ])('names for the unknown "%s" the nearest, "%s", and all others', async (asked, nearest) => {
    const error = await failure(() => registry().resolve(asked, 'x'))
    expect(error).toMatchObject({ name: 'ConfigError', code: 'unknown_server', retryable: false })
    expect(error.message).toContain(`did you mean "${nearest}"`)
    for (const name of registry().names()) expect(error.message).toContain(name)
  })

  test('suggests nothing where nothing is near, and says when there is nothing at all', async () => {
    expect((await failure(() => registry().resolve('xyzzy!', 'x'))).message).not.toContain(
      'did you mean',
    )
    expect((await failure(() => new ModelRegistry().resolve('a', 'x'))).message).toContain('none')
    expect((await failure(() => registry().resolve('localhost:8000/v1', 'x'))).message).toContain(
      'pass its URL, with http://',
    )
  })
})

test.each([
  ['qwen-max', ['qwen']],
  ['qwen2.5-72b-instruct', ['qwen2.5', 'qwen']],
  ['Qwen/Qwen3-8B', ['Qwen', 'qwen', 'Qwen3', 'qwen3']],
  ['THUDM/GLM4-9b', ['THUDM', 'thudm', 'GLM4', 'glm4', 'glm']],
  ['llama3', ['llama3', 'llama']],
  ['gpt_4', ['gpt']],
  ['-odd', []],
  ['', []],
])('modelPrefixes(%j) gives %j', (model, prefixes) => {
  expect(modelPrefixes(model)).toEqual(prefixes)
})

describe('getChatModel()', () => {
  test.each([
    ['ollama:qwen3:8b', 'ollama', 'qwen3:8b'],
    ['zhipu:glm-4.7', 'zhipu', 'glm-4.7'],
    ['openai:ft:gpt-4o:org::id', 'openai', 'ft:gpt-4o:org::id'],
    ['openai:Qwen/Qwen3-8B', 'openai', 'Qwen/Qwen3-8B'],
  ])('reads the shorthand %s', (name, provider, model) => {
    expect(registry().getChatModel(name)).toMatchObject({ provider, model })
  })

  test.each(['openai', ':gpt', 'openai:', '', 'http://localhost:8000/v1'])(
    'refuses the shorthand %j',
    async (name) => {
      expect(await failure(() => registry().getChatModel(name))).toMatchObject({
        code: 'invalid_config',
      })
    },
  )

  test('passes the settings of a shorthand on', () => {
    const llm = registry().getChatModel('openai:gpt-4o', { maxLength: 9, apiKey: 'k' }) as Echo
    expect(llm.seen).toEqual({ model: 'gpt-4o', modelServer: 'openai', maxLength: 9, apiKey: 'k' })
  })

  test('takes the spellings of modelscope-agent', () => {
    for (const base of ['api_base', 'base_url']) {
      const llm = registry().getChatModel({
        model: 'qwen-max',
        model_server: 'dashscope',
        api_key: 'k',
        [base]: 'https://a.example/v1',
        max_length: 5,
      }) as Echo
      expect(llm).toBeInstanceOf(Family)
      expect(llm.seen).toEqual({
        model: 'qwen-max',
        modelServer: 'dashscope',
        apiKey: 'k',
        baseURL: 'https://a.example/v1',
        maxLength: 5,
      })
    }
  })

  test('refuses one member in two spellings that disagree', async () => {
    const config = { model: 'qwen-max', modelServer: 'zhipu', model_server: 'dashscope' }
    expect(await failure(() => registry().getChatModel(config))).toMatchObject({
      code: 'invalid_config',
      message: expect.stringMatching(/modelServer.*model_server|model_server.*modelServer/),
    })
  })

  test('takes a URL as server', () => {
    const url = 'http://localhost:8000/v1'
    const llm = registry().getChatModel({ model: 'Qwen/Qwen2.5-7B', modelServer: url }) as Echo
    expect(llm).toBeInstanceOf(OpenAi)
    expect(llm.seen).toEqual({ model: 'Qwen/Qwen2.5-7B', modelServer: 'openai', baseURL: url })
    expect(llm.provider).toBe('openai')
  })

  test('refuses a model in place of its config, and names failover()', async () => {
    const llm = registry().getChatModel('openai:gpt-4o')
    for (const wrong of [llm, [llm, llm], ['zhipu:glm-4.7', llm]])
      expect(await failure(() => registry().getChatModel(wrong as never))).toMatchObject({
        code: 'invalid_config',
        message: 'config is a model: combine models by failover([…])',
      })
  })

  test('refuses a URL as server beside a baseURL', async () => {
    const config = { model: 'm', modelServer: 'http://a.example', baseURL: 'http://b.example' }
    expect(await failure(() => registry().getChatModel(config))).toMatchObject({
      code: 'invalid_config',
    })
  })

  test.each([
    ['an unknown member', { temprature: 1 }, /temprature/],
    [
      'a member that objects have anyway',
      { toString: 'x' },
      /config\.toString is not a known member/,
    ],
    ['a member of another class', { apiVersion: '1' }, /apiVersion/],
    ['an unknown default', { defaults: { topk: 1 } }, /config\.defaults\.topk/],
    ['a bad default', { defaults: { temperature: 'hot' } }, /config\.defaults\.temperature/],
    ['a bad timeout', { timeout: 0 }, /config\.timeout/],
    ['a timeout beyond what a timer can count', { totalTimeout: 2 ** 31 }, /config\.totalTimeout/],
    [
      'a negative retry budget',
      { maxRetries: -1 },
      /config\.maxRetries must be a non-negative integer/,
    ],
    ['a base that is not a URL', { baseURL: 'localhost:8000' }, /config\.baseURL must be a URL/],
    ['a bare path outside of a page', { baseURL: '/relay' }, /config\.baseURL/],
    ['an address with a password', { baseURL: 'https://me:hunter2@a.example' }, /config\.baseURL/],
    ['a callback that is none', { callbacks: { onLLMEnd: 1 } }, /callbacks/],
    [
      'a header that is not a string',
      { headers: { a: 1 } },
      /config\.headers must be a plain object of strings/,
    ],
    ['a header that cannot be sent', { headers: { 'x-key': 'sk-\nhidden' } }, /config\.headers/],
    ['a header with a strange name', { headers: { 'x key': 'a' } }, /config\.headers/],
    ['a Headers object', { headers: new Headers({ a: 'b' }) }, /config\.headers/],
  ])('names %s', async (_what, members, message) => {
    const error = await failure(() =>
      registry().getChatModel({ model: 'm', modelServer: 'zhipu', ...members } as any),
    )
    expect(error).toMatchObject({
      name: 'ConfigError',
      code: 'invalid_config',
      message: expect.stringMatching(message),
    })
    expect(error.message).not.toMatch(/sk-|hunter2/)
  })

  test.each([
    undefined,
    null,
    5,
    {},
    { model: 'a' },
    { model: '', modelServer: 'zhipu' },
    { model: ' ', modelServer: 'zhipu' },
  ])('refuses %j as a config', async (config) => {
    expect(await failure(() => registry().getChatModel(config as any))).toMatchObject({
      code: 'invalid_config',
    })
  })

  test.each([5, null, {}, [['a']], [['a', {}]]])('refuses %j as a list of classes', (entries) => {
    expect(() => new ModelRegistry(entries as never)).toThrow(
      expect.objectContaining({ code: 'invalid_config' }),
    )
  })

  test.each(['sk-key', 5, null])('refuses %j as settings of a name', async (settings) => {
    const error = await failure(() => registry().getChatModel('zhipu:glm', settings as any))
    expect(error).toMatchObject({ code: 'invalid_config', message: 'settings must be an object' })
  })

  test('takes undefined as absent, and members of the class that is found', () => {
    const llm = registry().getChatModel({
      model: ' gpt-4o ',
      modelServer: undefined,
      model_server: 'openai',
      nonsense: undefined,
      apiVersion: 'v7',
    } as any) as Echo
    expect(llm.seen).toEqual({ model: 'gpt-4o', modelServer: 'openai', apiVersion: 'v7' })
  })

  test('never changes the config', () => {
    const config = Object.freeze({
      model: 'gpt-4o',
      model_server: 'openai',
      defaults: Object.freeze({ topP: 1 }),
    })
    registry().getChatModel(config)
  })
})

test('a class works without the registry and names itself', async () => {
  const llm = new Echo({ model: 'any' })
  expect((await llm.chat('Hi')).provider).toBe('Echo')
  expect(() => new Echo({ model: 'any', nonsense: 1 } as any)).toThrow(/nonsense/)
})

describe('the Responses API of a server', () => {
  test.each(['openai', 'azure_openai', 'xai', 'openrouter', 'lmstudio', 'vllm-server'])(
    '%s has one, by `api` and by its own name',
    (modelServer) => {
      const baseURL = 'https://name.openai.azure.com'
      const config = {
        model: 'm',
        apiKey: 'key',
        ...(modelServer === 'azure_openai' && { baseURL }),
      }
      const byApi = BUILTINS.getChatModel({ ...config, modelServer, api: 'responses' })
      const byName = BUILTINS.getChatModel({ ...config, modelServer: `${modelServer}_responses` })
      expect(byApi.constructor).toBe(byName.constructor)
      expect(byApi.provider).toBe(modelServer)
      const chat = BUILTINS.getChatModel({ ...config, modelServer, api: 'chat' })
      expect(chat.constructor).not.toBe(byApi.constructor)
    },
  )

  test('any server by its URL', () => {
    const llm = BUILTINS.getChatModel({
      model: 'm',
      modelServer: 'http://localhost:1/v1',
      api: 'responses',
    })
    expect(llm.constructor).toBe(BUILTINS.resolve('openai_responses', 'm'))
  })

  test('a server without one is an error that names those that have one', () => {
    const ask = () => BUILTINS.getChatModel({ model: 'm', modelServer: 'zhipu', api: 'responses' })
    expect(ask).toThrow(/"zhipu" has no Responses API.*openai/)
    expect(() =>
      BUILTINS.getChatModel({ model: 'm', modelServer: 'openai', api: 'x' as never }),
    ).toThrow('config.api must be "chat" or "responses"')
  })
})

test('an empty server name is named as what is wrong', () => {
  for (const modelServer of ['', '  '])
    expect(() => new ModelRegistry().getChatModel({ model: 'm', modelServer })).toThrow(
      'config.modelServer must be a server name or URL',
    )
})
