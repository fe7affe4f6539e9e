/** To be written. */
export function createToken(): never {
  throw new Error('To be written')
}
