/**
 * A block of code with its language, its colours and a button to copy it.
 */
import hljs from 'highlight.js/lib/core'
import bash from 'highlight.js/lib/languages/bash'
import c from 'highlight.js/lib/languages/c'
import cpp from 'highlight.js/lib/languages/cpp'
import csharp from 'highlight.js/lib/languages/csharp'
import css from 'highlight.js/lib/languages/css'
import diff from 'highlight.js/lib/languages/diff'
import go from 'highlight.js/lib/languages/go'
import java from 'highlight.js/lib/languages/java'
import javascript from 'highlight.js/lib/languages/javascript'
import json from 'highlight.js/lib/languages/json'
import kotlin from 'highlight.js/lib/languages/kotlin'
import markdown from 'highlight.js/lib/languages/markdown'
import php from 'highlight.js/lib/languages/php'
import python from 'highlight.js/lib/languages/python'
import ruby from 'highlight.js/lib/languages/ruby'
import rust from 'highlight.js/lib/languages/rust'
import sql from 'highlight.js/lib/languages/sql'
import swift from 'highlight.js/lib/languages/swift'
import typescript from 'highlight.js/lib/languages/typescript'
import xml from 'highlight.js/lib/languages/xml'
import yaml from 'highlight.js/lib/languages/yaml'
import { copyButton } from './copy-button.ts'
import { h } from './dom.ts'
import type { Words } from './words.ts'

const LANGUAGES = {
  bash,
  c,
  cpp,
  csharp,
  css,
  diff,
  go,
  java,
  javascript,
  json,
  kotlin,
  markdown,
  php,
  python,
  ruby,
  rust,
  sql,
  swift,
  typescript,
  xml,
  yaml,
}
for (const [name, language] of Object.entries(LANGUAGES)) hljs.registerLanguage(name, language)

/** Code that still grows is coloured with every piece, up to so many characters: the rest waits for its end. */
const GROWING_LIMIT = 6000
/** Longer code is shown plain: colours would take longer than reading it. */
const LIMIT = 100_000

export interface CodeOptions {
  /** As the model names it. */
  language: string
  state: 'growing' | 'done'
  words: Words
}

export function codeBlock(text: string, { language, state, words }: CodeOptions): HTMLElement {
  const code = h('code', { className: 'hljs' })
  const limit = state === 'done' ? LIMIT : GROWING_LIMIT
  if (language && hljs.getLanguage(language) && text.length <= limit) {
    // The library's own output: spans around escaped text.
    code.innerHTML = hljs.highlight(text, { language, ignoreIllegals: true }).value
  } else {
    code.textContent = text
  }
  const copy = copyButton(words, { label: words.copyCode, text: () => text })
  return h(
    'div',
    { className: 'code' },
    h('div', { className: 'code-head' }, h('span', {}, language), copy),
    h('pre', { tabIndex: 0 }, code),
  )
}
