/**
 * Maps server names to model classes.
 */
import type { BaseChatModel } from './chat/base.ts'
import { assertConfig } from './assert-config.ts'
import { isRecord } from './is-record.ts'
import { checkConfigOf } from './validation/input.ts'
import type { FailoverOptions } from './failover/failover.ts'
import { failover } from './failover/failover.ts'
import { ConfigError } from './errors.ts'
import type { ModelConfig } from './options.ts'
import type { ServerName } from './server-name.ts'
import { didYouMean } from './validation/suggest.ts'

/** A model class that can be registered. */
export interface ChatModelClass {
  new (config: ModelConfig): BaseChatModel
  /** Config members of this class in addition to those of `ModelConfig`. */
  readonly configMembers?: readonly string[]
}

/** Options of `registerLLM`. */
export interface RegisterOptions {
  /**
   * Replaces a class registered under the same name. A class with the same class name (hot reload) always does.
   * @default false
   */
  replace?: boolean | undefined
}

/** Settings for `getChatModel('server:model', …)`: a config without `model` and `modelServer`. */
export type ModelSettings<Config extends ModelConfig = ModelConfig> = Omit<
  Config,
  'model' | 'modelServer'
>

/** `server:model`, where editors complete the server. */
export type ModelName = `${ServerName}:` | (string & {})

/** Sampling parameters as modelscope-agent spells them. */
export interface LegacySampling {
  /** `temperature` of `defaults`. */
  temperature?: number | null | undefined
  /** `topP` of `defaults`. */
  top_p?: number | null | undefined
  /** `topK` of `defaults`. */
  top_k?: number | null | undefined
  /** `maxTokens` of `defaults`. */
  max_tokens?: number | null | undefined
  /** `seed` of `defaults`. */
  seed?: number | null | undefined
}

/**
 * A modelscope-agent `llm_config`, which works unchanged. `null` means omitted.
 * @see https://github.com/modelscope/modelscope-agent
 */
export interface LegacyConfig extends Omit<ModelConfig, 'model' | 'modelServer'>, LegacySampling {
  /** The model as the server spells it. */
  model: string
  /** Excluded from legacy configs, so that a `ModelConfig` with an invalid property is not mistaken for one. */
  modelServer?: undefined
  /** `modelServer`. */
  model_server?: ServerName | (string & {}) | undefined
  /** `modelServer`, as in agentfabric's `model_config.json`. */
  type?: ServerName | (string & {}) | undefined
  /** `apiKey`. */
  api_key?: string | null | undefined
  /** `baseURL`. */
  api_base?: string | null | undefined
  /** `baseURL`. */
  base_url?: string | null | undefined
  /** `baseURL` of Azure. */
  azure_endpoint?: string | null | undefined
  /** `baseURL` of Ollama. */
  host?: string | null | undefined
  /** `apiVersion` of Azure. */
  api_version?: string | null | undefined
  /** `maxLength`, in tokens. */
  max_length?: number | null | undefined
  /** `input` becomes `maxLength` unless `max_length` is given. */
  length_constraint?: { input?: number; knowledge?: number } | null | undefined
  /** Sampling parameters become `defaults`; `use_raw_prompt` and `debug` have no effect. */
  generate_cfg?: (LegacySampling & Record<string, unknown>) | null | undefined
  /** No effect: `chat()` chats, `chatWithRawPrompt()` completes. */
  is_chat?: boolean | null | undefined
  /** `functionCalling`. */
  is_function_call?: boolean | null | undefined
  /** `functionCalling`. */
  support_fn_call?: boolean | null | undefined
  /** `streaming`. */
  support_stream?: boolean | null | undefined
  /** No effect: the server chooses the revision. */
  model_version?: string | null | undefined
}

/** @deprecated Use {@link LegacyConfig}. */
export type AncestorConfig = LegacyConfig

/** Any config. */
export type ModelInput<Config extends ModelConfig = ModelConfig> = Config | LegacyConfig

/**
 * A list of models: as much of an array as an overload needs whose errors name the wrong member, at a fraction of what an
 * array costs the compiler.
 */
export interface ModelList<Config extends ModelConfig = ModelConfig> {
  /** Number of models. */
  readonly length: number
  /** Each model, in the order in which they are tried. */
  readonly [place: number]: string | ModelInput<Config>
  /** Excluded, so that a config is not mistaken for a list. */
  readonly model?: undefined
  /** Likewise. */
  readonly modelServer?: undefined
}

/**
 * Model classes by server name. `registerLLM` and `getChatModel` use `LLM_REGISTRY`.
 * @example new ModelRegistry([['echo', EchoLLM]]).getChatModel('echo:any')
 */
export class ModelRegistry {
  #classes = new Map<string, ChatModelClass>()

  /** @throws {ConfigError} `invalid_config`, `duplicate_server` */
  constructor(entries: Iterable<readonly [name: string, model: ChatModelClass]> = []) {
    assertConfig(Symbol.iterator in Object(entries), 'entries must be a list')
    for (const entry of entries) {
      assertConfig(Array.isArray(entry), 'entries must be pairs')
      this.#add(entry[0], entry[1])
    }
  }

  /**
   * Registers a class: `registerLLM('name', Class)`, `registerLLM('name')(Class)`, or as a decorator.
   * @throws {ConfigError} `duplicate_server` if another class has the name, unless `replace` is set
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
    if (typeof (model as { prototype?: Partial<BaseChatModel> })?.prototype?.chat !== 'function')
      throw new ConfigError(
        'invalid_config',
        `"${name}" must be a class that extends BaseChatModel`,
      )
    const existing = this.#classes.get(name)
    // Hot reload evaluates a module again: the new class has the name of the old one.
    const isReloaded = existing !== undefined && model.name !== '' && model.name === existing.name
    if (existing && !isReloaded && !options.replace) {
      throw new ConfigError(
        'duplicate_server',
        `"${name}" is already registered: pass { replace: true } to replace it`,
      )
    }
    this.#classes.set(name, model)
    return model
  }

  /** Returns the registered names, sorted. */
  names(): string[] {
    return [...this.#classes.keys()].sort()
  }

  /** True if the name is registered. */
  has(name: string): boolean {
    return this.#classes.has(name)
  }

  /**
   * Returns the class for a model at a server: `server_prefix` for the first registered prefix of
   * `modelPrefixes(model)`, else `server`.
   * @throws {ConfigError} `unknown_server` with the registered names
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
    throw new ConfigError(
      'unknown_server',
      `Unknown model server "${modelServer}"${didYouMean(modelServer, names)}; registered: ${names.join(', ') || 'none'}. For another OpenAI-compatible server pass its URL, with http:// or https://`,
    )
  }

  /**
   * Creates a model from a config, from `'server:model'`, or from several of them: a list is a `failover`, tried in order.
   * `modelServer` may also be the URL of an OpenAI-compatible server. For a class with own config members, pass the type
   * of its config.
   * @throws {ConfigError} `unknown_server`, `invalid_config`
   * @example LLM_REGISTRY.getChatModel<AzureConfig>({ model: 'gpt', modelServer: 'azure_openai', apiVersion: '2026-01-01' })
   */
  getChatModel(config: ModelConfig | LegacyConfig): BaseChatModel
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- lets callers name the config of their class
  getChatModel<Config extends ModelConfig = ModelConfig>(
    models: readonly (string | ModelInput<NoInfer<Config>>)[],
    options?: FailoverOptions,
  ): BaseChatModel
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- lets callers name the config of their class
  getChatModel<Config extends ModelConfig = ModelConfig>(
    name: ModelName,
    settings?: ModelSettings<NoInfer<Config>>,
  ): BaseChatModel
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- lets callers name the config of their class
  getChatModel<Config extends ModelConfig = ModelConfig>(config: NoInfer<Config>): BaseChatModel
  // The last one, since TypeScript reports its errors.
  getChatModel(input: ModelConfig | ModelList): BaseChatModel
  getChatModel(
    input: string | ModelInput | ModelList,
    settings?: ModelSettings | FailoverOptions,
  ): BaseChatModel {
    if (!Array.isArray(input)) return this.#create(input as ModelInput, settings as ModelSettings)
    const models = (input as readonly (string | ModelInput)[]).map((one) => this.#create(one))
    return failover(models, settings as FailoverOptions)
  }

  /** The class of a server, or the one of its Responses API. */
  #classOf(modelServer: string, model: string, api: ModelConfig['api']): ChatModelClass {
    if (api !== 'responses') return this.resolve(modelServer, model)
    const name = isURL(modelServer) ? 'openai' : modelServer
    const found = this.#classes.get(`${name}_responses`)
    if (found) return found
    this.resolve(modelServer, model) // reports an unknown server
    const offer = this.names().filter((each) => each.endsWith('_responses'))
    const servers = offer.map((each) => each.replace(/_responses$/, '')).join(', ')
    throw new ConfigError(
      'invalid_config',
      `"${modelServer}" has no Responses API here: \`api: 'responses'\` works with ${servers || 'none'}`,
    )
  }

  #create(input: string | ModelInput, settings?: ModelSettings): BaseChatModel {
    const config = typeof input === 'string' ? fromShorthand(input, settings) : input
    // Only the two names are checked here; the class checks everything again.
    const names = checkNames(config)
    const Model = this.#classOf(names.modelServer, names.model, (config as ModelConfig).api)
    const checked = checkConfigOf(config, Model.configMembers)
    if (!isURL(names.modelServer) || this.has(names.modelServer)) return new Model(checked)
    if (checked.baseURL !== undefined) {
      throw new ConfigError('invalid_config', 'Pass either a URL as `modelServer`, or `baseURL`')
    }
    return new Model({ ...checked, modelServer: 'openai', baseURL: names.modelServer })
  }
}

/** Default registry of `registerLLM` and `getChatModel`. */
export const LLM_REGISTRY: ModelRegistry = /* @__PURE__ */ new ModelRegistry()

/**
 * Registers a class in `LLM_REGISTRY`: `registerLLM('name', Class)`, `registerLLM('name')(Class)`, or as a decorator.
 * @function
 * @throws {ConfigError} `duplicate_server` if another class has the name, unless `{ replace: true }` is passed
 */
export const registerLLM: ModelRegistry['registerLLM'] =
  /* @__PURE__ */ LLM_REGISTRY.registerLLM.bind(LLM_REGISTRY)

/**
 * Returns the prefixes for looking up a model's class, in order: the model name up to the first `-`, `/` or `_`, then
 * lowercased, then without a trailing version; for `Org/Name` followed by the same three of `Name`.
 * @example modelPrefixes('Qwen/Qwen3-8B') // ['Qwen', 'qwen', 'Qwen3', 'qwen3']
 * @throws {ConfigError} `invalid_config` unless it is a string
 */
export function modelPrefixes(model: string): string[] {
  assertConfig(typeof model === 'string', 'model must be a string')
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
  // The first colon ends the server; the model may contain more (`qwen3:8b`). A URL is not a server here.
  const at = name.indexOf(':', isURL(name) ? name.length : 0)
  if (at < 1 || at === name.length - 1) {
    throw new ConfigError('invalid_config', `"${name}" must have the form "server:model"`)
  }
  assertConfig(isRecord(settings), 'settings must be an object')
  return { ...settings, modelServer: name.slice(0, at), model: name.slice(at + 1) } as ModelInput
}

function checkNames(config: ModelInput): { modelServer: string; model: string } {
  const { chat } = Object(config) as { chat?: unknown }
  assertConfig(typeof chat !== 'function', 'config is a model: combine models by failover([…])')
  const given = { ...config } as Record<string, unknown>
  const { model, modelServer = given.model_server ?? given.type } = given
  if (typeof model !== 'string' || model.trim() === '') {
    throw new ConfigError('invalid_config', 'config.model must be a model name')
  }
  if (typeof modelServer !== 'string' || modelServer.trim() === '') {
    const other = Object.keys(given).find(
      (name) => /^(model)?(provider|server)$/i.test(name) && name !== 'modelServer',
    )
    throw new ConfigError(
      'invalid_config',
      other === undefined
        ? 'config.modelServer must be a server name or URL'
        : `config.${other} is not a known member (did you mean "modelServer"?)`,
    )
  }
  return { model: model.trim(), modelServer: modelServer.trim() }
}

function isURL(name: string): boolean {
  return /^https?:\/\//i.test(name)
}
