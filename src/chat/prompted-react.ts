/**
 * Tools as modelscope-agent writes them: `Action`, `Action Input`, `Observation`, `Answer`.
 * @see https://arxiv.org/abs/2210.03629
 */
import type { FunctionDefinition } from '../message.ts'
import type { Prompt, PromptFormat } from './prompted-format.ts'
import { parametersOf } from './prompted-format.ts'
import { glueMessages } from './prompted-glue.ts'

export const react: PromptFormat = {
  // The server ends the reply there; else the model would invent what the tool says.
  stop: ['Observation:'],
  labels: 'labels',
  place: 'before',
  system,
  hint,
  render: (messages) =>
    glueMessages(
      messages,
      {
        call: (name, text) => `Action: ${name}\nAction Input: ${text.trim() || '{}'}`,
        result: (text) => `Observation: <result>${text}</result>`,
        answer: 'Answer:',
        open: 'Answer:',
      },
      undefined,
    ),
}

const WORDS = {
  en: {
    tools: '# Tools\n\nYou have these tools:',
    format: 'Format the arguments as a JSON object.',
    how: 'To call a tool, put these lines into your reply, as often as needed:',
    several: 'To call several tools at once, put their pairs of lines one after another.',
    name: (names: string) => `<the name of the tool, one of [${names}]>`,
    input: '<its arguments>',
    result: '<result><what the tool gives></result>',
    answer: '<what the results say; the URL of a picture as ![Image](URL)>',
  },
  zh: {
    tools: '# 工具\n\n你有以下工具：',
    format: '参数须为 JSON 对象。',
    how: '需要调用工具时，在回复中写出以下几行，可写零次或多次：',
    several: '需要同时调用多个工具时，依次写出各自的两行。',
    name: (names: string) => `<工具名，[${names}] 之一>`,
    input: '<工具的参数>',
    result: '<result><工具返回的结果></result>',
    answer: '<根据结果作答；图片的 URL 写作 ![图片](URL)>',
  },
}

function system({ tools, language, isParallel }: Prompt): string {
  const words = WORDS[language]
  const names = tools.map(({ name }) => name).join(',')
  const call = `Action: ${words.name(names)}\nAction Input: ${words.input}`
  return [
    words.tools,
    ...tools.map(describe),
    words.how,
    `${call}\nObservation: ${words.result}\nAnswer: ${words.answer}`,
    ...(isParallel ? [words.several] : []),
  ].join('\n\n')
}

function describe(tool: FunctionDefinition): string {
  const { name, description = '' } = tool
  // As the ancestor does: a description in Chinese has its sentence in Chinese.
  const { format } = WORDS[/[\u4e00-\u9fff]/.test(description) ? 'zh' : 'en']
  return `${name}: ${name} API. ${description} Parameters: ${parametersOf(tool)} ${format}`
}

function hint({ tools, language, isRequired }: Prompt): string {
  const names = tools.map(({ name }) => name).join(',')
  if (language === 'zh')
    return isRequired
      ? `必须使用以下工具中的一个或多个：[${names}]`
      : `（可以使用的工具：[${names}]）`
  return isRequired
    ? `You must use one or more of these tools: [${names}]`
    : `(You can use these tools: [${names}])`
}
