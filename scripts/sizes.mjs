/**
 * Measures the package in a user's bundle. Needs a build.
 */
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../', import.meta.url))

/**
 * Size limits of a user's bundle, minified and gzipped, dependencies included. kB are 1,000 bytes.
 * Down is welcome; up wants a line in the changelog. With `beside`, the size is that of what a page adds to it.
 * @type {[what: string, program: string, kB: number, beside?: string][]}
 */
const BUDGETS = [
  ['core', `export * from 'chatwire/core'`, 30],
  ['one provider', `export { OpenAiLLM } from 'chatwire/providers/openai'`, 48],
  ['one provider, with tools', `export { OpenAiLLM, runTools, tool } from 'chatwire'`, 65],
  ['every server by its name', `export { getChatModel } from 'chatwire'`, 96],
  [
    'a conversation, beside core',
    `export { createConversation } from 'chatwire/conversation'`,
    7,
    `export * from 'chatwire/core'`,
  ],
  ['everything', `export * from 'chatwire'`, 124],
]

/**
 * Leaves out what is loaded only when needed, such as the converter of bare valibot schemas.
 * @type {import('esbuild').Plugin}
 */
const withoutLazyChunks = {
  name: 'without-lazy-chunks',
  setup(building) {
    building.onResolve({ filter: /^/ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    )
  },
}

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
    plugins: [withoutLazyChunks],
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
    BUDGETS.map(async ([what, program, budget, beside]) => {
      const both = beside ? `${beside}; ${program}` : program
      const base = beside ? weigh(await bundle(beside)) : 0
      return { what, budget, kB: (weigh(await bundle(both)) - base) / 1000 }
    }),
  )
}
