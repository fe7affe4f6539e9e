/**
 * Measures the package in a user's bundle. Needs a build.
 */
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { build as esbuild, transform } from 'esbuild'
import { rollup } from 'rollup'

const root = fileURLToPath(new URL('../', import.meta.url))

/**
 * Size limits of a user's bundle, minified and gzipped, dependencies included: of what loads at first. kB are 1,000 bytes.
 * Down is welcome; up wants a line in the changelog. With `beside`, the size is that of what a page adds to it.
 * @type {[what: string, program: string, kB: number, beside?: string][]}
 */
const BUDGETS = [
  [
    'ChatStream.from',
    `import { ChatStream } from 'chatwire/core'; export const { from } = ChatStream`,
    4.5,
  ],
  ['core', `export * from 'chatwire/core'`, 14.4],
  ['one provider', `export { OpenAiLLM } from 'chatwire/providers/openai'`, 15.3],
  [
    'the Responses API',
    `export { OpenAiResponsesLLM } from 'chatwire/providers/openai-responses'`,
    14.2,
  ],
  ['one provider, with tools', `export { OpenAiLLM, runTools, tool } from 'chatwire'`, 23.8],
  ['every server by its name', `export { getChatModel } from 'chatwire'`, 24.9],
  [
    'a conversation, beside core',
    `export { createConversation } from 'chatwire/conversation'`,
    4.1,
    `export * from 'chatwire/core'`,
  ],
  ['everything', `export * from 'chatwire'`, 49.3],
  [
    'MCP tools, beside a provider with tools',
    `export * from 'chatwire/mcp'`,
    2,
    `export { OpenAiLLM, runTools, tool } from 'chatwire'`,
  ],
  [
    'OpenTelemetry, beside a provider with tools',
    `export * from 'chatwire/otel'`,
    2,
    `export { OpenAiLLM, runTools, tool } from 'chatwire'`,
  ],
]

/**
 * A program of a user's in one file, bundled and minified for the web from the built package.
 * @param {string} program
 * @param {import('esbuild').BuildOptions} [options]
 */
async function build(program, options) {
  const { outputFiles, metafile } = await esbuild({
    stdin: { contents: program, resolveDir: root },
    absWorkingDir: root,
    // That of this project is not for installed packages: its `strict` would add "use strict" to each of their parts.
    tsconfigRaw: '{}',
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    metafile: true,
    external: ['@opentelemetry/api'],
    write: false,
    logLevel: 'silent',
    ...options,
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
 * Returns what loads with a program, and what only some calls load, as Rollup splits it.
 * @param {string} program
 */
export async function split(program) {
  const building = await rollup({
    input: 'program',
    external: ['@opentelemetry/api'],
    onwarn: () => {},
    plugins: [
      {
        name: 'program',
        resolveId: (id) => (id === 'program' ? `${root}program.js` : undefined),
        load: (id) => (id === `${root}program.js` ? program : undefined),
      },
      nodeResolve({ browser: true }),
    ],
  })
  const { output } = await building.generate({ format: 'esm' })
  const files = output.filter((file) => file.type === 'chunk')
  const initial = new Set()
  const follow = (name) => {
    const file = files.find(({ fileName }) => fileName === name)
    if (!file || initial.has(file)) return
    initial.add(file)
    file.imports.forEach(follow)
  }
  follow(files.find(({ isEntry }) => isEntry).fileName)
  return { initial: [...initial], onDemand: files.filter((file) => !initial.has(file)) }
}

/** Returns the size of files, each minified and gzipped, in bytes. */
async function weighAll(files) {
  const minified = await Promise.all(
    files.map(({ code }) => transform(code, { minify: true, format: 'esm' })),
  )
  return minified.reduce((sum, { code }) => sum + weigh(code), 0)
}

/**
 * Returns the gzipped size of a bundle, in bytes.
 * @param {string} text
 */
export function weigh(text) {
  return gzipSync(text, { level: 9 }).length
}

const measured = new Map()

/**
 * Returns the size of a program in bytes: of what loads with it, of what only some calls load, and of all of it in one
 * file, as bundlers for Workers write it.
 * @param {string} program
 * @returns {Promise<{ first: number, onDemand: number, oneFile: number }>}
 */
export function measureSize(program) {
  if (!measured.has(program)) measured.set(program, weighParts(program))
  return measured.get(program)
}

async function weighParts(program) {
  const { initial, onDemand } = await split(program)
  return {
    first: await weighAll(initial),
    onDemand: await weighAll(onDemand),
    oneFile: weigh(await bundle(program)),
  }
}

/** Returns the sizes of each program, in kB. */
export async function measureSizes() {
  return await Promise.all(
    BUDGETS.map(async ([what, program, budget, beside]) => {
      const both = await measureSize(beside ? `${beside}; ${program}` : program)
      const base = beside ? await measureSize(beside) : { first: 0, onDemand: 0, oneFile: 0 }
      const later = both.onDemand - base.onDemand
      return {
        what,
        budget,
        kB: (both.first - base.first) / 1000,
        onDemand: later > 200 ? later / 1000 : 0,
        oneFile: (both.oneFile - base.oneFile) / 1000,
      }
    }),
  )
}

/** Prints the modules that a program consists of, from the sources: minified bytes, and when they load. */
async function listModules([what, program]) {
  const sources = program.replaceAll(
    /'chatwire(?:\/([\w/-]+))?'/g,
    (_all, entry = 'index') => `'./src/${entry}.ts'`,
  )
  const { outputs } = (await build(sources, { splitting: true, outdir: 'split' })).metafile
  const initial = new Set()
  const follow = (name) => {
    if (initial.has(name)) return
    initial.add(name)
    for (const { path, kind } of outputs[name].imports)
      if (kind === 'import-statement' && path in outputs) follow(path)
  }
  follow(Object.keys(outputs).find((name) => outputs[name].entryPoint === '<stdin>'))
  const loaded = modulesOf([...initial].map((name) => outputs[name]))
  const all = modulesOf(Object.values(outputs))
  console.log(`\n${what}`)
  for (const [name, bytes] of [...all].sort(([, a], [, b]) => b - a))
    console.log(`${String(bytes).padStart(6)} ${name}${loaded.has(name) ? '' : ' (on demand)'}`)
}

/** Returns the bytes of each module of `src` and of each package. */
function modulesOf(outputs) {
  const sizes = new Map()
  for (const { inputs } of outputs) {
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
