/** To be written. */
export function createRelay(): never {
  throw new Error('To be written')
}
