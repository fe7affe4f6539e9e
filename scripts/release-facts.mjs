/**
 * Checks the project's files before a release. Each function returns the problems it found.
 */

/**
 * @typedef {{ name: string, version: string, repository?: string | { url?: string }, bugs?: string | { url?: string },
 *   homepage?: string, publishConfig?: { access?: string, provenance?: boolean }, scripts?: Record<string, string>,
 *   dependencies?: Record<string, string> }} Manifest
 */

/** Scripts that would run on every machine that installs the package. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare']

/** @param {Manifest} manifest @returns {string[]} */
export function checkManifest({ publishConfig = {}, scripts = {}, dependencies = {} }) {
  const { access, provenance } = publishConfig
  // An exact version would put a second copy into an app, and keep patches out.
  const pinned = Object.entries(dependencies).filter(
    ([, range]) => !/^\^\d+\.\d+\.\d+$/.test(range),
  )
  return [
    ...(access === 'public' ? [] : ['package.json: `publishConfig.access` must be "public"']),
    ...(provenance === true ? [] : ['package.json: `publishConfig.provenance` must be true']),
    ...INSTALL_SCRIPTS.filter((name) => name in scripts).map(
      (name) => `package.json: the script "${name}" would run wherever the package is installed`,
    ),
    ...pinned.map(([name, range]) => `package.json: ${name}@${range} must be a caret range`),
  ]
}

const GITHUB = /^(?:git\+)?https:\/\/github\.com\/([\w.-]+\/[\w.-]+?)(?:\.git)?$/

/**
 * Provenance names the repository that the workflow runs in; npm refuses the package where `repository` is another.
 * @param {Manifest} manifest
 * @param {string | undefined} running the repository that this runs in, where that is known: `owner/name`
 * @returns {string[]}
 */
export function checkRepository({ repository, bugs, homepage }, running) {
  const url = typeof repository === 'string' ? repository : repository?.url
  if (!url) {
    const example = '{ "type": "git", "url": "git+https://github.com/<owner>/<name>.git" }'
    return [
      `package.json: \`repository\` must be set to the real one before anything is published: ${example}`,
      ...(bugs ? [] : ['package.json: `bugs` must say where to report them']),
      ...(homepage ? [] : ['package.json: `homepage` must be set']),
    ]
  }
  const name = GITHUB.exec(url)?.[1]
  if (!name) return [`package.json: provenance needs a repository at GitHub over https, not ${url}`]
  const report = typeof bugs === 'string' ? bugs : bugs?.url
  return [
    ...(running === undefined || running.toLowerCase() === name.toLowerCase()
      ? []
      : [`package.json: \`repository\` is ${name}, and this is ${running}`]),
    ...(report === `https://github.com/${name}/issues`
      ? []
      : [`package.json: \`bugs\` must be https://github.com/${name}/issues`]),
    ...(homepage ? [] : ['package.json: `homepage` must be set']),
  ]
}

/**
 * The sections of a changelog, the newest first.
 * @param {string} changelog
 * @returns {{ version: string, date: string | undefined, lines: string[] }[]}
 */
export function readChangelog(changelog) {
  const [, ...sections] = changelog.split(/^## /m)
  return sections.map((section) => {
    const [head = '', ...lines] = section.trim().split('\n')
    const [, version = head, date] = /^\[([^\]]+)\](?: - (.+))?$/.exec(head) ?? []
    return { version, date, lines: lines.filter((line) => line.trim() !== '') }
  })
}

/**
 * One version in all places, and a changelog that tells of it.
 * @param {{ manifest: Manifest, jsr: { version: string }, changelog: string, today: string }} files
 *   `today` as `2026-11-28`
 * @returns {string[]}
 */
export function checkVersion({ manifest: { version }, jsr, changelog, today }) {
  const [unreleased, newest] = readChangelog(changelog)
  const problems = []
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    problems.push(`package.json: ${version} is no version`)
  if (jsr.version !== version)
    problems.push(`jsr.json has ${jsr.version}, package.json has ${version}`)
  if (unreleased?.version !== 'Unreleased') problems.push('CHANGELOG.md must begin with Unreleased')
  else if (unreleased.lines.length > 0)
    problems.push(`CHANGELOG.md: ${unreleased.lines.length} lines are still under Unreleased`)
  if (newest?.version !== version) {
    problems.push(`CHANGELOG.md has no section [${version}] below Unreleased`)
    return problems
  }
  if (newest.lines.length === 0) problems.push(`CHANGELOG.md says nothing of ${version}`)
  if (!isDay(newest.date)) problems.push(`CHANGELOG.md: the date of ${version} must be a day`)
  else if (newest.date > today) problems.push(`CHANGELOG.md: ${newest.date} is still to come`)
  return problems
}

/** @param {string | undefined} date */
function isDay(date) {
  if (date === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(date)) return false
  return !Number.isNaN(Date.parse(date))
}

/**
 * A version is published once: its tag is not there yet, or is what this workflow was started by.
 * @param {{ version: string, tagged: string | undefined, head: string }} place `tagged` is the commit of the tag
 * @returns {string[]}
 */
export function checkTag({ version, tagged, head }) {
  if (tagged === undefined || tagged === head) return []
  return [`The tag v${version} is taken by ${tagged.slice(0, 7)}: raise the version`]
}

/** @param {string} status of `git status --porcelain` @returns {string[]} */
export function checkTree(status) {
  const files = status.split('\n').filter(Boolean)
  return files.length === 0 ? [] : [`The tree is not clean:\n${files.join('\n')}`]
}

/**
 * Checks the files that every package must contain.
 * @param {string[]} files of the tarball @returns {string[]}
 */
export function checkFiles(files) {
  const needed = [
    'LICENSE',
    'README.md',
    'package.json',
    'dist/index.js',
    'dist/index.d.ts',
    'dist/cdn.min.js',
    'dist/cdn.min.js.LICENSE.txt',
  ]
  const missing = needed.filter((file) => !files.includes(file))
  const strange = files.filter((file) => !/^(dist\/|LICENSE$|README|package\.json$)/.test(file))
  return [
    ...missing.map((file) => `The package lacks ${file}`),
    ...strange.map((file) => `The package has ${file}`),
  ]
}

/**
 * @typedef {{ name: string, ms: number, problems: string[], note?: string, skipped?: boolean }} Step
 * @param {readonly Step[]} steps
 * @returns {string}
 */
export function formatSteps(steps) {
  const wide = Math.max(...steps.map(({ name }) => name.length))
  const lines = steps.map(({ name, ms, problems, note = '', skipped }) => {
    const mark = skipped ? 'left out' : problems.length === 0 ? 'ok' : 'FAILED'
    const seconds = skipped ? '' : `${(ms / 1000).toFixed(1)} s`
    return `${name.padEnd(wide)}  ${mark.padEnd(8)}  ${seconds.padStart(8)}  ${note}`.trimEnd()
  })
  const told = steps.flatMap(({ name, problems }) =>
    problems.map((problem) => `${name}: ${problem}`),
  )
  return [...lines, ...(told.length > 0 ? ['', ...told] : [])].join('\n')
}
