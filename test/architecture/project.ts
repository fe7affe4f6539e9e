/** Shared by the checks: the project's files, and bundles of the built package. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export { bundle, weigh } from '../../scripts/sizes.mjs'

export const root: string = fileURLToPath(new URL('../../', import.meta.url))

/** Returns the text of every source file by its path below `src`. */
export function sources(): Map<string, string> {
  const names = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
  const files = names.filter((name) => name.endsWith('.ts')).sort()
  return new Map(files.map((name) => [name, readFileSync(`${root}src/${name}`, 'utf8')]))
}

/** Returns a source file's text without its comments. */
export function codeOf(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}
