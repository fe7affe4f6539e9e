import { defineConfig } from 'tsup'
import type { Options } from 'tsup'
import manifest from './package.json' with { type: 'json' }
import { notices } from './scripts/notices.mjs'

/** The entries of package.json, each one source file. */
const entry = Object.fromEntries(
  Object.values(manifest.exports).flatMap((target) => {
    if (typeof target === 'string') return []
    const name = target.default.replace(/^\.\/dist\/|\.js$/g, '')
    return [[name, `src/${name}.ts`]]
  }),
)

const common: Options = { format: ['esm'], target: 'es2022', platform: 'neutral', treeshake: false }

export default defineConfig([
  {
    ...common,
    entry,
    dts: true,
    clean: true,
    splitting: true,
    sourcemap: true,
    // The one package that these files bundle: see src/schema/valibot-converter.ts.
    esbuildPlugins: [notices({ file: 'valibot-converter.js', root: import.meta.dirname })],
  },
  {
    ...common,
    // One file without imports, for `<script type="module">` and for Deno by URL.
    entry: { 'cdn.min': 'src/index.ts' },
    noExternal: [/.*/],
    minify: true,
    splitting: false,
    // Deno and browsers need the plain extension.
    outExtension: () => ({ js: '.js' }),
    esbuildPlugins: [notices({ file: 'cdn.min.js', root: import.meta.dirname })],
    esbuildOptions(options) {
      options.mainFields = ['module', 'main']
      // For the sake of `strict`, esbuild would write "use strict" into each of 238 parts: modules are strict without.
      delete options.tsconfig
      options.tsconfigRaw = '{}'
      options.banner = {
        js: '/*! chatwire, MIT; for the licenses of what it bundles see cdn.min.js.LICENSE.txt */',
      }
      // They are in the file beside it.
      options.legalComments = 'none'
    },
  },
])
