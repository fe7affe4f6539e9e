/** The build that the current one is compared with, in the same run. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { HERE, ROOT } from './programs.mjs'

/** The commit from which the targets were set. */
export const BASELINE = '683b58b'

const folder = `${HERE}node_modules/.cache/baseline-${BASELINE}`

/**
 * Builds the commit once, with the packages of the current one. Returns its `dist`, or `undefined` in a clone without its
 * history.
 */
export function buildBaseline() {
  const dist = `${folder}/dist/`
  if (existsSync(`${dist}index.js`)) return dist
  const git = (...words) =>
    execFileSync('git', ['-C', ROOT, ...words], { stdio: 'pipe', maxBuffer: 2 ** 28 })
  try {
    git('cat-file', '-e', `${BASELINE}^{commit}`)
  } catch {
    return undefined
  }
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const archive = git('archive', BASELINE)
  execFileSync('tar', ['-x', '-C', folder], { input: archive })
  symlinkSync(`${ROOT}node_modules`, `${folder}/node_modules`)
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: folder, stdio: 'pipe' })
  return dist
}
