import { expect, test } from '@playwright/test'
import { calculate } from '../../examples/playground/calculate.mjs'

test('calculates as one does on paper', () => {
  const sums = [
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['-2 ^ 2', -4],
    ['2 ^ 3 ^ 2', 512],
    ['10 / 4 - 1', 1.5],
    ['8 ÷ 2 × 3', 12],
    ['.5 + 1.25', 1.75],
  ] as const
  for (const [expression, value] of sums) expect(calculate(expression), expression).toBe(value)
})

test('rejects what is not a sum', () => {
  for (const expression of ['', '1 +', '(1', '1 1', 'alert(1)', '1.2.3'])
    expect(() => calculate(expression), expression).toThrow(SyntaxError)
})
