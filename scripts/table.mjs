/**
 * Tables of Markdown.
 */

/**
 * @param {readonly string[]} head @param {readonly (readonly (string | number)[])[]} rows
 * @param {string} column the mark below the head of every column but the first: `--:` sets them to the right
 */
export function formatTable(head, rows, column = '---') {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, at) => (at ? column : '---'))), ...rows.map(line)].join(
    '\n',
  )
}
