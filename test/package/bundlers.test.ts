/**
 * The package in the bundlers that users have: no warning, and a bundle that runs.
 */
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { build as esbuild } from 'esbuild'
import { rollup } from 'rollup'
import { createLogger, build as vite } from 'vite'
import type { Configuration, Stats } from 'webpack'
import webpack from 'webpack'
import { expect, inject, test } from 'vitest'
import { run, tool } from './run.ts'

const project = inject('project')
const entry = path.join(project, 'bundled.js')

/** Runs a bundle, which must print the model's answer and nothing else. */
async function expectToRun(folder: string, file = 'bundled.mjs'): Promise<void> {
  const { stdout, stderr } = await run(process.execPath, [file], { cwd: folder })
  expect({ stdout, stderr }).toEqual({ stdout: 'Oslo\n', stderr: '' })
}

function bundleByWebpack(options: Configuration): Promise<Stats> {
  return new Promise((resolve, reject) => {
    const compiler = webpack({ context: project, ...options })
    compiler.run((error, stats) => {
      compiler.close(() => (stats ? resolve(stats) : reject(error as Error)))
    })
  })
}

const MODULE: Configuration = {
  mode: 'production',
  experiments: { outputModule: true },
  output: { filename: 'bundled.mjs', chunkFormat: 'module', library: { type: 'module' } },
}

async function expectNoWarnings(options: Configuration): Promise<void> {
  const stats = await bundleByWebpack(options)
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true })
  expect({ errors, warnings }).toEqual({ errors: [], warnings: [] })
}

test('webpack 5 has no warnings for Node', async () => {
  const folder = path.join(project, 'out-webpack')
  const output = { ...MODULE.output, path: folder }
  const optimization = { minimize: false } // takes 15 s
  await expectNoWarnings({ ...MODULE, entry, target: ['node', 'es2022'], output, optimization })
  await expectToRun(folder)
})

test('webpack 5 has no warnings for a page with every server, not even about its size', async () => {
  const page = path.join(project, 'webpack-page.js')
  await writeFile(page, `import * as chatwire from 'chatwire'\nglobalThis.chatwire = chatwire`)
  const output = { ...MODULE.output, path: path.join(project, 'out-webpack-page') }
  await expectNoWarnings({ ...MODULE, entry: page, target: ['web', 'es2022'], output })
})

test('Rollup has no warnings', async () => {
  const logs: unknown[] = []
  const folder = path.join(project, 'out-rollup')
  const bundle = await rollup({
    input: entry,
    plugins: [nodeResolve()],
    onLog: (level, log) => void (level === 'debug' || logs.push(log)),
  })
  await bundle.write({ dir: folder, format: 'es', entryFileNames: '[name].mjs' })
  await bundle.close()
  expect(logs).toEqual([])
  await expectToRun(folder)
})

test('Vite has no warnings', async () => {
  const logs: string[] = []
  const logger = createLogger('warn')
  logger.warn = logger.warnOnce = logger.error = (message: string) => void logs.push(message)
  const folder = path.join(project, 'out-vite')
  await vite({
    root: project,
    configFile: false,
    customLogger: logger,
    build: {
      outDir: folder,
      reportCompressedSize: false,
      modulePreload: false, // needs a page, and this bundle runs in Node
      target: 'es2022',
      rollupOptions: { input: entry, output: { entryFileNames: '[name].mjs' } },
    },
  })
  expect(logs).toEqual([])
  await expectToRun(folder)
})

test.each([true, false])('esbuild has no warnings, with splitting: %s', async (splitting) => {
  const folder = path.join(project, `out-esbuild-${splitting}`)
  const { warnings } = await esbuild({
    entryPoints: [entry],
    bundle: true,
    splitting,
    format: 'esm',
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    logLevel: 'silent',
  })
  expect(warnings).toEqual([])
  await expectToRun(folder)
})

test('Bun has no warnings', async () => {
  const folder = path.join(project, 'out-bun')
  const parameters = ['build', entry, '--outdir', folder, '--entry-naming', '[name].mjs']
  const { stdout, stderr } = await run(tool('.bin/bun'), parameters, { cwd: project })
  expect(stdout + stderr).not.toMatch(/warn|error/i)
  await expectToRun(folder)
})
