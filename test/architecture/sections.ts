/** A page of Markdown in pieces that can be compared. */

export interface Section {
  level: number
  title: string
  /** What a link to it says. */
  anchor: string
  /** What stands below it, up to the next heading. */
  text: string
}

/** The sections of a page in its order. A `#` inside of code begins none. */
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
    // As GitHub does: no punctuation, blanks become hyphens.
    const anchor = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-')
    sections.push({ level: marks.length, title, anchor, text: '' })
  }
  return sections
}

/** The blocks of code, each whole. */
export function codeIn(text: string): string[] {
  return text.match(/^```[^]*?^```$/gm) ?? []
}

/** Where a text links to, pictures included. Headings and the page's other language go by another name there. */
export function linksIn(text: string): string[] {
  const targets = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target)
  return targets
    .map((target) => target.replace(/^#.*/, '#').replace(/^README(\.zh-CN)?\.md$/, 'README'))
    .sort()
}

/** The numbers of a text outside of code, sorted: another language tells them in another order. */
export function numbersIn(text: string): string[] {
  const words = codeIn(text).reduce((rest, code) => rest.replace(code, ''), text)
  return (words.match(/\d[\d,.]*\d|\d/g) ?? []).sort()
}

/** The tables, row by row and cell by cell, without the line below the head. */
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
