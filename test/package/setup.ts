/**
 * Packs the package once, as it would be published, and installs it into one fresh project. The examples
 * and the consumers are laid beside its `node_modules`, so that all of them use what a user would get.
 */
import { existsSync } from 'node:fs'
import { cp, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { TestProject } from 'vitest/node'
import { ROOT, run } from './run.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The project into which the tarball is installed. */
    project: string
  }
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  if (!existsSync(path.join(ROOT, 'dist/index.js'))) throw new Error('npm run build comes first')
  const project = await realpath(await mkdtemp(path.join(os.tmpdir(), 'chatwire-package-')))
  const remove = () => rm(project, { recursive: true, force: true })
  try {
    // npm has settings in variables. The package's own scripts would build again what is there.
    const options = { cwd: project, env: process.env }
    const npm = ['--ignore-scripts', '--silent']
    const pack = ['pack', ...npm, '--pack-destination', project, ROOT]
    const packed = await run('npm', pack, options)
    const tarball = packed.stdout.trim().split('\n').at(-1)
    await writeFile(path.join(project, 'package.json'), '{ "private": true, "type": "module" }\n')
    await run('npm', ['install', ...npm, `./${tarball}`], options)
    await cp(path.join(ROOT, 'examples'), project, { recursive: true })
    await cp(path.join(ROOT, 'test/package/consumers'), project, { recursive: true })
  } catch (error) {
    await remove()
    throw error
  }
  provide('project', project)
  return remove
}
