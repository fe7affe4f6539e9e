/**
 * Measures the package in a user's bundle. Needs a build.
 */
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../', import.meta.url))

/**
 * Size limits of a user's bundle, minified and gzipped, dependencies included. kB are 1,000 bytes.
 * Down is welcome; up wants a line in the changelog.
 * @type {[what: string, program: string, kB: number][]}
 */
const BUDGETS = [
  ['core', `export * from 'chatwire/core'`, 30],
  ['one provider', `export { OpenAiLLM } from 'chatwire/providers/openai'`, 48],
  ['one provider, with tools', `export { OpenAiLLM, runTools, tool } from 'chatwire'`, 65],
  ['every server by its name', `export { getChatModel } from 'chatwire'`, 96],
  ['everything', `export * from 'chatwire'`, 124],
]

/**
 * A program of a user's, bundled and minified for the web from the built package.
 * @param {string} program
 * @returns {Promise<string>}
 */
export async function bundle(program) {
  const result = await build({
    stdin: { contents: program, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    // Chunks that are loaded when needed: by a bare valibot schema, by a format of `toResponse()`.
    external: ['./valibot-converter-*', './ui-message-*'],
    write: false,
    logLevel: 'silent',
  })
  return result.outputFiles[0].text
}

/**
 * Returns the gzipped size of a bundle, in bytes.
 * @param {string} text
 */
export function weigh(text) {
  return gzipSync(text, { level: 9 }).length
}

/** Returns the size of each program, in kB. */
export async function measureSizes() {
  return await Promise.all(
    BUDGETS.map(async ([what, program, budget]) => {
      return { what, budget, kB: weigh(await bundle(program)) / 1000 }
    }),
  )
}
