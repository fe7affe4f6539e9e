import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { publishedManifest } from '../../scripts/published-manifest.mjs'
import {
  checkFiles,
  checkManifest,
  checkRepository,
  checkTag,
  checkTree,
  checkVersion,
  formatSteps,
  readChangelog,
} from '../../scripts/release-facts.mjs'
import { root } from './project.ts'

const read = (file: string) => readFileSync(`${root}${file}`, 'utf8')
const readYAML = (file: string) => parse(read(file))
const manifest = JSON.parse(read('package.json'))
const changelog = '# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-01-31\n\n- Added: it.\n'
const files = {
  manifest: { name: 'it', version: '0.2.0' },
  jsr: { version: '0.2.0' },
  changelog,
  today: '2026-02-01',
}

test('the package is published with provenance, ranges of dependencies and no install script', () => {
  expect(checkManifest(manifest)).toEqual([])
})

test('the published manifest has nothing that only this repository needs', () => {
  const published = publishedManifest(manifest)
  for (const name of ['workspaces', 'devDependencies', 'optionalDependencies', 'overrides'])
    expect(published).not.toHaveProperty(name)
  expect(published).toMatchObject({
    name: 'chatwire',
    dependencies: manifest.dependencies,
    engines: manifest.engines,
    exports: manifest.exports,
  })
})

test('the changelog and jsr.json have the version of package.json', () => {
  // Lines may stand under Unreleased, until there is a release.
  const sections = readChangelog(read('CHANGELOG.md'))
  expect(sections.map(({ version }) => version)).toEqual(
    expect.arrayContaining(['Unreleased', manifest.version]),
  )
  expect(sections.every(({ lines }) => lines.every((line) => line.startsWith('- ')))).toBe(true)
  expect(JSON.parse(read('jsr.json')).version).toBe(manifest.version)
})

test('checkManifest() names what would be published wrongly', () => {
  const wrong = {
    name: 'it',
    version: '1.0.0',
    scripts: { postinstall: 'node tell.js' },
    dependencies: { ky: '2.1.0' },
  }
  expect(checkManifest(wrong)).toEqual([
    'package.json: `publishConfig.access` must be "public"',
    'package.json: `publishConfig.provenance` must be true',
    'package.json: the script "postinstall" would run wherever the package is installed',
    'package.json: ky@2.1.0 must be a caret range',
  ])
})

test('checkRepository() wants the repository that publishes, and where to report', () => {
  const it = { name: 'it', version: '1.0.0' }
  expect(checkRepository(it, undefined)[0]).toContain('must be set to the real one')
  const set = {
    ...it,
    repository: { url: 'git+https://github.com/one/it.git' },
    bugs: 'https://github.com/one/it/issues',
    homepage: 'https://github.com/one/it#readme',
  }
  expect(checkRepository(set, undefined)).toEqual([])
  expect(checkRepository(set, 'One/it')).toEqual([])
  expect(checkRepository(set, 'two/it')).toEqual([
    'package.json: `repository` is one/it, and this is two/it',
  ])
  expect(checkRepository({ ...set, repository: 'git@github.com:one/it.git' }, undefined)).toEqual([
    'package.json: provenance needs a repository at GitHub over https, not git@github.com:one/it.git',
  ])
  expect(checkRepository({ ...set, bugs: undefined, homepage: undefined }, undefined)).toEqual([
    'package.json: `bugs` must be https://github.com/one/it/issues',
    'package.json: `homepage` must be set',
  ])
})

test('checkVersion() accepts one version everywhere, listed and dated', () => {
  expect(checkVersion(files)).toEqual([])
})

test.each([
  [{ jsr: { version: '0.1.0' } }, 'jsr.json has 0.1.0, package.json has 0.2.0'],
  [{ today: '2026-01-30' }, 'CHANGELOG.md: 2026-01-31 is still to come'],
  [
    { changelog: changelog.replace('released]\n', 'released]\n\n- Fixed: that.\n') },
    'CHANGELOG.md: 1 lines are still under Unreleased',
  ],
  [
    { changelog: changelog.replace('[0.2.0]', '[0.1.9]') },
    'CHANGELOG.md has no section [0.2.0] below Unreleased',
  ],
  [{ changelog: changelog.replace('- Added: it.', '') }, 'CHANGELOG.md says nothing of 0.2.0'],
  [
    { changelog: changelog.replace('01-31', '13-31') },
    'CHANGELOG.md: the date of 0.2.0 must be a day',
  ],
  [
    { changelog: changelog.replace(' - 2026-01-31', '') },
    'CHANGELOG.md: the date of 0.2.0 must be a day',
  ],
  [
    { changelog: changelog.replace('## [Unreleased]', '') },
    'CHANGELOG.md must begin with Unreleased',
  ],
])('checkVersion() refuses %o', (wrong, words) => {
  expect(checkVersion({ ...files, ...wrong })).toContain(words)
})

test('checkTag() takes a free tag and that of this commit', () => {
  const place = { version: '0.2.0', head: 'aaaaaaaaaa' }
  expect(checkTag({ ...place, tagged: undefined })).toEqual([])
  expect(checkTag({ ...place, tagged: 'aaaaaaaaaa' })).toEqual([])
  expect(checkTag({ ...place, tagged: 'bbbbbbbbbb' })).toEqual([
    'The tag v0.2.0 is taken by bbbbbbb: raise the version',
  ])
})

test('checkTree() and checkFiles() name files', () => {
  expect(checkTree('')).toEqual([])
  expect(checkTree(' M src/env.ts\n')).toEqual(['The tree is not clean:\n M src/env.ts'])
  const problems = checkFiles(['LICENSE', 'README.md', 'package.json', 'dist/index.js', '.env'])
  expect(problems).toContain('The package lacks dist/cdn.min.js.LICENSE.txt')
  expect(problems).toContain('The package has .env')
})

test('formatSteps() shows each step in a line, and what is wrong below', () => {
  const steps = [
    { name: 'build', ms: 1540, problems: [], note: 'small' },
    { name: 'test', ms: 0, problems: [], skipped: true },
    { name: 'tag', ms: 12, problems: ['it is taken'] },
  ]
  expect(formatSteps(steps).split('\n')).toEqual([
    'build  ok           1.5 s  small',
    'test   left out',
    'tag    FAILED       0.0 s',
    '',
    'tag: it is taken',
  ])
})

test('the release workflow checks first, and authenticates without a secret', () => {
  const { permissions, jobs } = readYAML('.github/workflows/release.yml')
  expect(permissions).toEqual({ contents: 'read' })
  const commands = (job: { steps: { run?: string }[] }) => job.steps.map(({ run }) => run)
  expect(commands(jobs.check)).toContain('npm run release:check')
  for (const name of ['npm', 'jsr']) {
    expect(jobs[name]).toMatchObject({ needs: 'check', environment: 'release' })
    expect(jobs[name].permissions).toEqual({ contents: 'read', 'id-token': 'write' })
  }
  expect(commands(jobs.npm)).toContain('npm publish --provenance --access public')
  expect(read('.github/workflows/release.yml')).not.toContain('secrets.')
})

test('the workflows run scripts that exist', () => {
  for (const file of readdirSync(`${root}.github/workflows`)) {
    const { jobs } = readYAML(`.github/workflows/${file}`)
    const text = JSON.stringify(jobs)
    for (const [, script] of text.matchAll(/npm run ([\w:]+)/g))
      expect(manifest.scripts, file).toHaveProperty([script as string])
    for (const [, program] of text.matchAll(/"run":"(\.[\w/]+)"/g)) read(program as string)
  }
})

test('the issue forms ask for what is needed, and their script runs as it is', () => {
  for (const name of ['bug', 'feature', 'server']) {
    const form = readYAML(`.github/ISSUE_TEMPLATE/${name}.yml`)
    expect([form.name, form.description]).not.toContain(undefined)
    const asked = form.body.filter(({ type }: { type: string }) => type !== 'markdown')
    const ids = asked.map(({ id }: { id: string }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const labels = asked.map(({ attributes }: { attributes: object }) => attributes)
    for (const label of labels) expect(label).toHaveProperty('label')
  }
  const { body } = readYAML('.github/ISSUE_TEMPLATE/bug.yml')
  const script = body.find(({ id }: { id: string }) => id === 'script').attributes.value
  const words = ['--input-type=module', '--eval', script]
  expect(execFileSync(process.execPath, words, { cwd: root, encoding: 'utf8' })).toBe('Hello\n')
})
