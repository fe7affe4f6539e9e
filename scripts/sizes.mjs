/**
 * What the package weighs in a user's bundle. Needs a build.
 */
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../', import.meta.url))

/**
 * What a user's bundle may weigh, minified and gzipped, its dependencies included. kB are 1,000 bytes.
 * Down is welcome; up wants a line in the changelog.
 * @type {[what: string, program: string, kB: number][]}
 */
const BUDGETS = [
  ['core', `export * from 'chatwire/core'`, 21.5],
  ['one provider', `export { OpenAiLLM } from 'chatwire/providers/openai'`, 36.1],
  ['one provider, with tools', `export { OpenAiLLM, runTools, tool } from 'chatwire'`, 42.1],
  ['every server by its name', `export { getChatModel } from 'chatwire'`, 65.6],
  ['everything', `export * from 'chatwire'`, 83.8],
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
    // An optional peer: only who has it carries it.
    external: ['@valibot/to-json-schema'],
    write: false,
    logLevel: 'silent',
  })
  return result.outputFiles[0].text
}

/**
 * What a bundle weighs on the way to its reader, in bytes.
 * @param {string} text
 */
export function weigh(text) {
  return gzipSync(text, { level: 9 }).length
}

/** What each program weighs, in kB. */
export async function measureSizes() {
  return await Promise.all(
    BUDGETS.map(async ([what, program, budget]) => {
      return { what, budget, kB: weigh(await bundle(program)) / 1000 }
    }),
  )
}
