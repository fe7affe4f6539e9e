/** To be written. */
export function createGateway(): never {
  throw new Error('To be written')
}
