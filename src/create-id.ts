/**
 * Ids for tool calls whose server sent none.
 */

/** Returns a random id of letters, digits and `_`, 21 characters long: no server allows fewer than that but Mistral. */
export function createId(): string {
  let id = 'call_'
  while (id.length < 21) id += Math.floor(Math.random() * 36).toString(36)
  return id
}
