/**
 * Names to classes: the seam where models come in.
 */
import { isList } from './is-record.ts'
import type { BaseChatModel } from './chat/base.ts'
import { checkConfig } from './validation/input.ts'
import type { FailoverOptions } from './failover/failover.ts'
import { failover } from './failover/failover.ts'
import { ConfigError } from './errors.ts'
import type { ModelConfig } from './options.ts'

/** A class of models, as it can be registered. */
export interface ChatModelClass {
  new (config: ModelConfig): BaseChatModel
  /** Members of the config that it takes beyond those of `ModelConfig`. */
  readonly configMembers?: readonly string[]
}

/** How a class is registered. */
export interface RegisterOptions {
  /**
   * Takes the place of a class that bears the name already.
   * @default false
   */
  replace?: boolean | undefined
}

/** A config without its model, for `getChatModel('server:model', …)`. */
export type ModelSettings = Omit<ModelConfig, 'model' | 'modelServer'>

/** The ancestors' spellings, which an existing `llm_config` may bear. */
export interface LegacyConfig {
  /** The model, as its server names it. */
  model: string
  /** Either spelling, so that a `ModelConfig` with a wrong member is not taken for one of these. */
  modelServer?: undefined
  /** `modelServer`. */
  model_server?: string | undefined
  /** `apiKey`. */
  api_key?: string | undefined
  /** `baseURL`. */
  api_base?: string | undefined
  /** `baseURL`. */
  base_url?: string | undefined
  /** `maxLength`, in tokens. */
  max_length?: number | undefined
}

/** Whatever names a model: a config in either spelling, with further members that its class takes. */
export type ModelInput = ModelConfig | LegacyConfig

/**
 * A set of models by name. `LLM_REGISTRY` is the one that `registerLLM` and `getChatModel` use.
 * @example new ModelRegistry([['echo', EchoLLM]]).getChatModel('echo:any')
 */
export class ModelRegistry {
  #classes = new Map<string, ChatModelClass>()

  constructor(entries: Iterable<readonly [name: string, model: ChatModelClass]> = []) {
    for (const [name, model] of entries) this.registerLLM(name, model)
  }

  /**
   * Registers a class: `registerLLM('name', Class)`, `registerLLM('name')(Class)`, or as a decorator.
   * @throws {ConfigError} `duplicate_server` for a name that is taken, unless `replace` is set
   */
  registerLLM<Model extends ChatModelClass>(
    name: string,
    model: Model,
    options?: RegisterOptions,
  ): Model
  registerLLM(
    name: string,
    options?: RegisterOptions,
  ): <Model extends ChatModelClass>(model: Model, context?: unknown) => Model
  registerLLM<Model extends ChatModelClass>(
    name: string,
    second?: Model | RegisterOptions,
    options?: RegisterOptions,
  ): Model | ((model: Model) => Model) {
    if (typeof second === 'function') return this.#add(name, second, options)
    return (model) => this.#add(name, model, second)
  }

  #add<Model extends ChatModelClass>(
    name: string,
    model: Model,
    options: RegisterOptions = {},
  ): Model {
    if (this.#classes.has(name) && !options.replace) {
      throw new ConfigError(
        'duplicate_server',
        `"${name}" is registered already: pass { replace: true } to replace it`,
      )
    }
    this.#classes.set(name, model)
    return model
  }

  /** The registered names, sorted. */
  names(): string[] {
    return [...this.#classes.keys()].sort()
  }

  /** True for a name that is registered. */
  has(name: string): boolean {
    return this.#classes.has(name)
  }

  /**
   * The class for a model at a server: `server_prefix` with the first of `modelPrefixes(model)` that is registered,
   * then `server`.
   * @throws {ConfigError} `unknown_server`, with the names there are
   */
  resolve(modelServer: string, model: string): ChatModelClass {
    for (const prefix of modelPrefixes(model)) {
      const found = this.#classes.get(`${modelServer}_${prefix}`)
      if (found) return found
    }
    const found =
      this.#classes.get(modelServer) ??
      (isURL(modelServer) ? this.#classes.get('openai') : undefined)
    if (found) return found
    const names = this.names()
    const nearest = closest(modelServer, names)
    throw new ConfigError(
      'unknown_server',
      `No model server "${modelServer}"${nearest ? ` (did you mean "${nearest}"?)` : ''}: registered are ${names.join(', ') || 'none'}`,
    )
  }

  /**
   * A model by its config or by `server:model`. `modelServer` may also be the URL of a server that speaks the OpenAI format.
   * A list of them is a `failover`: they are asked in this order.
   * @throws {ConfigError} `unknown_server`, `invalid_config`
   */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it lets the members of a class through
  getChatModel<Config extends ModelInput>(config: Config): BaseChatModel
  getChatModel(name: string, settings?: ModelSettings): BaseChatModel
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the same
  getChatModel<Config extends string | ModelInput>(
    models: readonly Config[],
    options?: FailoverOptions,
  ): BaseChatModel
  getChatModel(
    input: string | ModelInput | readonly (string | ModelInput)[],
    settings?: ModelSettings | FailoverOptions,
  ): BaseChatModel {
    if (!isList(input)) return this.#create(input, settings as ModelSettings)
    const models = input.map((one) => this.#create(one))
    return failover(models, settings as FailoverOptions)
  }

  /** The class of a server, or the one of its Responses API. */
  #classOf(modelServer: string, model: string, api: ModelConfig['api']): ChatModelClass {
    if (api !== 'responses') return this.resolve(modelServer, model)
    const name = isURL(modelServer) ? 'openai' : modelServer
    const found = this.#classes.get(`${name}_responses`)
    if (found) return found
    this.resolve(modelServer, model) // an unknown server is told as such
    const offer = this.names().filter((each) => each.endsWith('_responses'))
    const servers = offer.map((each) => each.replace(/_responses$/, '')).join(', ')
    throw new ConfigError(
      'invalid_config',
      `"${modelServer}" has no Responses API here: \`api: 'responses'\` works with ${servers || 'none'}`,
    )
  }

  #create(input: string | ModelInput, settings?: ModelSettings): BaseChatModel {
    const config = typeof input === 'string' ? fromShorthand(input, settings) : input
    // Checked twice on purpose: here only for the two names, by the class for its own members too.
    const names = checkNames(config)
    const Model = this.#classOf(names.modelServer, names.model, (config as ModelConfig).api)
    const checked = checkConfig(config, Model.configMembers)
    if (!isURL(names.modelServer) || this.has(names.modelServer)) return new Model(checked)
    if (checked.baseURL !== undefined) {
      throw new ConfigError(
        'invalid_config',
        '`modelServer` is a URL, so `baseURL` must not be there too',
      )
    }
    return new Model({ ...checked, modelServer: 'openai', baseURL: names.modelServer })
  }
}

/** The registry that `registerLLM` and `getChatModel` use. */
export const LLM_REGISTRY: ModelRegistry = /* @__PURE__ */ new ModelRegistry()

/**
 * Registers a class in `LLM_REGISTRY`: `registerLLM('name', Class)`, `registerLLM('name')(Class)`, or as a decorator.
 * @function
 * @throws {ConfigError} `duplicate_server` for a name that is taken, unless `{ replace: true }` is passed
 */
export const registerLLM: ModelRegistry['registerLLM'] =
  /* @__PURE__ */ LLM_REGISTRY.registerLLM.bind(LLM_REGISTRY)

/**
 * The prefixes by which a model's class is looked up, in their order: the first piece of its name cut at `-`, `/`, `_`;
 * the same lower-cased; the same without a trailing version; and for `Org/Name` the same three of `Name`.
 * @example modelPrefixes('Qwen/Qwen3-8B') // ['Qwen', 'qwen', 'Qwen3', 'qwen3']
 */
export function modelPrefixes(model: string): string[] {
  const slash = model.indexOf('/')
  const names = slash === -1 ? [model] : [model, model.slice(slash + 1)]
  const prefixes = names.flatMap((name) => {
    const first = name.split(/[-/_]/, 1)[0] as string
    const lower = first.toLowerCase()
    return [first, lower, lower.replace(/\d[\d.]*$/, '')]
  })
  return [...new Set(prefixes)].filter((prefix) => prefix !== '')
}

function fromShorthand(name: string, settings: ModelSettings = {}): ModelInput {
  // The first colon behind the server; a URL has one of its own, and a model may have a tag (`qwen3:8b`).
  const at = name.indexOf(':', isURL(name) ? name.length : 0)
  if (at < 1 || at === name.length - 1) {
    throw new ConfigError('invalid_config', `"${name}" must be "server:model"`)
  }
  return { ...settings, modelServer: name.slice(0, at), model: name.slice(at + 1) } as ModelInput
}

function checkNames(config: ModelInput): { modelServer: string; model: string } {
  const named = (config ?? {}) as Partial<Record<'model' | 'modelServer' | 'model_server', unknown>>
  const { model, modelServer = named.model_server } = named
  if (typeof model !== 'string' || model.trim() === '') {
    throw new ConfigError('invalid_config', 'config.model must be the name of a model')
  }
  if (typeof modelServer !== 'string' || modelServer.trim() === '') {
    throw new ConfigError('invalid_config', 'config.modelServer must name a server')
  }
  return { model: model.trim(), modelServer }
}

function isURL(name: string): boolean {
  return /^https?:\/\//i.test(name)
}

/** The name that takes the fewest changes, if it is near at all. */
function closest(name: string, names: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.max(2, Math.floor(name.length / 2)) + 1
  for (const candidate of names) {
    const changes = distance(name.toLowerCase(), candidate.toLowerCase())
    if (changes < least) {
      least = changes
      best = candidate
    }
  }
  return best
}

function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1
      next.push(
        Math.min(
          (row[j] as number) + 1,
          (next[j - 1] as number) + 1,
          (row[j - 1] as number) + same,
        ),
      )
    }
    row = next
  }
  return row[to.length] as number
}
