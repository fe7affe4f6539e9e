/**
 * Loads what completes a span and records metrics beside the first traced call, so that a page starts without it.
 */
import { loadPart } from '../load-part.ts'
import type * as Content from './content.ts'
import type * as Details from './recording.ts'

/** What has loaded: nothing, if it could not be loaded, which must not fail the chat. */
export type Parts = Partial<typeof Details & typeof Content>

const loaded: Parts[] = []

/**
 * Calls a function with the parts: at once if they have loaded, else later, in the order of the calls.
 * @returns what the function returns, in the latter case as a promise
 */
export function withParts<T>(
  content: boolean | undefined,
  use: (parts: Parts) => T,
): Promise<T> | T {
  const parts = loaded[Number(content ?? false)]
  return parts ? use(parts) : load(content).then(use)
}

async function load(content = false): Promise<Parts> {
  try {
    const parts = await Promise.all([
      loadPart(() => import('./recording.ts')),
      content ? loadPart(() => import('./content.ts')) : {},
    ])
    return (loaded[Number(content)] = { ...parts[0], ...parts[1] })
  } catch {
    return {}
  }
}
