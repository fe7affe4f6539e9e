/**
 * Builds the site once for all files: that takes longer than all their tests.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'
import { root } from '../architecture/project.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the built site. */
    site: string
    /** The output of the build. */
    printed: string
  }
}

export default async function setup({ provide }: TestProject): Promise<() => void> {
  const site = mkdtempSync(path.join(os.tmpdir(), 'chatwire-site-'))
  const { stdout, stderr } = await promisify(execFile)(
    'npm',
    ['run', 'docs', '--', '--out', site],
    { cwd: root, env: { ...process.env, NO_COLOR: '1' } },
  )
  provide('site', site)
  provide('printed', stdout + stderr)
  return () => rmSync(site, { recursive: true, force: true })
}
