/**
 * Prints the matrix: a row for each fault, a column for each server.
 */

/** One cell that was run. */
export interface Finding {
  fault: string
  column: string
  mode: string
  problems: string[]
}

/** Prints the table and what fell short. @returns whether all is well */
export function printMatrix(
  findings: readonly Finding[],
  columns: readonly string[],
  ms: number,
): boolean {
  const faults = [...new Set(findings.map(({ fault }) => fault))]
  const cells = new Map<string, Finding[]>()
  for (const finding of findings) {
    const key = `${finding.fault}\n${finding.column}`
    cells.set(key, [...(cells.get(key) ?? []), finding])
  }
  const used = columns.filter((column) => findings.some((finding) => finding.column === column))
  const width = Math.max(...faults.map((fault) => fault.length))
  printHead(used, width)
  for (const fault of faults) {
    const marks = used.map((column) => markOf(cells.get(`${fault}\n${column}`)))
    console.log(`${fault.padEnd(width)}  ${marks.join(' ')}`)
  }
  const failed = findings.filter(({ problems }) => problems.length > 0)
  printFailures(failed)
  const seconds = (ms / 1000).toFixed(1)
  console.log(
    `\n${faults.length} faults x ${used.length} servers x {stream, no stream}: ${findings.length} cells in ${seconds} s`,
  )
  console.log(`${findings.length - failed.length} passed, ${failed.length} failed`)
  return failed.length === 0 && findings.length > 0
}

/** Names from top to bottom: twenty columns fit a line. */
function printHead(columns: readonly string[], width: number): void {
  console.log('s: streamed, w: whole, +: both, X: falls short, a dot: does not apply\n')
  const height = Math.max(...columns.map((name) => name.length))
  for (let line = 0; line < height; line++) {
    const letters = columns.map((name) => name.padStart(height)[line])
    console.log(`${' '.repeat(width)}  ${letters.join(' ')}`)
  }
}

function markOf(findings: readonly Finding[] = []): string {
  if (findings.some(({ problems }) => problems.length > 0)) return 'X'
  if (findings.length > 1) return '+'
  return findings[0]?.mode[0] ?? '.'
}

/** Groups by message, so that the same failure of twenty servers appears once. */
function printFailures(failed: readonly Finding[]): void {
  const groups = new Map<string, string[]>()
  for (const { fault, column, mode, problems } of failed) {
    const key = `${fault} (${mode}): ${problems.join('; ')}`
    groups.set(key, [...(groups.get(key) ?? []), column])
  }
  if (groups.size > 0) console.log('\nFalls short:')
  for (const [words, columns] of groups) console.log(`  ${words}\n    [${columns.join(', ')}]`)
}
