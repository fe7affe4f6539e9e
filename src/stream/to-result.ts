/**
 * Creates results.
 */
import type { ChatResult, Usage } from '../event.ts'

/** Implements `ChatResult`; converts to its text. */
class Result {
  constructor(members: ChatResult) {
    Object.assign(this, members)
  }
  toString(): string {
    return (this as unknown as ChatResult).text
  }
}

/** Properties of a result that are computed when first read. */
export type LazyMembers = {
  readonly [Name in 'toolCalls' | 'message' | 'usage']?: () => ChatResult[Name]
}

/** Creates a result. Lazy properties stay enumerable, so reading, copying and cloning see ordinary ones. */
export function toResult(
  members: Omit<ChatResult, 'toolCalls' | 'message' | 'usage'> & Partial<ChatResult>,
  lazy: LazyMembers = {},
): ChatResult {
  const result = new Result(members as ChatResult) as unknown as ChatResult
  for (const [name, compute] of Object.entries(lazy)) defineLazy(result, name, compute)
  return result
}

/** Returns the result of a reply of which nothing has arrived, and nothing was asked. */
export function emptyResult({
  provider = '',
  model = '',
}: Partial<Pick<ChatResult, 'provider' | 'model'>> = {}): ChatResult {
  return toResult({
    text: '',
    reasoning: '',
    toolCalls: [],
    message: { role: 'assistant', content: '' },
    finishReason: 'error',
    rawFinishReason: null,
    usage: toEstimate(0, 0),
    model,
    provider,
    attempts: [],
  })
}

function defineLazy(target: object, name: string, compute: () => unknown): void {
  const attributes = { enumerable: true, configurable: true }
  const set = (value: unknown) =>
    Object.defineProperty(target, name, { ...attributes, value, writable: true })
  const get = () => {
    const value = compute()
    set(value)
    return value
  }
  Object.defineProperty(target, name, { ...attributes, get, set })
}

/** Creates the usage of a reply whose server sent none. */
export function toEstimate(promptTokens: number, completionTokens: number): Usage {
  const totalTokens = promptTokens + completionTokens
  return { promptTokens, completionTokens, totalTokens, estimated: true }
}

/**
 * Returns the usage of a reply. What the server did not count, or counted as zero although it cannot be, is estimated.
 * Many servers count a reply only at its end: if it was cut (`isStale`), it has at least the tokens that arrived.
 */
export function settleUsage(
  usage: Partial<Usage>,
  { text, prompt, count }: { text: string; prompt: () => number; count: () => number },
  isStale: boolean,
): Usage {
  const { promptTokens, completionTokens = 0 } = usage
  if (!isStale && promptTokens && (completionTokens || !text)) return usage as Usage
  const completed = (!isStale && completionTokens) || Math.max(completionTokens, count())
  return { ...usage, ...toEstimate(promptTokens || prompt(), completed) }
}
