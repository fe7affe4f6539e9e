/** The results as Markdown: what was to be reached, then every table. */
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { formatTable } from '../scripts/table.mjs'
import { FLOORS } from './floors.mjs'
import { HERE, ROOT } from './programs.mjs'
import { round } from './result.mjs'

/** @param {Record<string, import('./result.mjs').Result>} results */
export function writeReport(results) {
  const figures = Object.values(results).flatMap(({ figures = [] }) => figures)
  const missed = figures.filter((one) => !isReached(one))
  const targets = table(
    ['figure', 'measured', 'at most', 'reached'],
    figures.map((one) => [
      one.what,
      `${round(one.value)}${one.unit ? ` ${one.unit}` : ''}`,
      `${one.limit}${one.unit ? ` ${one.unit}` : ''}`,
      isReached(one) ? 'yes' : '**no**',
    ]),
  )
  return `# chatwire beside a bare loop and its peers

Written by \`npm ci && npm run bench\` in \`bench/\`. The bare loop is \`reader.read()\`, \`TextDecoder\`,
eventsource-parser's \`createParser\` and \`JSON.parse\` over the same bytes. Ratios are medians of rounds in turn, and in
brackets the middle half of the rounds; microseconds are those of one machine.

![Cost per chunk, bundle size and start-up](chart.svg)

## Targets

${figures.length - missed.length} of ${figures.length} are reached.

${targets}
${explain(missed)}${Object.values(results).map(section).join('')}
## Versions

${versions()}
`
}

/** Says of each missed target what is known. Several share a text. @param {import('./result.mjs').Figure[]} missed */
function explain(missed) {
  const texts = FLOORS.map(({ of, floor, kept = [], dropped = [] }) => {
    const names = missed.filter(({ what }) => of.test(what)).map(({ what }) => `**${what}**`)
    if (names.length === 0) return ''
    const tried = [
      ...kept.map((one) => `- Kept: ${one}`),
      ...dropped.map((one) => `- Not kept: ${one}`),
    ]
    return `\n${names.join('; ')}: ${floor}\n${tried.length > 0 ? `\n${tried.join('\n')}\n` : ''}`
  })
  const rest = missed.filter(({ what }) => !FLOORS.some(({ of }) => of.test(what)))
  return texts.join('') + rest.map(({ what }) => `\n**${what}**: not explained yet.\n`).join('')
}

const isReached = ({ value, limit }) => value <= limit

function section({ title, note, head, rows, text, failed, on }) {
  const body = failed
    ? `Not measured: ${failed.split('\n', 1)[0]}`
    : rows
      ? table(head, rows)
      : `\`\`\`text\n${text}\n\`\`\``
  return `
## ${title}

${note ? `${note}\n\n` : ''}${body}

${on}
`
}

/** Figures stand to the right. */
function table(head, rows) {
  return formatTable(head, rows, '--:')
}

function versions() {
  const own = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'))
  const peers = JSON.parse(readFileSync(`${HERE}package.json`, 'utf8')).devDependencies
  const { version: esbuild } = createRequire(`${ROOT}package.json`)('esbuild/package.json')
  const all = { chatwire: own.version, ...own.dependencies, ...peers, esbuild }
  return Object.entries(all)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')
}
