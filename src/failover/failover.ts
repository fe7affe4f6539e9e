/**
 * Several models as one: the next is asked where one fails.
 */
import type { Call } from '../call.ts'
import type { ErrorCode } from '../error-code.ts'
import { ConfigError, isChatError } from '../errors.ts'
import type { Message } from '../message.ts'
import type { ChatOptions, ModelConfig } from '../options.ts'
import { askModel, optionsOf } from '../chat/delegate.ts'
import { BaseChatModel } from '../chat/base.ts'
import type { SchemaDialect } from '../schema/vendor-support.ts'
import { ANYTHING, checkMembers, oneOf, optional, rule } from '../validation/shape.ts'
import type { Chunk } from '../chat/normalize-output.ts'
import type { CoolDownOptions, Outcome } from './circuit-breaker.ts'
import { availableModels, CircuitBreaker } from './circuit-breaker.ts'
import { FailoverState } from './failover-state.ts'

/** How a failover goes on. */
export interface FailoverOptions extends CoolDownOptions {
  /**
   * What to do where a stream is cut after its first event. `error` throws, with what had arrived in `partial`.
   * `restart` asks the next model from the start, and `continue` to go on where the text stopped; both say so by
   * an event of the type `failover`, so whoever shows the text as it comes must read `events()`. Thinking, tool
   * calls and JSON cannot be gone on with: cut in them, `continue` restarts. How well the seam fits, spaces
   * included, is up to the model.
   * @default 'error'
   */
  onCut?: 'error' | 'restart' | 'continue' | undefined
  /**
   * Longest time for the whole call, all models included, in milliseconds. `false`: only the limits of each.
   * @default false
   * @throws {TimeoutError} `which: 'total'`, with `partial` holding what had arrived
   */
  totalTimeout?: number | false | undefined
  /** Told of the call as a whole; the callbacks of each model are told of its own part. */
  callbacks?: ModelConfig['callbacks']
}

/**
 * Several models as one. It asks the first that is not left alone, and goes on to the next where that fails before
 * its first event: its own retries are over then (`maxRetries: 0` in its config: at once). A filtered or bad request
 * would fail the same everywhere, or should: it is not routed around. A missing key or an unsupported option of one
 * model is: `attempts` tells of it.
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

const count = (least: number) =>
  optional(
    rule(
      `must be a whole number from ${least}`,
      (value) => Number.isInteger(value) && value >= least,
    ),
  )

class Failover extends BaseChatModel {
  #seats: readonly CircuitBreaker[]
  #onCut: NonNullable<FailoverOptions['onCut']>

  constructor(models: readonly BaseChatModel[], options: FailoverOptions) {
    checkModels(models)
    const onCut = optional(
      oneOf(['error', 'restart', 'continue'], 'must be "error", "restart" or "continue"'),
    )
    const shapes = { onCut, maxFailures: count(1), coolDown: count(0) }
    const others = { totalTimeout: ANYTHING, callbacks: ANYTHING } // the base class judges them
    checkMembers({ ...shapes, ...others }, options, 'invalid_config', 'options')
    super({
      // No name of a model: the stop words of its family would go to all the others.
      model: `failover(${models.map(({ model }) => model.replace(/^.*\//, '')).join(', ')})`,
      modelServer: 'failover',
      maxRetries: 0, // each model spends its own
      totalTimeout: options.totalTimeout ?? false,
      callbacks: options.callbacks,
    })
    this.#seats = models.map((model) => new CircuitBreaker(model, options))
    this.#onCut = options.onCut ?? 'error'
  }

  // For whole answers too: nobody has seen anything of those, so they can always go on.
  protected override async *_chatStream(
    messages: readonly Message[],
    call: Call,
  ): AsyncGenerator<Chunk> {
    const story = new FailoverState(messages, call)
    const seats = availableModels(this.#able(call))
    for (let place = 0; ; place++) {
      try {
        return yield* ask(seats[place] as CircuitBreaker, story, call)
      } catch (error) {
        // An abort is the caller's; what else is no `ChatError` comes from an observer of the model's.
        if (call.signal.aborted || !isChatError(error)) throw error
        story.recordFailure(error)
        const next = seats[place + 1]?.model
        if (STAYS.has(error.code)) throw error
        if (!next || (story.begun && this.#onCut === 'error')) throw story.failure
        yield story.advance(error, next, this.#onCut === 'continue')
      }
    }
  }

  /** With tools only those that take them, unless none says that it does. */
  #able({ tools }: ChatOptions): readonly CircuitBreaker[] {
    const able = tools?.length
      ? this.#seats.filter(({ model }) => model.supportFunctionCalling())
      : this.#seats
    return able.length > 0 ? able : this.#seats
  }

  /** True where one of the models takes tools: the others are passed over then. */
  override supportFunctionCalling(): boolean {
    return this.#seats.some(({ model }) => model.supportFunctionCalling())
  }

  /** True where all models do: a prompt is written for one template. */
  override supportRawPrompt(): boolean {
    return this.#seats.every(({ model }) => model.supportRawPrompt())
  }

  /** True where all models do that may be asked: a request is written once for them all. */
  override supportResponseFormat(
    type: 'json_object' | 'json_schema',
    options: ChatOptions = {},
  ): boolean {
    return this.#able(options).every(({ model }) => model.supportResponseFormat(type, options))
  }

  /** Those of all models: a request is written once for them all. */
  override schemaDialects(use: 'format' | 'tools'): readonly SchemaDialect[] {
    return [...new Set(this.#seats.flatMap(({ model }) => model.schemaDialects(use)))]
  }

  /** The smallest budget. */
  override getMaxLength(): number {
    return Math.min(...this.#seats.map(({ model }) => model.getMaxLength()))
  }

  /** The largest estimate, so that what fits fits them all. */
  override countTokens(input: string | readonly Message[]): number {
    return Math.max(...this.#seats.map(({ model }) => model.countTokens(input)))
  }
}

/** Failures that another model must not make good: a bad request, a filter, a tool that may have been run. */
const STAYS: ReadonlySet<ErrorCode> = /* @__PURE__ */ new Set<ErrorCode>([
  'content_filter',
  'bad_request',
  'invalid_messages',
  'unknown_tool',
  'invalid_arguments',
  'tool_failed',
  'too_many_steps',
  'invalid_output',
])

function checkModels(models: readonly BaseChatModel[]): void {
  const isList = Array.isArray(models) && models.length > 0
  if (isList && models.every((model) => typeof model?.chat === 'function')) return
  throw new ConfigError('invalid_config', 'failover() takes a list of models, at least one')
}

async function* ask(
  seat: CircuitBreaker,
  story: FailoverState,
  call: Call,
): AsyncGenerator<Chunk, void> {
  const tell = seat.beginAttempt()
  let outcome: Outcome
  try {
    const asked = { messages: story.messages, prompt: story.prompt, options: optionsOf(call) }
    for await (const event of askModel(seat.model, asked, call)) yield story.forward(event)
    outcome = 'well'
  } catch (error) {
    // The total limit that ran out speaks against it too; the caller's own reason does not.
    if (isChatError(error)) outcome = error
    throw error
  } finally {
    tell(outcome)
  }
}
