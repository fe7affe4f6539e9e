/**
 * Works out sums. By hand: what a model writes is never run as code.
 */

/** @throws {SyntaxError} for what is no sum */
export function calculate(expression: string): number {
  const tokens =
    expression
      .replaceAll('×', '*')
      .replaceAll('÷', '/')
      .match(/[\d.]+|\S/g) ?? []
  let at = 0

  const take = (...wanted: string[]): string | undefined => {
    const token = tokens[at]
    return token !== undefined && wanted.includes(token) ? tokens[at++] : undefined
  }
  const sum = (): number => {
    let value = product()
    for (let sign; (sign = take('+', '-'));)
      value = sign === '+' ? value + product() : value - product()
    return value
  }
  const product = (): number => {
    let value = signed()
    for (let sign; (sign = take('*', '/'));)
      value = sign === '*' ? value * signed() : value / signed()
    return value
  }
  const signed = (): number => (take('-') ? -signed() : power())
  const power = (): number => {
    const base = atom()
    return take('^') ? base ** signed() : base
  }
  const atom = (): number => {
    if (take('(')) {
      const value = sum()
      if (!take(')')) throw new SyntaxError('A parenthesis is not closed')
      return value
    }
    const token = tokens[at++]
    const value = Number(token)
    if (token === undefined || Number.isNaN(value)) throw unexpected(token)
    return value
  }

  const value = sum()
  if (at < tokens.length) throw unexpected(tokens[at])
  return value
}

function unexpected(token: string | undefined): SyntaxError {
  return new SyntaxError(token === undefined ? 'The sum ends too early' : `Unexpected "${token}"`)
}
