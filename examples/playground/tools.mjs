// @ts-check
// Three harmless tools. They run where the model is asked: in the page, or in the local server.
import { tool } from 'chatwire'
import { calculate } from './calculate.mjs'

/** @typedef {import('chatwire').Tool} Tool */

/**
 * @param {string} language in which the time is told, such as `zh-CN`
 * @returns {Tool[]}
 */
export function createTools(language) {
  return [time(language), ...PLAIN]
}

/** @param {string} language @returns {Tool} */
const time = (language) =>
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

/** @type {readonly Tool[]} */
const PLAIN = [
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

/** @param {unknown} value @param {number} least @param {number} most */
function within(value, least, most) {
  const number = Number(value)
  if (Number.isInteger(number) && number >= least && number <= most) return number
  throw new RangeError(`${JSON.stringify(value)} is no whole number from ${least} to ${most}`)
}
