// @ts-check
// Merges the first script with the chunks that it imports. esbuild makes a chunk of whatever two scripts share, and a
// browser pays for each with a request: https://esbuild.github.io/api/#splitting
import { readFile, rm, writeFile } from 'node:fs/promises'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** @typedef {Map<string, import('esbuild').Metafile['outputs'][string]>} Outputs by their names in the folder */

/** Options of every script and style of the playground. */
export const OUTPUT = /** @type {const} */ ({
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  legalComments: 'linked',
  logLevel: 'warning',
})

/** An import as esbuild writes it. */
const IMPORT = /\bimport(?:\{([^}]*)\}from)?"\.\/([\w.-]+)"/g

/**
 * Puts the chunks that `entry` imports into it, and lets the scripts that load later import them from there.
 * @param {URL} folder the output folder, minified
 * @param {string} entry `playground.js`
 * @param {import('esbuild').Metafile} metafile
 */
export async function mergeChunks(folder, entry, metafile) {
  /** @type {Outputs} */
  const outputs = new Map(
    Object.entries(metafile.outputs).map(([path, output]) => [posix.basename(path), output]),
  )
  const chunks = findImports(entry, outputs)
  const exports = [...chunks].flatMap((name) => {
    const renamed = outputs.get(name)?.exports.map((each) => `${each} as ${publicName(each, name)}`)
    return renamed?.length ? `export { ${renamed.join()} } from './${name}'` : []
  })
  await build({
    ...OUTPUT,
    stdin: {
      contents: [`import './${entry}'`, ...exports].join('\n'),
      resolveDir: fileURLToPath(folder),
    },
    outfile: fileURLToPath(new URL(entry, folder)),
    allowOverwrite: true,
    // Of a package.json above, which may say that no file has effects.
    ignoreAnnotations: true,
    plugins: [{ name: 'leave-lazy-imports', setup: leaveLazyImports }],
  })
  for (const name of outputs.keys()) {
    if (!name.endsWith('.js') || name === entry) continue
    const file = new URL(name, folder)
    if (chunks.has(name)) await rm(file)
    else await writeFile(file, redirect(await readFile(file, 'utf8'), entry, chunks))
  }
}

/** @param {string} entry @param {Outputs} outputs */
function findImports(entry, outputs) {
  /** @type {Set<string>} */
  const found = new Set()
  const add = (/** @type {string} */ name) => {
    for (const { path, kind } of outputs.get(name)?.imports ?? []) {
      const imported = posix.basename(path)
      if (kind !== 'import-statement' || found.has(imported)) continue
      found.add(imported)
      add(imported)
    }
  }
  add(entry)
  return found
}

/**
 * A chunk's export has its chunk's hash in its name: a script that a browser kept from an older build finds what it
 * was built with, or nothing.
 * @param {string} name @param {string} chunk
 */
function publicName(name, chunk) {
  return `${name}_${chunk.slice(-11, -3)}`
}

/** @param {import('esbuild').PluginBuild} build */
function leaveLazyImports(build) {
  build.onResolve({ filter: /^\.\// }, ({ path, kind }) =>
    kind === 'dynamic-import' ? { path, external: true } : undefined,
  )
}

/** @param {string} script @param {string} entry @param {ReadonlySet<string>} chunks */
function redirect(script, entry, chunks) {
  return script.replaceAll(IMPORT, (found, names = '', chunk) => {
    if (!chunks.has(chunk)) return found
    const renamed = String(names)
      .split(',')
      .flatMap((each) => {
        const [name = '', local = name] = each.split(' as ')
        return name ? `${publicName(name, chunk)} as ${local}` : []
      })
    return renamed.length > 0 ? `import{${renamed.join()}}from"./${entry}"` : `import"./${entry}"`
  })
}
