/**
 * Traces a tool run: the loop and its tool calls.
 */
import type { Context } from '@opentelemetry/api'
import { context } from '@opentelemetry/api'
import type { CallObserver } from '../call.ts'
import type { RunObserver } from '../tools/run-observer.ts'
import type { CheckedRequest } from '../validation/input.ts'
import type { Subject } from './attributes.ts'
import { subjectAttributes } from './attributes.ts'
import type { TracedOptions } from './options.ts'
import type { Parts } from './parts.ts'
import type { TracedSpan } from './span.ts'
import { startSpan } from './span.ts'
import { parentOf, toolContexts } from './trace-context.ts'

/** Passed to the chats of a run: their parent. */
export interface ParentObserver extends CallObserver {
  context: Context
}

/** Starts the trace of a run. */
export function traceRun(
  options: TracedOptions,
  subject: Subject,
  { request, active, parts }: { request: CheckedRequest; active: Context; parts: Parts },
): RunObserver {
  const { content } = options
  const agent = options.attributes?.['gen_ai.agent.name']
  const parent = options.context ?? parentOf(request.options, active)
  const name = typeof agent === 'string' ? `invoke_agent ${agent}` : 'invoke_agent'
  const run = startSpan(options, name, parent, {
    ...subjectAttributes(subject, 'invoke_agent'),
    ...parts.inputAttributes?.({ messages: request.messages }),
  })
  const calls: ParentObserver = { context: run.context, onTry: () => () => {} }
  return {
    calls,
    onTool({ name, id, argumentsText }, tool) {
      let span: TracedSpan | undefined
      const start = () =>
        (span ??= startSpan(options, `execute_tool ${name}`, run.context, {
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': name,
          'gen_ai.tool.call.id': id,
          'gen_ai.tool.type': 'function',
          'gen_ai.tool.description': tool?.description,
          ...(content && { 'gen_ai.tool.call.arguments': argumentsText }),
        }))
      return {
        run(signal, execute) {
          toolContexts.set(signal, start().context)
          return context.with(start().context, execute)
        },
        end(result, error = result?.error) {
          if (!span && error === undefined) return // refused: it never ran
          start().end(content ? { 'gen_ai.tool.call.result': result?.content } : {}, error)
        },
      }
    },
    end(result, error) {
      run.end(
        { ...parts.replyAttributes?.(result, error), ...parts.outputAttributes?.(result) },
        error,
      )
    },
  }
}
