/** What each page gets when its HTML is ready. */
import { readFileSync } from 'node:fs'
import { PageEvent, ReflectionKind } from 'typedoc'
import { CHINESE, GUIDES, guideOf, TRANSLATED } from './guides.mjs'

const { description } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
)

/** @param {import('typedoc').Application} app */
export function decoratePages(app) {
  app.renderer.on(PageEvent.END, (page) => {
    const isDocument = page.isReflectionEvent?.() && page.model.kindOf(ReflectionKind.Document)
    page.contents = layOut(page.contents)
    if (isDocument) {
      const documents = page.project.getReflectionsByKind(ReflectionKind.Document)
      const at = (name, lang) =>
        documents.find((one) => {
          const guide = guideOf(app.files.getReflectionPath(one))
          return guide !== undefined && guide.name === name && guide.lang === lang
        })
      const guide = guideOf(app.files.getReflectionPath(page.model))
      const isChinese = page.model.frontmatter['group'] === CHINESE
      if (isChinese) page.contents = page.contents.replace('lang="en"', 'lang="zh-CN"')
      if (guide) page.contents = turn(nameLanguages(page.contents, guide, at), guide, at)
    }
    // TypeDoc's own landmarks leave out the text and the column beside it.
    page.contents = describe(page)
      // What scrolls can be reached by key.
      .replace(/<(pre|table)>/g, '<$1 tabindex="0">')
      .replace('class="col-content"', 'class="col-content" role="main"')
      .replace('class="col-sidebar"', 'class="col-sidebar" role="complementary"')
  })
}

/** Says what a page is about, for search engines and for links that are shared. */
function describe(page) {
  const isHome = page.model === page.project
  const [, content = ''] = page.contents.split('class="col-content"')
  const paragraphs = [...content.matchAll(/<p>(.*?)<\/p>/gs)].map(([, text]) =>
    text
      .replace(/<[^>]*>/g, '')
      .replace(/\s+/g, ' ')
      .trim(),
  )
  // The first line of many pages leads to the other language.
  const first = paragraphs.find((text) => text && !/^(English · )?简体中文$|^English · /.test(text))
  const words = ((!isHome && first) || description).slice(0, 200).replaceAll('"', '&quot;')
  const title = !isHome && page.isReflectionEvent?.() ? page.model.name : 'chatwire'
  const tags =
    `<meta property="og:title" content="${title.replaceAll('"', '&quot;')}"/>` +
    `<meta property="og:description" content="${words}"/>` +
    `<meta property="og:type" content="website"/><meta property="og:site_name" content="chatwire"/>`
  return page.contents
    .replace(
      /<meta name="description" content="[^"]*"\/>/,
      () => `<meta name="description" content="${words}"/>`,
    )
    .replace('</head>', () => `${tags}</head>`)
}

/** Tells search engines of the same guide in the other language. */
function nameLanguages(html, { name, lang }, at) {
  if (!TRANSLATED.includes(name)) return html
  const other = lang === 'en' ? 'zh-CN' : 'en'
  const link = `<link rel="alternate" hreflang="${other}" href="${fileOf(at(name, other))}"/>`
  return html.replace('</head>', `${link}</head>`)
}

/** Adds the guide before and the guide after to the end of a guide. */
function turn(html, { name, lang }, at) {
  const order = lang === 'en' ? Object.keys(GUIDES) : TRANSLATED
  const linkTo = (step, rel) => {
    const document = at(order[order.indexOf(name) + step], lang)
    if (!document) return ''
    const words = rel === 'prev' ? `← ${document.name}` : `${document.name} →`
    return `<a rel="${rel}" href="${fileOf(document)}">${words}</a>`
  }
  const label = lang === 'en' ? 'Guides' : '指南'
  const turns = `<nav class="page-turns" aria-label="${label}">${linkTo(-1, 'prev')}${linkTo(1, 'next')}</nav>`
  // After the text, inside of its column.
  const end = html.indexOf('<div class="col-sidebar">')
  const close = html.lastIndexOf('</div>', end)
  return html.slice(0, close) + turns + html.slice(close)
}

function fileOf(document) {
  return `${encodeURI(document.name.replaceAll(' ', '_'))}.html`
}

/**
 * Marks the parts that `site.css` and `site.js` know: `<!-- tabs -->`, with a bold name above the code of each tab,
 * `<!-- hero -->` and `<!-- buttons -->`. On GitHub they are ordinary text.
 */
function layOut(html) {
  return html.replace(/<!-- (\w+) -->(.*?)<!-- \/\1 -->/gs, (whole, kind, inside) => {
    if (kind === 'buttons') return `<div class="buttons">${inside}</div>`
    if (kind === 'hero') return `<div class="hero">${layOut(inside)}</div>`
    return kind === 'tabs' ? toTabs(inside) : whole
  })
}

/** Without the script all panels are shown below one another. */
function toTabs(html) {
  const [, ...parts] = html.split(/<p><strong>(.*?)<\/strong><\/p>/)
  const panels = parts.flatMap((part, index) => {
    if (index % 2) return []
    const body = parts[index + 1]
    return [`<div data-tab="${part}"><p><strong>${part}</strong></p>${body}</div>`]
  })
  return `<div class="tabs">${panels.join('')}</div>`
}
