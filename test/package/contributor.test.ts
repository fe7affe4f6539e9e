import path from 'node:path'
import { expect, test } from 'vitest'
import { environment, ROOT, run } from './run.ts'

/** Node 20 of the private package in `test/runtimes/node`: npm runs in it as on a machine that has no newer one. */
const NODE_20 = path.join(ROOT, 'test/runtimes/node/node_modules/node20/bin')

test('npm ci in this repository prints no warnings, not even in Node 20', async () => {
  const env = environment()
  env.PATH = `${NODE_20}:${env.PATH}`
  expect((await run('node', ['--version'], { cwd: ROOT, env })).stdout).toMatch(/^v20\./)
  const ci = ['ci', '--dry-run', '--ignore-scripts', '--offline']
  const { stdout, stderr } = await run('npm', ci, { cwd: ROOT, env })
  expect(stderr).toBe('')
  expect(stdout).not.toMatch(/warn|EBADENGINE/)
})
