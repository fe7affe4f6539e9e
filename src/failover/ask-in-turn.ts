/**
 * Asks models one after another until one answers.
 */
import type { Call } from '../call.ts'
import { askModel, optionsOf } from '../chat/delegate.ts'
import type { Chunk } from '../chat/normalize-output.ts'
import type { ErrorCode } from '../error-code.ts'
import { isChatError } from '../errors.ts'
import type { Message } from '../message.ts'
import type { CircuitBreaker, Outcome } from './circuit-breaker.ts'
import { FailoverState } from './failover-state.ts'

/** The request, and what happens after a cut. */
interface Request {
  messages: readonly Message[]
  call: Call
  onCut: 'error' | 'restart' | 'continue'
}

/** Yields the reply of the first model that answers. */
export async function* askInTurn(
  breakers: readonly CircuitBreaker[],
  { messages, call, onCut }: Request,
): AsyncGenerator<Chunk, void> {
  const state = new FailoverState(messages, call)
  for (let place = 0; ; place++) {
    try {
      const failsOver = place + 1 < breakers.length
      call.responseModel = breakers[place]?.model.model
      return yield* ask(breakers[place] as CircuitBreaker, state, { call, failsOver })
    } catch (error) {
      // An abort is the caller's. Anything else but a `ChatError` comes from a callback of the model.
      if (call.signal.aborted || !isChatError(error)) throw error
      yield state.release()
      state.recordFailure(error)
      if (state.withoutPrefill(error)) {
        place-- // asks the same model again
        continue
      }
      const next = breakers[place + 1]?.model
      if (NEVER_FALLS_BACK.has(error.code)) throw error
      if (!next || (state.begun && onCut === 'error')) throw state.failure
      yield state.advance(error, next, { mayContinue: onCut === 'continue' })
    }
  }
}

/** Errors that must not fall back: an invalid request, a content filter, a tool that may have run. */
const NEVER_FALLS_BACK: ReadonlySet<ErrorCode> = /* @__PURE__ */ new Set<ErrorCode>([
  'content_filter',
  'bad_request',
  'invalid_messages',
  'unknown_tool',
  'invalid_arguments',
  'tool_failed',
  'too_many_steps',
  'invalid_output',
])

async function* ask(
  breaker: CircuitBreaker,
  state: FailoverState,
  { call, failsOver }: { call: Call; failsOver: boolean },
): AsyncGenerator<Chunk, void> {
  const recordOutcome = breaker.beginAttempt()
  let outcome: Outcome
  try {
    const { messages, prompt } = state
    const input = { messages, prompt, options: optionsOf(call), failsOver }
    for await (const event of askModel(breaker.model, input, call)) yield state.forward(event)
    outcome = 'ok'
  } catch (error) {
    // A total timeout counts against the model; the caller's own abort reason does not.
    if (isChatError(error)) outcome = error
    throw error
  } finally {
    recordOutcome(outcome)
  }
}
