/**
 * Reports the result of a measurement: one JSON document on its standard output, which `run.mjs` reads.
 *
 * @typedef {object} Figure a number that has a target
 * @property {string} what
 * @property {number} value
 * @property {number} limit it is reached at or below this
 * @property {string} [unit]
 * @typedef {object} Result
 * @property {string} title
 * @property {string} [note]
 * @property {string[]} head
 * @property {(string | number)[][]} rows
 * @property {Figure[]} [figures]
 * @property {{ name: string, value: number }[]} [bars] for the chart
 */

/** @param {Result} result */
export function tell(result) {
  process.stdout.write(`${JSON.stringify(result)}\n`)
}

/** A number with as many digits as say something. */
export function round(value) {
  return Number(value.toPrecision(Math.abs(value) >= 100 ? 4 : 3))
}

/** @param {import('./measure.mjs').Spread} spread */
export function withSpread({ median, low, high }) {
  return `${round(median)} (${round(low)} – ${round(high)})`
}
