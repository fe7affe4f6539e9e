/**
 * Forced tool calls for servers that accept only one way to ask for them.
 */
import type { Call } from '../../call.ts'
import { isFunctionTool } from '../../message.ts'

/** Values of `toolChoice`; `function` stands for a named one. */
type ToolChoiceKind = 'auto' | 'none' | 'required' | 'function'

/**
 * Replaces a forced choice that the server does not accept by one that means the same: `required` with a single tool by
 * its name, a name by `required` with that tool alone. Other choices stay.
 * @param supported what the server accepts; everything if omitted
 */
export function settleToolChoice(call: Call, supported?: readonly ToolChoiceKind[]): void {
  const { toolChoice, tools = [] } = call
  if (!supported) return
  if (toolChoice === 'required' && !supported.includes('required')) {
    const [tool] = tools
    if (tools.length !== 1 || !tool || !isFunctionTool(tool) || !supported.includes('function'))
      return
    call.toolChoice = { type: 'function', function: { name: tool.function.name } }
  } else if (typeof toolChoice === 'object' && !supported.includes('function')) {
    const named = tools.filter(
      (tool) => isFunctionTool(tool) && tool.function.name === toolChoice.function.name,
    )
    if (named.length !== 1 || !supported.includes('required')) return
    call.tools = named
    call.toolChoice = 'required'
  }
}
