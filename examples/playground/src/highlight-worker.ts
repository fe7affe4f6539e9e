/**
 * The worker of `highlighter.ts`.
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
import type { ColoredChunk, HighlightReply, HighlightRequest } from './highlighter.ts'
import { LINES_PER_CHUNK } from './highlighter.ts'

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

/** Longer code stays plain: colors would take longer than reading it. */
const LIMIT = 400_000

/** The text that is colored, and its chunks as the page has them. */
let current = { session: 0, text: '', chunks: [] as string[] }

addEventListener('message', ({ data }: MessageEvent<HighlightRequest>) => {
  const { id, session, text, language } = data
  if (session !== current.session) current = { session, text: '', chunks: [] }
  current.text += text
  const reply: HighlightReply = { id, chunks: colorNew(language) }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that of a window; this is a worker
  postMessage(reply)
})

/** Returns the chunks that the page has otherwise. */
function colorNew(language: string): ColoredChunk[] {
  if (!hljs.getLanguage(language) || current.text.length > LIMIT) return []
  const { value } = hljs.highlight(current.text, { language, ignoreIllegals: true })
  const before = current.chunks
  current.chunks = toChunks(value)
  const colored = current.chunks.map((html, index) => ({ index, html }))
  return colored.filter(({ index, html }) => html !== before[index])
}

/** Splits HTML into chunks of lines: a span that goes on is closed and opened again. */
function toChunks(html: string): string[] {
  const open: string[] = []
  const lines = html.split(/(?<=\n)/)
  const chunks: string[] = []
  for (let at = 0; at < lines.length; at += LINES_PER_CHUNK) {
    const chunk = lines.slice(at, at + LINES_PER_CHUNK).join('')
    const before = open.join('')
    for (const [tag] of chunk.matchAll(/<[^>]*>/g)) {
      if (tag === '</span>') open.pop()
      else open.push(tag)
    }
    chunks.push(before + chunk + '</span>'.repeat(open.length))
  }
  return chunks
}
