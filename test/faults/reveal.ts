/**
 * Looks for a key in all that an error or an event says, shows or hides.
 */
import { inspect } from 'node:util'

/** Where a value shows a secret, or cannot be written as JSON. */
export function reveals(what: string, value: unknown, secret: string): string[] {
  const found: string[] = []
  let json: string | undefined
  try {
    json = JSON.stringify(value)
  } catch (error) {
    found.push(`${what} cannot be written as JSON: ${String(error)}`)
  }
  if (json?.includes(secret)) found.push(`${what} shows the key as JSON`)
  if (String(value).includes(secret)) found.push(`${what} shows the key as text`)
  // What a logger prints, and what it could: hidden members, causes, getters, symbols.
  const shown = inspect(value, {
    depth: 12,
    showHidden: true,
    getters: true,
    maxStringLength: null,
  })
  const at = shown.indexOf(secret)
  if (at !== -1) found.push(`${what} holds the key: …${shown.slice(Math.max(0, at - 60), at)}`)
  return found
}
