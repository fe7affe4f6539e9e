/**
 * Bundles the code for other runtimes: the suite into one file, and this folder's own TypeScript, which Node 20
 * does not read. Plain JavaScript, since it is what starts everything else.
 */
import { existsSync } from 'node:fs'
import { cp, mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Bundles live here: below `node_modules`, so that tools find their packages and git ignores them. */
export const OUT = path.join(ROOT, 'node_modules/.cache/chatwire')

/** `CHATWIRE_FROM=src` tests the sources, for quick work; by default it is what users get. */
const FROM = process.env.CHATWIRE_FROM ?? 'dist'

/** The package by its public names, as `exports` in package.json has them. */
const ownPackage = {
  name: 'own-package',
  setup(bundler) {
    bundler.onResolve({ filter: /^chatwire($|\/)/ }, async ({ path: name }) => {
      const file = path.join(ROOT, await fileOf(`.${name.slice('chatwire'.length)}`))
      if (!existsSync(file))
        return { errors: [{ text: `${name}: there is no ${file} (npm run build)` }] }
      return { path: file }
    })
  },
}

/** Not bundled: it knows its place. */
const thisFile = {
  name: 'this-file',
  setup(bundler) {
    bundler.onResolve({ filter: /\/build\.mjs$/ }, () => ({
      path: fileURLToPath(import.meta.url),
      external: true,
    }))
  },
}

async function fileOf(entry) {
  if (FROM === 'src') return entry === '.' ? 'src/index.ts' : `src/${entry.slice(2)}.ts`
  const { exports } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8'))
  const target = exports?.[entry]
  return (
    (typeof target === 'string'
      ? target
      : (target?.import?.default ?? target?.import ?? target?.default)) ?? `dist/${entry}`
  )
}

const shared = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  sourcemap: 'inline',
  logLevel: 'error',
  plugins: [ownPackage],
  // The project's own tsconfig is for checking.
  tsconfigRaw: {},
}

/**
 * Bundles the suite and lays what starts it beside it. No conditions but `import`: one file for every runtime.
 * @returns the folder
 */
export async function buildSuite() {
  await mkdir(OUT, { recursive: true })
  await build({
    ...shared,
    entryPoints: [path.join(ROOT, 'test/portable/suite.ts')],
    outfile: path.join(OUT, 'suite.mjs'),
    platform: 'neutral',
    mainFields: ['module', 'main'],
  })
  await cp(path.join(ROOT, 'test/runtimes/entries'), OUT, { recursive: true })
  return OUT
}

/** Bundles a program of this folder. @returns its file */
export async function buildTool(name) {
  const outfile = path.join(OUT, `tools/${name}.mjs`)
  await build({
    ...shared,
    entryPoints: [path.join(ROOT, `test/runtimes/${name}.ts`)],
    outfile,
    platform: 'node',
    packages: 'external',
    plugins: [ownPackage, thisFile],
  })
  return outfile
}
