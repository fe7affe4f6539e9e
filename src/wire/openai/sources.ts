/**
 * Decodes the sources of a reply, in the formats of vendors with web search.
 */
import type { Source, StreamEvent } from '../../event.ts'

/** The properties of a chunk or a buffered response that contain lists of pages. */
export interface WireSources {
  /** Perplexity: URLs. */
  citations?: unknown
  /** Perplexity: pages. */
  search_results?: unknown
  /** Zhipu. */
  web_search?: unknown
}

/** OpenAI: the message contains the pages. */
export type WireAnnotations = { url_citation?: { url?: string; title?: string } }[]

/** Emits each page once: some servers repeat them in every chunk, and others in two lists. */
export class CitationReader {
  /** Missing until there is a page, as in most streams. */
  #seen: Set<string> | undefined

  readLists({ search_results, web_search, citations }: WireSources, out: StreamEvent[]): void {
    if (!search_results && !web_search && !citations) return // nearly every chunk
    for (const list of [search_results, web_search, citations]) {
      if (!Array.isArray(list)) continue
      for (const entry of list) this.#push(typeof entry === 'string' ? { url: entry } : entry, out)
    }
  }

  readAnnotations(annotations: WireAnnotations, out: StreamEvent[]): void {
    for (const { url_citation: cited } of annotations) if (cited?.url) this.#push(cited, out)
  }

  #push(entry: Record<string, unknown> | null, out: StreamEvent[]): void {
    const source: Source = {}
    const take = (name: keyof Source, value: unknown) => {
      if (typeof value === 'string' && value) source[name] = value
    }
    take('url', entry?.url ?? entry?.link)
    take('title', entry?.title)
    take('label', entry?.refer)
    take('siteName', entry?.media)
    take('snippet', entry?.snippet ?? entry?.content)
    const key = source.url ?? source.title
    const seen = (this.#seen ??= new Set())
    if (!key || seen.has(key)) return
    seen.add(key)
    out.push({ type: 'source', source })
  }
}
