// @ts-check
// Builds the playground into static files that any host can serve: `npm run playground:build`.
// Run it: node examples/playground/build.mjs (after `npm run build`, since it uses the built package)
import { copyFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = new URL('./', import.meta.url)
export const OUT = new URL('dist/', here)

export async function buildPlayground() {
  await rm(OUT, { recursive: true, force: true })
  await build({
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
  for (const file of ['index.html', 'icon.svg'])
    await copyFile(new URL(file, here), new URL(file, OUT))
  // A local server says more; see server.mjs.
  await writeFile(new URL('servers.json', OUT), '{ "simulated": [], "relay": [] }\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPlayground()
