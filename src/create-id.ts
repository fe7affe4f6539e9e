/**
 * Creates ids for tool calls whose server sent none.
 */

/** Returns a random id of 21 letters, digits and `_`: all servers but Mistral allow that length. */
export function createId(): string {
  let id = 'call_'
  while (id.length < 21) id += Math.floor(Math.random() * 36).toString(36)
  return id
}
