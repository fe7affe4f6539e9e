import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { bundledPackages, formatNotices, readNotice } from '../../scripts/notices.mjs'
import { root } from './project.ts'

test('the CDN file has the licenses of everything it bundles beside it', async () => {
  const { metafile } = await build({
    entryPoints: [`${root}src/index.ts`],
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    mainFields: ['module', 'main'],
    metafile: true,
    write: false,
    outdir: 'dist',
  })
  const packages = bundledPackages(metafile).map((folder) => readNotice(`${root}${folder}`))
  expect(packages.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['eventsource-parser', 'ky', 'valibot']),
  )
  const text = readFileSync(`${root}dist/cdn.min.js.LICENSE.txt`, 'utf8')
  expect(text).toBe(formatNotices([readNotice(root), ...packages]))
})

test('the one package that the other files bundle has its license beside them', () => {
  const text = readFileSync(`${root}dist/valibot-converter.js.LICENSE.txt`, 'utf8')
  const converter = readNotice(`${root}node_modules/@valibot/to-json-schema`)
  expect(text).toBe(formatNotices([readNotice(root), converter]))
})

test('the CDN file names its license file, and the package contains both', () => {
  const [first] = readFileSync(`${root}dist/cdn.min.js`, 'utf8').split('\n')
  expect(first).toMatch(/^\/\*! .*\bcdn\.min\.js\.LICENSE\.txt \*\/$/)
  expect(JSON.parse(readFileSync(`${root}package.json`, 'utf8')).files).toContain('dist')
})

test('bundledPackages() finds scoped and nested packages, each once', () => {
  const inputs = (...files: string[]) =>
    Object.fromEntries(files.map((file) => [file, { bytesInOutput: 1 }]))
  const outputs = {
    'dist/a.js': {
      inputs: inputs(
        'src/index.ts',
        'node_modules/ky/distribution/index.js',
        'node_modules/ky/distribution/core/Ky.js',
        'node_modules/@scope/name/index.js',
      ),
    },
    'dist/b.js': { inputs: inputs('node_modules/ky/node_modules/deep/index.js') },
  }
  expect(bundledPackages({ outputs })).toEqual([
    'node_modules/@scope/name',
    'node_modules/ky',
    'node_modules/ky/node_modules/deep',
  ])
})

test('a bundled package without a license fails the build, and a NOTICE is included', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'notices-'))
  try {
    const manifest = { name: 'bare', version: '1.0.0', license: 'Apache-2.0' }
    writeFileSync(`${folder}/package.json`, JSON.stringify(manifest))
    expect(() => readNotice(folder)).toThrow('bare 1.0.0 has no licence file, and is bundled')
    writeFileSync(`${folder}/LICENSE.txt`, 'the licence\n')
    writeFileSync(`${folder}/NOTICE`, 'the notice\n')
    expect(readNotice(folder)).toEqual({ ...manifest, text: 'the licence\n\nthe notice' })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
