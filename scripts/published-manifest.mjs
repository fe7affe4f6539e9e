/**
 * Removes what only this repository needs from package.json while npm packs it: `prepack` strips, `postpack` restores.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const file = fileURLToPath(new URL('../package.json', import.meta.url))
const original = `${file}.original`

/** Members that users must not get: other packages of this repository, and a Node for its scripts. */
const PRIVATE = [
  'workspaces',
  'optionalDependencies',
  'overrides',
  'devDependencies',
  'allowScripts',
]

/**
 * @param {Record<string, unknown>} manifest
 * @returns {Record<string, unknown>} the manifest that is published
 */
export function publishedManifest(manifest) {
  return Object.fromEntries(Object.entries(manifest).filter(([name]) => !PRIVATE.includes(name)))
}

function strip() {
  // Kept if an interrupted pack never restored it.
  if (!existsSync(original)) writeFileSync(original, readFileSync(file))
  const manifest = JSON.parse(readFileSync(original, 'utf8'))
  writeFileSync(file, `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`)
}

function restore() {
  if (existsSync(original)) renameSync(original, file)
}

if (process.argv[2] === 'strip') strip()
if (process.argv[2] === 'restore') restore()
