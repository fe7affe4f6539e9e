/**
 * Tools as Hermes, Qwen2.5 and Qwen3 were trained on them: JSON in `<tool_call>` tags.
 * @see https://qwen.readthedocs.io/en/latest/framework/function_call.html
 */
import type { Message, MessageToolCall, ToolMessage } from '../message.ts'
import { textOf } from '../message.ts'
import type { PromptFormat, Prompt, Rendered } from './prompted-format.ts'
import { addText, sortResults } from './prompted-format.ts'

export const hermes: PromptFormat = { stop: [], place: 'behind', system, render }

const WORDS = {
  en: {
    intro:
      'You may call functions to help with the request. Here they are, one JSON signature a line:',
    how: 'For each call answer with its name and its arguments as JSON, within <tool_call></tool_call>:',
    example: '{"name": <name of the function>, "arguments": <arguments as a JSON object>}',
    one: 'Make at most one call in an answer.',
    must: 'You must call a function now.',
  },
  zh: {
    intro: '你可以调用函数来协助完成请求。可用的函数如下，每行一个 JSON 签名：',
    how: '每次调用都在 <tool_call></tool_call> 中以 JSON 给出函数名和参数：',
    example: '{"name": <函数名>, "arguments": <JSON 对象形式的参数>}',
    one: '每次回答最多调用一个函数。',
    must: '现在你必须调用一个函数。',
  },
}

function system({ tools, language, isParallel, isRequired }: Prompt): string {
  const words = WORDS[language]
  const signatures = tools.map(({ name, description, parameters }) =>
    JSON.stringify({ type: 'function', function: { name, description, parameters } }),
  )
  return [
    `# Tools\n\n${words.intro}`,
    `<tools>\n${signatures.join('\n')}\n</tools>\n`,
    words.how,
    `<tool_call>\n${words.example}\n</tool_call>`,
    ...(isParallel ? [] : [words.one]),
    ...(isRequired ? [words.must] : []),
  ].join('\n')
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
    // Templates of many models refuse two messages of the user in a row.
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
  return { messages: out, continues: false }
}

/** The arguments as an object; as a string where they are no JSON. */
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
