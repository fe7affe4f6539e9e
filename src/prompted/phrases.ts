/**
 * Phrases that describe tools to a model, in the language of the conversation.
 */
import type { FunctionDefinition } from '../message.ts'

/** The language of a prompt. */
export type Language = 'en' | 'zh'

/** The phrases by language. */
export const PHRASES: Record<Language, Record<Word, string>> = {
  en: {
    tools: 'Tools',
    have: 'You have these tools:',
    format: 'Format the arguments as a JSON object.',
    how: 'To call a tool, put these lines into your reply, as often as needed:',
    several: 'To call several tools at once, put their lines one after another, then all results:',
    oneOf: 'the tool, one of',
    input: '<its arguments>',
    result: 'what the tool gives',
    answer: '<your answer, from the results; pictures as ![](URL)>',
    may: 'You can use these tools:',
    must: 'You must use one or more of these tools:',
  },
  zh: {
    tools: '工具',
    have: '你有以下工具：',
    format: '参数须为 JSON 对象。',
    how: '需要调用工具时，在回复中写出以下几行，可写零次或多次：',
    several: '需要同时调用多个工具时，依次写出各自的两行，然后是全部结果：',
    oneOf: '工具名，以下之一',
    input: '<工具的参数>',
    result: '工具返回的结果',
    answer: '<根据结果的回答；图片写作 ![](URL)>',
    may: '可以使用的工具：',
    must: '必须使用以下工具中的一个或多个：',
  },
}

type Word =
  | 'tools'
  | 'have'
  | 'format'
  | 'how'
  | 'several'
  | 'oneOf'
  | 'input'
  | 'result'
  | 'answer'
  | 'may'
  | 'must'

/** Returns `[a,b]`, as modelscope-agent and Qwen-Agent write it. */
export function namesOf(tools: readonly FunctionDefinition[]): string {
  return `[${tools.map(({ name }) => name).join(',')}]`
}

/** True for a text in Chinese. */
export function isChinese(text: string): boolean {
  return /[\u4e00-\u9fff]/.test(text)
}
