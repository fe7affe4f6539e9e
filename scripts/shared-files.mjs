/**
 * Fewer and larger files in the build: esbuild makes one of each set of modules that the same entries and parts share.
 */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** The source that each model loads, and the one that a `ChatStream` needs alone. */
const MODEL = 'src/chat/base.ts'
const STREAM = 'src/stream/chat-stream.ts'

/** Of these, the ones that may load where no model is. */
const WITHOUT_MODEL = /^src\/(conversation\.ts$|stream\/(event-response\/|kept-reply\.ts$))/

/**
 * An esbuild plugin: each entry and each part on demand imports what every model loads, whether it uses it or not, so
 * that no border runs through that. It has loaded anyway, and a file costs a million instructions in Node, however
 * short it is.
 * @param {{ root: string, entries: string[] }} options `entries` below `root`
 * @returns {import('esbuild').Plugin}
 */
export function sharedFiles({ root, entries }) {
  const files = new Set([...entries, ...partsOf(root)])
  return {
    name: 'shared-files',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, (module) => {
        const file = path.relative(root, module.path)
        if (!files.has(file)) return undefined
        const shared = path.join(root, WITHOUT_MODEL.test(file) ? STREAM : MODEL)
        const text = readFileSync(module.path, 'utf8')
        // On the first line, so that the source map still fits.
        return { contents: `import ${JSON.stringify(shared)};${text}`, loader: 'ts' }
      })
    },
  }
}

/** Returns the sources that others `import()`. @param {string} root */
function partsOf(root) {
  const names = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
  const sources = names.filter((name) => name.endsWith('.ts')).map((name) => path.join('src', name))
  return sources.flatMap((source) => {
    const text = readFileSync(path.join(root, source), 'utf8')
    const parts = [...text.matchAll(/\bimport\('(\.[^']+)'\)/g)]
    return parts.map(([, part]) => path.join(path.dirname(source), part))
  })
}
