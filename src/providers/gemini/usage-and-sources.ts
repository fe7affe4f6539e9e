/**
 * Decodes usage and sources, which are siblings of the reply's parts.
 * @see https://ai.google.dev/gemini-api/docs/google-search
 */
import type { Source, StreamEvent, Usage } from '../../event.ts'
import { nonNegativeNumber, nonEmptyString } from '../../wire/fields.ts'

/** Token counts. Any of them may be missing, in early chunks all of them. */
export interface WireUsage {
  promptTokenCount?: number
  candidatesTokenCount?: number
  thoughtsTokenCount?: number
  toolUsePromptTokenCount?: number
  cachedContentTokenCount?: number
  totalTokenCount?: number
}

/** The properties of a candidate that contain sources. */
export interface WireGrounding {
  /** Each chunk is an object with one key, its kind: `web`, `maps`, `retrievedContext`. */
  groundingMetadata?: {
    groundingChunks?: (Record<string, WireSource | null> | null)[] | null
  } | null
  citationMetadata?: { citationSources?: (WireSource | null)[] | null } | null
  urlContextMetadata?: { urlMetadata?: (WireSource | null)[] | null } | null
}

interface WireSource {
  uri?: unknown
  retrievedUrl?: unknown
  urlRetrievalStatus?: unknown
  title?: unknown
  text?: unknown
}

/** Emits each source once, since a stream may repeat its list. */
export class GroundingReader {
  #seen = new Set<string>()

  read(candidate: WireGrounding, out: StreamEvent[]): void {
    const { groundingMetadata, citationMetadata, urlContextMetadata } = candidate
    const found = groundingMetadata?.groundingChunks?.map((chunk) => Object.values(chunk ?? {})[0])
    const cited = citationMetadata?.citationSources
    const opened = urlContextMetadata?.urlMetadata?.filter(
      (one) => !/(ERROR|PAYWALL|UNSAFE)$/.test(String(one?.urlRetrievalStatus)),
    )
    for (const wire of [...(found ?? []), ...(cited ?? []), ...(opened ?? [])]) {
      const url = nonEmptyString(wire?.uri) ?? nonEmptyString(wire?.retrievedUrl)
      const title = nonEmptyString(wire?.title)
      const snippet = nonEmptyString(wire?.text)
      const key = url ?? title ?? snippet
      if (key === undefined || this.#seen.has(key)) continue
      this.#seen.add(key)
      const source: Source = {
        ...(url && { url }),
        ...(title && { title }),
        ...(snippet && { snippet }),
      }
      out.push({ type: 'source', source })
    }
  }
}

/** Emits usage, which is cumulative. A chunk may contain only the traffic type. */
export function pushUsage(wire: WireUsage, out: StreamEvent[]): void {
  const prompt = nonNegativeNumber(wire.promptTokenCount)
  const answer = nonNegativeNumber(wire.candidatesTokenCount)
  const reasoningTokens = nonNegativeNumber(wire.thoughtsTokenCount)
  if (prompt === undefined && answer === undefined) return
  // Tokens of built-in tools are not included in the prompt's, nor those of thinking in the reply's.
  const promptTokens = (prompt ?? 0) + (nonNegativeNumber(wire.toolUsePromptTokenCount) ?? 0)
  const completionTokens = (answer ?? 0) + (reasoningTokens ?? 0)
  const cachedTokens = nonNegativeNumber(wire.cachedContentTokenCount)
  const usage: Usage = {
    promptTokens,
    completionTokens,
    totalTokens: nonNegativeNumber(wire.totalTokenCount) ?? promptTokens + completionTokens,
  }
  if (reasoningTokens !== undefined) usage.reasoningTokens = reasoningTokens
  if (cachedTokens !== undefined) usage.cachedTokens = cachedTokens
  out.push({ type: 'usage', usage })
}
