// @ts-check
// Works out sums. By hand: what a model writes is never run as code.

/**
 * @param {string} expression
 * @returns {number}
 * @throws {SyntaxError} for what is no sum
 */
export function calculate(expression) {
  const tokens =
    expression
      .replaceAll('×', '*')
      .replaceAll('÷', '/')
      .match(/[\d.]+|\S/g) ?? []
  let at = 0

  const take = (/** @type {string[]} */ ...wanted) => {
    const token = tokens[at]
    return token !== undefined && wanted.includes(token) ? tokens[at++] : undefined
  }
  /** @returns {number} */
  const sum = () => {
    let value = product()
    for (let sign; (sign = take('+', '-'));)
      value = sign === '+' ? value + product() : value - product()
    return value
  }
  /** @returns {number} */
  const product = () => {
    let value = signed()
    for (let sign; (sign = take('*', '/'));)
      value = sign === '*' ? value * signed() : value / signed()
    return value
  }
  /** @returns {number} */
  const signed = () => (take('-') ? -signed() : power())
  /** @returns {number} */
  const power = () => {
    const base = atom()
    return take('^') ? base ** signed() : base
  }
  /** @returns {number} */
  const atom = () => {
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

/** @param {string | undefined} token */
function unexpected(token) {
  return new SyntaxError(token === undefined ? 'The sum ends too early' : `Unexpected "${token}"`)
}
