import { defineConfig } from 'tsup'
import type { Options } from 'tsup'
import { notices } from './scripts/notices.mjs'

/** The entries of package.json, each exactly one file. */
const entry = {
  index: 'src/index.ts',
  core: 'src/core.ts',
  gateway: 'src/gateway.ts',
  testing: 'src/testing.ts',
  'providers/openai': 'src/providers/openai.ts',
  'providers/openai-like': 'src/providers/openai-like.ts',
  'providers/azure-openai': 'src/providers/azure-openai.ts',
  'providers/dashscope': 'src/providers/dashscope.ts',
  'providers/dashscope-qwen': 'src/providers/dashscope-qwen.ts',
  'providers/zhipu': 'src/providers/zhipu.ts',
  'providers/anthropic': 'src/providers/anthropic.ts',
  'providers/gemini': 'src/providers/gemini.ts',
  'providers/ollama': 'src/providers/ollama.ts',
  'providers/browser': 'src/providers/browser.ts',
  'providers/engine': 'src/providers/engine.ts',
}

const common: Options = { format: ['esm'], target: 'es2022', platform: 'neutral', treeshake: false }

export default defineConfig([
  { ...common, entry, dts: true, clean: true, splitting: true, sourcemap: true },
  {
    ...common,
    // One file without imports, for `<script type="module">` and for Deno by URL.
    entry: { 'cdn.min': 'src/index.ts' },
    noExternal: [/.*/],
    minify: true,
    splitting: false,
    // Deno and browsers take the file as it is named.
    outExtension: () => ({ js: '.js' }),
    esbuildPlugins: [notices({ file: 'cdn.min.js', root: import.meta.dirname })],
    esbuildOptions(options) {
      options.mainFields = ['module', 'main']
      options.banner = {
        js: '/*! chatwire, MIT; what it bundles, and their licences: cdn.min.js.LICENSE.txt */',
      }
      // They stand whole in the file beside it.
      options.legalComments = 'none'
    },
  },
])
