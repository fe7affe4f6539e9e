/**
 * Observes a tool run from inside, for `chatwire/otel`.
 */
import type { CallObserver, OBSERVER } from '../call.ts'
import type { ChatResult, ToolResult } from '../event.ts'
import type { ToolCall } from '../message.ts'
import type { Tool } from './tool.ts'
import type { CheckedRequest } from '../validation/input.ts'

/** A model that observes the tool runs it takes part in. The returned function starts the observation. */
export interface ObservedModel {
  [OBSERVER]?(request: CheckedRequest): () => Promise<RunObserver>
}

/** Observes one run. */
export interface RunObserver {
  /** Observes the chats of the run. */
  readonly calls: CallObserver
  /** Called before each tool call. `tool` is absent if the model named an unknown one. */
  onTool(toolCall: ToolCall, tool: Tool | undefined): ToolObserver
  /** Called when the run has ended, with the error if it failed. Later calls have no effect. */
  end(result: ChatResult, error?: unknown): void
}

/** Observes one tool call. */
export interface ToolObserver {
  /** Runs the tool. `signal` is the one that it gets. */
  run<T>(signal: AbortSignal, execute: () => T): T
  /** Called with the result, or with the error that ends the run. */
  end(result: ToolResult | undefined, error?: unknown): void
}
