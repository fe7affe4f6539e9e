/**
 * The package manager's strictest settings, on every Node that `engines` promises, and the whole range of each
 * dependency.
 */
import { cp, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { environment, ROOT, run, tool } from './run.ts'

const project = inject('project')
const tarball = inject('tarball')
const { dependencies } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8'))

/** Commands that add packages and stop at a package that does not support this Node, and their settings. */
const MANAGERS = {
  'yarn 1': {
    file: tool('.bin/yarn'),
    add: ['add', '--non-interactive', '--no-lockfile', '--no-progress'],
  },
  pnpm: { file: tool('.bin/pnpm'), add: ['add', '--reporter=append-only'] },
  npm: { file: 'npm', add: ['install', '--engine-strict'] },
}
const SETTINGS = 'engine-strict=true\nhoist=false\nstrict-peer-dependencies=true\nstore-dir=store\n'

/** Makes a project for an app, with the programs of `consumers`. */
async function createApp(): Promise<string> {
  const folder = await mkdtemp(path.join(project, 'install-'))
  await writeFile(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  for (const file of ['smoke.mjs', 'bundled.js'])
    await cp(path.join(project, file), path.join(folder, file))
  return folder
}

/** Returns variables with which `node` is one of this major version. */
function withNode(major: number): Record<string, string> {
  const folder = path.join(ROOT, `test/runtimes/node/node_modules/node${major}/bin`)
  return {
    ...process.env,
    PATH: `${folder}:${environment().PATH}`,
    npm_config_loglevel: 'error',
  } as Record<string, string>
}

describe.each([22, 24])('Node %i', (major) => {
  test.each(Object.entries(MANAGERS))('%s installs it without a complaint', async (_, manager) => {
    const cwd = await createApp()
    const env = withNode(major)
    if (manager === MANAGERS.pnpm) await writeFile(path.join(cwd, '.npmrc'), SETTINGS)
    const { stdout, stderr } = await run(manager.file, [...manager.add, tarball], { cwd, env })
    const lines = `${stdout}\n${stderr}`.split('\n')
    // yarn 1 says so of every project without a license or a lock file.
    const complaints = lines.filter((line) => /warn|error|deprecat/i.test(line))
    expect(complaints.filter((line) => !/No license field|lockfile/.test(line))).toEqual([])
    const ran = await run('node', ['smoke.mjs'], { cwd, env })
    expect(ran).toEqual({ stdout: 'It is noon.\n', stderr: '' })
  })
})

test.each([
  ['lowest', (range: string) => range.replace('^', '')],
  ['newest', (range: string) => range],
])('the %s version of each dependency works', async (_, pick) => {
  const cwd = await createApp()
  const wanted = Object.entries<string>(dependencies).map(
    ([name, range]) => `${name}@${pick(range)}`,
  )
  const options = { cwd, env: process.env }
  await run('npm', ['install', '--save-exact', tarball, ...wanted], options)
  // One copy of each: the package takes what the app has.
  const inside = await readdir(path.join(cwd, 'node_modules/chatwire'))
  expect(inside).not.toContain('node_modules')
  const { stdout } = await run(process.execPath, ['smoke.mjs'], { cwd })
  expect(stdout).toBe('It is noon.\n')
  expect((await run(process.execPath, ['bundled.js'], { cwd })).stdout).toBe('Oslo\n')
})

test('Node 20, which the dependencies do not support, is refused where engines are strict', async () => {
  const options = { cwd: await createApp(), env: withNode(20) }
  const installed = run('npm', ['install', '--engine-strict', tarball], options)
  await expect(installed).rejects.toThrow(/EBADENGINE/)
})
