/**
 * Measures the package in a user's bundle. Needs a build.
 */
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build as esbuild } from 'esbuild'

const root = fileURLToPath(new URL('../', import.meta.url))

/**
 * Size limits of a user's bundle, minified and gzipped, dependencies included: of what loads at first. kB are 1,000 bytes.
 * Down is welcome; up wants a line in the changelog. With `beside`, the size is that of what a page adds to it.
 * @type {[what: string, program: string, kB: number, beside?: string][]}
 */
const BUDGETS = [
  ['core', `export * from 'chatwire/core'`, 27.2],
  ['one provider', `export { OpenAiLLM } from 'chatwire/providers/openai'`, 47],
  [
    'the Responses API',
    `export { OpenAiResponsesLLM } from 'chatwire/providers/openai-responses'`,
    44,
  ],
  ['one provider, with tools', `export { OpenAiLLM, runTools, tool } from 'chatwire'`, 51.6],
  ['every server by its name', `export { getChatModel } from 'chatwire'`, 58.8],
  [
    'a conversation, beside core',
    `export { createConversation } from 'chatwire/conversation'`,
    5.6,
    `export * from 'chatwire/core'`,
  ],
  ['everything', `export * from 'chatwire'`, 70.2],
  [
    'MCP tools, beside a provider with tools',
    `export * from 'chatwire/mcp'`,
    2,
    `export { OpenAiLLM, runTools, tool } from 'chatwire'`,
  ],
  [
    'OpenTelemetry, beside a provider with tools',
    `export * from 'chatwire/otel'`,
    3.3,
    `export { OpenAiLLM, runTools, tool } from 'chatwire'`,
  ],
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
 * A program of a user's in one file, bundled and minified for the web from the built package.
 * @param {string} program
 * @param {import('esbuild').Plugin[]} [plugins]
 */
async function build(program, plugins = []) {
  const { outputFiles, metafile } = await esbuild({
    stdin: { contents: program, resolveDir: root },
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    plugins,
    metafile: true,
    external: ['@opentelemetry/api'],
    write: false,
    logLevel: 'silent',
  })
  return { text: outputFiles[0].text, metafile }
}

/**
 * Returns a program with all that it may load, in one file.
 * @param {string} program
 */
export async function bundle(program) {
  return (await build(program)).text
}

/**
 * Returns what loads with a program, as Rollup and Vite split it.
 * @param {string} program
 */
export async function bundleInitial(program) {
  return (await build(program, [withoutLazyChunks])).text
}

/**
 * Returns the gzipped size of a bundle, in bytes.
 * @param {string} text
 */
export function weigh(text) {
  return gzipSync(text, { level: 9 }).length
}

/** Returns the size of each program, in kB: of what loads with it, and of what only some calls load. */
export async function measureSizes() {
  return await Promise.all(
    BUDGETS.map(async ([what, program, budget, beside]) => {
      const both = beside ? `${beside}; ${program}` : program
      const base = beside ? weigh(await bundleInitial(beside)) : 0
      const all = beside ? weigh(await bundle(beside)) : 0
      const first = weigh(await bundleInitial(both)) - base
      const later = weigh(await bundle(both)) - all - first
      // A module wrapped for `import()` weighs some bytes by itself.
      return { what, budget, kB: first / 1000, onDemand: later > 200 ? later / 1000 : 0 }
    }),
  )
}

/** Prints the modules that a program consists of, from the sources: minified bytes, and when they load. */
async function listModules([what, program]) {
  const sources = program.replaceAll(
    /'chatwire(?:\/([\w/-]+))?'/g,
    (_all, entry = 'index') => `'./src/${entry}.ts'`,
  )
  const initial = modulesOf((await build(sources, [withoutLazyChunks])).metafile)
  const all = modulesOf((await build(sources)).metafile)
  console.log(`\n${what}`)
  for (const [name, bytes] of [...all].sort(([, a], [, b]) => b - a))
    console.log(`${String(bytes).padStart(6)} ${name}${initial.has(name) ? '' : ' (on demand)'}`)
}

/** Returns the bytes of each module of `src` and of each package. */
function modulesOf({ outputs }) {
  const sizes = new Map()
  for (const { inputs } of Object.values(outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file
      if (bytesInOutput > 0) sizes.set(name, (sizes.get(name) ?? 0) + bytesInOutput)
    }
  }
  return sizes
}

// `node scripts/sizes.mjs core` lists the modules of the rows whose names contain the word.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const word = process.argv[2] ?? ''
  for (const row of BUDGETS) if (row[0].includes(word)) await listModules(row)
}
