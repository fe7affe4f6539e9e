/**
 * Checks whether this commit can be published: `npm run release:check`. The files are checked here, everything else in a clean
 * clone in a temporary folder. `--no-test` leaves the tests out, `--keep` the clone where it is.
 * Nothing is published, and nothing here is changed.
 */
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import {
  checkFiles,
  checkManifest,
  checkRepository,
  checkTag,
  checkTree,
  checkVersion,
  formatSteps,
} from './release-facts.mjs'

const root = fileURLToPath(new URL('../', import.meta.url))
const { values: flags } = parseArgs({
  options: { 'no-test': { type: 'boolean' }, keep: { type: 'boolean' } },
})
const read = (file) => readFileSync(path.join(root, file), 'utf8')
const manifest = JSON.parse(read('package.json'))
const git = (...words) => execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim()

const folder = mkdtempSync(path.join(tmpdir(), 'chatwire-release-'))
const clone = path.join(folder, 'clone')
/** The packed tarball. */
let tarball = ''

/** Each gives what is wrong, or throws; `note` is shown beside it. */
const FACTS = {
  'git tree clean': () => checkTree(git('status', '--porcelain')),
  'tag free': () => {
    const { version } = manifest
    const tagged = git('tag', '--list', `v${version}`) && git('rev-list', '-n1', `v${version}`)
    return checkTag({ version, tagged: tagged || undefined, head: git('rev-parse', 'HEAD') })
  },
  'one version everywhere': () =>
    checkVersion({
      manifest,
      jsr: JSON.parse(read('jsr.json')),
      changelog: read('CHANGELOG.md'),
      today: new Date().toISOString().slice(0, 10),
    }),
  manifest: () => checkManifest(manifest),
  'repository, for provenance': () => checkRepository(manifest, process.env.GITHUB_REPOSITORY),
}

/** In this order: each needs those before it. */
const WORK = {
  clone: () => run('git', ['clone', '--quiet', '--no-local', root, clone], folder),
  'npm ci': () => run('npm', ['ci', '--no-audit', '--no-fund']),
  build: () => run('npm', ['run', 'build']),
  'npm test': () => run('npm', ['test'], clone, 60),
  'clone still clean': async () =>
    checkTree((await run('git', ['status', '--porcelain'])).stdout.trimEnd()),
  pack,
  publint: () => run(tool('publint/src/cli.js'), ['run', tarball, '--strict']),
  'are the types wrong': () =>
    run(tool('@arethetypeswrong/cli/dist/index.js'), [tarball, '--profile', 'esm-only']),
  'JSR dry run': jsr,
  sizes,
}

const steps = []
try {
  for (const [name, work] of Object.entries(FACTS)) steps.push(await perform(name, work))
  let goesOn = true
  for (const [name, work] of Object.entries(WORK)) {
    const isLeftOut = !goesOn || (name === 'npm test' && flags['no-test'] === true)
    if (isLeftOut) steps.push({ name, ms: 0, problems: [], skipped: true })
    else steps.push(await perform(name, work))
    goesOn &&= steps.at(-1).problems.length === 0
  }
} finally {
  if (flags.keep) console.log(`The clone is ${clone}`)
  else rmSync(folder, { recursive: true, force: true })
}
const isGood = steps.every(({ problems }) => problems.length === 0)
console.log(`\n${formatSteps(steps)}\n`)
console.log(
  isGood
    ? `${manifest.name} ${manifest.version} can be published: git tag v${manifest.version}, and push the tag`
    : `${manifest.name} ${manifest.version} must not be published`,
)
process.exitCode = isGood ? 0 : 1

/** @returns {Promise<import('./release-facts.mjs').Step>} */
async function perform(name, work) {
  process.stdout.write(`${name} …\n`)
  const start = performance.now()
  const done = (rest) => ({ name, ms: performance.now() - start, ...rest })
  try {
    const found = await work()
    return Array.isArray(found)
      ? done({ problems: found })
      : done({ problems: found.problems ?? [], note: found.note })
  } catch (error) {
    return done({ problems: [String(error.message ?? error)] })
  }
}

/** A tool of the clone. */
function tool(file) {
  return path.join(clone, 'node_modules', file)
}

/**
 * Runs a program, in the clone unless it is said otherwise; a script of Node by Node.
 * @returns {Promise<{ stdout: string, stderr: string }>}
 */
function run(program, words, cwd = clone, minutes = 10) {
  const isScript = program.endsWith('.js')
  const [file, parameters] = isScript ? [process.execPath, [program, ...words]] : [program, words]
  const env = { ...process.env, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' }
  const options = { cwd, env, timeout: minutes * 60_000, maxBuffer: 2 ** 26, encoding: 'utf8' }
  return new Promise((resolve, reject) => {
    execFile(file, parameters, options, (error, stdout, stderr) => {
      if (!error) return resolve({ stdout, stderr })
      // Its last words say why.
      const said = [stdout, stderr].join('\n').trim().split('\n').slice(-30).join('\n')
      reject(new Error(`${path.basename(program)} ${words.join(' ')}\n${said}`))
    })
  })
}

async function pack() {
  const words = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const { stdout } = await run('npm', words)
  const [{ filename, files, size, unpackedSize }] = JSON.parse(stdout)
  tarball = path.join(folder, filename)
  const kB = (bytes) => `${(bytes / 1000).toFixed(0)} kB`
  const note = `${files.length} files, ${kB(size)} packed, ${kB(unpackedSize)} unpacked`
  return { problems: checkFiles(files.map((file) => file.path)), note }
}

async function jsr() {
  const { stderr } = await run(tool('.bin/deno'), ['publish', '--dry-run', '--allow-dirty'])
  const isTaken = stderr.includes('Success Dry run complete')
  return isTaken ? [] : ['deno publish --dry-run did not complete']
}

/** Against the budgets, measured with the clone's own build. */
async function sizes() {
  const { measureSizes } = await import(pathToFileURL(path.join(clone, 'scripts/sizes.mjs')).href)
  const all = await measureSizes()
  for (const { what, kB, budget } of all)
    console.log(`  ${what.padEnd(26)} ${kB.toFixed(1).padStart(6)} kB of ${budget}`)
  const heavy = all.filter(({ kB, budget }) => kB > budget)
  const note = all.map(({ kB }) => kB.toFixed(1)).join(' · ')
  return {
    problems: heavy.map(({ what, kB }) => `"${what}" is too heavy: ${kB} kB`),
    note: `${note} kB`,
  }
}
