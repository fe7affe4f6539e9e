/** What the gates share: the files of the project, and bundles of the built package as its users make them. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

export const root: string = fileURLToPath(new URL('../../', import.meta.url))

/** Every source file by its path below `src`, with its text. */
export function sources(): Map<string, string> {
  const names = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
  const files = names.filter((name) => name.endsWith('.ts')).sort()
  return new Map(files.map((name) => [name, readFileSync(`${root}src/${name}`, 'utf8')]))
}

/** The text of a source file without its comments. */
export function codeOf(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}

/** A program of a user's, bundled and minified for the web from the built package. */
export async function bundle(program: string): Promise<string> {
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
  return (result.outputFiles[0] as { text: string }).text
}

/** What a bundle weighs on the way to its reader, in bytes. */
export function weigh(text: string): number {
  return gzipSync(text, { level: 9 }).length
}
