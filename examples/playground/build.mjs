// @ts-check
// Builds the playground into static files that any host can serve: `npm run playground:build`.
// Run it: node examples/playground/build.mjs (after `npm run build`, since it uses the built package)
import { createHash } from 'node:crypto'
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { mergeChunks, OUTPUT } from './merge-chunks.mjs'

const here = new URL('./', import.meta.url)
export const OUT = new URL('dist/', here)

const OPTIONS = {
  ...OUTPUT,
  absWorkingDir: fileURLToPath(here),
  outdir: 'dist',
  // Of the built package: its files import each other for their order, and say that they have no effects.
  logOverride: { 'ignored-bare-import': /** @type {const} */ ('silent') },
}

export async function buildPlayground() {
  await rm(OUT, { recursive: true, force: true })
  const { metafile } = await build({
    ...OPTIONS,
    entryPoints: { playground: 'src/main.ts' },
    splitting: true,
    metafile: true,
  })
  await mergeChunks(OUT, 'playground.js', metafile)
  await build({
    ...OPTIONS,
    // The worker shares no chunk with the page, whose first script would run in it.
    entryPoints: {
      highlight: 'src/highlight-worker.ts',
      style: 'src/style/main.css',
      math: 'src/style/math.css',
    },
    loader: { '.woff2': 'file' },
  })
  await copyFile(new URL('icon.svg', here), new URL('icon.svg', OUT))
  await writeFile(new URL('index.html', OUT), await createPage())
  // A local server says more; see server.mjs.
  await writeFile(new URL('servers.json', OUT), '{ "simulated": [], "relay": [] }\n')
}

/** The page with its styles and its logo in it: what it shows before its script has loaded needs no other file. */
async function createPage() {
  const page = await readFile(new URL('index.html', here), 'utf8')
  const icon = await readFile(new URL('icon.svg', here), 'utf8')
  const logo = icon.trim().replace('<svg', '<svg class="logo" aria-hidden="true"')
  const style = (await readFile(new URL('style.css', OUT), 'utf8')).trim()
  const hash = createHash('sha256').update(style).digest('base64')
  return (
    page
      .replace('href="icon.svg"', `href="data:image/svg+xml,${encodeURIComponent(icon)}"`)
      // An image, even one of a data URL, takes the browser a document of its own.
      .replace('<img class="logo" src="icon.svg" alt="" />', logo)
      .replace("default-src 'self'", `default-src 'self'; style-src 'self' 'sha256-${hash}'`)
      .replace('<link rel="stylesheet" href="style.css" />', () => `<style>${style}</style>`)
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPlayground()
