import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Outcome } from './matrix.ts'
import { askForObject, LIBRARIES, offerTool, SCHEMAS } from './matrix.ts'
import { VENDORS } from './vendors.ts'

const guide = fileURLToPath(new URL('../../docs/guides/objects.md', import.meta.url))
const vendors = Object.keys(VENDORS)

type Use = 'object' | 'tool' | 'strict tool'
type Counts = Partial<Record<Outcome, number>>
const counts: Record<string, Record<Use, Counts>> = Object.fromEntries(
  vendors.map((vendor) => [vendor, { object: {}, tool: {}, 'strict tool': {} }]),
)

// About 20,000 requests to servers that answer at once.
describe('each library, each construct, each vendor: sent as the vendor documents, or refused', () => {
  test.each(Object.keys(LIBRARIES))('%s', { timeout: 300_000 }, async (library) => {
    const invalid: string[] = []
    for (const [, construct, schema] of SCHEMAS.filter(([name]) => name === library)) {
      for (const vendor of vendors) {
        const cells = {
          object: await askForObject(vendor, schema),
          tool: await offerTool(vendor, schema),
          ...(VENDORS[vendor]!.tools[1] && {
            'strict tool': await offerTool(vendor, schema, true),
          }),
        }
        for (const [use, { outcome, notes }] of Object.entries(cells)) {
          const row = counts[vendor]![use as Use]
          row[outcome] = (row[outcome] ?? 0) + 1
          if (outcome === 'INVALID') invalid.push(`${construct}, ${use}, ${vendor}: ${notes[0]}`)
        }
      }
    }
    expect(invalid).toEqual([])
  })
})

test('the guide has the counts: `npm run schemas:counts` writes them', () => {
  const text = readFileSync(guide, 'utf8')
  const [before, rest = ''] = text.split('<!-- counts -->\n')
  const [found = '', after] = rest.split('<!-- /counts -->')
  const table = writeTable()
  if (process.env.WRITE_COUNTS)
    writeFileSync(guide, `${before}<!-- counts -->\n\n${table}\n\n<!-- /counts -->${after}`)
  else expect(cellsOf(found)).toEqual(cellsOf(table))
})

function writeTable(): string {
  const head = [
    'server',
    'strict',
    'schema mode',
    'other mode',
    'refused',
    'tools',
    'of them strict',
    'refused',
  ]
  const rows = vendors.map((vendor) => {
    const { object, tool, 'strict tool': strict } = counts[vendor]!
    return [
      `\`${vendor}\``,
      ...(['strict', 'sent', 'other mode', 'refused'] as const).map((name) => object[name] ?? 0),
      tool.sent ?? 0,
      strict.strict ?? 0,
      tool.refused ?? 0,
    ]
  })
  return [head, head.map((_, index) => (index ? '--:' : '---')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n')
}

/** Whatever the width of the columns. */
function cellsOf(table: string): string[] {
  return table
    .trim()
    .split('\n')
    .map((line) => line.replace(/ +/g, ' ').replace(/-+/g, '-'))
}
