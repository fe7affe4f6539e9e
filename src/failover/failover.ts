/**
 * Combines several models into one that falls back to the next on failure.
 */
import type { Call } from '../call.ts'
import { ConfigError } from '../errors.ts'
import { loadPart } from '../load-part.ts'
import type { ContentPart, Message } from '../message.ts'
import type { ChatOptions, ModelConfig } from '../options.ts'
import { BaseChatModel } from '../chat/base.ts'
import type { SchemaDialect } from '../schema/vendor-support.ts'
import { ANYTHING, checkMembers, oneOf, optional, rule } from '../validation/shape.ts'
import type { Chunk } from '../chat/normalize-output.ts'
import type { CoolDownOptions } from './circuit-breaker.ts'
import { availableModels, CircuitBreaker } from './circuit-breaker.ts'

/** Options of `failover`. */
export interface FailoverOptions extends CoolDownOptions {
  /**
   * Reaction to a stream that is cut after its first event. `error` throws, with what had arrived in `partial`.
   * `restart` asks the next model for the entire reply; `continue` asks it for the rest: as the start of its own
   * reply where the model takes that (`supportPrefill()`), else in words. Both emit a `failover` event, so read `events()`
   * to show the text as it arrives. `continue` drops what the next model repeats: the last words, or
   * a reply from its beginning. It restarts if that model answers anew in other words, and if the cut was in thinking,
   * a tool call or JSON, which cannot be continued.
   * @default 'error'
   */
  onCut?: 'error' | 'restart' | 'continue' | undefined
  /**
   * Total timeout of the call, over all models, in milliseconds, or `false` for only the models' own.
   * @default false
   * @throws {TimeoutError} `which: 'total'`, with what had arrived in `partial`
   */
  totalTimeout?: number | false | undefined
  /** Called for the call as a whole. The callbacks of each model are called for its own part. */
  callbacks?: ModelConfig['callbacks']
}

/**
 * Combines several models into one. Calls the first available model, and falls back to the next if it fails
 * before its first event, after its own retries (set `maxRetries: 0` in its config to skip those). A timeout
 * falls back without a retry. Errors that the request causes, such as a content filter or invalid messages, are
 * thrown, since other models would fail as well. A missing key or an unsupported option of one model is skipped and
 * recorded in `attempts`.
 * @throws {ConfigError} `invalid_config`
 * @example
 * const llm = failover([qwen, glm], { onCut: 'continue' })
 * const { text, provider, attempts } = await llm.chat('Hello')
 */
export function failover(
  models: readonly BaseChatModel[],
  options: FailoverOptions = {},
): BaseChatModel {
  return new Failover(models, options)
}

const loadAsk = () => import('./ask-in-turn.ts')

const count = (least: number) =>
  optional(
    rule(
      `must be a whole number from ${least}`,
      (value) => Number.isInteger(value) && value >= least,
    ),
  )

class Failover extends BaseChatModel {
  static override readonly delegates = true
  #breakers: readonly CircuitBreaker[]
  #onCut: NonNullable<FailoverOptions['onCut']>

  constructor(models: readonly BaseChatModel[], options: FailoverOptions) {
    checkModels(models)
    const onCut = optional(
      oneOf(['error', 'restart', 'continue'], 'must be "error", "restart" or "continue"'),
    )
    const shapes = { onCut, maxFailures: count(1), coolDown: count(0) }
    const others = { totalTimeout: ANYTHING, callbacks: ANYTHING } // the base class checks them
    checkMembers({ ...shapes, ...others }, options, 'invalid_config', 'options')
    super({
      // Not a model's name alone, whose family's stop sequences would apply to all models.
      model: `failover(${models.map(({ model }) => model.replace(/^.*\//, '')).join(', ')})`,
      modelServer: 'failover',
      maxRetries: 0, // each model has its own
      totalTimeout: options.totalTimeout ?? false,
      callbacks: options.callbacks,
    })
    this.#breakers = models.map((model) => new CircuitBreaker(model, options))
    this.#onCut = options.onCut ?? 'error'
  }

  // Used for buffered replies too: nothing has been shown, so they can always fall back.
  protected override async *_chatStream(
    messages: readonly Message[],
    call: Call,
  ): AsyncGenerator<Chunk> {
    const { askInTurn } = await loadPart(loadAsk)
    yield* askInTurn(availableModels(this.#able(call)), { messages, call, onCut: this.#onCut })
  }

  protected override loadParts(): Promise<unknown> {
    return loadAsk()
  }

  /** Returns the models that support tools, if the request has any, or else all. */
  #able({ tools }: ChatOptions): readonly CircuitBreaker[] {
    const able = tools?.length
      ? this.#breakers.filter(({ model }) => model.supportFunctionCalling())
      : this.#breakers
    return able.length > 0 ? able : this.#breakers
  }

  /** True if any model supports tools: the others are skipped then. */
  override supportFunctionCalling(): boolean {
    return this.#breakers.some(({ model }) => model.supportFunctionCalling())
  }

  /** True if all models do, since a raw prompt is written for one template. */
  override supportRawPrompt(): boolean {
    return this.#breakers.every(({ model }) => model.supportRawPrompt())
  }

  /** True if all available models do, since the same request goes to each. */
  override supportResponseFormat(
    type: 'json_object' | 'json_schema',
    options: ChatOptions = {},
  ): boolean {
    return this.#able(options).every(({ model }) => model.supportResponseFormat(type, options))
  }

  /** Returns the rules of all models, since the same request goes to each. */
  override schemaDialects(use: 'format' | 'tools'): readonly SchemaDialect[] {
    return [...new Set(this.#breakers.flatMap(({ model }) => model.schemaDialects(use)))]
  }

  /** Returns the types that all models take, since the same messages go to each. */
  override toolResultParts(): readonly ContentPart['type'][] {
    const [first = [], ...others] = this.#breakers.map(({ model }) => model.toolResultParts())
    return first.filter((type) => others.every((types) => types.includes(type)))
  }

  /** Returns the smallest budget. */
  override getMaxLength(): number {
    return Math.min(...this.#breakers.map(({ model }) => model.getMaxLength()))
  }

  /** Returns the largest estimate, so that messages that fit one model fit all. */
  override countTokens(input: string | readonly Message[]): number {
    return Math.max(...this.#breakers.map(({ model }) => model.countTokens(input)))
  }
}

function checkModels(models: readonly BaseChatModel[]): void {
  const isList = Array.isArray(models) && models.length > 0
  if (isList && models.every((model) => typeof model?.chat === 'function')) return
  throw new ConfigError('invalid_config', 'failover() takes a list of models')
}
