/**
 * Three harmless tools, run in the page.
 */
import type { Tool } from 'chatwire'
import { tool } from 'chatwire'
import { calculate } from './calculate.ts'

/** @param language in which the time is told, such as `zh-CN` */
export function createTools(language: string): Tool[] {
  return [time(language), ...PLAIN]
}

const time = (language: string): Tool =>
  tool({
    name: 'time',
    description: 'Tells the date and the time in a time zone',
    parameters: {
      type: 'object',
      properties: { zone: { type: 'string', description: 'IANA name, such as Asia/Shanghai' } },
    },
    execute: ({ zone }) =>
      new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
        dateStyle: 'full',
        timeStyle: 'long',
        ...(typeof zone === 'string' && zone && { timeZone: zone }),
      }).format(),
  })

const PLAIN: readonly Tool[] = [
  tool({
    name: 'calculator',
    description: 'Works out an expression of numbers, + - * / ^ and parentheses',
    parameters: {
      type: 'object',
      properties: { expression: { type: 'string', description: 'Such as (2 + 3) * 4' } },
      required: ['expression'],
    },
    execute: ({ expression }) => `${String(expression)} = ${calculate(String(expression))}`,
  }),
  tool({
    name: 'dice',
    description: 'Throws dice',
    parameters: {
      type: 'object',
      properties: {
        count: { type: 'integer', minimum: 1, maximum: 100, description: 'How many; 1 if absent' },
        sides: { type: 'integer', minimum: 2, maximum: 1000, description: 'Of each; 6 if absent' },
      },
    },
    execute: ({ count = 1, sides = 6 }) => {
      const dice = Array.from({ length: within(count, 1, 100) }, () => {
        return 1 + Math.floor(Math.random() * within(sides, 2, 1000))
      })
      const sum = dice.reduce((one, other) => one + other, 0)
      return dice.length === 1 ? String(sum) : `${dice.join(' + ')} = ${sum}`
    },
  }),
]

function within(value: unknown, least: number, most: number): number {
  const number = Number(value)
  if (Number.isInteger(number) && number >= least && number <= most) return number
  throw new RangeError(`${JSON.stringify(value)} is no whole number from ${least} to ${most}`)
}
