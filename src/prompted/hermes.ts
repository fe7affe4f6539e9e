/**
 * Writes tools as Hermes, Qwen2.5 and Qwen3 were trained on: JSON in `<tool_call>` tags.
 * @see https://qwen.readthedocs.io/en/latest/framework/function_call.html
 */
import type { Message, MessageToolCall, ToolMessage } from '../message.ts'
import { textOf } from '../message.ts'
import type { PromptFormat, Prompt, Rendered } from './format.ts'
import { addText, sortResults } from './format.ts'

export const hermes: PromptFormat = { stop: [], place: 'after', system, render }

// English only, as in the templates that the models were trained on.
function system({ tools, isParallel, isRequired }: Prompt): string {
  const signatures = tools.map(({ name, description, parameters }) =>
    JSON.stringify({ type: 'function', function: { name, description, parameters } }),
  )
  return `# Tools

You may call functions to help with the request. Here they are, one JSON signature a line:
<tools>
${signatures.join('\n')}
</tools>

For each call answer with its name and its arguments as JSON, within <tool_call></tool_call>:
<tool_call>
{"name": <name of the function>, "arguments": <arguments as a JSON object>}
</tool_call>${isParallel ? '' : '\nMake at most one call in an answer.'}${isRequired ? '\nYou must call a function now.' : ''}`
}

function render(messages: readonly Message[]): Rendered {
  const out: Message[] = []
  let calls: readonly MessageToolCall[] = []
  let results: ToolMessage[] = []
  const flush = (): void => {
    if (results.length === 0) return
    const blocks = sortResults(results, calls).map(
      ({ content }) => `<tool_response>\n${textOf(content)}\n</tool_response>`,
    )
    out.push({ role: 'user', content: blocks.join('\n') })
    results = []
  }
  for (const message of messages) {
    if (message.role === 'tool') {
      results.push(message)
      continue
    }
    const hasResults = results.length > 0
    flush()
    const last = out.at(-1)
    // Many chat templates reject consecutive user messages.
    if (message.role === 'user' && hasResults)
      out[out.length - 1] = {
        ...message,
        content: addText(message.content, textOf(last?.content), 'before'),
      }
    else if (message.role === 'assistant' && message.tool_calls?.length) {
      calls = message.tool_calls
      const { tool_calls: _calls, ...rest } = message
      const text = [textOf(message.content), ...calls.map(toBlock)].filter(Boolean).join('\n')
      if (last?.role === 'assistant')
        out[out.length - 1] = { ...last, ...rest, content: `${textOf(last.content)}\n${text}` }
      else out.push({ ...rest, content: text })
    } else out.push(message)
  }
  flush()
  return { messages: out, endsWithMarker: false }
}

/** Returns the arguments as an object, or as a string if they are not JSON. */
function toBlock({ function: { name, arguments: text } }: MessageToolCall): string {
  return `<tool_call>\n{"name": ${JSON.stringify(name)}, "arguments": ${toJSON(text)}}\n</tool_call>`
}

function toJSON(text: string): string {
  if (text.trim() === '') return '{}'
  try {
    JSON.parse(text)
    return text
  } catch {
    return JSON.stringify(text)
  }
}
