/**
 * Tables of Markdown.
 */

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
export function formatTable(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
