/**
 * Prints the report of the suite.
 */
export interface Entry {
  title: string
  /** Why it failed, or why it cannot pass. */
  words: string
}

/** One runtime. */
export interface Row {
  name: string
  version: string
  passed: Entry[]
  failed: Entry[]
  /** Declared in gaps.ts. */
  cannot: Entry[]
  /** Milliseconds, its start included. */
  ms: number
}

/** Prints the table and what stands below it. @returns whether all is well */
export function printReport(rows: readonly Row[]): boolean {
  const cells = rows.map((row) => [
    row.name,
    row.version,
    String(countOf(row)),
    String(row.passed.length),
    String(row.failed.length),
    String(row.cannot.length),
    (row.ms / 1000).toFixed(1),
  ])
  console.log(
    `\n${formatTable(['runtime', 'version', 'cases', 'passed', 'failed', 'cannot', 'seconds'], cells)}`,
  )
  printEntries('What a runtime cannot do', rows, (row) => row.cannot)
  printEntries('Failed', rows, (row) => row.failed)
  // Each runtime must have run the very same cases: one that lost some is no success.
  const counts = new Set(rows.map(countOf))
  const isUneven = counts.size > 1
  if (isUneven)
    console.log(`\nThe runtimes did not run the same number of cases: ${[...counts].join(', ')}`)
  const failed = sum(rows, (row) => row.failed.length)
  console.log(`\n${sum(rows, (row) => row.passed.length)} passed, ${failed} failed`)
  return failed === 0 && !isUneven
}

function countOf({ passed, failed, cannot }: Row): number {
  return passed.length + failed.length + cannot.length
}

function sum(rows: readonly Row[], count: (row: Row) => number): number {
  return rows.reduce((total, row) => total + count(row), 0)
}

/** Groups entries by message, so that the same one in ten runtimes appears once. */
function printEntries(
  title: string,
  rows: readonly Row[],
  pick: (row: Row) => readonly Entry[],
): void {
  const groups = new Map<string, string[]>()
  for (const row of rows) {
    for (const entry of pick(row)) {
      const key = `${entry.title}\n    ${entry.words.replaceAll('\n', '\n    ')}`
      groups.set(key, [...(groups.get(key) ?? []), row.name])
    }
  }
  if (groups.size === 0) return
  console.log(`\n${title}:`)
  for (const [key, names] of groups) console.log(`  [${names.join(', ')}] ${key}`)
}

function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column].length)),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
      )
      .join('  ')
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join(
    '\n',
  )
}
