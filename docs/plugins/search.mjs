import { IndexEvent, ReflectionKind } from 'typedoc'
import { GUIDES, guideOf } from './guides.mjs'

/**
 * Whoever searches for "retry" or "timeout" wants the guide before a member of that name. A guide is found by its
 * headings and its words in `GUIDES` first, by its text after the members.
 * @param {import('typedoc').Application} app
 */
export function rankGuides(app) {
  app.renderer.on(IndexEvent.PREPARE_INDEX, (event) => {
    Object.assign(event.searchFieldWeights, {
      topics: 600,
      chinese: 600,
      document: 0.1,
      chineseText: 0.1,
    })
    event.searchResults.forEach((one, index) => {
      if (!one.kindOf(ReflectionKind.Document)) return
      const text = one.content.map(({ text }) => text).join('')
      const headings = [...text.matchAll(/^##+ (.*)/gm)].map(([, title]) => title).join(' ')
      const guide = guideOf(app.files.getReflectionPath(one))
      const words = guide?.lang === 'en' ? GUIDES[guide.name] : ''
      const topics = guide ? `${one.name} ${headings} ${words}` : ''
      event.searchFields[index] = {
        topics,
        chinese: findable(topics),
        chineseText: findable(text),
      }
    })
  })
}

/** Chinese words as lunr keeps them: it trims all but ASCII letters from both ends of a word. */
function findable(text) {
  return [...text.matchAll(/\p{Script=Han}+/gu)].map(([word]) => `x${word}x`).join(' ')
}
