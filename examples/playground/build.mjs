// @ts-check
// Builds the playground into static files that any host can serve: `npm run playground:build`.
// Run it: node examples/playground/build.mjs (after `npm run build`, since it uses the built package)
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = new URL('./', import.meta.url)
export const OUT = new URL('dist/', here)

export async function buildPlayground() {
  await rm(OUT, { recursive: true, force: true })
  const { metafile } = await build({
    metafile: true,
    absWorkingDir: fileURLToPath(here),
    entryPoints: {
      playground: 'src/main.ts',
      highlight: 'src/highlight-worker.ts',
      style: 'src/style/main.css',
      math: 'src/style/math.css',
    },
    loader: { '.woff2': 'file' },
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    legalComments: 'linked',
    logLevel: 'warning',
    // Of the built package: its files import each other for their order, and say that they have no effects.
    logOverride: { 'ignored-bare-import': 'silent' },
  })
  await copyFile(new URL('icon.svg', here), new URL('icon.svg', OUT))
  await writeFile(new URL('index.html', OUT), await createPage(metafile))
  // A local server says more; see server.mjs.
  await writeFile(new URL('servers.json', OUT), '{ "simulated": [], "relay": [] }\n')
}

/**
 * The page, with what it needs first named in its head, so that nothing waits for something else.
 * @param {import('esbuild').Metafile} metafile
 */
async function createPage({ outputs }) {
  const page = await readFile(new URL('index.html', here), 'utf8')
  const icon = await readFile(new URL('icon.svg', here), 'utf8')
  /** @type {Set<string>} */
  const scripts = new Set()
  const add = (/** @type {string} */ file) => {
    for (const { path, kind } of outputs[file]?.imports ?? []) {
      if (kind !== 'import-statement' || scripts.has(path)) continue
      scripts.add(path)
      add(path)
    }
  }
  add('dist/playground.js')
  const links = [...scripts].map((path) => {
    return `    <link rel="modulepreload" href="${path.replace('dist/', '')}" />\n`
  })
  return page
    .replace('href="icon.svg"', `href="data:image/svg+xml,${encodeURIComponent(icon)}"`)
    .replace('  </head>', `${links.join('')}  </head>`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPlayground()
