import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { ROOT, run, tool } from './run.ts'

const read = async (file: string) => JSON.parse(await readFile(path.join(ROOT, file), 'utf8'))

test('jsr.json has the version and the entries of package.json', async () => {
  const [jsr, npm] = await Promise.all([read('jsr.json'), read('package.json')])
  expect(jsr).toMatchObject({
    name: '@chatwire/chatwire',
    version: npm.version,
    license: npm.license,
  })
  const entries = Object.entries<{ default: string }>(npm.exports)
  const sources = entries
    .filter(([entry]) => entry !== './package.json')
    .map(([entry, { default: file }]) => [
      entry,
      file.replace(/^\.\/dist\/(.*)\.js$/, './src/$1.ts'),
    ])
  expect(jsr.exports).toEqual(Object.fromEntries(sources))
})

test('JSR would take the package: every entry type-checks, none has slow types', async () => {
  const publish = ['publish', '--dry-run', '--allow-dirty']
  const { stderr } = await run(tool('.bin/deno'), publish, { cwd: ROOT })
  expect(stderr).toContain('Success Dry run complete')
  const files = [...stderr.matchAll(/file:\/\/(\S+)/g)].map(([, file = '']) =>
    path.relative(ROOT, file),
  )
  expect(files).toContain('src/index.ts')
  expect(files.filter((file) => !/^(src\/.*\.ts|jsr\.json|[A-Z]+(\.md)?)$/.test(file))).toEqual([])
})
