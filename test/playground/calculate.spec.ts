import { expect, test } from 'vitest'
import { calculate } from '../../examples/playground/src/calculate.ts'

test.each([
  ['1 + 2 * 3', 7],
  ['(1 + 2) * 3', 9],
  ['-2 ^ 2', -4],
  ['2 ^ 3 ^ 2', 512],
  ['10 / 4 - 1', 1.5],
  ['8 ÷ 2 × 3', 12],
  ['.5 + 1.25', 1.75],
])('%s is %d', (expression, value) => {
  expect(calculate(expression)).toBe(value)
})

test.each(['', '1 +', '(1', '1 1', 'alert(1)', '1.2.3'])('“%s” is no sum', (expression) => {
  expect(() => calculate(expression)).toThrow(SyntaxError)
})
