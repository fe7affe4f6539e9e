/**
 * Suggests the known name closest to an unknown one.
 */

/** Names that other SDKs use, after the name used here. In lower case, without separators. */
const SYNONYMS: [name: string, synonyms: string][] = [
  ['model', 'modelname modelid deployment engine'],
  ['modelServer', 'server provider vendor llmprovider'],
  ['apiKey', 'key token secret'],
  ['baseURL', 'url endpoint host apibase'],
  ['headers', 'defaultheaders extraheaders customheaders organization organizationid project'],
  ['fetch', 'proxy httpagent agent dispatcher httpclient'],
  ['maxRetries', 'retries'],
  ['signal', 'abortsignal'],
  ['messages', 'system systemprompt systemmessage instructions history content images text'],
  ['prompt', 'input'],
  ['maxTokens', 'maxoutputtokens maxcompletiontokens maxnewtokens numpredict'],
  ['reasoning', 'thinking reasoningeffort enablethinking thinkingconfig'],
  ['search', 'enablesearch websearch'],
  ['stop', 'stopsequences'],
  ['tools', 'functions'],
  ['toolChoice', 'functioncall'],
  ['responseFormat', 'format schema jsonmode json output outputformat jsonschema'],
  ['extraBody', 'body n logprobs logitbias metadata provideroptions modelkwargs safetysettings'],
  ['callbacks', 'ontoken onfinish onchunk onerror logger'],
]

/** Adds synonyms, in lower case without separators. */
export function addSynonyms(more: readonly [name: string, synonyms: string][]): void {
  SYNONYMS.push(...more)
}

/** Returns ` (did you mean "…"?)`, or an empty string if no name is close. */
export function didYouMean(name: string, names: readonly string[]): string {
  const nearest = findAlias(name, names) ?? closest(name, names) ?? longestInside(name, names)
  return nearest === undefined ? '' : ` (did you mean "${nearest}"?)`
}

/** Returns the name of which this is another spelling or a synonym. */
export function findAlias(name: string, names: readonly string[]): string | undefined {
  const plain = simplify(name)
  const isSynonym = (words: string) => words.split(' ').includes(plain)
  return (
    names.find((known) => simplify(known) === plain) ??
    SYNONYMS.find(([known, words]) => names.includes(known) && isSynonym(words))?.[0]
  )
}

/** Returns the name with the fewest edits, if close enough. */
function closest(name: string, names: readonly string[]): string | undefined {
  const plain = simplify(name)
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

/** Returns the longest name of at least four letters that a longer one contains: `timeoutMs`, `moonshot/kimi`. */
function longestInside(name: string, names: readonly string[]): string | undefined {
  const plain = simplify(name)
  const inside = names.filter((known) => known.length > 3 && plain.includes(simplify(known)))
  return inside.sort((one, other) => other.length - one.length)[0]
}

/** Ignores case and separators: `max_tokens` and `maxTokens` are the same name. */
function simplify(name: string): string {
  return name.toLowerCase().replace(/[-_./ ]/g, '')
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
