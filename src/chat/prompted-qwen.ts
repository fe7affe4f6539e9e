/**
 * Tools as Qwen-Agent writes them for models before Qwen2.5, between flowers.
 * @see https://github.com/QwenLM/Qwen-Agent/blob/main/qwen_agent/llm/fncall_prompts/qwen_fncall_prompt.py
 */
import type { Prompt, PromptFormat } from './prompted-format.ts'
import { parametersOf } from './prompted-format.ts'
import { glueMessages } from './prompted-glue.ts'

export const qwen: PromptFormat = {
  stop: ['✿RESULT✿', '✿RETURN✿'],
  place: 'behind',
  begins: 'begins',
  system,
  render: (messages, forced) =>
    glueMessages(
      messages,
      {
        // Code in backticks begins a line of its own.
        call: (name, text) =>
          `✿FUNCTION✿: ${name}\n✿ARGS✿:${text.startsWith('```') ? '\n' : ' '}${text}`,
        result: (text) => `✿RESULT✿: ${text}`,
        answer: '✿RETURN✿:',
        // Its colon may be one token with the first word of the reply.
        open: '✿RETURN✿',
        begin: (name) => `✿FUNCTION✿: ${name}`,
      },
      forced,
    ),
}

const WORDS = {
  en: {
    title: '# Tools',
    list: '## You have these tools:',
    input: 'Format the arguments as a JSON object.',
    how: '## To call a tool, put these lines into your reply, as often as needed:',
    several:
      '## To call several tools at once, put their lines one after another, then all results:',
    name: (names: string) => `<the tool, one of [${names}]>`,
    args: '<its arguments>',
    result: '<what the tool gives>',
    answer: '<your reply, from the results; pictures as ![](URL)>',
    must: 'You must call a tool now.',
  },
  zh: {
    title: '# 工具',
    list: '## 你有以下工具：',
    input: '参数须为 JSON 对象。',
    how: '## 需要调用工具时，在回复中写出以下几行，可写零次或多次：',
    several: '## 需要同时调用多个工具时，依次写出各自的两行，然后是全部结果：',
    name: (names: string) => `<工具名，[${names}] 之一>`,
    args: '<工具的参数>',
    result: '<工具返回的结果>',
    answer: '<根据结果的回复；图片写作 ![](URL)>',
    must: '现在必须调用工具。',
  },
}

function system({ tools, language, isParallel, isRequired }: Prompt): string {
  const words = WORDS[language]
  const call = `✿FUNCTION✿: ${words.name(tools.map(({ name }) => name).join(','))}\n✿ARGS✿: ${words.args}`
  const result = `✿RESULT✿: ${words.result}`
  const times = isParallel ? 2 : 1
  const lines = [...Array<string>(times).fill(call), ...Array<string>(times).fill(result)]
  return [
    words.title,
    words.list,
    ...tools.map(
      (tool) =>
        `### ${tool.name}\n\n${tool.name}: ${tool.description ?? ''} Parameters: ${parametersOf(tool)} ${words.input}`,
    ),
    isParallel ? words.several : words.how,
    [...lines, `✿RETURN✿: ${words.answer}`].join('\n'),
    ...(isRequired ? [words.must] : []),
  ].join('\n\n')
}
