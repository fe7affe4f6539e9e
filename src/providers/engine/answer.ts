/**
 * Reads what an engine returns: chunks, or a complete reply from an engine that does not stream.
 */
import { toChunks } from '../../chat/normalize-output.ts'

/** A complete reply. */
export class WholeAnswer {
  readonly reply: unknown
  constructor(reply: unknown) {
    this.reply = reply
  }

  /** The text of the reply, for errors. A circular object has none. */
  get text(): string {
    try {
      return JSON.stringify(this.reply) ?? String(this.reply)
    } catch {
      return String(this.reply)
    }
  }
}

/** Returns an iterator over the chunks; over one `WholeAnswer` if there are none. */
export function iterateAnswer(answer: unknown, provider: string): AsyncIterator<unknown> {
  if (typeof answer === 'object' && answer !== null) {
    // Checked in this order: Safari cannot iterate a `ReadableStream`.
    if ('getReader' in answer || Symbol.asyncIterator in answer)
      return toChunks(answer as AsyncIterable<string>, provider)
  }
  return iterateOne(new WholeAnswer(answer))
}

async function* iterateOne(value: unknown): AsyncGenerator {
  yield value
}
