/** Splits Markdown pages into parts that can be compared. */

export interface Section {
  level: number
  title: string
  /** The fragment that links to it. */
  anchor: string
  /** The text below it, up to the next heading. */
  text: string
}

/** Returns the sections of a page in order. A `#` inside code starts none. */
export function sectionsOf(page: string): Section[] {
  const sections: Section[] = []
  let isCode = false
  for (const line of page.split('\n')) {
    if (line.startsWith('```')) isCode = !isCode
    const [, marks, title] = (!isCode && /^(#+) (.*)$/.exec(line)) || []
    if (marks === undefined) {
      const last = sections.at(-1)
      if (last) last.text += `${line}\n`
      continue
    }
    // As on GitHub: punctuation is dropped, spaces become hyphens.
    const anchor = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-')
    sections.push({ level: marks.length, title, anchor, text: '' })
  }
  return sections
}

/** Returns the fenced code blocks. */
export function codeIn(text: string): string[] {
  return text.match(/^```[^]*?^```$/gm) ?? []
}

/** Returns link and image targets. Names that differ between the languages are normalized. */
export function linksIn(text: string): string[] {
  const targets = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target)
  return targets
    .map((target) =>
      target
        .replace(/^#.*/, '#')
        .replace(/^README(\.zh-CN)?\.md$/, 'README')
        .replace('/guides/zh/', '/guides/'),
    )
    .sort()
}

/** Returns the numbers outside code, sorted: translations change their order. */
export function numbersIn(text: string): string[] {
  const words = codeIn(text).reduce((rest, code) => rest.replace(code, ''), text)
  return (words.match(/\d[\d,.]*\d|\d/g) ?? []).sort()
}

/** Returns the tables as rows of cells, without the delimiter row. */
export function tablesIn(text: string): string[][][] {
  const tables = text.match(/(^\|.*\n)+/gm) ?? []
  return tables.map((table) =>
    table
      .trim()
      .split('\n')
      .filter((_row, index) => index !== 1)
      .map((row) =>
        row
          .slice(1, -1)
          .split('|')
          .map((cell) => cell.trim()),
      ),
  )
}
