/**
 * Writes tools as modelscope-agent does: `Action`, `Action Input`, `Observation`, `Answer`.
 * @see https://arxiv.org/abs/2210.03629
 */
import type { FunctionDefinition } from '../message.ts'
import type { Prompt, PromptFormat } from './format.ts'
import { parametersOf } from './format.ts'
import { flattenTurns } from './flatten-turns.ts'
import { isChinese, namesOf, PHRASES } from './phrases.ts'

export const react: PromptFormat = {
  // Ends the reply before the model invents the result of the tool.
  stop: ['Observation:'],
  hasLabels: true,
  place: 'before',
  system,
  hint,
  render: (messages) =>
    flattenTurns(
      messages,
      {
        call: (name, text) => `Action: ${name}\nAction Input: ${text}`,
        result: (text) => `Observation: <result>${text}</result>`,
        answer: 'Answer:',
        open: 'Answer:',
      },
      undefined,
    ),
}

function system({ tools, language, isParallel }: Prompt): string {
  const words = PHRASES[language]
  const call = `Action: <${words.oneOf} ${namesOf(tools)}>\nAction Input: ${words.input}\n`
  const result = `Observation: <result><${words.result}></result>\n`
  const times = isParallel ? 2 : 1
  return [
    `# ${words.tools}`,
    words.have,
    ...tools.map(describe),
    isParallel ? words.several : words.how,
    `${call.repeat(times)}${result.repeat(times)}Answer: ${words.answer}`,
  ].join('\n\n')
}

function describe(tool: FunctionDefinition): string {
  const { name, description = '' } = tool
  // As in modelscope-agent, a Chinese description gets a Chinese phrase.
  const { format } = PHRASES[isChinese(description) ? 'zh' : 'en']
  return `${name}: ${name} API. ${description} Parameters: ${parametersOf(tool)} ${format}`
}

function hint({ tools, language, isRequired }: Prompt): string {
  const { may, must } = PHRASES[language]
  return isRequired ? `${must} ${namesOf(tools)}` : `(${may} ${namesOf(tools)})`
}
