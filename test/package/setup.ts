/**
 * Packs the package once, as it would be published, and installs it into one fresh project. The examples
 * and the consumers are laid beside its `node_modules`, so that all of them use what a user would get.
 */
import { existsSync } from 'node:fs'
import { cp, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { TestProject } from 'vitest/node'
import { publishedManifest } from '../../scripts/published-manifest.mjs'
import { ROOT, run } from './run.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The project into which the tarball is installed. */
    project: string
    /** The packed package. */
    tarball: string
  }
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  if (!existsSync(path.join(ROOT, 'dist/index.js'))) throw new Error('npm run build comes first')
  const project = await realpath(await mkdtemp(path.join(os.tmpdir(), 'chatwire-package-')))
  const remove = () => rm(project, { recursive: true, force: true })
  try {
    const tarball = await pack(project)
    await writeFile(path.join(project, 'package.json'), '{ "private": true, "type": "module" }\n')
    await run('npm', ['install', ...QUIET, tarball], { cwd: project, env: process.env })
    await cp(path.join(ROOT, 'examples'), project, { recursive: true })
    await cp(path.join(ROOT, 'test/package/consumers'), project, { recursive: true })
    provide('tarball', tarball)
  } catch (error) {
    await remove()
    throw error
  }
  provide('project', project)
  return remove
}

/** The package's own scripts would build again what is there. */
const QUIET = ['--ignore-scripts', '--silent']

/** Packs the package as it is published: without what `prepack` strips. @returns the tarball's path */
async function pack(folder: string): Promise<string> {
  // npm has settings in variables.
  const options = { cwd: folder, env: process.env }
  const packOne = async (source: string) => {
    const { stdout } = await run('npm', ['pack', ...QUIET, source], options)
    return path.join(folder, stdout.trim().split('\n').at(-1) as string)
  }
  await run('tar', ['-xzf', await packOne(ROOT)], options)
  const file = path.join(folder, 'package/package.json')
  const manifest = publishedManifest(JSON.parse(await readFile(file, 'utf8')))
  await writeFile(file, JSON.stringify(manifest, null, 2))
  return packOne('./package')
}
