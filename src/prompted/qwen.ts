/**
 * Writes tools as Qwen-Agent does for models before Qwen2.5, with ✿ markers.
 * @see https://github.com/QwenLM/Qwen-Agent/blob/main/qwen_agent/llm/fncall_prompts/qwen_fncall_prompt.py
 */
import type { Prompt, PromptFormat } from './format.ts'
import { parametersOf } from './format.ts'
import { flattenTurns } from './flatten-turns.ts'
import { namesOf, PHRASES } from './phrases.ts'

export const qwen: PromptFormat = {
  stop: ['✿RESULT✿', '✿RETURN✿'],
  place: 'after',
  startsForcedCall: true,
  system,
  render: (messages, forced) =>
    flattenTurns(
      messages,
      {
        // Code in backticks starts on a new line.
        call: (name, text) =>
          `✿FUNCTION✿: ${name}\n✿ARGS✿:${text.startsWith('```') ? '\n' : ' '}${text}`,
        result: (text) => `✿RESULT✿: ${text}`,
        answer: '✿RETURN✿:',
        // Without its colon, which may form one token with the first word of the reply.
        open: '✿RETURN✿',
        begin: (name) => `✿FUNCTION✿: ${name}`,
      },
      forced,
    ),
}

function system({ tools, language, isParallel, isRequired }: Prompt): string {
  const words = PHRASES[language]
  const call = `✿FUNCTION✿: <${words.oneOf} ${namesOf(tools)}>\n✿ARGS✿: ${words.input}\n`
  const result = `✿RESULT✿: <${words.result}>\n`
  const times = isParallel ? 2 : 1
  return [
    `# ${words.tools}`,
    `## ${words.have}`,
    ...tools.map((tool) => {
      const { name, description = '' } = tool
      return `### ${name}\n\n${name}: ${description} Parameters: ${parametersOf(tool)} ${words.format}`
    }),
    `## ${isParallel ? words.several : words.how}`,
    `${call.repeat(times)}${result.repeat(times)}✿RETURN✿: ${words.answer}`,
    ...(isRequired ? [`${words.must} ${namesOf(tools)}`] : []),
  ].join('\n\n')
}
