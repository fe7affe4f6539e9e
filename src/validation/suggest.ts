/**
 * Suggests the known name closest to an unknown one.
 */

/** Names that other SDKs use, by the name used here. */
const synonyms: Record<string, string> = {
  url: 'baseURL',
  endpoint: 'baseURL',
  host: 'baseURL',
  key: 'apiKey',
  token: 'apiKey',
  abortsignal: 'signal',
  maxoutputtokens: 'maxTokens',
  maxcompletiontokens: 'maxTokens',
  thinking: 'reasoning',
  reasoningeffort: 'reasoning',
  functions: 'tools',
  system: 'messages',
  instructions: 'messages',
  systemprompt: 'messages',
  input: 'prompt',
  stopsequences: 'stop',
  functioncall: 'toolChoice',
  defaultheaders: 'headers',
  retries: 'maxRetries',
}

/** Adds synonyms, in lower case without separators. */
export function addSynonyms(more: Readonly<Record<string, string>>): void {
  Object.assign(synonyms, more)
}

/** Returns ` (did you mean "…"?)`, or an empty string if no name is close. */
export function didYouMean(name: string, names: readonly string[]): string {
  const nearest = closest(name, names)
  return nearest === undefined ? '' : ` (did you mean "${nearest}"?)`
}

/** Returns the synonym, else the name with the fewest edits, if close enough. */
function closest(name: string, names: readonly string[]): string | undefined {
  const plain = simplify(name)
  const synonym = Object.hasOwn(synonyms, plain) ? synonyms[plain] : undefined
  if (synonym !== undefined && names.includes(synonym)) return synonym
  let best: string | undefined
  let least = (plain.length < 4 ? 1 : Math.max(2, Math.floor(plain.length / 3))) + 1
  for (const candidate of names) {
    const edits = distance(plain, simplify(candidate))
    if (edits < least) {
      least = edits
      best = candidate
    }
  }
  return best
}

/** Ignores case and separators: `max_tokens` and `maxTokens` are the same name. */
function simplify(name: string): string {
  return name.toLowerCase().replace(/[-_. ]/g, '')
}

/** Returns the Levenshtein distance. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1
      next.push(
        Math.min(
          (row[j] as number) + 1,
          (next[j - 1] as number) + 1,
          (row[j - 1] as number) + same,
        ),
      )
    }
    row = next
  }
  return row[to.length] as number
}
